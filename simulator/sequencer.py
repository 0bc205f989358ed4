"""The order of transactions within a block, the base fee, and blocks that nobody gets into.

First cut: the order in which the engine asks its agents, which is the order of priority that a
block builder without fees would keep (prices, funding, liquidations, auto-deleveraging, traders,
unwinding, quotes). Ordering by fee comes with priority fees.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain as flatten

import numpy as np

from simulator.agent import Action, CloseOut, Deleverage, Liquidate
from simulator.scenario import Scenario
from simulator.scenario.faults import SequencerDown
from simulator.types import Int1D

FORCED = (Liquidate, Deleverage, CloseOut)
"""What the grace period after an outage keeps from happening."""


class Sequencer:
    """Who gets into a block of the run, and in what order."""

    def __init__(self, outages: Sequence[SequencerDown] = ()) -> None:
        self._outages = tuple(outages)

    @classmethod
    def of(cls, scenario: Scenario) -> Sequencer:
        """The sequencer of a scenario, with the outages among its faults."""
        return cls([fault for fault in scenario.faults if isinstance(fault, SequencerDown)])

    def down(self, block: int) -> bool:
        """Whether no transaction of anybody gets in."""
        return any(fault.start_block <= block < fault.end_block for fault in self._outages)

    def in_grace(self, block: int) -> bool:
        """Whether nobody may be closed by force, because an outage has only just ended."""
        return any(0 <= block - fault.end_block < fault.grace_blocks for fault in self._outages)

    def order(self, block: int, proposals: Sequence[Sequence[Action]]) -> list[Action]:
        """All proposals of a block, first come first served, less what the grace period stops."""
        ordered = list(flatten.from_iterable(proposals))
        if not self.in_grace(block):
            return ordered
        return [action for action in ordered if not isinstance(action, FORCED)]


def base_fees(scenario: Scenario) -> Int1D:
    """int64[blocks]: wei per gas in every block of the run."""
    fees = np.full(scenario.blocks, scenario.chain.base_fee, np.int64)
    for step in scenario.chain.base_fee_steps:
        fees[step.from_block :] = step.base_fee
    return fees
