"""The Property protocol: what a check may see and what it answers.

The catalogue itself (ids, sentences, formulas) lives in audits/. A property only looks: it never
sends a transaction, moves the clock or settles. Where one needs everybody settled (PERP-04), the
harness settles on a snapshot, reverts, and hands over the numbers.

All amounts are exact integers in 1e-18 quote (prices: 1e-18 quote per unit, sizes 1e-18 units).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Ledger(Protocol):
    """Exact numbers of a protocol with positions, as of now (pending funding included)."""

    @property
    def account_count(self) -> int: ...

    @property
    def market_count(self) -> int: ...

    @property
    def insurance(self) -> int: ...

    @property
    def deficit(self) -> int: ...

    def mark(self, market: int) -> int: ...

    def margin(self, account: int) -> int:
        """Stored settled cash, before pending funding."""
        ...

    def size(self, account: int, market: int) -> int: ...

    def settled_equity(self, account: int) -> int:
        """E at the mark with pending funding and losses accrued to now."""
        ...

    def settled_margin(self, account: int) -> int:
        """Settled cash after pending funding, without open profit."""
        ...

    def initial(self, account: int) -> int:
        """Initial margin requirement, rounded up as the contract does."""
        ...

    def initial_excess(self, account: int) -> int:
        """settled_equity - initial, in one go."""
        ...

    def maintenance(self, account: int) -> int: ...

    def adl_rank(self, account: int, market: int) -> int:
        """Place in the queue for auto-deleveraging, as on chain; higher is earlier."""
        ...

    def open_interest_residual(self, market: int) -> int:
        """|stored open interest - sum of longs| + |sum of all sizes|; 0 when right."""
        ...

    def custody_residual(self) -> int:
        """Tokens owned - (sum(margin + cost - pending) + insurance - deficit); 0 when exact."""
        ...

    def zero_sum_residual(self, prices: Sequence[int]) -> int:
        """Sum of equity at `prices` + insurance - deficit - tokens owned; 0 for an exact ledger."""
        ...

    def zero_sum_by_account(self, prices: Sequence[int]) -> int:
        """The same added up account by account, without any running total; slow."""
        ...


@dataclass(frozen=True, slots=True)
class FundingSettlement:
    """What settling every account on a snapshot paid: exact, socialised charges left out."""

    payments_total: int
    accounts_settled: int
    rounding_bound: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """What happened between `before` and now: one block of a run or one step of an audit.

    increased: accounts that opened, increased or flipped a position; withdrew: accounts that took
    margin out; both sorted. probe: whether the probe prices are due. settlement: given at funding
    intervals (and after every step of an audit), else None. names: of the accounts by row, where
    they have names (the actors of an audit).
    """

    label: str
    block: int
    increased: tuple[int, ...] = ()
    withdrew: tuple[int, ...] = ()
    probe: bool = False
    settlement: FundingSettlement | None = None
    names: tuple[str, ...] = ()

    def name_of(self, account: int) -> str:
        """What a message calls an account."""
        return self.names[account] if self.names else f"account {account}"


@dataclass(frozen=True, slots=True)
class Totals:
    """System totals after an operation, exact; what D properties compare."""

    insurance: int
    deficit: int
    custody: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Signed distance to violation in the property's own unit: negative means violated."""

    margin: int
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.margin >= 0


class Property(Protocol):
    """One sentence that must hold. `id` names its entry in the catalogue."""

    @property
    def id(self) -> str: ...

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict | None:
        """A verdict, or None when the operation does not concern this property."""
        ...
