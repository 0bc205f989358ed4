"""How pictures look: colours, fonts, axes, and figures as plain plotly dictionaries.

Figures are built as dictionaries and drawn in the browser, so that writing a report does not import
plotly (0.7 s) and equal runs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from simulator.types import AnyArray

Trace: TypeAlias = dict[str, object]
Layout: TypeAlias = dict[str, object]

INK: Final = "#22303c"
MUTED: Final = "#6b7782"
GRID: Final = "#e8ebee"
PAPER: Final = "#ffffff"
WINDOW: Final = "rgba(222, 190, 120, 0.22)"
FAULT: Final = "rgba(196, 69, 54, 0.13)"
TRUE_PRICE: Final = "#2f9e6e"
TAKEN_OVER: Final = "#c44536"
DELEVERAGED: Final = "#27394a"
INDEX: Final = "#a9b1b8"

_VARIANTS: Final = {
    "base": "#1d4e7e",
    "no-impact": "#8b959e",
    "unlimited-capital": "#2f9e6e",
    "adl-asleep": "#c07a1a",
    "fault-free": "#2f9e6e",
}
_OTHERS: Final = ("#7a5195", "#b5566f", "#4f8a8b", "#8a6d3b")
_MARKETS: Final = ("#3f5fa8", "#e0902f", "#4f8a8b", "#7a5195", "#b5566f", "#6b8e23")
PAYERS: Final = {
    "margin of the liquidated (penalties)": "#d5dade",
    "insurance fund": "#e3b55b",
    "auto-deleveraged winners": "#27394a",
    "socialised loss": "#c44536",
    "deficit (nobody yet)": "#7d1d12",
}

FONT: Final = (
    "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, 'Liberation Sans', "
    "'DejaVu Sans', sans-serif"
)

HOURS: Final = "hours since {start:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure with its finding as the title and a caption that says how to read it."""

    div_id: str
    title: str
    caption: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Traces and layout for one div. `tab` names it where a picture offers a choice."""

    div_id: str
    traces: list[Trace]
    layout: Layout
    height: int
    tab: str = ""
    label: str = field(default="")
    """What a screen reader says of it."""


def variant_colour(name: str, position: int) -> str:
    """The same colour for a variant in every picture."""
    return _VARIANTS.get(name, _OTHERS[position % len(_OTHERS)])


def market_colour(position: int) -> str:
    """Colour of the market listed at this position."""
    return _MARKETS[position % len(_MARKETS)]


def numbers(values: AnyArray, digits: int = 5) -> list[float | None]:
    """JSON numbers with so many significant digits; null where there is no number."""
    return [
        (float(f"{value:.{digits}g}") if np.isfinite(value) else None)
        for value in np.asarray(values, dtype=np.float64).tolist()
    ]


def hours_list(values: AnyArray) -> list[float | None]:
    """Hours rounded to 3.6 s, a third of a block."""
    return [round(value, 3) for value in np.asarray(values, dtype=np.float64).tolist()]


def line(
    x: AnyArray,
    y: AnyArray,
    name: str,
    colour: str,
    *,
    axes: tuple[str, str] = ("x", "y"),
    unit: str = "",
    step: bool = False,
    dash: str = "solid",
    width: float = 1.6,
    legend: bool = True,
    digits: int = 5,
) -> Trace:
    """One line. Hovering says the time in UTC (filled in by the page) and the value."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": hours_list(x),
        "y": numbers(y, digits),
        "name": name,
        "legendgroup": name,
        "showlegend": legend,
        "line": {
            "color": colour,
            "width": width,
            "dash": dash,
            "shape": "hv" if step else "linear",
        },
        "xaxis": axes[0],
        "yaxis": axes[1],
        "meta": {"utc": True},
        "hovertemplate": f"%{{customdata}}<br>%{{y:,.4~g}}{unit}<extra>{name}</extra>",
    }


def axis(
    title: str = "",
    *,
    domain: Sequence[float] | None = None,
    anchor: str = "",
    **more: object,
) -> Layout:
    """One axis in the house style; `more` goes to plotly as it is."""
    made: Layout = {
        "title": {"text": title, "font": {"size": 12, "color": MUTED}, "standoff": 8},
        "tickfont": {"size": 11.5, "color": MUTED},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": "#c4cbd1",
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "#c4cbd1",
        "automargin": True,
    }
    if domain is not None:
        made["domain"] = [round(edge, 4) for edge in domain]
    if anchor:
        made["anchor"] = anchor
    return made | more


def layout(height: int, **more: object) -> Layout:
    """Layout shared by all figures: fonts, margins, a legend on top, no clutter."""
    return {
        "height": height,
        "autosize": True,
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "margin": {"l": 58, "r": 16, "t": 34, "b": 46},
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": "#ffffff",
            "bordercolor": "#c4cbd1",
            "font": {"family": FONT, "size": 12, "color": INK},
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "xanchor": "left",
            "font": {"size": 12},
            "bgcolor": "rgba(255,255,255,0)",
        },
        "dragmode": "zoom",
    } | more


def note(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "left",
    colour: str = MUTED,
    size: float = 12,
    refs: tuple[str, str] = ("paper", "paper"),
    yanchor: str = "bottom",
) -> Layout:
    """A text in the picture, by default placed in fractions of the figure."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": refs[0],
        "yref": refs[1],
        "xanchor": anchor,
        "yanchor": yanchor,
        "showarrow": False,
        "font": {"size": size, "color": colour},
        "align": anchor,
    }


def window_shapes(
    windows: Sequence[tuple[float, float]], refs: Sequence[str], colour: str = WINDOW
) -> list[Layout]:
    """Shaded time windows behind the panels whose x axes are named (each with its y domain)."""
    return [
        {
            "type": "rect",
            "xref": reference,
            "yref": f"{reference.replace('x', 'y')} domain",
            "x0": first,
            "x1": last,
            "y0": 0,
            "y1": 1,
            "fillcolor": colour,
            "line": {"width": 0},
            "layer": "below",
        }
        for first, last in windows
        for reference in refs
    ]


def level(y: float, reference: str, colour: str = MUTED, dash: str = "dot") -> Layout:
    """A horizontal line across one panel, given by its number such as "" or "2"."""
    return {
        "type": "line",
        "xref": f"x{reference} domain",
        "yref": f"y{reference}",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "line": {"color": colour, "width": 1, "dash": dash},
    }
