"""Insurance fund and cumulative shortfall of all variants; and who paid in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from underwater.report.data import RunData
from underwater.report.figures.windows import zoom_windows
from underwater.report.look import (
    PAYERS,
    Figure,
    Picture,
    Trace,
    axis,
    layout,
    line,
    variant_colour,
    window_shapes,
)
from underwater.report.thin import steps, thin

_HEIGHT = 480


def fund_picture(run: RunData, title: str) -> Picture:
    """Picture (c): two panels with one time axis, linear, in basis points of the opening OI."""
    traces: list[Trace] = []
    for position, data in enumerate(run.variants):
        colour = variant_colour(data.name, position)
        x, y = thin(data.hours, data.basis_points(data.system["insurance"]), 600)
        traces.append(line(x, y, data.name, colour, unit=" bp", step=True))
        x, y = steps(data.hours, data.basis_points(data.system["shortfall"]), 600)
        traces.append(
            line(x, y, data.name, colour, axes=("x2", "y2"), unit=" bp", step=True, legend=False)
        )
    first = run.first
    latent = first.basis_points(first.system["latent_shortfall"])
    if len(latent) and latent.max() > 0:
        x, y = thin(first.hours, latent, 600)
        trace = line(
            x,
            y,
            f"{first.name}: negative equity still open",
            "#c44536",
            axes=("x2", "y2"),
            unit=" bp",
            width=1.0,
        )
        traces.append(trace | {"fill": "tozeroy", "fillcolor": "rgba(196, 69, 54, 0.18)"})
    made = layout(
        _HEIGHT,
        xaxis=axis(
            domain=(0, 1),
            anchor="y",
            showgrid=False,
            showline=True,
            showticklabels=False,
            matches="x2",
        ),
        yaxis=axis("insurance fund,<br>bp of opening OI", domain=(0.54, 1), rangemode="tozero"),
        xaxis2=axis(
            f"hours since {first.start:%Y-%m-%d %H:%M} UTC",
            domain=(0, 1),
            anchor="y2",
            showgrid=False,
            showline=True,
        ),
        yaxis2=axis(
            "shortfall so far,<br>bp of opening OI",
            domain=(0, 0.44),
            anchor="x2",
            rangemode="tozero",
        ),
        shapes=window_shapes(zoom_windows(run), ("x", "x2")),
    )
    caption = (
        "The fund grows by its half of each liquidation penalty and pays for accounts that end "
        "below zero. Shortfall is what those accounts could not pay, added up; the red area is "
        "negative equity that nobody has taken over yet. 1 bp = 0.01 % of the opening open "
        "interest."
    )
    label = "Insurance fund and cumulative shortfall over time, in basis points"
    return Picture("fund", title, caption, (Figure("fund", traces, made, _HEIGHT, label=label),))


def payers_picture(run: RunData, rows: Sequence[Mapping[str, object]], title: str) -> Picture:
    """Who paid, variant by variant, as stacked bars in basis points of the opening OI."""
    keys = ("penalties", "insurance_paid", "adl_cost", "socialised", "deficit_end")
    names = [str(row["variant"]) for row in rows]
    traces: list[Trace] = []
    for key, (payer, colour) in zip(keys, PAYERS.items(), strict=True):
        shares = [
            round(_number(row[key]) / data.opening * 1e4, 3) if data.opening else 0.0
            for row, data in zip(rows, run.variants, strict=True)
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": shares,
                "name": payer,
                "marker": {"color": colour, "line": {"color": "#ffffff", "width": 1}},
                "text": [f"{value:.3g}" if value else "" for value in shares],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "constraintext": "inside",
                "hovertemplate": f"%{{y}}<br>%{{x:.4~g}} bp<extra>{payer}</extra>",
            }
        )
    height = 130 + 46 * len(names)
    made = layout(
        height,
        barmode="stack",
        bargap=0.35,
        xaxis=axis("basis points of opening open interest", rangemode="tozero"),
        yaxis=axis(autorange="reversed", ticks="", showgrid=False),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    made["margin"] = {"l": 130, "r": 16, "t": 34, "b": 46}
    caption = (
        "In the order of the waterfall: penalties out of the margin that liquidated accounts had "
        "left (half to liquidators, half to the fund), the insurance fund, winners who were "
        "closed at the bankrupt's price instead of the mark, a loss spread over one side of the "
        "market, and a deficit that the last to withdraw would bear."
    )
    label = "Who paid, per variant, in basis points of the opening open interest"
    return Picture(
        "who-paid", title, caption, (Figure("who-paid", traces, made, height, label=label),)
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
