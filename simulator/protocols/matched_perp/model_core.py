"""State of the risk model, prices and time, and the parts that every action is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import wraps
from math import floor
from typing import Concatenate, ParamSpec, TypeVar

from simulator.protocols.matched_perp.books import (
    Account,
    MarketState,
    Position,
    Refused,
    Standing,
    exact,
    refuse_unless,
    share_up,
)
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.types import Address
from simulator.units import SECONDS_PER_DAY, TICK, WAD

MAX_PRICE = 10**36
_Arguments = ParamSpec("_Arguments")
_Model = TypeVar("_Model", bound="ModelCore")
_Memory = tuple[dict[Address, Account], list[MarketState], int, int, int]


def all_or_nothing(
    action: Callable[Concatenate[_Model, _Arguments], None],
) -> Callable[Concatenate[_Model, _Arguments], None]:
    """A refused action leaves the state as it was."""

    @wraps(action)
    def guarded(self: _Model, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        kept = self._memory()
        try:
            action(self, *args, **kwargs)
        except Refused:
            self._restore(kept)
            raise

    return guarded


class ModelCore:
    """One exchange with its price feed and token. `block` and `timestamp` are the block's."""

    def __init__(
        self,
        parameters: Parameters,
        first_prices: Sequence[int],
        adl_keeper: Address,
        block: int,
        timestamp: int,
    ) -> None:
        self.parameters = parameters
        self.adl_keeper = adl_keeper
        self.block = block
        self.timestamp = timestamp
        self.accounts: dict[Address, Account] = {}
        self.markets = [MarketState(p, p, timestamp, timestamp) for p in first_prices]
        self.insurance = 0
        self.deficit = 0
        self.custody = 0
        """Tokens (1e-6) that the exchange owns."""

    def account(self, address: Address) -> Account:
        """The account, empty if it was never seen."""
        return self.accounts.setdefault(address, Account())

    def open_interest(self, market: int) -> int:
        """Sum of the long sizes."""
        held = (account.positions.get(market) for account in self.accounts.values())
        return sum(position.size for position in held if position and position.size > 0)

    def standing(self, address: Address) -> Standing:
        """Of a settled account, at the marks."""
        account = self.account(address)
        equity, notional, oldest = account.margin, 0, None
        for number, position in account.positions.items():
            market = self.markets[number]
            equity += exact(position.size * market.mark) + position.cost
            notional += exact(abs(position.size) * market.mark)
            oldest = min(oldest or market.updated_at, market.updated_at)
        initial = share_up(notional, self.parameters.initial_margin)
        maintenance = share_up(notional, self.parameters.maintenance_margin)
        return Standing(equity, notional, initial, maintenance, oldest)

    def claims(self) -> int:
        """What the books owe in all: sum(margin + cost - pending) + insurance - deficit."""
        total = self.insurance - self.deficit
        for account in self.accounts.values():
            total += account.margin
            for number, position in account.positions.items():
                total += position.cost - self._owed(number, position)
        return total

    # --- price and time --------------------------------------------------------------------------

    @all_or_nothing
    def update_price(self, market: int, index: int, basis: int) -> None:
        """By the keeper: accrue first, then write; an unchanged index keeps its time."""
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(0 < index <= MAX_PRICE, "index")
        refuse_unless(index % TICK == 0, "tick")
        self._accrue(market)
        state, clamp = self.markets[market], self.parameters.basis_clamp
        premium = max(-clamp, min(clamp, basis))
        mark = floor(Fraction(index * (WAD + premium), WAD * TICK)) * TICK
        refuse_unless(mark > 0, "mark")
        if index != state.index:
            state.updated_at = self.timestamp
        state.index, state.mark = index, mark

    def confirm_index(self, market: int) -> None:
        """By the keeper: the index has not changed and is fresh."""
        refuse_unless(market < len(self.markets), "market")
        self.markets[market].updated_at = self.timestamp

    @all_or_nothing
    def accrue(self, market: int) -> None:
        refuse_unless(market < len(self.markets), "market")
        self._accrue(market)

    @all_or_nothing
    def settle(self, address: Address) -> None:
        self._settle(address)

    # --- parts -----------------------------------------------------------------------------------

    def _accrue(self, market: int) -> None:
        state = self.markets[market]
        elapsed = self.timestamp - state.accrued_at
        limit = floor(Fraction(state.index * self.parameters.funding_cap_per_day, WAD))
        premium = max(-limit, min(limit, state.mark - state.index))
        ticks = int(Fraction(premium * elapsed, SECONDS_PER_DAY * TICK))  # toward zero
        state.funding += ticks * TICK
        state.accrued_at = self.timestamp

    def _owed(self, market: int, position: Position) -> int:
        state = self.markets[market]
        funding = exact(position.size * (state.funding - position.funding))
        loss = state.loss(position.size) - position.loss
        return funding + exact(abs(position.size) * loss)

    def _settle(self, address: Address) -> None:
        account = self.account(address)
        for market, position in account.positions.items():
            self._accrue(market)
            state = self.markets[market]
            account.margin -= self._owed(market, position)
            position.funding, position.loss = state.funding, state.loss(position.size)

    def _trade(self, address: Address, market: int, moved: int, price: int) -> None:
        """Of a settled account, in an accrued market."""
        account, state = self.account(address), self.markets[market]
        position = account.positions.get(market)
        if position is not None and position.size * moved < 0:
            closed = min(abs(moved), abs(position.size))
            side = 1 if position.size > 0 else -1
            released = floor(Fraction(position.cost * closed, abs(position.size)))
            account.margin += released + exact(side * closed * price)
            position.cost -= released
            position.size -= side * closed
            moved += side * closed
            if position.size == 0:
                del account.positions[market]
        if moved:
            opened = account.positions.setdefault(
                market, Position(0, 0, state.funding, state.loss(moved))
            )
            opened.size += moved
            opened.cost -= exact(moved * price)

    def _earn(self, amount: int) -> None:
        repaid = min(amount, self.deficit)
        self.deficit -= repaid
        self.insurance += amount - repaid

    def _require_fresh(self, standing: Standing, limit: int) -> None:
        age = self.timestamp - (standing.oldest_index or self.timestamp)
        refuse_unless(age <= limit, "stale")

    def _memory(self) -> _Memory:
        accounts = {address: account.copy() for address, account in self.accounts.items()}
        markets = [
            MarketState(
                m.index, m.mark, m.updated_at, m.accrued_at, m.funding, m.loss_long, m.loss_short
            )
            for m in self.markets
        ]
        return accounts, markets, self.insurance, self.deficit, self.custody

    def _restore(self, memory: _Memory) -> None:
        self.accounts, self.markets, self.insurance, self.deficit, self.custody = memory
