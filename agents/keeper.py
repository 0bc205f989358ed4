"""Keepers that only keep time: the funding poke."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.agent import Accrue, Action, Outcome, View
from simulator.scenario import Scenario


class FundingKeeper:
    """Accrues every market once per funding interval (each action accrues first anyway)."""

    def __init__(self, scenario: Scenario) -> None:
        seconds = scenario.funding.interval_seconds
        self._every = max(1, seconds // scenario.chain.block_seconds)
        self._pokes = [Accrue(market) for market in range(len(scenario.markets))]

    def act(self, view: View) -> Sequence[Action]:
        return self._pokes if view.block % self._every == 0 else ()

    def learn(self, outcome: Outcome, view: View) -> None:
        """Nothing to learn: the clock alone decides."""
