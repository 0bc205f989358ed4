"""PERP-07: nobody takes himself below the initial margin."""

from __future__ import annotations

from dataclasses import dataclass

from audits.words import grouped
from simulator.property import Ledger, Operation, Totals, Verdict


@dataclass(frozen=True, slots=True)
class InitialMarginKept:
    """Settled equity (after a withdrawal also settled cash) covers the initial margin.

    The verdict's margin is the smallest excess over the requirement among the accounts concerned.
    """

    id: str = "PERP-07"

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict | None:
        if not operation.increased and not operation.withdrew:
            return None
        excesses = [
            (ledger.initial_excess(account), account, "increased")
            for account in operation.increased
        ]
        for account in operation.withdrew:
            covered = min(ledger.settled_equity(account), ledger.settled_margin(account))
            excesses.append((covered - ledger.initial(account), account, "withdrew"))
        excess, account, deed = min(excesses)
        if excess >= 0:
            return Verdict(excess)
        detail = (
            f"After it {deed}, {operation.name_of(account)} has settled equity"
            f" {grouped(ledger.settled_equity(account))} and settled cash"
            f" {grouped(ledger.settled_margin(account))} against an initial margin of"
            f" {grouped(ledger.initial(account))}: {grouped(-excess)} quote short."
        )
        return Verdict(excess, detail)
