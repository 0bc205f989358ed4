"""The keeper of auto-deleveraging: a trusted role that ranks who must give up a winning position.

Bankrupt accounts that the insurance fund cannot cover are served in the order in which they went
under. Their positions are closed at the bankruptcy price against profitable accounts of the other
side, highest rank first. Only when nobody is left to deleverage (or the keeper sleeps and names no
candidates) does the rest go to a liquidator or a close-out, and the loss to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agents.liquidator import Liquidators
from simulator.agent import Action, CloseOut, Deleverage, Outcome, View
from simulator.scenario import Scenario
from simulator.types import Int1D

LIST_LIMIT = 32
"""Longest list the contract takes in one call."""


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
        used: set[int] = set()
        for account in sorted(self._since, key=lambda a: (self._since[a], a)):
            if len(used) >= self._budget:
                break
            if view.ledger.settled_equity(account) + view.ledger.insurance >= 0:
                continue
            actions.extend(self._resolve(view, account, used))
        return actions

    def learn(self, outcome: Outcome, view: View) -> None:
        """The next view tells everything."""

    def _resolve(self, view: View, account: int, used: set[int]) -> Iterator[Action]:
        value = np.abs(view.size[account]) * view.mark
        for market in np.argsort(-value, kind="stable").tolist():
            budget = self._budget - len(used)
            if value[market] <= 0.0 or budget <= 0:
                return  # an empty list would say that nobody is left to deleverage
            chosen, covered = self._candidates(view, account, market, budget, used)
            used.update(chosen)
            yield Deleverage(account, market, tuple(chosen))
            if not covered and len(chosen) < budget:
                yield self._rest(view, account, market, used)

    def _candidates(
        self, view: View, account: int, market: int, budget: int, used: set[int]
    ) -> tuple[list[int], bool]:
        """Ranked accounts to deleverage, and whether they cover the whole position."""
        asleep = self._asleep_from <= view.block < self._asleep_to
        if asleep:
            return [], False
        eligible = [a for a in self._eligible(view, account, market).tolist() if a not in used]
        ranked = sorted(eligible, key=lambda a: (-view.ledger.adl_rank(a, market), a))
        needed = abs(view.ledger.size(account, market))
        chosen: list[int] = []
        for candidate in ranked[:budget]:
            if needed <= 0:
                break
            chosen.append(candidate)
            needed -= abs(view.ledger.size(candidate, market))
        return chosen, needed <= 0

    def _eligible(self, view: View, account: int, market: int) -> Int1D:
        """Opposite side, in profit at the mark and at the bankruptcy price, sound afterwards.

        At most four times the list limit by approximate rank; exact ranks decide among them.
        """
        size, cost = view.size[:, market], view.cost[:, market]
        mark = float(view.mark[market])
        side = np.sign(size[account])
        equity = min(float(view.equity[account]) + view.insurance, 0.0)
        bankruptcy = mark * (1.0 - side * equity / float(view.notional[account]))
        profit = size * mark + cost
        after = view.equity - np.abs(size) * abs(mark - bankruptcy)
        kept = np.maximum(view.notional - np.abs(size) * mark, 0.0) * self._maintenance
        fits = (size * side < 0.0) & (profit > 0.0) & (size * bankruptcy + cost > 0.0)
        fits &= after > kept * (1.0 + 1e-9) + 1e-6
        accounts = np.flatnonzero(fits)
        score = profit[accounts] / np.abs(cost[accounts])
        score *= view.notional[accounts] / view.equity[accounts]
        best = np.argsort(-score, kind="stable")[: 4 * LIST_LIMIT]
        return np.asarray(accounts[best], np.int64)

    def _rest(self, view: View, account: int, market: int, used: set[int]) -> Action:
        """Nobody to deleverage: a liquidator with room takes the rest, else it is matched away."""
        backstop = self._liquidators.backstop(view, account, market)
        if backstop is not None:
            return backstop
        size = view.size[:, market]
        side = np.sign(size[account])
        opposite = np.flatnonzero((size * side < 0.0) & (view.equity > 0.0))
        order = np.argsort(-np.abs(size[opposite]), kind="stable")
        chosen: list[int] = []
        needed = abs(view.ledger.size(account, market))
        for counterparty in opposite[order].tolist():
            if needed <= 0 or len(chosen) >= LIST_LIMIT:
                break
            if counterparty not in used:
                chosen.append(counterparty)
                needed -= abs(view.ledger.size(counterparty, market))
        return CloseOut(account, market, tuple(chosen))
