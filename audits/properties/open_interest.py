"""PERP-01: open interest equals positions."""

from __future__ import annotations

from dataclasses import dataclass

from audits.words import grouped
from simulator.property import Ledger, Operation, Totals, Verdict


@dataclass(frozen=True, slots=True)
class OpenInterest:
    """Stored open interest of a market equals its long sizes, and its sizes add up to zero."""

    id: str = "PERP-01"

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict:
        for market in range(ledger.market_count):
            residual = ledger.open_interest_residual(market)
            if residual:
                detail = f"Market {market} is off by {grouped(abs(residual))} contracts."
                return Verdict(-abs(residual), detail)
        return Verdict(0)
