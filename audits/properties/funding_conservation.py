"""PERP-04: funding takes from some accounts exactly what it gives to others."""

from __future__ import annotations

from dataclasses import dataclass

from audits.words import grouped, signed
from simulator.property import Ledger, Operation, Totals, Verdict


@dataclass(frozen=True, slots=True)
class FundingConservation:
    """The payments of an interval with everybody settled add up to 0 .. the rounding bound.

    The settlement runs on a snapshot, by the harness; without one there is nothing to say.
    """

    id: str = "PERP-04"

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict | None:
        settlement = operation.settlement
        if settlement is None:
            return None
        total, bound = settlement.payments_total, settlement.rounding_bound
        margin = min(total, bound - total)
        if margin >= 0:
            return Verdict(margin)
        detail = (
            f"{settlement.accounts_settled} accounts paid {signed(total)} quote in total"
            f" (allowed: 0 to {grouped(bound)})."
        )
        return Verdict(margin, detail)
