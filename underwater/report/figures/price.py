"""Price, forced closures and basis: the whole run and two closer looks on one picture."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from simulator.types import AnyArray, Float1D
from underwater.report.data import RunData, VariantData
from underwater.report.figures.windows import Window, zoom_windows
from underwater.report.look import (
    DELEVERAGED,
    FAULT,
    INDEX,
    TAKEN_OVER,
    TRUE_PRICE,
    Figure,
    Layout,
    Picture,
    Trace,
    axis,
    hours_list,
    layout,
    line,
    market_colour,
    note,
    numbers,
    variant_colour,
    window_shapes,
)
from underwater.report.thin import Line, bin_edges, bin_of, nice_minutes, sums_per_bin, thin

_HEIGHT = 620
_ROWS = ((0.46, 1.0), (0.205, 0.37), (0.0, 0.115))
_BUBBLE_PIXELS = 30.0
_TAKEOVERS = "taken over or closed out"
_ADL = "auto-deleveraged"


def price_picture(run: RunData, title: str) -> Picture:
    """Picture (a). One tab per market; the prices and closures are those of the first variant."""
    data = run.first
    windows = zoom_windows(run)
    figures = tuple(
        Figure(
            f"price-{market}",
            *_market(data, market, windows),
            height=_HEIGHT,
            tab=market.upper(),
            label=f"{market.upper()} price, forced closures and basis over time",
        )
        for market in data.markets
    )
    return Picture("price", title, _caption(data, windows), figures)


def _caption(data: VariantData, windows: tuple[Window, ...]) -> str:
    looks = " The shaded hours are drawn larger on the right." if windows else ""
    other = f"Variant {data.name}. " if data.name != "base" else ""
    if data.faults:
        other += "Red: a fault acts on the feed; dotted: the true price. "
    return (
        f"{other}Index (what the oracle says) and mark (what the exchange settles at), "
        "logarithmic. A bubble is all forced closures of one interval at their average price, "
        "its area the notional; the bars below give the same as a share of the opening open "
        "interest of all markets. The basis is mark over index: forced selling pushes it below "
        f"zero.{looks} Drag to zoom, double-click to return."
    )


def _market(
    data: VariantData, market: str, windows: tuple[Window, ...]
) -> tuple[list[Trace], Layout]:
    whole = (float(data.hours[0]), float(data.hours[-1]))
    spans = (whole, *windows)
    traces: list[Trace] = []
    made = layout(_HEIGHT, barmode="stack", bargap=0.0)
    made["margin"] = {"l": 52, "r": 12, "t": 60, "b": 44}
    made["legend"] = made["legend"] | {"y": 1.055}  # type: ignore[operator]
    notes: list[Layout] = []
    for number, (span, domain) in enumerate(zip(spans, _columns(len(spans)), strict=True)):
        numbers_of = [3 * number + row + 1 for row in range(3)]
        axes = [("x" + _suffix(n), "y" + _suffix(n)) for n in numbers_of]
        minutes = 15.0 if number == 0 and windows else _minutes(span)
        traces += _panel(data, market, span, axes, minutes, legend=number == 0)
        ticks = _round_prices(*_extremes(data, market, span))
        made |= _panel_axes(number, domain, numbers_of, span, ticks)
        made["yaxis" + _suffix(numbers_of[1])] |= {"range": _bar_range(data, market, span, minutes)}  # type: ignore[operator]
        notes += _panel_notes(data, market, span, domain, number, minutes)
    made["shapes"] = window_shapes(windows, ("x", "x2", "x3")) + _fault_shapes(data, len(spans))
    notes.append(note(f"hours since {data.start:%Y-%m-%d %H:%M} UTC", 0.5, -0.085, anchor="center"))
    made["annotations"] = notes
    return traces, made


def _fault_shapes(data: VariantData, columns: int) -> list[Layout]:
    """The price panels while a fault acts; a fault of one block is as wide as a line."""
    least = float(data.hours[-1] - data.hours[0]) / 300
    windows = [(first, max(last, first + least)) for first, last in data.faults]
    return window_shapes(
        windows, [f"x{_suffix(3 * number + 1)}" for number in range(columns)], FAULT
    )


def _extremes(data: VariantData, market: str, span: Window) -> tuple[float, float]:
    inside = (data.hours >= span[0]) & (data.hours <= span[1])
    names = ("index", "mark", "price") if data.faults else ("index", "mark")
    both = [data.system[f"{name}_{market}"][inside] for name in names]
    return float(np.min(both)), float(np.max(both))


def _bar_range(data: VariantData, market: str, span: Window, minutes: float) -> list[float]:
    """From zero to just above the highest stack; one percent where nothing was closed."""
    edges = bin_edges(span[0], span[1], minutes)
    both = _per_bin(data, "liquidations", market, edges) + _per_bin(data, "adl", market, edges)
    return [0.0, float(f"{data.share(both).max() * 1.06 or 1.0:.4g}")]


def _minutes(span: Window) -> float:
    return nice_minutes(span[1] - span[0], 80)


def _suffix(number: int) -> str:
    return "" if number == 1 else str(number)


def _columns(count: int) -> list[tuple[float, float]]:
    if count == 1:
        return [(0.0, 1.0)]
    if count == 2:
        return [(0.0, 0.58), (0.64, 1.0)]
    return [(0.0, 0.44), (0.495, 0.725), (0.77, 1.0)]


def _panel(
    data: VariantData,
    market: str,
    span: Window,
    axes: list[tuple[str, str]],
    minutes: float,
    legend: bool,
) -> list[Trace]:
    inside = (data.hours >= span[0]) & (data.hours <= span[1])
    edges = bin_edges(span[0], span[1], minutes)
    traces = [
        line(
            *_cut(data, inside, f"index_{market}"),
            "index",
            INDEX,
            axes=axes[0],
            legend=legend,
            unit=" USD",
        ),
        line(
            *_cut(data, inside, f"mark_{market}"),
            "mark",
            variant_colour("base", 0),
            axes=axes[0],
            width=1.2,
            legend=legend,
            unit=" USD",
        ),
    ]
    if data.faults and f"price_{market}" in data.system:
        traces.append(
            line(
                *_cut(data, inside, f"price_{market}"),
                "true price",
                TRUE_PRICE,
                axes=axes[0],
                dash="dot",
                legend=legend,
                unit=" USD",
            )
        )
    bubbles = _bubbles(data, market, edges, axes[0], legend)
    if bubbles["x"]:
        traces.append(bubbles)
    taken = _per_bin(data, "liquidations", market, edges)
    deleveraged = _per_bin(data, "adl", market, edges)
    traces.append(_bars(edges, data.share(taken), _TAKEOVERS, TAKEN_OVER, axes[1], legend))
    traces.append(_bars(edges, data.share(deleveraged), _ADL, DELEVERAGED, axes[1], legend))
    for position, name in enumerate(data.markets):
        x, y = thin(data.hours[inside], data.basis(name)[inside], 350)
        colour = market_colour(position)
        traces.append(
            line(
                x,
                y,
                f"basis {name.upper()}",
                colour,
                axes=axes[2],
                unit=" %",
                width=1.3,
                legend=legend,
                digits=3,
            )
        )
    return traces


def _cut(data: VariantData, inside: AnyArray, column: str) -> Line:
    return thin(data.hours[inside], data.system[column][inside], 500)


def _of_market(data: VariantData, table: str, market: str) -> tuple[Float1D, Float1D, Float1D]:
    """Hours, notional and mark price of the forced closures of one market."""
    rows = data.liquidations if table == "liquidations" else data.adl
    mine = np.array([name.lower() == market for name in rows["market"]], dtype=bool)
    price = rows["price"] if table == "liquidations" else rows["mark"]
    return data.hours_of(rows)[mine], rows["notional"][mine], price[mine]


def _per_bin(data: VariantData, table: str, market: str, edges: Float1D) -> Float1D:
    hours, notional, _ = _of_market(data, table, market)
    return sums_per_bin(hours, notional, edges)


def _bubbles(
    data: VariantData, market: str, edges: Float1D, axes: tuple[str, str], legend: bool
) -> Trace:
    parts = [_of_market(data, table, market) for table in ("liquidations", "adl")]
    hours, notional, price = (np.concatenate(column) for column in zip(*parts, strict=True))
    # a row may say only that the fund moved: nothing was closed then
    inside = (hours >= edges[0]) & (hours <= edges[-1]) & (notional > 0)
    hours, notional, price = hours[inside], notional[inside], price[inside]
    place = bin_of(hours, edges)
    bins = np.unique(place)
    totals = np.array([notional[place == number].sum() for number in bins])
    at_price = [np.average(price[place == n], weights=notional[place == n]) for n in bins]
    at_hour = [np.average(hours[place == n], weights=notional[place == n]) for n in bins]
    largest = float(totals.max()) if len(totals) else 1.0
    return {
        "type": "scatter",
        "mode": "markers",
        "x": hours_list(np.array(at_hour)),
        "y": numbers(np.array(at_price)),
        "text": [f"{value:,.0f}" for value in totals.tolist()],
        "name": "closed by force (area = notional)",
        "legendgroup": "forced",
        "showlegend": legend,
        "marker": {
            "size": numbers(totals, 4),
            "sizemode": "area",
            "sizeref": float(f"{2 * largest / _BUBBLE_PIXELS**2:.4g}"),
            "sizemin": 2,
            "color": "rgba(196, 69, 54, 0.42)",
            "line": {"color": TAKEN_OVER, "width": 0.8},
        },
        "xaxis": axes[0],
        "yaxis": axes[1],
        "meta": {"utc": True},
        "hovertemplate": "%{customdata}<br>%{text} USD closed near %{y:,.4~g}"
        "<extra>forced closures</extra>",
    }


def _bars(
    edges: Float1D,
    shares: Float1D,
    name: str,
    colour: str,
    axes: tuple[str, str],
    legend: bool,
) -> Trace:
    shown = np.flatnonzero(shares)
    if not len(shown):
        shown = np.array([0])  # a bar of no height: plotly stumbles over a panel without any
    width = float(edges[1] - edges[0])
    return {
        "type": "bar",
        "x": hours_list(edges[shown] + width / 2),
        "y": numbers(shares[shown], 4),
        "width": round(width, 5),
        "name": name,
        "legendgroup": name,
        "showlegend": legend,
        "marker": {"color": colour, "line": {"width": 0}},
        "xaxis": axes[0],
        "yaxis": axes[1],
        "meta": {"utc": True},
        "hovertemplate": f"%{{customdata}}<br>%{{y:.3~g}} % of opening open interest<extra>{name}"
        "</extra>",
    }


def _round_prices(lowest: float, highest: float) -> list[float]:
    """A handful of round numbers between two prices, for a logarithmic axis."""
    if highest > 3 * lowest:
        steps = (
            (1, 2, 3, 5, 7) if highest < 30 * lowest else (1, 3) if highest < 1e3 * lowest else (1,)
        )
        decades = range(int(np.floor(np.log10(lowest))), int(np.ceil(np.log10(highest))) + 1)
        ticks = [step * 10.0**decade for decade in decades for step in steps]
    else:
        wanted = (highest - lowest) / 6
        scale = 10.0 ** np.floor(np.log10(wanted)) if wanted > 0 else 1.0
        step = next(step for step in (1, 2, 2.5, 5, 10) if step * scale >= wanted) * scale
        ticks = [number * step for number in range(int(lowest / step), int(highest / step) + 2)]
    return [float(f"{tick:.6g}") for tick in ticks if lowest <= tick <= highest]


def _panel_axes(
    number: int,
    domain: tuple[float, float],
    numbers_of: list[int],
    span: Window,
    ticks: list[float],
) -> Layout:
    """Axes of one column of panels: one time axis, price logarithmic, the others from zero."""
    made: Layout = {}
    bottom = _suffix(numbers_of[2])
    for row, place in enumerate(numbers_of):
        suffix = _suffix(place)
        made[f"xaxis{suffix}"] = axis(
            domain=domain,
            anchor=f"y{suffix}",
            showgrid=False,
            showline=True,
            range=[round(span[0], 3), round(span[1], 3)],
            showticklabels=row == 2,
            **({} if row == 2 else {"matches": f"x{bottom}"}),
        )
        made[f"yaxis{suffix}"] = axis(domain=_ROWS[row], anchor=f"x{suffix}", nticks=5)
    price = f"yaxis{_suffix(numbers_of[0])}"
    made[price] = axis(
        domain=_ROWS[0],
        anchor=f"x{_suffix(numbers_of[0])}",
        type="log",
        tickvals=ticks,
        ticktext=[f"{tick:,g}" for tick in ticks],
    )
    made[f"yaxis{_suffix(numbers_of[1])}"] |= {"nticks": 4}  # type: ignore[operator]
    made[f"yaxis{_suffix(numbers_of[2])}"] |= {  # type: ignore[operator]
        "zeroline": True,
        "zerolinecolor": "#9aa4ac",
        "nticks": 4,
    }
    return made


def _panel_notes(
    data: VariantData,
    market: str,
    span: Window,
    domain: tuple[float, float],
    number: int,
    minutes: float,
) -> list[Layout]:
    every = f"{minutes:g} min" if minutes < 60 else f"{minutes / 60:g} h"
    begin = data.start + timedelta(hours=span[0])
    end = data.start + timedelta(hours=span[1])
    day = f"{end.day} {end:%b %H:%M}" if end.date() != begin.date() else f"{end:%H:%M}"
    top = (
        f"{market.upper()}, USD, logarithmic"
        if number == 0
        else f"{begin.day} {begin:%b %H:%M} to {day} UTC"
    )
    bars = f"{market.upper()} closed by force, % of opening OI per {every}"
    return [
        note(top, domain[0], _ROWS[0][1] + 0.005),
        note(bars if number == 0 else f"% of opening OI per {every}", domain[0], _ROWS[1][1]),
        note("basis, %" if number else "basis (mark over index), %", domain[0], _ROWS[2][1]),
    ]
