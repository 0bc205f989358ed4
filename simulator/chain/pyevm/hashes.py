"""Hashes of earlier blocks, and the history contract of EIP-2935."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eth.vm.forks.prague.constants import (
    HISTORY_STORAGE_ADDRESS,
    HISTORY_STORAGE_CONTRACT_CODE,
)
from eth_hash.auto import keccak

from simulator.chain.pyevm.sources import RememberingSource
from simulator.chain.pyevm.state import Account

ANCESTORS = 256
"""How far back BLOCKHASH sees."""

HISTORY_ADDRESS = bytes(HISTORY_STORAGE_ADDRESS)
HISTORY_ACCOUNT = Account(nonce=1, code=HISTORY_STORAGE_CONTRACT_CODE)

FORKS_WITH_HISTORY = ("prague",)


@dataclass(frozen=True, slots=True)
class BlockHashes:
    """The hashes that were given with blocks, in a mapping that never changes.

    first: number of the world's first block. A fork asks its source for it and for earlier ones;
    later ones are simulated and have no headers.
    """

    first: int
    source: RememberingSource | None = None
    given: Mapping[int, bytes] = field(default_factory=dict)

    def before(self, number: int, parent_hash: bytes | None) -> BlockHashes:
        """As seen from block `number`, whose parent's hash is given, or None for a made one."""
        oldest, parent = number - ANCESTORS, number - 1
        given = {block: hash_ for block, hash_ in self.given.items() if block >= oldest}
        if parent_hash is None:
            given.pop(parent, None)
        else:
            given[parent] = parent_hash
        return BlockHashes(self.first, self.source, given)

    def of(self, number: int) -> bytes:
        """The hash of an earlier block: given, of the source, or made of its number."""
        if number in self.given:
            return self.given[number]
        if self.source is not None and number <= self.first:
            return self.source.block_hash(number)
        return keccak(number.to_bytes(32, "big"))
