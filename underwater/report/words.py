"""The run in plain words: findings for titles, the summary, the caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from simulator.types import Float1D
from underwater.report.data import RunData, VariantData, at
from underwater.report.summary import Row
from underwater.report.thin import bin_edges, sums_per_bin


def number(value: object, digits: int = 3) -> str:
    """A number for a sentence: thousands separated, so many significant digits below a thousand."""
    amount = float(value) if isinstance(value, (int, float, np.number)) else 0.0
    if abs(amount) >= 1000:
        return f"{amount:,.0f}"
    rounded = float(f"{amount:.{digits}g}")
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:g}"


def money(value: object) -> str:
    """An amount of quote currency for a sentence: 1.24 million, 63 thousand, 120."""
    amount = float(value) if isinstance(value, (int, float, np.number)) else 0.0
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(amount) >= size:
            return f"{float(f'{amount / size:.3g}'):g}{word} USD"
    return f"{amount:.0f} USD"


def compact(value: float) -> str:
    """An amount in as few characters as a card has room for: 1.24M, 63k, 120."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{float(f'{value / size:.3g}'):g}{letter}"
    return f"{value:.0f}"


def percent(share: object, digits: int = 2) -> str:
    """A fraction as percent."""
    amount = float(share) * 100 if isinstance(share, (int, float, np.number)) else 0.0
    return f"{number(amount, digits)} %"


def hour_text(data: VariantData, hour: object) -> str:
    """An hour of the run with its time of day in UTC."""
    if not isinstance(hour, (int, float)):
        return "never"
    moment = np.datetime64(int(data.start.timestamp() + hour * 3600), "s").item()
    return f"{moment.day} {moment:%B %H:%M} UTC"


def _count(amount: object, one: str, many: str) -> str:
    whole = int(amount) if isinstance(amount, (int, float)) else 0
    return f"{whole:,} {one if whole == 1 else many}"


def calm(row: Row) -> bool:
    """Whether nobody was closed by force."""
    return row["forced_notional"] == 0


def headline(run: RunData, rows: Sequence[Row]) -> str:
    """One sentence under the page's title: whether it went under water and who paid."""
    row, data = rows[0], run.first
    if not len(data.hours):
        return "Nothing was recorded before the run stopped."
    if calm(row):
        return "Nobody was liquidated: no account fell below its maintenance margin in this time."
    if not row["underwater_max"]:
        return (
            f"{percent(row['forced_share'])} of the opening open interest was closed by force, "
            "but no account went under water: the margins paid for everything."
        )
    accounts = _count(row["underwater_max"], "account was", "accounts were")
    return (
        f"At the worst moment ({hour_text(data, row['underwater_hour'])}) {accounts} under water "
        f"at once. {_payers(row)}"
    )


def _payers(row: Row) -> str:
    shares = {
        "the insurance fund": row["insurance_paid"],
        "winners closed by auto-deleveraging": row["adl_cost"],
        "a loss spread over the other side": row["socialised"],
        "a deficit nobody has paid yet": row["deficit_end"],
    }
    paid = {who: float(str(amount)) for who, amount in shares.items() if float(str(amount)) > 0.5}
    total = sum(paid.values())
    if not paid:
        return "They recovered or were closed in time: nobody else had to pay."
    ordered = sorted(paid.items(), key=lambda item: -item[1])
    parts = [f"{who} ({amount / total * 100:.0f} %)" for who, amount in ordered]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    listed = listed.replace(" (100 %)", " alone") if len(parts) == 1 else listed
    return f"Beyond their own margin {money(total)} was missing; it was paid by {listed}."


def summary_points(run: RunData, rows: Sequence[Row]) -> list[str]:
    """What happened, point by point, for the first variant."""
    row, data = rows[0], run.first
    if not len(data.hours):
        return []
    falls = [
        f"{market.upper()} fell {fall:.0f} % from its high to its low"
        for market in data.markets
        if (fall := _fall(data, market)) >= 1
    ]
    points = []
    if falls:
        points.append(f"<b>The fall.</b> {' and '.join(falls)}.")
    if calm(row):
        reverted = number(row["reverted"])
        points.append(
            f"<b>Margins held.</b> {number(row['transactions'])} transactions, {reverted} of them "
            "reverted, no liquidation. The pictures of forced closures are therefore empty."
        )
        return points
    points.append(
        f"<b>Forced closures.</b> {_count(row['liquidations'], 'takeover', 'takeovers')} of "
        f"{_count(row['liquidated_accounts'], 'account', 'accounts')} and auto-deleveraging closed "
        f"{percent(row['forced_share'])} of the opening open interest"
        f" ({money(row['forced_notional'])}){_concentration(data)}."
    )
    points.append(
        "<b>Margin first.</b> The liquidated paid "
        f"{money(row['penalties'])} in penalties out of what margin they had left."
    )
    points.append(_fund_point(data, row))
    if row["adl_notional"]:
        points.append(
            f"<b>Auto-deleveraging.</b> {money(row['adl_notional'])} ({percent(row['adl_share'])} "
            "of the opening open interest) of winning positions was closed against bankrupt "
            f"accounts, at a cost of {money(row['adl_cost'])} against the mark."
        )
    points.append(_last_point(row, data.unpaid))
    return points


def _fund_point(data: VariantData, row: Row) -> str:
    share = float(str(row["insurance_minimum_share"]))
    low = "was emptied" if share < 0.005 else f"fell to {share * 100:.0f} % of its start"
    if share >= 0.9995:
        low = "never fell below its start"
    paid = f" It paid {money(row['insurance_paid'])}." if row["insurance_paid"] else ""
    return (
        f"<b>Insurance fund.</b> It {low} and ended at {money(row['insurance_end'])} "
        f"(start {money(row['insurance_start'])}).{paid}"
    )


def _last_point(row: Row, unpaid: Sequence[str]) -> str:
    if not row["socialised"] and not row["deficit"]:
        return (
            "<b>Nothing left over.</b> No loss was socialised and no deficit arose: whatever the "
            "fund could not pay, auto-deleveraging did."
            if row["adl_notional"]
            else "<b>Nothing left over.</b> No loss was socialised and no deficit arose."
        )
    who = ""
    if unpaid:
        listed = ", ".join(escape(account) for account in unpaid[:5])
        more = f" and {len(unpaid) - 5:,} more" if len(unpaid) > 5 else ""
        who = f" Withdrawals bounced for want of tokens: {listed}{more}."
    return (
        f"<b>Left over.</b> {money(row['socialised'])} was spread over one side of a market; the "
        f"deficit reached {money(row['deficit'])} and ended at {money(row['deficit_end'])}.{who}"
    )


def twin_points(rows: Sequence[Row]) -> list[str]:
    """How each other variant differs from the first."""
    base = rows[0]
    points = []
    for row in rows[1:]:
        points.append(
            f"<b>{escape(str(row['variant']))}</b>: shortfall {number(row['shortfall_bp'])} bp "
            f"instead of {number(base['shortfall_bp'])} bp, auto-deleveraged "
            f"{percent(row['adl_share'])} instead of {percent(base['adl_share'])}, "
            f"at most {number(row['underwater_max'])} accounts under water instead of "
            f"{number(base['underwater_max'])}. Forced closures: "
            f"{percent(row['forced_share'])} against {percent(base['forced_share'])}."
        )
    return points


TWIN_NOTE = (
    "All random draws are shared, so the variants differ in one mechanism only. The volume of "
    "forced closures hardly changes, because the fall of the index itself closes those "
    "positions; the mechanism shows in who is left under water and who pays. One seed is one "
    "pair: a sweep over seeds tells how often it holds."
)


def caveats(run: RunData, assumed: int, sourced: int) -> list[str]:
    """What this run cannot show."""
    one_seed = (
        "One seed is one draw of who traded what. Sizes of shortfall and auto-deleveraging vary "
        "severalfold from seed to seed; only differences that hold over many seeds mean "
        "something (underwater sweep)."
    )
    lines = [one_seed]
    if assumed:
        lines.insert(
            0,
            f"Only the hourly prices are history. {assumed} of {assumed + sourced} scenario "
            "values are assumed (listed below with their sources), first of all the population, "
            "its leverage and the liquidators' capital, which is decisive.",
        )
    lines.append(
        "The exchange did not exist on that day; facts about other venues stand beside the "
        "outcome for their shape, not as targets."
    )
    lines.append(
        "The price between the hourly open, high, low and close is a random bridge. Impact acts "
        "on this exchange's mark only and does not feed back into the index."
    )
    lines.append(
        "Liquidators keep their profits, so they meet the second leg with more capital than the "
        "first; the market maker hedges outside of the exchange and tops up its margin."
    )
    return lines


def _fall(data: VariantData, market: str) -> float:
    """Largest fall of the index from a high to a later low, in percent."""
    index = data.system[f"index_{market}"]
    peak = np.maximum.accumulate(index)
    return float((1 - index / peak).max() * 100) if len(index) else 0.0


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


def _concentration(data: VariantData) -> str:
    if data.hours[-1] < 8:
        return ""
    return f", {busiest_share(data) * 100:.0f} % of it within the busiest two hours"


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
