"""Margin heat map: how many accounts sit how close to liquidation, minute by minute."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator.recorder import HISTOGRAM_BINS
from simulator.types import Int2D
from underwater.report.data import RunData, VariantData, at
from underwater.report.look import Figure, Layout, Picture, Trace, axis, layout, level, note
from underwater.report.thin import nice_minutes, spoken

_HEIGHT = 420
_COLUMN_MINUTES: Final = 10.0
"""Of a long run; a short one has narrower columns."""
_LOWEST_OCTAVE: Final = -2.0
_BINS_PER_OCTAVE: Final = 8
_SHOWN_RATIOS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_PANELS: Final = 3
_COLOURS: Final = (
    (0.0, "#fbe7b8"),
    (0.2, "#f6b56b"),
    (0.42, "#e2654c"),
    (0.62, "#a92f62"),
    (0.82, "#54206e"),
    (1.0, "#160b39"),
)


def heat_map_picture(run: RunData, title: str) -> Picture:
    """Picture (e): one panel per variant (at most three), one colour scale."""
    shown = run.variants[:_MOST_PANELS]
    minutes = min(_COLUMN_MINUTES, nice_minutes(float(shown[0].hours[-1]), 430))
    maxima = [_largest_per_column(data, minutes / 60) for data in shown]
    brightest = max([int(counts.max()) for counts in maxima if counts.size] + [10])
    traces: list[Trace] = []
    made = layout(_HEIGHT, showlegend=False)
    made["margin"] = {"l": 96, "r": 16, "t": 30, "b": 46}
    notes: list[Layout] = []
    shapes: list[Layout] = []
    gap = 0.02
    width = (1 - gap * (len(shown) - 1)) / len(shown)
    for number, (data, counts) in enumerate(zip(shown, maxima, strict=True)):
        suffix = "" if number == 0 else str(number + 1)
        left = number * (width + gap)
        traces.append(
            _trace(data, counts, minutes / 60, suffix, brightest, number == len(shown) - 1)
        )
        hours = f"hours since {data.start:%Y-%m-%d %H:%M} UTC"
        made[f"xaxis{suffix}"] = axis(
            hours if len(shown) < 3 else "hours",
            domain=(left, left + width),
            anchor=f"y{suffix}",
            showgrid=False,
            showline=True,
        )
        made[f"yaxis{suffix}"] = _ratio_axis(data, suffix, labels=number == 0)
        notes.append(note(data.name, left, 1.0, colour="#22303c", size=13))
        shapes += _levels(data, suffix)
    made["annotations"] = notes
    made["shapes"] = shapes
    caption = (
        "Accounts with a position by margin ratio (equity over notional, logarithmic), coloured "
        f"by their number: the largest in each {spoken(minutes)}, because a mean hides the "
        "minutes in which no liquidator came. An account below the maintenance margin may be "
        "liquidated, below half of it whole; the lowest row holds everything under a quarter of "
        "it, negative equity included."
    )
    label = "Number of accounts by margin ratio over time"
    return Picture(
        "margins", title, caption, (Figure("margins", traces, made, _HEIGHT, label=label),)
    )


def _largest_per_column(data: VariantData, width: float) -> Int2D:
    """int[columns, 64]: maximum of each bin over each `width` hours."""
    if not len(data.histogram):
        return np.zeros((0, HISTOGRAM_BINS), dtype=np.int64)
    hours = data.hours[: len(data.histogram)]
    column = (hours / width + 1e-9).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    return np.asarray(np.maximum.reduceat(data.histogram, starts, axis=0))


def _trace(
    data: VariantData, counts: Int2D, width: float, suffix: str, brightest: int, last: bool
) -> Trace:
    columns = (np.arange(len(counts)) + 0.5) * width
    octaves = (np.arange(HISTOGRAM_BINS) - 1 + 0.5) / _BINS_PER_OCTAVE + _LOWEST_OCTAVE
    ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if n <= brightest * 1.05]
    return {
        "type": "heatmap",
        "x": [round(value, 4) for value in columns.tolist()],
        "y": octaves.tolist(),
        "meta": {"counts": counts.T.tolist(), "ratio": _maintenance(data)},
        "z": [],
        "name": data.name,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "zmin": 0,
        "zmax": round(float(np.log10(brightest)), 4),
        "colorscale": [[place, colour] for place, colour in _COLOURS],
        "showscale": last,
        "colorbar": {
            "title": {"text": "accounts<br>(log)", "font": {"size": 11.5}, "side": "top"},
            "tickvals": [round(float(np.log10(number)), 4) for number in ticks],
            "ticktext": [str(number) for number in ticks],
            "thickness": 12,
            "len": 1.0,
            "outlinewidth": 0,
            "tickfont": {"size": 11},
        },
        "hovertemplate": "%{text}<extra>" + data.name + "</extra>",
    }


def _maintenance(data: VariantData) -> float:
    return _parameter(data, "maintenance_margin", 0.0625)


def _parameter(data: VariantData, name: str, default: float) -> float:
    value = at(data.manifest, f"scenario.parameters.{name}")
    return float(value) if isinstance(value, (str, int, float)) else default


def _ratio_axis(data: VariantData, suffix: str, labels: bool) -> Layout:
    maintenance = _maintenance(data)
    initial = _parameter(data, "initial_margin", 0.1)
    octaves = {np.log2(ratio / maintenance): f"{ratio * 100:g} %" for ratio in _SHOWN_RATIOS}
    ticks = {octave: text for octave, text in octaves.items() if -1.5 < octave < 5.8}
    ticks |= {
        np.log2(initial / maintenance): f"{initial * 100:.3g} % initial",
        0.0: f"{maintenance * 100:.3g} % maint.",
        -1.0: f"{maintenance * 50:.3g} % half",
        -2.0: "lower, negative",
    }
    places = sorted(ticks)
    return axis(
        "margin ratio" if labels else "",
        anchor=f"x{suffix}",
        range=[-2.2, 5.9],
        tickvals=[round(float(place), 4) for place in places],
        ticktext=[ticks[place] for place in places],
        showticklabels=labels,
        showgrid=False,
        showline=True,
    )


def _levels(data: VariantData, suffix: str) -> list[Layout]:
    initial = _parameter(data, "initial_margin", 0.1) / _maintenance(data)
    return [
        level(-1.0, suffix, "#5b6670", "dash"),
        level(0.0, suffix, "#0f8fa8", "solid") | {"line": {"color": "#0f8fa8", "width": 1.8}},
        level(round(float(np.log2(initial)), 4), suffix, "#5b6670", "dash"),
    ]
