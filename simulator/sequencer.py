"""The order of transactions within a block.

First cut: the order in which the engine asks its agents, which is the order of priority that a
block builder without fees would keep (prices, funding, liquidations, auto-deleveraging, traders,
unwinding, quotes). Ordering by fee comes with priority fees.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain as flatten

from simulator.agent import Action


def in_proposal_order(proposals: Sequence[Sequence[Action]]) -> list[Action]:
    """All proposals of a block, first come first served."""
    return list(flatten.from_iterable(proposals))
