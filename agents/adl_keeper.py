"""The keeper of auto-deleveraging: a trusted role that ranks who must give up a winning position.

Bankrupt accounts that the insurance fund cannot cover are served in the order in which they went
under. Their positions are closed at the bankruptcy price against profitable accounts of the other
side, highest rank first. Only when nobody is left to deleverage (or the keeper sleeps and names no
candidates) does the rest go to a liquidator or a close-out, and the loss to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.liquidator import Liquidators
from simulator.agent import Action, CloseOut, Deleverage, Outcome, View
from simulator.scenario import Scenario
from simulator.types import Int1D

LIST_LIMIT = 32
"""Longest list the contract takes in one call."""


@dataclass(slots=True)
class _Block:
    """What one block has left: the fund, names to give, and sizes that nobody counts on yet.

    One large winner (the market maker) may serve many bankrupt accounts of a block. What that does
    to his rank only the chain knows; a list that it refuses for it comes again in the next block.
    """

    names: int
    fund: float
    """Quote; the first call of a block moves all of it into its account."""
    _promised: dict[tuple[int, int], int] = field(default_factory=dict)

    def free(self, view: View, account: int, market: int) -> int:
        """Size that no earlier call of this block closes (1e-18 units, no sign)."""
        promised = self._promised.get((account, market), 0)
        return abs(view.ledger.size(account, market)) - promised

    def promise(self, account: int, market: int, size: int) -> None:
        self._promised[account, market] = self._promised.get((account, market), 0) + size


class AdlKeeper:
    """`start_hour` is the hour of the event at which the run begins."""

    def __init__(self, scenario: Scenario, liquidators: Liquidators, start_hour: int) -> None:
        settings = scenario.adl_keeper
        per_hour = scenario.prices.blocks_per_hour
        self._budget = settings.candidates_per_block
        self._asleep_from = (float(settings.asleep_from_hour) - start_hour) * per_hour
        self._asleep_to = (float(settings.asleep_to_hour) - start_hour) * per_hour
        self._maintenance = float(scenario.parameters.maintenance_margin)
        self._liquidators = liquidators
        self._since: dict[int, int] = {}

    def act(self, view: View) -> Sequence[Action]:
        negative = np.flatnonzero((view.equity + view.insurance < 0.0) & (view.notional > 0.0))
        if not len(negative):
            self._since.clear()
            return ()
        self._since = {a: self._since.get(a, view.block) for a in negative.tolist()}
        actions: list[Action] = []
        block = _Block(self._budget, view.insurance)
        for account in sorted(self._since, key=lambda a: (self._since[a], a)):
            if block.names <= 0:
                break
            if view.ledger.settled_equity(account) + view.ledger.insurance >= 0:
                continue
            actions.extend(self._resolve(view, account, block))
        return actions

    def learn(self, outcome: Outcome, view: View) -> None:
        """The next view tells everything."""

    def _resolve(self, view: View, account: int, block: _Block) -> Iterator[Action]:
        value = np.abs(view.size[account]) * view.mark
        equity = min(float(view.equity[account]) + block.fund, 0.0)
        block.fund = 0.0
        for market in np.argsort(-value, kind="stable").tolist():
            if value[market] <= 0.0 or block.names <= 0:
                return  # an empty list would say that nobody is left to deleverage
            chosen, covered = self._candidates(view, account, market, equity, block)
            block.names -= len(chosen)
            yield Deleverage(account, market, tuple(chosen))
            if not covered and block.names > 0:
                yield self._rest(view, account, market, block)

    def _candidates(
        self, view: View, account: int, market: int, equity: float, block: _Block
    ) -> tuple[list[int], bool]:
        """Ranked accounts to deleverage, and whether they cover the whole position."""
        asleep = self._asleep_from <= view.block < self._asleep_to
        eligible = [] if asleep else self._eligible(view, account, market, equity).tolist()
        ranked = sorted(eligible, key=lambda a: (-view.ledger.adl_rank(a, market), a))
        return _choose(view, account, market, ranked, block, block.names)

    def _eligible(self, view: View, account: int, market: int, equity: float) -> Int1D:
        """Opposite side, in profit at the mark and at the bankruptcy price, sound afterwards.

        equity: the account's, with what the fund has moved into it.

        At most four times the list limit by approximate rank; exact ranks decide among them.
        """
        size, cost = view.size[:, market], view.cost[:, market]
        mark = float(view.mark[market])
        side = np.sign(size[account])
        bankruptcy = mark * (1.0 - side * equity / float(view.notional[account]))
        profit = size * mark + cost
        closed = np.minimum(np.abs(size), abs(float(size[account])))
        after = view.equity - closed * abs(mark - bankruptcy)
        kept = np.maximum(view.notional - closed * mark, 0.0) * self._maintenance
        fits = (size * side < 0.0) & (profit > 0.0) & (size * bankruptcy + cost > 0.0)
        fits &= after > kept * (1.0 + 1e-9) + 1e-6
        accounts = np.flatnonzero(fits)
        score = profit[accounts] / np.abs(cost[accounts])
        score *= view.notional[accounts] / view.equity[accounts]
        best = np.argsort(-score, kind="stable")[: 4 * LIST_LIMIT]
        return np.asarray(accounts[best], np.int64)

    def _rest(self, view: View, account: int, market: int, block: _Block) -> Action:
        """Nobody to deleverage: a liquidator with room takes the rest, else it is matched away."""
        backstop = self._liquidators.backstop(view, account, market)
        if backstop is not None:
            return backstop
        size = view.size[:, market]
        side = np.sign(size[account])
        opposite = np.flatnonzero((size * side < 0.0) & (view.equity > 0.0))
        largest = opposite[np.argsort(-np.abs(size[opposite]), kind="stable")].tolist()
        chosen, _ = _choose(view, account, market, largest, block, LIST_LIMIT)
        return CloseOut(account, market, tuple(chosen))


def _choose(
    view: View, account: int, market: int, ordered: Sequence[int], block: _Block, most: int
) -> tuple[list[int], bool]:
    """The first of `ordered` whose free sizes close the account's, and whether they do."""
    chosen: list[int] = []
    needed = block.free(view, account, market)
    for other in ordered:
        if needed <= 0 or len(chosen) >= most:
            break
        step = min(needed, block.free(view, other, market))
        if step > 0:
            chosen.append(other)
            block.promise(other, market, step)
            block.promise(account, market, step)
            needed -= step
    return chosen, needed <= 0
