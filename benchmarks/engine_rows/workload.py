"""What is run: set-up transactions, then blocks of transactions, the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from eth_hash.auto import keccak

from simulator.chain import Batch, BlockEnvironment, Chain, Receipts, open_chain
from simulator.types import Address, Float1D

START = 1_600_000_000
"""When the nodes' genesis block is."""
SECONDS_PER_BLOCK = 12
BLOCK_GAS_LIMIT = 1_000_000_000
SET_UP_GAS_LIMIT = 16_000_000
"""More than any set-up transaction needs, and no more than the newest forks take."""
GAS_LIMIT = 500_000


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction; `target` is None for a creation."""

    sender: Address
    target: Address | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A block's transactions one by one and as a batch."""

    environment: BlockEnvironment
    calls: tuple[Call, ...]
    batch: Batch


class Mirror(Protocol):
    """The accounts off chain."""

    def apply(self, receipts: Receipts) -> object:
        """Take over the watched slots that a batch changed."""
        ...

    def healths(self) -> Float1D:
        """Equity over notional of every account, float64[n]; inf or nan without a position."""
        ...


class Workload(Protocol):
    """An exchange and what happens on it. Blocks begin after `first`, the block of the set-up."""

    name: str
    first: BlockEnvironment
    set_up: tuple[Call, ...]
    blocks: tuple[Block, ...]

    def pack(self, index: int) -> Batch:
        """A block's batch, made from its orders; the next call may write over it."""
        ...

    def pack_by_hand(self, index: int) -> list[tuple[Address, Address, bytes]]:
        """Sender, target and calldata of a block's transactions, for engines without columns."""
        ...

    def watch(self, chain: Chain) -> None:
        """Put what a mirror needs on the watch list."""
        ...

    def mirror(self, chain: Chain) -> Mirror: ...

    def views(self) -> Batch:
        """Read-only calls, one per account."""
        ...


def block_environment(index: int) -> BlockEnvironment:
    """Of block `index` of the scenario; the set-up is in the block before the first."""
    return BlockEnvironment(
        number=2 + index,
        timestamp=START + SECONDS_PER_BLOCK * (2 + index),
        gas_limit=BLOCK_GAS_LIMIT,
    )


FIRST = BlockEnvironment(1, START + SECONDS_PER_BLOCK, gas_limit=BLOCK_GAS_LIMIT)
"""The block of the set-up."""


def batch_of(calls: Sequence[Call]) -> Batch:
    """Calls of a block as columns."""
    senders = [call.sender for call in calls]
    targets = [call.target or bytes(20) for call in calls]
    return Batch.of(senders, targets, [call.data for call in calls], GAS_LIMIT)


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a creation with a nonce below 128 puts its contract."""
    return bytes(keccak(b"\xd6\x94" + sender + (bytes([nonce]) if nonce else b"\x80"))[12:])


def fresh_chain(workload: Workload, engine: str = "revm") -> Chain:
    """A world after the set-up, with its watch list."""
    chain = open_chain(engine)
    chain.set_block(workload.first)
    for call in workload.set_up:
        if call.target is None:
            chain.deploy(call.data, call.sender)
        else:
            chain.transact(call.sender, call.target, call.data)
    workload.watch(chain)
    return chain
