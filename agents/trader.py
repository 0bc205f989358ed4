"""Leveraged traders: ordinary trading, late entries, top-ups, deleveraging, and coming back.

Every account has an anchor, the signed size that it wants in each market. An ordinary trade moves
its size to the anchor less a random part; a forced closure leaves the anchor at what is left, so
nobody buys back what was taken from him, unless he is one of those who return with fresh margin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from agents.book import Book
from agents.exact import quote_to_tokens
from agents.population import HABIT_DELEVERAGE, HABIT_NONE, HABIT_TOP_UP, Population
from simulator.agent import Action, CloseOut, Deleverage, Deposit, Liquidate, Outcome, View
from simulator.chain.base import STATUS_SUCCESS
from simulator.scenario import Scenario
from simulator.types import Float1D, Float2D

Todo = Callable[[View], Iterator[Action]]


class Traders:
    """All leveraged accounts (ledger rows 0 .. n - 1) as one agent."""

    def __init__(
        self, scenario: Scenario, population: Population, opening_size: Float2D, book: Book
    ) -> None:
        self._population = population
        self._book = book
        self._count = len(population)
        self._anchor = opening_size.copy()
        self._reserve = population.collateral * float(scenario.population.reserve_share)
        self._settings = scenario.population
        self._trading = scenario.trading
        self._trigger = float(scenario.population.trigger_margin_ratio)
        leverage_share = float(scenario.trading.leverage_share)
        self._highest_leverage = leverage_share / float(scenario.parameters.initial_margin)
        self._minimum_quote = float(scenario.trading.minimum_quote)
        self._slippage_ppm = round(float(scenario.trading.limit_slippage) * 1e6)
        self._can_react = population.habit != HABIT_NONE
        self._may_return = population.returns.copy()
        self._forced: set[int] = set()
        self._todo: dict[int, list[Todo]] = defaultdict(list)
        for account in np.flatnonzero(population.entry_block >= 0).tolist():
            self._later(int(population.entry_block[account]), self._enter, account)

    def act(self, view: View) -> Sequence[Action]:
        self._follow_forced_closures(view)
        actions: list[Action] = []
        for todo in self._todo.pop(view.block, ()):
            actions.extend(todo(view))
        self._notice_low_margin(view)
        trades = self._population.trades
        first, last = trades.offsets[view.block], trades.offsets[view.block + 1]
        for event in range(first, last):
            account, market = int(trades.account[event]), int(trades.market[event])
            actions.extend(self._trade(view, account, market, float(trades.shrink[event])))
        return actions

    def learn(self, outcome: Outcome, view: View) -> None:
        for action, status in zip(outcome.actions, outcome.status, strict=True):
            if status != STATUS_SUCCESS:
                continue
            if isinstance(action, Liquidate):
                self._forced.add(action.account)
            elif isinstance(action, Deleverage):
                self._forced.update((action.account, *action.candidates))
            elif isinstance(action, CloseOut):
                self._forced.update((action.account, *action.counterparties))

    def _later(
        self, block: int, what: Callable[[View, int], Iterator[Action]], account: int
    ) -> None:
        self._todo[block].append(lambda view: what(view, account))

    def _follow_forced_closures(self, view: View) -> None:
        """Lower anchors to what is left; schedule the return of those wiped out who will return."""
        for account in sorted(self._forced):
            if account >= self._count:
                continue
            size = view.size[account]
            self._anchor[account] = size
            population = self._population
            if self._may_return[account] and not size.any():
                self._may_return[account] = False
                delay = int(population.return_delay[account])
                self._later(view.block + delay, self._return, account)
        self._forced.clear()

    def _trade(self, view: View, account: int, market: int, shrink: float) -> Iterator[Action]:
        """Move one position toward its anchor less `shrink`."""
        anchor = float(self._anchor[account, market])
        if anchor == 0.0:
            return
        size = float(view.size[account, market])
        mark = float(view.mark[market])
        change = anchor * (1.0 - shrink) - size
        if change * size >= 0.0:
            room = self._highest_leverage * float(view.equity[account])
            room -= float(view.notional[account])
            change = np.copysign(min(abs(change), max(room, 0.0) / mark), change)
        if abs(change) * mark < self._minimum_quote:
            return
        fill = self._book.take(account, market, change, view.mark_wad[market], self._slippage_ppm)
        if fill is not None:
            yield fill

    def _open(self, view: View, account: int, leverage: float, equity: float) -> Iterator[Action]:
        population = self._population
        side = int(population.side[account])
        wanted = side * leverage * equity * population.weights[account] / view.mark
        self._anchor[account] = wanted
        for market in np.flatnonzero(wanted).tolist():
            fill = self._book.take(
                account, market, float(wanted[market]), view.mark_wad[market], self._slippage_ppm
            )
            if fill is not None:
                yield fill

    def _enter(self, view: View, account: int) -> Iterator[Action]:
        leverage = min(float(self._population.leverage[account]), self._highest_leverage)
        return self._open(view, account, leverage, float(view.equity[account]))

    def _return(self, view: View, account: int) -> Iterator[Action]:
        """Come back once, with fresh margin and less leverage."""
        fresh = float(self._trading.return_fresh_margin) * self._population.collateral[account]
        if view.size[account].any():
            return
        yield Deposit(account, quote_to_tokens(fresh))
        leverage = self._population.leverage[account] * float(self._trading.return_leverage_factor)
        equity = float(view.equity[account]) + fresh
        yield from self._open(view, account, min(float(leverage), self._highest_leverage), equity)

    def _notice_low_margin(self, view: View) -> None:
        """Accounts with a habit that fell below their trigger react after their delay."""
        count = self._count
        low = view.equity[:count] < self._trigger * view.notional[:count]
        low &= self._can_react
        if not low.any():
            return
        for account in np.flatnonzero(low).tolist():
            self._can_react[account] = False
            delay = int(self._population.reaction_blocks[account])
            self._later(view.block + delay, self._react, account)

    def _react(self, view: View, account: int) -> Iterator[Action]:
        habit = self._population.habit[account]
        if view.notional[account] <= 0.0:
            self._can_react[account] = True  # wiped out meanwhile; a next position has the habit
            return
        if habit == HABIT_TOP_UP:
            yield from self._top_up(view, account)
        elif habit == HABIT_DELEVERAGE:
            yield from self._deleverage(view, account)

    def _top_up(self, view: View, account: int) -> Iterator[Action]:
        target = float(self._settings.top_up_margin_ratio) * float(view.notional[account])
        amount = min(target - float(view.equity[account]), float(self._reserve[account]))
        if amount >= self._minimum_quote:
            self._reserve[account] -= amount
            yield Deposit(account, quote_to_tokens(amount))
        self._can_react[account] = self._reserve[account] >= self._minimum_quote

    def _deleverage(self, view: View, account: int) -> Iterator[Action]:
        fraction = float(self._settings.deleverage_fraction)
        self._can_react[account] = True
        for market in np.flatnonzero(view.size[account]).tolist():
            size = float(view.size[account, market])
            self._anchor[account, market] = size * (1.0 - fraction)
            if size * view.mark[market] == 0.0:
                continue
            fill = self._book.take(
                account, market, -fraction * size, view.mark_wad[market], self._slippage_ppm
            )
            if fill is not None:
                yield fill


def opening_size(population: Population, price: Float1D) -> Float2D:
    """Signed size in units of every account at the start, float64[n, k]; zero for late entrants."""
    notional = population.side * population.leverage * population.collateral * population.active
    return np.asarray(notional[:, None] * population.weights / price, np.float64)
