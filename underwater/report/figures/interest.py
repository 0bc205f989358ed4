"""Open interest of all variants in percent of its start."""

from __future__ import annotations

from underwater.report.data import RunData
from underwater.report.figures.windows import zoom_windows
from underwater.report.look import (
    Figure,
    Picture,
    axis,
    layout,
    line,
    variant_colour,
    window_shapes,
)
from underwater.report.thin import thin

_HEIGHT = 380


def open_interest_picture(run: RunData, title: str) -> Picture:
    """Picture (b). The dotted line leaves the fall of the price out."""
    traces = []
    for position, data in enumerate(run.variants):
        interest = data.open_interest()
        start = interest[0] if interest[0] > 0 else 1.0
        x, y = thin(data.hours, interest / start * 100, 600)
        traces.append(line(x, y, data.name, variant_colour(data.name, position), unit=" %"))
    first = run.first
    fixed = first.open_interest(at_opening_price=True)
    x, y = thin(first.hours, fixed / (fixed[0] if fixed[0] > 0 else 1.0) * 100, 600)
    colour = variant_colour(first.name, 0)
    traces.append(
        line(x, y, f"{first.name}, at the opening price", colour, unit=" %", dash="dot", width=1.4)
    )
    made = layout(
        _HEIGHT,
        xaxis=axis(f"hours since {first.start:%Y-%m-%d %H:%M} UTC", showgrid=False, showline=True),
        yaxis=axis("open interest, % of the start", rangemode="tozero"),
        shapes=window_shapes(zoom_windows(run), ("x",)),
    )
    caption = (
        "Open interest in USD falls with the price even if nobody closes. The dotted line values "
        "it at the opening price throughout: only its fall is positions that were closed. It is "
        "the exchange's own number, the longs, which equal the shorts; shares elsewhere in this "
        "report are of the traders' opening positions, longs and shorts together."
    )
    label = "Open interest in percent of its start, over time"
    return Picture(
        "open-interest",
        title,
        caption,
        (Figure("open-interest", traces, made, _HEIGHT, label=label),),
    )
