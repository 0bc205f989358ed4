"""PERP-03: claims equal assets at the mark and at every probe price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audits.words import grouped
from simulator.property import Ledger, Operation, Totals, Verdict
from simulator.units import TICK, div_floor, quantise_floor


@dataclass(frozen=True, slots=True)
class ZeroSum:
    """Sum of equity + insurance - deficit equals the tokens owned, whatever the mark.

    probe_multiples: (numerator, denominator) of the mark; zero stands for one tick, near 0.
    """

    id: str = "PERP-03"
    probe_multiples: tuple[tuple[int, int], ...] = ((1, 2), (2, 1), (0, 1))

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict:
        marks = [ledger.mark(market) for market in range(ledger.market_count)]
        verdict = _verdict(ledger.zero_sum_residual(marks), marks, "the mark")
        if not operation.probe or verdict.margin < 0:
            return verdict
        # Due now and then: every account by itself, because a running total could be wrong alike.
        verdict = _verdict(ledger.zero_sum_by_account(marks), marks, "the mark")
        if verdict.margin < 0:
            return verdict
        for numerator, denominator in self.probe_multiples:
            prices = [_on_tick(div_floor(mark * numerator, denominator)) for mark in marks]
            name = f"{numerator}/{denominator} of the mark" if numerator else "one tick"
            verdict = _verdict(ledger.zero_sum_by_account(prices), prices, name)
            if verdict.margin < 0:
                return verdict
        return verdict


def _on_tick(price: int) -> int:
    # Off the tick, size x price would leave a remainder and the sum could not be exact.
    return max(quantise_floor(price, TICK), TICK)


def _verdict(residual: int, prices: Sequence[int], name: str) -> Verdict:
    if not residual:
        return Verdict(0)
    relation = "exceed" if residual > 0 else "fall short of"
    at = ", ".join(grouped(price) for price in prices)
    detail = (
        f"At {name} ({at}) claims {relation} the tokens owned by {grouped(abs(residual))} quote."
    )
    return Verdict(-abs(residual), detail)
