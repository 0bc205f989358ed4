"""What the price impact itself set off, and how the twins differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from simulator.types import Float1D
from underwater.report.data import RunData
from underwater.report.figures.windows import zoom_windows
from underwater.report.look import (
    Figure,
    Layout,
    Picture,
    Trace,
    axis,
    hours_list,
    layout,
    note,
    numbers,
    variant_colour,
    window_shapes,
)
from underwater.report.thin import bin_edges, largest_per_bin, nice_minutes, spoken

MEASURES: Final[tuple[tuple[str, str, float], ...]] = (
    ("shortfall_bp", "shortfall,<br>bp of opening OI", 1.0),
    ("adl_share", "closed by ADL,<br>% of opening OI", 100.0),
    ("underwater_max", "accounts under<br>water at once", 1.0),
    ("fixed_point_extra_share", "extra of the fixed<br>point, % of OI", 100.0),
    ("forced_share", "all forced closures,<br>% of opening OI", 100.0),
)
"""Key of a summary row, its label and the factor into the label's unit."""


def amplification_picture(run: RunData, title: str) -> Picture:
    """Picture (f), upper part: fixed point minus first round, one panel per variant."""
    first = run.first
    span = float(first.hours[-1] - first.hours[0])
    minutes = min(15.0, nice_minutes(span, 290))
    extras = []
    for data in run.variants:
        edges = bin_edges(0.0, float(data.hours[-1]), minutes)
        system = data.system
        gap = data.share(system["fixed_point_notional"] - system["first_round_notional"])
        extras.append((edges, largest_per_bin(data.hours, gap, edges)))
    highest = max([float(extra.max()) for _, extra in extras] + [0.1]) * 1.08
    count = len(run.variants)
    height = 80 + 105 * count
    made = layout(height, showlegend=False, bargap=0.0)
    traces: list[Trace] = []
    notes: list[Layout] = []
    names: list[str] = []
    pitch = 1 / count
    for number, (data, (edges, extra)) in enumerate(zip(run.variants, extras, strict=True)):
        suffix = "" if number == 0 else str(number + 1)
        top = 1 - number * pitch
        bottom = top - pitch * 0.72
        traces.append(_stems(data.name, number, edges, extra, suffix))
        is_last = number == count - 1
        made[f"xaxis{suffix}"] = axis(
            f"hours since {data.start:%Y-%m-%d %H:%M} UTC" if is_last else "",
            domain=(0, 1),
            anchor=f"y{suffix}",
            showgrid=False,
            showline=True,
            showticklabels=is_last,
            range=[0, round(float(edges[-1]), 3)],
            **({} if is_last else {"matches": f"x{count}"}),
        )
        made[f"yaxis{suffix}"] = axis(
            "% of opening OI" if number == count // 2 else "",
            domain=(max(0.0, bottom), top - pitch * 0.14),
            anchor=f"x{suffix}",
            range=[0, round(highest, 3)],
            nticks=4,
        )
        colour = variant_colour(data.name, number)
        notes.append(note(f"<b>{data.name}</b>", 0.005, top - pitch * 0.14, colour=colour))
        names.append(f"x{suffix}")
    made["annotations"] = notes
    made["shapes"] = window_shapes(zoom_windows(run), names)
    caption = (
        "Each time somebody is liquidated, the risk core asks off chain what the forced selling "
        "of the next minutes does to the mark, whom that makes liquidatable, and so on until "
        "nothing more falls. Shown is the volume beyond the first round, the largest in each "
        f"{spoken(minutes)}: what the impact sets off, not the price."
    )
    label = "Volume set off by price impact over time, per variant"
    return Picture(
        "amplification",
        title,
        caption,
        (Figure("amplification", traces, made, height, label=label),),
    )


def _stems(name: str, number: int, edges: Float1D, extra: Float1D, suffix: str) -> Trace:
    shown = np.flatnonzero(extra > 0)
    width = float(edges[1] - edges[0])
    return {
        "type": "bar",
        "x": hours_list(edges[shown] + width / 2),
        "y": numbers(extra[shown], 4),
        "width": round(width, 5),
        "name": name,
        "marker": {"color": variant_colour(name, number), "line": {"width": 0}},
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "meta": {"utc": True},
        "hovertemplate": f"%{{customdata}}<br>%{{y:.3~g}} % of opening OI<extra>{name}</extra>",
    }


def twins_picture(
    seeds: Sequence[Sequence[Mapping[str, object]]], title: str, caption: str
) -> Picture:
    """Picture (f), lower part: one line per seed through the variants, one panel per measure.

    `seeds` holds one list of summary rows (one per variant, same order) for each seed.
    """
    height = 330
    made = layout(height, showlegend=False)
    made["margin"] = {"l": 40, "r": 16, "t": 56, "b": 64}
    traces: list[Trace] = []
    notes: list[Layout] = []
    gap = 0.055
    width = (1 - gap * (len(MEASURES) - 1)) / len(MEASURES)
    for number, (key, label, factor) in enumerate(MEASURES):
        suffix = "" if number == 0 else str(number + 1)
        left = number * (width + gap)
        for rows in seeds:
            traces.append(_pair(rows, key, factor, suffix))
        names = [str(row["variant"]).replace("-", "-<br>", 1) for row in seeds[0]]
        made[f"xaxis{suffix}"] = axis(
            domain=(left, left + width),
            anchor=f"y{suffix}",
            showgrid=False,
            showline=True,
            ticks="",
            range=[-0.4, len(names) - 0.6],
            tickvals=list(range(len(names))),
            ticktext=names,
            tickangle=0,
        )
        made[f"yaxis{suffix}"] = axis(anchor=f"x{suffix}", rangemode="tozero", nticks=5)
        notes.append(note(label, left, 1.03, size=12))
    made["annotations"] = notes
    return Picture(
        "twins",
        title,
        caption,
        (Figure("twins", traces, made, height, label="The same measures in each variant"),),
    )


def _pair(rows: Sequence[Mapping[str, object]], key: str, factor: float, suffix: str) -> Trace:
    values = [float(str(row[key])) * factor for row in rows]
    names = [str(row["variant"]) for row in rows]
    colours = [variant_colour(name, position) for position, name in enumerate(names)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(values))),
        "y": numbers(np.array(values), 4),
        "text": names,
        "line": {"color": "#b9c1c8", "width": 1.2},
        "marker": {"size": 10, "color": colours, "line": {"color": "#ffffff", "width": 1}},
        "cliponaxis": False,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "hovertemplate": "%{y:.4~g}<extra>%{text}</extra>",
    }
