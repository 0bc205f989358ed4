"""What must hold, said once: every property of the suite as an entry of plain words and numbers.

Ids come from the project's property list and are never reused or renumbered. The message of a
violation is made from its entry (`describe`), so a label cannot drift from the check behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.errors import InputError


class Kind(Enum):
    """What a property looks at."""

    STATE = "state"
    """One state, at the end of a block or after a step."""

    OPERATION = "operation"
    """What one operation (a block of a run, a step of an audit) did to the accounts it names."""


class Severity(Enum):
    """Default weight of a violation when its loss has not been measured."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence that must hold, and how exactly.

    tolerance: largest allowed deviation in 1e-18 of `unit`; 0 means to the last unit.
    kills: classes of bugs that break it. sources: the public statements nearest to it.
    """

    id: str
    title: str
    kind: Kind
    sentence: str
    formula: str
    unit: str
    severity_default: Severity
    kills: tuple[str, ...]
    sources: tuple[str, ...]
    tolerance: int = 0

    def describe(self, where: str, detail: str) -> str:
        """The one-line failure message: id, title, place, sentence, numbers."""
        return f"{self.id} ({self.title}) is violated {where}: {self.sentence} {detail}".rstrip()


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        id="PERP-01",
        title="open interest equals positions",
        kind=Kind.STATE,
        sentence="The sizes of a market must add up to zero and its stored open interest must be "
        "the sum of its long sizes.",
        formula="|open_interest - sum max(size, 0)| + |sum size| = 0 in every market",
        unit="contracts",
        severity_default=Severity.HIGH,
        kills=("self-trade with cached sizes", "flip", "double decrement on a partial close"),
        sources=("MCDEX documentation: long and short sizes of a market are equal",),
    ),
    Entry(
        id="PERP-02",
        title="custody",
        kind=Kind.STATE,
        sentence="The tokens that the system owns must equal what its books owe.",
        formula="custody - (sum(margin + cost - pending) + insurance - deficit) = 0",
        unit="quote",
        severity_default=Severity.CRITICAL,
        kills=(
            "fee counted twice",
            "rebate without debit",
            "funding receipts not credited",
            "bad debt forgiven without debit",
        ),
        sources=("Perp Curie test/clearingHouse/ClearingHouse.verifyAccounting.test.ts",),
    ),
    Entry(
        id="PERP-03",
        title="zero sum at any mark",
        kind=Kind.STATE,
        sentence="At every mark the claims of all accounts and of the insurance fund must equal "
        "the tokens owned: what one gains another loses.",
        formula="sum equity(P) + insurance - deficit - custody = 0 at the mark and, when a probe "
        "is due, at multiples of it and near zero",
        unit="quote",
        severity_default=Severity.CRITICAL,
        kills=("profit counted twice", "funding not credited", "sizes that do not match"),
        sources=("Perp Curie test/clearingHouse/accounting.randomTrades.test.ts",),
    ),
    Entry(
        id="PERP-04",
        title="funding conservation",
        kind=Kind.OPERATION,
        sentence="Over an interval at whose ends every account is settled, what funding takes "
        "from some accounts it must give to others, socialised losses left out.",
        formula="0 <= sum payment <= rounding bound, after settling everybody on a snapshot",
        unit="quote",
        severity_default=Severity.HIGH,
        kills=("receipts not credited", "sign error", "funding settled after the size changed"),
        sources=("Derived from one global index and equal long and short size",),
    ),
    Entry(
        id="PERP-07",
        title="no self-inflicted insolvency",
        kind=Kind.OPERATION,
        sentence="An account that opened, increased or withdrew must keep settled equity of at "
        "least its initial margin, and after a withdrawal settled cash too.",
        formula="equity >= initial margin; after a withdrawal min(equity, cash) >= initial margin",
        unit="quote",
        severity_default=Severity.HIGH,
        kills=(
            "withdrawal ignores pending funding",
            "withdrawal of unrealised profit",
            "transfer without a health check",
        ),
        sources=("Derived; the maintenance form of it misses small unsettled charges",),
    ),
)

PROPERTY_IDS: tuple[str, ...] = tuple(item.id for item in CATALOGUE)


def entry(property_id: str) -> Entry:
    """The catalogue entry of an id; InputError if there is none."""
    for item in CATALOGUE:
        if item.id == property_id:
            return item
    known = ", ".join(PROPERTY_IDS)
    raise InputError("property", property_id, f"is not in the catalogue; there are {known}")
