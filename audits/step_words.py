"""Steps in words: who does what, when, with every digit that matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audits.step_rows import Row, to_row
from audits.steps import WAD, Names, Step, Wait
from audits.words import exact_decimal, grouped, span
from simulator.agent import UpdatePrice


def in_words(steps: Sequence[Step], names: Names) -> tuple[str, ...]:
    """One line per step, with the time since the start; waits move it and have no line.

    A wait at the end is what broke something, so it gets one.
    """
    lines, elapsed = [], 0
    for step in steps:
        if isinstance(step, Wait):
            elapsed += step.seconds
            continue
        lines.append(f"t=+{span(elapsed)} {sentence(step, names)}")
    if steps and isinstance(steps[-1], Wait):
        lines.append(f"t=+{span(elapsed)} nothing else has happened")
    return tuple(lines)


def sentence(step: Step, names: Names) -> str:
    """One step in words, without its time."""
    if isinstance(step, Wait):
        return f"{span(step.seconds)} pass"
    row = to_row(step, names, grouped)
    if isinstance(step, UpdatePrice):
        basis = exact_decimal(step.basis * 100, WAD)
        return f"{row['market']} index is written as {row['price']}, basis {basis} %"
    return f"{row['actor']} {_PHRASES[str(row['action'])](row)}"


def _quote(row: Row) -> str:
    bid = f"bids {row['bid_size']} at {row['bid_price']}"
    ask = f"asks {row['ask_price']} for {row['ask_size']}"
    sides = [side for side, size in ((bid, "bid_size"), (ask, "ask_size")) if row[size] != "0"]
    return f"{' and '.join(sides) or 'withdraws the quotes'} in {row['market']}"


def _fill(row: Row) -> str:
    size = str(row["size"])
    verb, link = ("sells", "to") if size.startswith("-") else ("buys", "from")
    return f"{verb} {size.lstrip('-')} {row['market']} {link} {row['maker']}"


def _against(row: Row, listed: str) -> str:
    return f"in {row['market']} against {row[listed] or 'nobody'}"


_PHRASES: dict[str, Callable[[Row], str]] = {
    "deposit": lambda row: f"deposits {row['amount']}",
    "withdraw": lambda row: f"withdraws {row['amount']}",
    "quote": _quote,
    "fill": _fill,
    "settle": lambda row: f"settles {row['account']}",
    "liquidate": lambda row: (
        f"liquidates {row['account']} in {row['market']}, up to {row['max_size']}"
    ),
    "deleverage": lambda row: f"deleverages {row['account']} {_against(row, 'candidates')}",
    "close_out": lambda row: f"closes out {row['account']} {_against(row, 'counterparties')}",
    "fund_insurance": lambda row: f"gives {row['amount']} to the insurance fund",
    "accrue": lambda row: f"accrues {row['market']}",
    "confirm": lambda row: f"confirms the index of {row['market']}",
}
