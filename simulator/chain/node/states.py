"""The states of earlier blocks, as far as they are kept, and the roots that stand in headers."""

from __future__ import annotations

from typing import Final

from simulator.chain.base import Chain
from simulator.chain.node.blocks import NO_ROOT
from simulator.errors import ChainError

LEAVES_PER_ROOT: Final = {"revm": 5_000, "pyevm": 300}
"""Accounts and slots of the largest world whose root is worked out in every block: about 5 ms."""


class States:
    """Copies of the world as it was at the end of a block, of the latest `most` blocks."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._copies: dict[int, Chain] = {}

    @property
    def most(self) -> int:
        return self._most

    def keep(self, number: int, copy: Chain) -> None:
        """Keep the state of a block, and let go of the oldest one if there are too many."""
        self._copies[number] = copy
        while len(self._copies) > self._most:
            del self._copies[min(self._copies)]

    def find(self, number: int) -> Chain | None:
        return self._copies.get(number)

    def drop_from(self, number: int) -> None:
        """Forget the states of this block and of later ones."""
        for kept in [kept for kept in self._copies if kept >= number]:
            del self._copies[kept]


class StateRoots:
    """State roots for headers, until the world grows too large: then zeros for good."""

    def __init__(self, chain: Chain) -> None:
        self._most_leaves = LEAVES_PER_ROOT.get(chain.name, 0)
        self._gave_up = not self._most_leaves

    def root(self, chain: Chain) -> bytes:
        """Root (32 bytes) of the state now, or NO_ROOT."""
        try:
            if self._gave_up or self._is_too_large(chain):
                self._gave_up = True
                return NO_ROOT
            return chain.state_root()
        except ChainError:  # a fork holds only a part of the state
            self._gave_up = True
            return NO_ROOT

    def _is_too_large(self, chain: Chain) -> bool:
        accounts = chain.accounts()
        leaves = len(accounts)
        for address in accounts:
            if leaves > self._most_leaves:
                return True
            leaves += len(chain.slots_of(address)[0])
        return leaves > self._most_leaves
