"""A small exact ledger for property tests: what it answers is recomputed from its own books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

WAD = 10**18


@dataclass(slots=True)
class BookLedger:
    """Two accounts, long and short 10 contracts of one market at 1,000 quote, in balance.

    All lists are mutable so that a test can doctor exactly one number.
    """

    margins: list[int] = field(default_factory=lambda: [1_500 * WAD, 1_400 * WAD])
    sizes: list[int] = field(default_factory=lambda: [10 * WAD, -10 * WAD])
    costs: list[int] = field(default_factory=lambda: [-10_000 * WAD, 10_000 * WAD])
    pendings: list[int] = field(default_factory=lambda: [20 * WAD, -20 * WAD])
    price: int = 1_000 * WAD
    open_interest: int = 10 * WAD
    insurance: int = 100 * WAD
    deficit: int = 0
    custody: int = 3_000 * WAD

    @property
    def account_count(self) -> int:
        return len(self.margins)

    @property
    def market_count(self) -> int:
        return 1

    def mark(self, market: int) -> int:
        return self.price

    def margin(self, account: int) -> int:
        return self.margins[account]

    def size(self, account: int, market: int) -> int:
        return self.sizes[account]

    def settled_margin(self, account: int) -> int:
        return self.margins[account] - self.pendings[account]

    def settled_equity(self, account: int) -> int:
        open_profit = self.sizes[account] * self.price // WAD + self.costs[account]
        return self.settled_margin(account) + open_profit

    def initial(self, account: int) -> int:
        return abs(self.sizes[account]) * self.price // WAD // 10

    def maintenance(self, account: int) -> int:
        return abs(self.sizes[account]) * self.price // WAD // 16

    def open_interest_residual(self, market: int) -> int:
        longs = sum(max(size, 0) for size in self.sizes)
        return self.open_interest - longs + abs(sum(self.sizes))

    def custody_residual(self) -> int:
        owed = sum(self.margins) + sum(self.costs) - sum(self.pendings)
        return self.custody - owed - self.insurance + self.deficit

    def initial_excess(self, account: int) -> int:
        return self.settled_equity(account) - self.initial(account)

    def zero_sum_by_account(self, prices: Sequence[int]) -> int:
        return self.zero_sum_residual(prices)

    def zero_sum_residual(self, prices: Sequence[int]) -> int:
        claims = sum(self.margins) + sum(self.costs) - sum(self.pendings)
        claims += sum(size * prices[0] // WAD for size in self.sizes)
        return claims + self.insurance - self.deficit - self.custody


@pytest.fixture
def make_ledger() -> Callable[[], BookLedger]:
    """A fresh ledger in balance."""
    return BookLedger


@pytest.fixture
def ledger() -> BookLedger:
    return BookLedger()
