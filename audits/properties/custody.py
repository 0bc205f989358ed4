"""PERP-02: the tokens owned equal what the books owe."""

from __future__ import annotations

from dataclasses import dataclass

from audits.words import grouped
from simulator.property import Ledger, Operation, Totals, Verdict


@dataclass(frozen=True, slots=True)
class Custody:
    """Tokens owned equal sum(margin + cost - pending) + insurance - deficit, to the last unit."""

    id: str = "PERP-02"

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict:
        residual = ledger.custody_residual()
        if not residual:
            return Verdict(0)
        surplus = "more" if residual > 0 else "less"
        detail = (
            f"The system owns {grouped(abs(residual))} quote {surplus} than its books owe"
            f" (before: insurance {grouped(before.insurance)}, deficit {grouped(before.deficit)},"
            f" tokens {grouped(before.custody)};"
            f" after: insurance {grouped(ledger.insurance)}, deficit {grouped(ledger.deficit)})."
        )
        return Verdict(-abs(residual), detail)
