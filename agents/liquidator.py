"""Liquidators: take positions over at the mark while their capital allows, then unwind.

The lowest margin ratio comes first, and of an account the largest market; a liquidator who is under
water himself is nobody special (and has no room to take himself over). A liquidator with room
waits for a better price; a full one must sell, fast, into the book that the crash has thinned.
Profits stay in, so the second leg of a crash meets more capital than the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agents.book import Book
from agents.exact import size_to_lots_down
from simulator.agent import Action, Fill, Liquidate, Outcome, View
from simulator.chain.base import STATUS_SUCCESS
from simulator.scenario import Scenario

ALL = 10**32
"""`max_size` (1e-18, whole lots) of a liquidator who takes whatever the protocol lets him take."""


class Liquidators:
    """All liquidators (ledger rows `first` .. `first + count - 1`) as one agent."""

    def __init__(self, scenario: Scenario, first: int, book: Book) -> None:
        settings = scenario.liquidators
        self._settings = settings
        self._rows = slice(first, first + settings.count)
        self._first = first
        self._book = book
        self._cap = float(settings.leverage_cap)
        self._slow = float(settings.unwind_half_life_slow)
        self._fast_over_slow = float(settings.unwind_half_life_fast) / self._slow
        self._slice_share = float(settings.slice_share)
        self._slice_quote = float(settings.slice_quote)
        self._clip_share = float(settings.clip_share)
        self._clip_quote = float(settings.clip_quote)
        self._minimum_notional = float(scenario.parameters.minimum_notional)
        self._slippage_ppm = round(float(scenario.trading.limit_slippage) * 1e6)
        shape = (settings.count, len(scenario.markets))
        self._due = np.zeros(shape)
        self._last_clip = np.full(shape, -settings.clip_blocks, np.int64)
        self._room = np.zeros(settings.count)
        self._calls_left = [0] * settings.count

    def act(self, view: View) -> Sequence[Action]:
        """This block's takeovers."""
        if not self._settings.count or not len(view.liquidatable):
            return ()
        self._start_block(view)
        actions: list[Action] = []
        ratio = view.equity[view.liquidatable] / view.notional[view.liquidatable]
        for account in view.liquidatable[np.argsort(ratio, kind="stable")].tolist():
            actions.extend(self._take_over(view, account))
            if self._room.max() < self._slice_quote:
                break
        return actions

    def _start_block(self, view: View) -> None:
        equity, notional = view.equity[self._rows], view.notional[self._rows]
        calls = self._settings.calls_per_block
        self._room = np.maximum(self._cap * equity - notional, 0.0) * (calls > 0)
        self._calls_left = [calls] * self._settings.count

    def _take_over(self, view: View, account: int) -> Iterator[Action]:
        equity = float(view.equity[account])
        if equity + view.insurance < 0.0:
            return
        whole = equity < 0.5 * float(view.maintenance[account])
        notional = np.abs(view.size[account]) * view.mark
        for market in np.argsort(-notional, kind="stable").tolist():
            value = float(notional[market])
            if value <= 0.0:
                return
            wanted = value if whole or 0.5 * value < self._minimum_notional else 0.5 * value
            action = self._call(view, account, market, wanted, value)
            if action is not None:
                yield action
            if not whole:
                return

    def _call(
        self, view: View, account: int, market: int, wanted: float, value: float
    ) -> Liquidate | None:
        """The liquidator with the most room takes what he can, in quote at the mark."""
        row = int(np.argmax(self._room))
        take = min(wanted, float(self._room[row]))
        if take < wanted:
            if take < max(self._slice_share * wanted, min(self._slice_quote, wanted)):
                return None
            rest = value - take
            if 0.0 < rest < self._minimum_notional * 1.01:
                take = value - self._minimum_notional * 1.01
                if take <= 0.0:
                    return None
        self._calls_left[row] -= 1
        # Who has called often enough in this block makes way for the next one.
        self._room[row] = self._room[row] - take if self._calls_left[row] > 0 else 0.0
        mark = float(view.mark[market])
        limit = ALL if take >= wanted else size_to_lots_down(take / mark)
        return Liquidate(self._first + row, account, market, limit) if limit else None

    def backstop(self, view: View, account: int, market: int) -> Liquidate | None:
        """After auto-deleveraging: somebody with room for all of the rest, if there is one."""
        if not self._settings.count:
            return None
        equity, notional = view.equity[self._rows], view.notional[self._rows]
        room = self._cap * equity - notional
        row = int(np.argmax(room))
        if room[row] < abs(float(view.size[account, market])) * float(view.mark[market]):
            return None
        return Liquidate(self._first + row, account, market, ALL)

    def unwind(self, view: View) -> Iterator[Action]:
        """This block's sales of what was taken over; the fuller the book, the faster."""
        inventory = view.size[self._rows]
        if not inventory.any():
            return
        share = self.dump_share_per_block(view)
        held = np.abs(inventory)
        self._due = np.minimum(self._due + held * share[:, None], held)
        value = held * view.mark
        clip = np.minimum(np.maximum(self._clip_quote, self._clip_share * value), value)
        ready = (self._due * view.mark >= clip) & (held > 0.0)
        ready &= view.block - self._last_clip >= self._settings.clip_blocks
        for row, market in np.argwhere(ready).tolist():
            size = -float(np.copysign(self._due[row, market], inventory[row, market]))
            sender, mark = self._first + row, view.mark_wad[market]
            fill = self._book.take(sender, market, size, mark, self._slippage_ppm, forced=True)
            if fill is not None:
                self._last_clip[row, market] = view.block
                yield fill

    def dump_share_per_block(self, view: View) -> np.ndarray:
        """Share of its inventory that each liquidator sells per block, float64[count]."""
        equity, notional = view.equity[self._rows], view.notional[self._rows]
        capacity = np.maximum(self._cap * equity, 1e-9)
        fullness = np.clip(notional / capacity, 0.0, 1.0)
        half_life = self._slow * self._fast_over_slow**fullness
        return np.asarray(1.0 - np.exp2(-1.0 / half_life))

    def learn(self, outcome: Outcome, view: View) -> None:
        for action, status in zip(outcome.actions, outcome.status, strict=True):
            if status == STATUS_SUCCESS and isinstance(action, Fill) and action.forced:
                row = action.sender - self._first
                self._due[row, action.market] -= abs(action.size) / 1e18


class Unwinding:
    """The liquidators' sales, as an agent of their own because they come later in a block."""

    def __init__(self, liquidators: Liquidators) -> None:
        self._liquidators = liquidators

    def act(self, view: View) -> Sequence[Action]:
        return list(self._liquidators.unwind(view))

    def learn(self, outcome: Outcome, view: View) -> None:
        self._liquidators.learn(outcome, view)
