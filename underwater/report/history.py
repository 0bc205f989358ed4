"""An event's page: its prices, what is known of the day, and where each figure comes from."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.prices import Crash, Ohlc
from simulator.prices.history.measures import measure
from simulator.prices.ohlc import TICKS_PER_UNIT, time_text
from simulator.types import Float1D, Float2D
from underwater.report.facts import published
from underwater.report.look import (
    HOURS,
    TAKEN_OVER,
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
)
from underwater.report.page import figures_json, write_page

MOST_POINTS: Final = 1_500
_OVERVIEW: Final = 380
_DETAIL: Final = 460


def write_history_page(crash: Crash, path: Path) -> Path:
    """Write a self-contained page of an event; equal events give equal bytes.

    Raises MissingComponentError without plotly, RecordError on a full disk.
    """
    pictures = [_overview(crash), _details(crash)]
    context = {
        "title": crash.title,
        "summary": crash.summary,
        "meta": _meta(crash),
        "pictures": pictures,
        "series": [_row(crash, name) for name in crash.series],
        "facts": [published(asdict(fact)) for fact in crash.facts],
        "parameters": [published(asdict(fact)) for fact in crash.parameters],
        "shapes": [asdict(shape) for shape in crash.shapes],
        "sources": [_source(name, entry) for name, entry in crash.sources.items()],
        "figures_json": figures_json(pictures, crash.start.timestamp()),
    }
    return write_page(path, "history.html.j2", context)


def _meta(crash: Crash) -> str:
    parts = [
        f"{crash.start:%Y-%m-%d %H:%M} to {crash.end:%Y-%m-%d %H:%M} UTC",
        f"{crash.hours} hours are replayed",
        ", ".join(crash.venues),
    ]
    return " \N{MIDDLE DOT} ".join(parts)


def _hours(crash: Crash, bars: Ohlc) -> Float1D:
    """Opening times in hours since the start of the window."""
    hours: Float1D = (bars.times - int(crash.start.timestamp())) / 3600.0
    return hours


def _shown(bars: Ohlc) -> tuple[Float2D, int]:
    """float64[n, 4] prices of at most MOST_POINTS bars, and how many bars each stands for."""
    count = -(-len(bars.ticks) // MOST_POINTS)
    starts = np.arange(0, len(bars.ticks), count)
    ticks = bars.ticks
    ends = np.minimum(starts + count, len(ticks)) - 1
    highest = np.maximum.reduceat(ticks[:, 1], starts)
    lowest = np.minimum.reduceat(ticks[:, 2], starts)
    grouped = np.stack([ticks[starts, 0], highest, lowest, ticks[ends, 3]], axis=1)
    return grouped / TICKS_PER_UNIT, count


def _overview(crash: Crash) -> Picture:
    """How far every series fell below where it began, by closes."""
    traces: list[Trace] = []
    for position, (name, bars) in enumerate(crash.series.items()):
        prices, count = _shown(bars)
        ends = _hours(crash, bars)[::count] + count * bars.bar_seconds / 3600.0
        change = 100.0 * (prices[:, 3] / prices[0, 0] - 1.0)
        x = np.concatenate([[_hours(crash, bars)[0]], ends])
        y = np.concatenate([[0.0], change])
        dash = "dot" if "-" in name else "solid"
        traces.append(line(x, y, name, market_colour(position), unit=" %", dash=dash))
    made = layout(_OVERVIEW)
    made["xaxis"] = axis(HOURS.format(start=crash.start), showline=True, showgrid=False)
    made["yaxis"] = axis("% since the first open", zeroline=True, zerolinecolor="#9aa4ac")
    made["margin"] = {"l": 62, "r": 16, "t": 44, "b": 52}
    caption = "Closes against the series' first open. Drag to zoom, double-click to return."
    figure = Figure(
        "overview", traces, made, _OVERVIEW, label="Change of every series since its first open"
    )
    return Picture("overview", _overview_title(crash), caption, (figure,))


def _overview_title(crash: Crash) -> str:
    first = next(iter(crash.series))
    falls = {name: measure(bars).peak_to_low for name, bars in crash.series.items()}
    deepest = max(falls, key=lambda name: falls[name])
    words = f"{first} fell by {falls[first]:.0%} from its peak"
    if deepest != first:
        words += f", {deepest} by {falls[deepest]:.0%}"
    return words.replace("%", " %")


def _details(crash: Crash) -> Picture:
    figures = tuple(
        Figure(
            f"series-{position}",
            *_detail(crash, name, position),
            height=_DETAIL,
            tab=name,
            label=f"{name}: high, low and close of every bar",
        )
        for position, name in enumerate(crash.series)
    )
    caption = (
        "The band spans low to high of every bar, the line joins the closes; price axis "
        "logarithmic. A replay draws a path inside the band that hits all four prices of every bar."
    )
    return Picture("series", "Every bar of every series", caption, figures)


def _detail(crash: Crash, name: str, position: int) -> tuple[list[Trace], Layout]:
    bars = crash.series[name]
    prices, count = _shown(bars)
    opens = _hours(crash, bars)[::count]
    width = count * bars.bar_seconds / 3600.0
    colour = market_colour(position)
    digits = 7
    edges = np.append(opens, opens[-1] + width)
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": hours_list(edges),
        "line": {"width": 0, "color": colour, "shape": "hv"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    traces: list[Trace] = [
        band | {"y": numbers(np.append(prices[:, 2], prices[-1, 2]), digits)},
        band
        | {
            "y": numbers(np.append(prices[:, 1], prices[-1, 1]), digits),
            "fill": "tonexty",
            "fillcolor": f"{colour}38",
            "name": "low to high",
            "showlegend": True,
        },
        line(opens + width, prices[:, 3], "close", colour, digits=digits),
    ]
    made = layout(_DETAIL)
    low, high = prices[:, 2], prices[:, 1]
    marks = [
        (opens[low.argmin()] + width / 2, low.min()),
        (opens[high.argmax()] + width / 2, high.max()),
    ]
    traces.append(_marks(marks))
    spanned = (float(edges[0]), float(edges[-1]))
    made["annotations"] = [
        _mark_note(marks[0], f"low {marks[0][1]:,.6g}", "top", spanned),
        _mark_note(marks[1], f"high {marks[1][1]:,.6g}", "bottom", spanned),
    ]
    span = [round(edge, 3) for edge in spanned]
    hours = HOURS.format(start=crash.start)
    made["xaxis"] = axis(hours, showline=True, showgrid=False, range=span)
    quote = str(crash.sources[name].get("quote", ""))
    made["yaxis"] = axis(
        quote, type="log", nticks=8, tickformat=",.6~g", range=_range(low.min(), high.max())
    )
    made["margin"] = {"l": 70, "r": 16, "t": 40, "b": 52}
    return traces, made


def _range(low: float, high: float) -> list[float]:
    """Of a logarithmic axis, with room for the two notes."""
    room = max(0.08 * (np.log10(high) - np.log10(low)), 1e-4)
    return [float(np.log10(low) - room), float(np.log10(high) + room)]


def _marks(points: list[tuple[float, float]]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": hours_list(np.array([x for x, _ in points])),
        "y": numbers(np.array([y for _, y in points]), 7),
        "marker": {"color": TAKEN_OVER, "size": 7},
        "name": "low and high",
        "meta": {"utc": True},
        "hovertemplate": "%{customdata}<br>%{y:,.6~g}<extra></extra>",
        "showlegend": False,
    }


def _mark_note(
    point: tuple[float, float], text: str, yanchor: str, span: tuple[float, float]
) -> Layout:
    """A note beside its mark that does not run over the edge of the picture."""
    share = (point[0] - span[0]) / (span[1] - span[0])
    anchor = "left" if share < 0.1 else "right" if share > 0.9 else "center"
    x, y = round(float(point[0]), 3), float(np.log10(point[1]))
    made = note(text, x, y, anchor=anchor, refs=("x", "y"))
    return made | {"yanchor": yanchor, "yshift": -5 if yanchor == "top" else 5}


def _row(crash: Crash, name: str) -> dict[str, str]:
    bars, entry = crash.series[name], crash.sources[name]
    found = measure(bars)
    day = "\N{EN DASH}" if found.worst_day is None else f"{found.worst_day:.1%}".replace("%", " %")
    return {
        "name": name,
        "venue": str(entry.get("venue", "")),
        "kind": str(entry.get("kind", "")),
        "bars": f"{len(bars.times):,} of {entry.get('resolution', '1h')}",
        "high": _price(found.high),
        "high_at": time_text(found.high_at),
        "low": _price(found.low),
        "low_at": time_text(found.low_at),
        "fall": f"{found.peak_to_low:.1%}".replace("%", " %"),
        "hour": f"{found.worst_hour:.1%}".replace("%", " %"),
        "day": day,
    }


def _price(price: Decimal) -> str:
    """At most eight significant digits, never an exponent."""
    return f"{Decimal(f'{price:.8g}').normalize():,f}"


def _source(name: str, entry: Any) -> dict[str, Any]:
    """Origin, checks, and what the gate found or changed, with every reason."""
    lines = [str(check) for check in entry.get("checks", [])]
    lines += [
        f"found {item['rule']}: {item['place']}, {item['words']}"
        for item in entry.get("findings", [])
    ]
    for item in entry.get("repairs", []):
        reason = f" ({item['reason']})" if item.get("reason") else ""
        lines.append(f"{item['rule']}={item['way']}: {item['what']}{reason}")
    second = entry.get("second_source")
    return {
        "name": name,
        "file": str(entry.get("file", "")),
        "source": str(entry.get("source", "")),
        "second": "" if second is None else str(second),
        "from": str(entry.get("aggregated_from", "")),
        "lines": lines,
        "notes": str(entry.get("notes", "")),
    }
