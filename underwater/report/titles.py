"""Titles that say the finding, one per picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulator.types import Float1D
from underwater.report.data import VariantData, at
from underwater.report.summary import Row
from underwater.report.thin import bin_edges, sums_per_bin
from underwater.report.words import money, number, percent


def calm(row: Row) -> bool:
    """Whether nobody was closed by force."""
    return row["forced_notional"] == 0


def _forced_per_hour(data: VariantData, minutes: float) -> Float1D:
    edges = bin_edges(0.0, float(data.hours[-1]), minutes)
    return sums_per_bin(
        data.hours_of(data.liquidations), data.liquidations["notional"], edges
    ) + sums_per_bin(data.hours_of(data.adl), data.adl["notional"], edges)


def busiest_share(data: VariantData, hours: float = 2.0) -> float:
    """Share of all forced closures in the busiest so many hours (chosen from quarter hours)."""
    closed = _forced_per_hour(data, 15)
    if closed.sum() <= 0:
        return 0.0
    most = np.sort(closed)[::-1][: int(hours * 4)]
    return float(most.sum() / closed.sum())


def price_title(data: VariantData, row: Row) -> str:
    """Finding of the price picture."""
    if calm(row):
        return "The price moved, and no position was closed by force"
    if data.hours[-1] < 8:
        return f"{percent(row['forced_share'])} of open interest was closed by force"
    return (
        f"{percent(row['forced_share'])} of open interest was closed by force, "
        f"{busiest_share(data) * 100:.0f} % of that in two hours"
    )


def interest_title(data: VariantData, row: Row) -> str:
    """Finding of the open-interest picture."""
    if float(str(row["open_interest_minimum"])) > 0.97:
        return "Open interest hardly moved"
    fixed = data.open_interest(at_opening_price=True)
    lowest = float(fixed.min() / fixed[0]) if fixed[0] > 0 else 1.0
    return (
        f"Open interest fell to {percent(row['open_interest_minimum'])} of its start"
        f" ({percent(lowest)} at opening prices) and ended at {percent(row['open_interest_end'])}"
    )


def fund_title(rows: Sequence[Row]) -> str:
    """Finding of the fund picture."""
    base = rows[0]
    share = float(str(base["insurance_minimum_share"]))
    if calm(base) or (share >= 0.9995 and not base["shortfall"]):
        return "The insurance fund was never needed"
    fund = "was emptied" if share < 0.005 else f"fell to {share * 100:.0f} % of its start"
    if share >= 0.9995:
        fund = "never fell below its start"
    text = f"The fund {fund}; {number(base['shortfall_bp'])} bp could not be paid from margin"
    others = [f"{number(row['shortfall_bp'])} bp ({row['variant']})" for row in rows[1:]]
    return f"{text}, against {' and '.join(others)}" if others else text


def payers_title(row: Row) -> str:
    """Finding of the who-paid picture."""
    missing = sum(
        float(str(row[key])) for key in ("insurance_paid", "adl_cost", "socialised", "deficit_end")
    )
    if calm(row):
        return "Nobody had to pay for anybody"
    if missing < 0.5:
        return "The margin of the liquidated paid for everything"
    largest = max(
        ("the insurance fund", row["insurance_paid"]),
        ("auto-deleveraged winners", row["adl_cost"]),
        ("one side of the market", row["socialised"]),
        ("nobody yet (deficit)", row["deficit_end"]),
        key=lambda pair: float(str(pair[1])),
    )
    return f"Once margins were gone, most was paid by {largest[0]}"


def funding_title(data: VariantData) -> str:
    """Finding of the funding picture."""
    if not len(data.hours):
        return "No funding was paid"
    longs = sum(float(data.system[f"funding_long_{market}"][-1]) for market in data.markets)
    if abs(longs) < 1:
        return "Hardly any funding was paid"
    payer, receiver = ("Longs", "shorts") if longs > 0 else ("Shorts", "longs")
    capped = _hours_at_cap(data)
    at_cap = f"; the rate was at its cap for {number(capped, 2)} hours" if capped >= 0.1 else ""
    return f"{payer} paid {receiver} {money(abs(longs))} in funding{at_cap}"


def _hours_at_cap(data: VariantData) -> float:
    cap = at(data.manifest, "scenario.parameters.funding_cap_per_day")
    rates = data.funding["rate"]
    if not isinstance(cap, (str, int, float)) or not len(rates):
        return 0.0
    hours = data.hours_of(data.funding)
    longest = 0.0
    for market in data.markets:
        mine = np.array([name.lower() == market for name in data.funding["market"]], dtype=bool)
        lasting = np.diff(hours[mine], append=data.hours[-1])
        longest = max(longest, float(lasting[np.abs(rates[mine]) >= float(cap) * 0.9999].sum()))
    return longest


def heat_title(data: VariantData, row: Row) -> str:
    """Finding of the heat map."""
    under = int(np.sum(data.histogram[:, :17], axis=1).max()) if len(data.histogram) else 0
    if not under:
        return "No account with a position ended a block below its maintenance margin"
    if not row["underwater_max"]:
        return f"Up to {under:,} accounts were below their maintenance margin, none below zero"
    return (
        f"Up to {under:,} accounts were below their maintenance margin at once, "
        f"{row['underwater_max']} of them below zero at the worst"
        if int(str(row["underwater_max"])) <= under
        else f"Up to {row['underwater_max']} accounts were below zero at once"
    )


def amplification_title(rows: Sequence[Mapping[str, object]]) -> str:
    """Finding of the amplification picture."""
    extra = rows[0]["fixed_point_extra_share"]
    if not extra:
        return "Price impact set off no further liquidations"
    text = f"At its worst the impact itself set off another {percent(extra)} of open interest"
    others = [f"{percent(row['fixed_point_extra_share'])} ({row['variant']})" for row in rows[1:]]
    return f"{text}, against {' and '.join(others)}" if others else text


def twins_title(rows: Sequence[Mapping[str, object]]) -> str:
    """Finding of the pairs."""
    keys = ("shortfall_bp", "adl_share", "underwater_max")
    smaller = [
        str(row["variant"])
        for row in rows[1:]
        if all(float(str(row[key])) <= float(str(rows[0][key])) for key in keys)
        and any(float(str(row[key])) < float(str(rows[0][key])) for key in keys)
    ]
    if not smaller:
        return "The same draws under each variant"
    return f"With the same draws, {' and '.join(smaller)} leave less to be paid by others"
