"""The whole exchange again, in Python integers: the risk model that the contract must equal.

Written from the rules and not from the contract: positions are objects, open interest is added up,
funding and socialised loss have a mark each, bankruptcy prices are fractions. Every action either
changes the state or raises Refused with the exchange's own reason and changes nothing.
Accounts are addresses; amounts of deposit, withdraw and fund_insurance are 1e-6 tokens, everything
else is 1e-18.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import wraps
from math import ceil, floor
from typing import Concatenate, ParamSpec

from simulator.protocols.matched_perp.books import (
    Account,
    MarketState,
    Position,
    Quote,
    Refused,
    Standing,
    exact,
    refuse_unless,
    share_up,
)
from simulator.protocols.matched_perp.parameters import NO_CAP, Parameters
from simulator.types import Address
from simulator.units import LOT, SECONDS_PER_DAY, TICK, WAD, WAD_PER_TOKEN

MAX_SIZE = 10**32
MAX_PRICE = 10**36
MAX_AMOUNT = 10**30
_Arguments = ParamSpec("_Arguments")


def _all_or_nothing(
    action: Callable[Concatenate[RiskModel, _Arguments], None],
) -> Callable[Concatenate[RiskModel, _Arguments], None]:
    """A refused action leaves the state as it was."""

    @wraps(action)
    def guarded(self: RiskModel, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        kept = self._memory()
        try:
            action(self, *args, **kwargs)
        except Refused:
            self._restore(kept)
            raise

    return guarded


_Memory = tuple[dict[Address, Account], list[MarketState], int, int, int]


class RiskModel:
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

    # --- looking ---------------------------------------------------------------------------------

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

    @_all_or_nothing
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

    @_all_or_nothing
    def accrue(self, market: int) -> None:
        refuse_unless(market < len(self.markets), "market")
        self._accrue(market)

    @_all_or_nothing
    def settle(self, address: Address) -> None:
        self._settle(address)

    # --- money -----------------------------------------------------------------------------------

    @_all_or_nothing
    def deposit(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        account = self.account(sender)
        account.margin += amount * WAD_PER_TOKEN
        self._pull(account, amount)

    @_all_or_nothing
    def withdraw(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        self._settle(sender)
        account = self.account(sender)
        account.margin -= amount * WAD_PER_TOKEN
        standing = self.standing(sender)
        self._require_fresh(standing, self.parameters.stale_trade_seconds)
        covered = min(standing.equity, account.margin)
        refuse_unless(covered >= standing.initial, "initial margin")
        refuse_unless(self.custody >= amount, "balance")
        self.custody -= amount
        account.wallet += amount

    @_all_or_nothing
    def fund_insurance(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        self._earn(amount * WAD_PER_TOKEN)
        self._pull(self.account(sender), amount)

    # --- trading ---------------------------------------------------------------------------------

    @_all_or_nothing
    def quote(
        self,
        sender: Address,
        market: int,
        bid_price: int,
        bid_size: int,
        ask_price: int,
        ask_size: int,
    ) -> None:
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(bid_price <= MAX_PRICE and ask_price <= MAX_PRICE, "price")
        refuse_unless(bid_size <= MAX_SIZE and ask_size <= MAX_SIZE, "size")
        refuse_unless(not bid_price % TICK and not ask_price % TICK, "tick")
        refuse_unless(not bid_size % LOT and not ask_size % LOT, "lot")
        free = (bid_size and not bid_price) or (ask_size and not ask_price)
        refuse_unless(not free, "price")
        quote = Quote(bid_price, bid_size, ask_price, ask_size)
        self.account(sender).quotes[market] = quote

    @_all_or_nothing
    def fill(
        self, sender: Address, maker: Address, market: int, size: int, limit_price: int
    ) -> None:
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(maker != sender, "self")
        refuse_unless(size != 0, "size")
        refuse_unless(size % LOT == 0, "lot")
        price, amount = self._take(maker, market, size, limit_price)
        change = amount if size > 0 else -amount
        parties = ((sender, change), (maker, -change))
        self._accrue(market)
        self._settle(sender)
        self._settle(maker)
        floors = [self._worst_allowed(party, market, moved) for party, moved in parties]
        for party, moved in parties:
            self._trade(party, market, moved, price)
        self._charge_fee(sender, maker, exact(amount * price))
        for (party, _), worst in zip(parties, floors, strict=True):
            self._require_margin(party, worst)

    def _take(self, maker: Address, market: int, size: int, limit: int) -> tuple[int, int]:
        quote = self.account(maker).quotes.get(market, Quote())
        if size > 0:
            refuse_unless(quote.ask_size > 0, "no quote")
            refuse_unless(quote.ask_price <= limit, "limit price")
            amount = min(size, quote.ask_size)
            quote.ask_size -= amount
            return quote.ask_price, amount
        refuse_unless(quote.bid_size > 0, "no quote")
        refuse_unless(quote.bid_price >= limit, "limit price")
        amount = min(-size, quote.bid_size)
        quote.bid_size -= amount
        return quote.bid_price, amount

    def _worst_allowed(self, party: Address, market: int, moved: int) -> int | None:
        """E - MM before, if the party only reduces; None if it needs initial margin."""
        position = self.account(party).positions.get(market)
        if position is None or position.size * moved > 0 or abs(moved) > abs(position.size):
            return None
        standing = self.standing(party)
        return standing.equity - standing.maintenance

    def _charge_fee(self, taker: Address, maker: Address, notional: int) -> None:
        fee = share_up(notional, self.parameters.taker_fee)
        rebate = floor(Fraction(notional * self.parameters.maker_rebate, WAD))
        self.account(taker).margin -= fee
        self.account(maker).margin += rebate
        self._earn(fee - rebate)

    def _require_margin(self, party: Address, worst: int | None) -> None:
        standing = self.standing(party)
        if worst is None:
            self._require_fresh(standing, self.parameters.stale_trade_seconds)
            refuse_unless(standing.equity >= standing.initial, "initial margin")
            return
        refuse_unless(standing.equity >= 0, "negative equity")
        refuse_unless(standing.equity - standing.maintenance >= worst, "reduction")

    # --- liquidation and the waterfall -----------------------------------------------------------

    @_all_or_nothing
    def liquidate(self, sender: Address, address: Address, market: int, max_size: int) -> None:
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(address != sender, "self")
        refuse_unless(max_size > 0, "size")
        refuse_unless(max_size % LOT == 0, "lot")
        self._settle(address)
        position = self.account(address).positions.get(market)
        refuse_unless(position is not None, "no position")
        assert position is not None
        size, mark = position.size, self.markets[market].mark
        standing = self.standing(address)
        self._require_fresh(standing, self.parameters.stale_liquidation_seconds)
        refuse_unless(standing.equity < standing.maintenance, "healthy")
        covered = standing.equity + self.insurance
        asked = self.account(address).deleveraged.get(market) == self.block
        refuse_unless(covered >= 0 or asked, "deleverage first")

        taken = self._takeover(abs(size), mark, standing, max_size)
        penalty = share_up(exact(taken * mark), self.parameters.liquidation_penalty)
        penalty = max(0, min(penalty, covered))
        reward = penalty
        if standing.equity >= 0:
            reward = floor(Fraction(penalty * self.parameters.liquidator_share, WAD))
        self.account(address).margin -= penalty
        if self._is_last(address, market) and taken == abs(size):
            self._absorb(address, market, penalty - standing.equity)
        self._settle(sender)
        moved = taken if size > 0 else -taken
        self._trade(address, market, -moved, mark)
        self._trade(sender, market, moved, mark)
        self.account(sender).margin += reward
        self._earn(penalty - reward)
        after = self.standing(sender)
        self._require_fresh(after, self.parameters.stale_liquidation_seconds)
        refuse_unless(after.equity >= after.initial, "initial margin")

    def _takeover(self, size: int, mark: int, standing: Standing, max_size: int) -> int:
        minimum = self.parameters.minimum_notional
        wanted = size
        if 2 * standing.equity >= standing.maintenance:
            half = ceil(Fraction(size, 2 * LOT)) * LOT
            if exact((size - half) * mark) >= minimum:
                wanted = half
        taken = min(wanted, max_size)
        whole = taken == size
        refuse_unless(whole or exact((size - taken) * mark) >= minimum, "dust")
        return taken

    @_all_or_nothing
    def deleverage(
        self, sender: Address, address: Address, market: int, candidates: Sequence[Address]
    ) -> None:
        refuse_unless(sender == self.adl_keeper, "adl keeper")
        self._require_bankrupt(address, market)
        account = self.account(address)
        account.margin += self.insurance
        self.insurance = 0
        account.deleveraged[market] = self.block
        before: tuple[int, bytes] | None = None
        for candidate in candidates:
            position = account.positions.get(market)
            if position is None:
                break
            self._settle(candidate)
            rank = self.rank(candidate, market)
            key = (-rank, candidate)
            refuse_unless(before is None or key > before, "order")
            before = key
            self._deleverage_one(address, candidate, market)

    def rank(self, candidate: Address, market: int) -> int:
        """(profit / |cost|) x (notional / equity), WAD, floored twice; Refused if not in profit."""
        position = self.account(candidate).positions.get(market)
        refuse_unless(position is not None, "no profit")
        assert position is not None
        profit = exact(position.size * self.markets[market].mark) + position.cost
        refuse_unless(profit > 0, "no profit")
        standing = self.standing(candidate)
        refuse_unless(standing.equity > 0, "candidate")
        gain = floor(Fraction(profit * WAD, abs(position.cost)))
        return floor(gain * Fraction(standing.notional, standing.equity))

    def _deleverage_one(self, address: Address, candidate: Address, market: int) -> None:
        mark = self.markets[market].mark
        size = self.account(address).positions[market].size
        other = self.account(candidate).positions[market]
        refuse_unless(size * other.size < 0, "side")
        closed = min(abs(size), abs(other.size))
        standing = self.standing(address)
        side = 1 if size > 0 else -1
        bankruptcy = mark * (1 - side * Fraction(standing.equity, standing.notional))
        draw = ceil(side * (bankruptcy - mark) * closed / WAD)
        # Profit at B counts the draw as it is charged, rounded up.
        profit = exact(other.size * mark) + other.cost
        refuse_unless(Fraction(profit * closed, abs(other.size)) > draw, "bankruptcy price")
        self._trade(address, market, -side * closed, mark)
        self._trade(candidate, market, side * closed, mark)
        self.account(address).margin += draw
        self.account(candidate).margin -= draw
        after = self.standing(candidate)
        refuse_unless(after.equity >= after.maintenance, "candidate")

    @_all_or_nothing
    def close_out(
        self, sender: Address, address: Address, market: int, counterparties: Sequence[Address]
    ) -> None:
        refuse_unless(sender == self.adl_keeper, "adl keeper")
        standing = self._require_bankrupt(address, market)
        account = self.account(address)
        refuse_unless(account.deleveraged.get(market) == self.block, "deleverage first")
        size, mark = account.positions[market].size, self.markets[market].mark
        offered = sum(self._opposite(other, market, size) for other in counterparties)
        if offered >= abs(size) and self._is_last(address, market):
            self._absorb(address, market, -standing.equity)
        side = 1 if size > 0 else -1
        for other in counterparties:
            position = account.positions.get(market)
            if position is None:
                break
            self._settle(other)
            refuse_unless(self.standing(other).equity >= 0, "counterparty")
            closed = min(abs(position.size), self._opposite(other, market, size))
            self._trade(address, market, -side * closed, mark)
            self._trade(other, market, side * closed, mark)

    def _opposite(self, other: Address, market: int, size: int) -> int:
        position = self.account(other).positions.get(market)
        refuse_unless(position is not None and position.size * size < 0, "side")
        assert position is not None
        return abs(position.size)

    def _require_bankrupt(self, address: Address, market: int) -> Standing:
        refuse_unless(market < len(self.markets), "market")
        self._settle(address)
        refuse_unless(market in self.account(address).positions, "no position")
        standing = self.standing(address)
        self._require_fresh(standing, self.parameters.stale_liquidation_seconds)
        refuse_unless(standing.equity + self.insurance < 0, "fund covers")
        return standing

    def _is_last(self, address: Address, market: int) -> bool:
        return list(self.account(address).positions) == [market]

    def _absorb(self, address: Address, market: int, shortfall: int) -> None:
        """Fund, then the opposite side, then deficit, before the last position moves."""
        if shortfall <= 0:
            return
        size = self.account(address).positions[market].size
        self.account(address).margin += shortfall
        from_fund = min(shortfall, self.insurance)
        self.insurance -= from_fund
        rest = shortfall - from_fund
        if not rest:
            return
        open_interest = self.open_interest(market)
        per_unit = ceil(Fraction(rest * WAD, open_interest * TICK)) * TICK
        cap = self.parameters.socialised_loss_cap
        state = self.markets[market]
        if cap != NO_CAP:
            per_unit = min(per_unit, floor(Fraction(state.mark * cap, WAD * TICK)) * TICK)
        if size > 0:
            state.loss_short += per_unit
        else:
            state.loss_long += per_unit
        charged = exact(per_unit * open_interest)
        self._earn(max(0, charged - rest))
        self.deficit += max(0, rest - charged)

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

    def _pull(self, account: Account, amount: int) -> None:
        refuse_unless(account.wallet >= amount, "balance")
        account.wallet -= amount
        self.custody += amount

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
