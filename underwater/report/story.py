"""The run in plain words: headline, what happened, how the twins differ, what it cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from underwater.faults import verdict
from underwater.report.data import RunData, VariantData, at
from underwater.report.summary import Row
from underwater.report.titles import busiest_share, calm
from underwater.report.words import count, hour_text, money, number, percent


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
    accounts = count(row["underwater_max"], "account was", "accounts were")
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
    parts = [f"{who} ({_part(amount / total)})" for who, amount in ordered]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    listed = listed.replace(" (100 %)", " alone") if len(parts) == 1 else listed
    return f"Beyond their own margin {money(total)} was missing; it was paid by {listed}."


def _part(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.005 else "under 1 %"


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
    points = fault_points(run, rows)
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
        f"<b>Forced closures.</b> {count(row['liquidations'], 'takeover', 'takeovers')} of "
        f"{count(row['liquidated_accounts'], 'account', 'accounts')}"
        f"{' and auto-deleveraging' if row['adl_notional'] else ''} closed "
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


def fault_points(run: RunData, rows: Sequence[Row]) -> list[str]:
    """The faults of the feeds, and what they did to the shortfall if the twin has run too."""
    texts = at(run.first.manifest, "summary.faults")
    if not isinstance(texts, Sequence) or isinstance(texts, str) or not texts:
        return []
    listed = "; ".join(escape(str(text)) for text in texts)
    word = "fault" if len(texts) == 1 else "faults"
    said = verdict(rows) or "Without the variant fault-free nothing can be said of its effect."
    return [f"<b>The {word}.</b> {listed[:1].upper()}{listed[1:]}. {escape(said)}"]


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
    if not row["deficit"]:
        return (
            f"<b>Left over.</b> {money(row['socialised'])} was spread over one side of a market "
            f"({percent(row['socialised_moved_share'])} of it on others than a cut in proportion "
            "to open profit would charge); no deficit arose."
        )
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


FAULT_NOTE = (
    "All random draws are shared, so the twin differs by the faults alone. One seed is one pair: a "
    "sweep over seeds tells how often it holds."
)
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
    """Largest fall from a high to a later low, in percent: of the true price where a fault acts on
    the feed, else of what the feed said."""
    name = f"price_{market}" if data.faults else f"index_{market}"
    price = data.system[name]
    peak = np.maximum.accumulate(price)
    return float((1 - price / peak).max() * 100) if len(price) else 0.0


def _concentration(data: VariantData) -> str:
    if data.hours[-1] < 8:
        return ""
    return f", {busiest_share(data) * 100:.0f} % of it in the eight busiest quarter hours"
