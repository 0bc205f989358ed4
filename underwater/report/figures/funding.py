"""Funding: the rate hour by hour, and what each side has paid so far."""

from __future__ import annotations

import numpy as np

from underwater.report.data import RunData, VariantData, at
from underwater.report.figures.windows import zoom_windows
from underwater.report.look import (
    Figure,
    Layout,
    Picture,
    Trace,
    axis,
    layout,
    level,
    line,
    market_colour,
    note,
    window_shapes,
)
from underwater.report.thin import steps, thin

_HEIGHT = 400


def funding_picture(run: RunData, title: str) -> Picture:
    """Picture (d), of the first variant: rates on the left, cumulative payments on the right."""
    data = run.first
    traces: list[Trace] = []
    for position, market in enumerate(data.markets):
        traces += _market(data, market, market_colour(position))
    hours = f"hours since {data.start:%Y-%m-%d %H:%M} UTC"
    ends = [0, round(float(data.hours[-1]), 3)]
    time: Layout = {"showgrid": False, "showline": True, "range": ends}
    made = layout(
        _HEIGHT,
        xaxis=axis(hours, domain=(0, 0.46), anchor="y", **time),
        yaxis=axis(anchor="x", zeroline=True, zerolinecolor="#9aa4ac"),
        xaxis2=axis(hours, domain=(0.54, 1), anchor="y2", **time),
        yaxis2=axis(anchor="x2", zeroline=True, zerolinecolor="#9aa4ac", tickformat="~s"),
        shapes=window_shapes(zoom_windows(run), ("x", "x2")) + _caps(data),
        annotations=[
            note("funding rate, % per day (longs pay shorts above zero)", 0, 1.0),
            note("paid so far, USD (negative: received)", 0.54, 1.0),
        ],
    )
    made["margin"] = {"l": 58, "r": 16, "t": 62, "b": 46}
    made["legend"] = made["legend"] | {"y": 1.07}  # type: ignore[operator]
    other = f"Variant {data.name}. " if data.name != "base" else ""
    caption = (
        f"{other}The rate follows the basis and is capped (dotted). In a crash the mark lies "
        "below the index, so shorts pay longs: funding then rewards whoever still holds a long. "
        "What one side pays the other receives."
    )
    label = "Funding rate and cumulative funding payments per market"
    return Picture(
        "funding", title, caption, (Figure("funding", traces, made, _HEIGHT, label=label),)
    )


def _market(data: VariantData, market: str, colour: str) -> list[Trace]:
    mine = np.array([name.lower() == market for name in data.funding["market"]], dtype=bool)
    cap = _cap(data)
    x = data.hours_of(data.funding)[mine]
    y = np.clip(data.funding["rate"][mine], -cap, cap) * 100
    name = market.upper()
    traces = [line(*thin(x, y, 400), f"{name} rate", colour, unit=" % a day", step=True, digits=4)]
    for side, dash in (("longs", "solid"), ("shorts", "dash")):
        paid = data.system[f"funding_{side[:-1]}_{market}"]
        traces.append(
            line(
                *steps(data.hours, paid, 400),
                f"{name} {side} paid",
                colour,
                axes=("x2", "y2"),
                unit=" USD",
                dash=dash,
            )
        )
    return traces


def _caps(data: VariantData) -> list[Layout]:
    percent = _cap(data) * 100
    if not np.isfinite(percent):
        return []
    return [level(percent, ""), level(-percent, "")]


def _cap(data: VariantData) -> float:
    """Largest rate per day, as a fraction; infinite if the manifest does not say."""
    cap = at(data.manifest, "scenario.parameters.funding_cap_per_day")
    return float(cap) if isinstance(cap, (str, int, float)) else np.inf
