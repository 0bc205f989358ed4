"""The whole exchange again, in Python integers: the risk model that the contract must equal.

Written from the rules and not from the contract: positions are objects, open interest is added up,
funding and socialised loss have a mark each, bankruptcy prices are fractions. Every action either
changes the state or raises Refused with the exchange's own reason and changes nothing.
Accounts are addresses; amounts of deposit, withdraw and fund_insurance are 1e-6 tokens, everything
else is 1e-18.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from simulator.protocols.matched_perp.books import Standing, exact, refuse_unless, share_up
from simulator.protocols.matched_perp.model_core import all_or_nothing
from simulator.protocols.matched_perp.model_trading import TradingModel
from simulator.protocols.matched_perp.parameters import NO_CAP
from simulator.types import Address
from simulator.units import LOT, TICK, WAD


class RiskModel(TradingModel):
    """The exchange in full: what users do, and liquidation with its waterfall of losses."""

    @all_or_nothing
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

    @all_or_nothing
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

    @all_or_nothing
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
