"""The page of `underwater paths preview`: a fan of paths, and how far its tails are from normal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.types import AnyArray, Float1D, Float2D
from underwater.report.look import (
    INK,
    MUTED,
    Figure,
    Layout,
    Picture,
    Trace,
    axis,
    layout,
    note,
    numbers,
)
from underwater.report.page import REPORT, figures_json, write_page

if TYPE_CHECKING:
    from underwater.commands.paths import Preview

_POINTS: Final = 300
"""Steps drawn; a screen has no more."""
_SINGLE: Final = 12
_FIRST: Final = "#1d4e7e"
_WIDE, _NARROW = "rgba(29, 78, 126, 0.13)", "rgba(29, 78, 126, 0.22)"
_WILD: Final = "#c44536"
_REACH: Final = 8.0
"""Standard deviations shown of the steps."""


def write_paths_report(
    folder: Path,
    shown: Preview,
    rows: Sequence[tuple[str, str, str]],
    parameters: Sequence[tuple[str, str]],
) -> Path:
    """Write `report.html`; equal previews give equal bytes."""
    paths, steps, _ = shown.prices.shape
    days = steps * shown.step_years * 365.0
    pictures = [_fan(shown, days), _tails(shown)]
    context = {
        "title": _title(shown, days),
        "model": shown.name,
        "meta": " \N{MIDDLE DOT} ".join(
            [
                f"{paths:,} paths of {steps:,} steps",
                f"a step every {_span(shown.step_years)}",
                f"start {shown.spot:g}",
                f"seed {shown.seed}",
                *([shown.source] if shown.source else []),
            ]
        ),
        "pictures": pictures,
        "rows": rows,
        "parameters": parameters,
        "note": "Rates, volatilities and variances are per year, except that GARCH, the moves of "
        "regimes and the blocks of a bootstrap are per step. "
        "\N{PLUS-MINUS SIGN} is one standard error of the mean.",
        "figures_json": figures_json(pictures, 0.0),
    }
    return write_page(Path(folder) / REPORT, "paths.html.j2", context)


def _title(shown: Preview, days: float) -> str:
    low, high = shown.moments.low, shown.moments.high
    return (
        f"After {days:g} {'day' if days == 1 else 'days'}, nine paths of ten "
        f"end between {low:,.4g} and {high:,.4g}"
    )


def _span(step_years: float) -> str:
    minutes = round(step_years * 525_600)
    if minutes % 60:
        return f"{minutes} minutes"
    hours = minutes // 60
    return "hour" if hours == 1 else f"{hours} hours"


def _fan(shown: Preview, days: float) -> Picture:
    series = np.asarray(shown.prices[:, :, 0])
    steps = series.shape[1]
    taken = np.unique(np.linspace(0, steps - 1, min(steps, _POINTS)).astype(int))
    x = np.concatenate(((0.0,), (taken + 1) * shown.step_years * 365.0))
    bands = np.quantile(series[:, taken], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    low, lower, middle, upper, high = np.hstack((np.full((5, 1), shown.spot), bands))
    traces = [
        _band(x, low, high, _WIDE, "9 of 10 paths"),
        _band(x, lower, upper, _NARROW, "half of the paths"),
        *_singles(shown, series, x, taken),
        _line(x, middle, "median", _FIRST, 2.2),
    ]
    drawn = layout(
        430,
        xaxis=axis("days"),
        yaxis=axis("price", type="log" if _wide(high, low) else "linear"),
        hovermode="x unified",
    )
    fall = shown.moments.worst_drawdown
    return Picture(
        "paths-fan",
        f"One path of twenty falls {100 * fall:.0f} % or more from a high on its way",
        "Shaded: where the paths are at each time, nine of ten and half of them. Thin lines are "
        f"{_SINGLE} single paths, the red one the path with the deepest fall of all.",
        (Figure("paths-fan-plot", traces, drawn, 430),),
    )


def _wide(high: Float1D, low: Float1D) -> bool:
    return bool(high[-1] > 4.0 * low[-1])


def _singles(shown: Preview, series: Float2D, x: Float1D, taken: AnyArray) -> list[Trace]:
    highest = np.maximum(np.maximum.accumulate(series, axis=1), shown.spot)
    deepest = int((series / highest).min(axis=1).argmin())
    others = [number for number in range(len(series)) if number != deepest][: _SINGLE - 1]
    traces = []
    for place, number in enumerate(others):
        y = np.concatenate(((shown.spot,), series[number, taken]))
        traces.append(_line(x, y, "single paths", "#8b959e", 0.8, legend=place == 0, quiet=True))
    y = np.concatenate(((shown.spot,), series[deepest, taken]))
    traces.append(_line(x, y, "the deepest fall", _WILD, 1.4))
    return traces


def _tails(shown: Preview) -> Picture:
    logs = np.log(np.asarray(shown.prices[:, :, 0]))
    returns = np.diff(logs, axis=1, prepend=np.log(shown.spot)).ravel()
    deviation = float(returns.std())
    if deviation <= 0.0:
        flat: Layout = layout(300, annotations=[note("Prices stand still.", 0.5, 0.5)])
        figure = Figure("paths-tails-plot", [], flat, 300)
        return Picture("paths-tails", "The steps do not vary", "", (figure,))
    scaled = (returns - returns.mean()) / deviation
    edges = np.linspace(-_REACH, _REACH, 81)
    counts, _ = np.histogram(scaled, edges)
    width = edges[1] - edges[0]
    middle = 0.5 * (edges[1:] + edges[:-1])
    density = counts / (scaled.size * width)
    normal = np.exp(-0.5 * middle**2) / np.sqrt(2.0 * np.pi)
    smallest = 0.5 / (scaled.size * width)
    beyond = float((np.abs(scaled) > 4.0).mean())
    traces: list[Trace] = [
        _line(middle, np.where(density > 0, density, np.nan), "steps of the paths", _FIRST, 2.0),
        _line(middle, np.where(normal > smallest, normal, np.nan), "normal", MUTED, 1.4, "dot"),
    ]
    drawn = layout(
        360,
        xaxis=axis("log return of a step, in standard deviations", range=[-_REACH, _REACH]),
        yaxis=axis("density", type="log", exponentformat="power", dtick=1),
    )
    title = (
        f"{_share(beyond)} steps are beyond four standard deviations; "
        "of normal ones, 1 in 15,787 would be"
    )
    return Picture(
        "paths-tails",
        title,
        "Density of the log returns of all steps on a logarithmic scale, beside a normal law of "
        f"the same deviation ({100 * deviation:.3g} % a step). Where the line ends, no step fell.",
        (Figure("paths-tails-plot", traces, drawn, 360),),
    )


def _share(value: float) -> str:
    return f"1 in {1.0 / value:,.0f}" if value > 0.0 else "No"


def _line(
    x: AnyArray,
    y: AnyArray,
    name: str,
    colour: str,
    width: float,
    dash: str = "solid",
    *,
    legend: bool = True,
    quiet: bool = False,
) -> Trace:
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(x),
        "y": numbers(y),
        "name": name,
        "legendgroup": name,
        "showlegend": legend,
        "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": f"%{{y:,.4~g}}<extra>{name}</extra>",
    }
    if quiet:
        trace["hoverinfo"] = "skip"
        del trace["hovertemplate"]
    return trace


def _band(x: AnyArray, low: AnyArray, high: AnyArray, colour: str, name: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(np.concatenate((x, x[::-1]))),
        "y": numbers(np.concatenate((high, low[::-1]))),
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0, "color": INK},
        "name": name,
        "hoverinfo": "skip",
    }
