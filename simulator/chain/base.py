"""The Chain protocol: one EVM world with its block clock, and the columns that go in and out.

Every back end (`revm`, `pyevm`, later `rpc`) has exactly this interface. Addresses are 20 raw
bytes, calldata crosses as one flat buffer with offsets, words as uint64[n, 4] limbs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from simulator.types import Address, Bytes1D, Bytes2D, Int1D, UInt1D, Words

STATUS_REVERTED = 0
STATUS_SUCCESS = 1
STATUS_HALTED = 2
STATUS_NOT_INCLUDED = 3

ZERO_ADDRESS: Address = bytes(20)
DEFAULT_HARDFORK = "cancun"
"""What the reference contracts are compiled for; prague and newer are selectable."""


@dataclass(frozen=True, slots=True)
class BlockEnvironment:
    """The block in which the next transactions run. Fees in wei, times in seconds since 1970."""

    number: int
    timestamp: int
    base_fee: int = 0
    gas_limit: int = 30_000_000
    coinbase: Address = ZERO_ADDRESS
    prevrandao: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class Batch:
    """n ordered transactions as columns.

    senders, targets: uint8[n, 20] (a target of a creation is ignored); creates: bool[n];
    data: uint8[total] with data_offsets: int64[n + 1]; values: uint64[n, 4] wei or None for 0;
    gas_limits: uint64[n]; max_fees, priority_fees: uint64[n] wei per gas or None for 0.
    Nonces are taken from the state unless `nonces` (uint64[n]) is given.
    """

    senders: Bytes2D
    targets: Bytes2D
    data: Bytes1D
    data_offsets: Int1D
    gas_limits: UInt1D
    creates: Bytes1D | None = None
    values: Words | None = None
    max_fees: UInt1D | None = None
    priority_fees: UInt1D | None = None
    nonces: UInt1D | None = None

    def __len__(self) -> int:
        return len(self.gas_limits)

    @staticmethod
    def of(
        senders: Sequence[bytes],
        targets: Sequence[bytes],
        data: Sequence[bytes],
        gas_limit: int,
    ) -> Batch:
        """Pack plain calls (no value, no fee) that share one gas limit."""
        count = len(data)
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum([len(item) for item in data], out=offsets[1:])
        return Batch(
            senders=np.frombuffer(b"".join(senders), np.uint8).reshape(count, 20),
            targets=np.frombuffer(b"".join(targets), np.uint8).reshape(count, 20),
            data=np.frombuffer(b"".join(data), np.uint8),
            data_offsets=offsets,
            gas_limits=np.full(count, gas_limit, np.uint64),
        )


@dataclass(frozen=True, slots=True)
class StorageDiff:
    """Slots whose value at the end of the batch differs from the one at its start.

    addresses: uint8[d, 20]; slots: uint8[d, 32]; old, new: uint64[d, 4].
    """

    addresses: Bytes2D
    slots: Bytes2D
    old: Words
    new: Words


@dataclass(frozen=True, slots=True)
class Receipts:
    """What n transactions did, as columns, in the order of the batch.

    status: uint8[n], one of STATUS_*; gas_used: uint64[n]; output: return or revert data, flat with
    offsets int64[n + 1]. Logs in order: log_transaction int64[m] (index into the batch),
    log_address uint8[m, 20], log_topics uint8[m, 4, 32] (unused topics zero), log_topic_count
    uint8[m], log_data flat with offsets int64[m + 1].
    reasons: for halted and not included transactions only, index -> reason.
    watched_index int64[w], watched_value uint64[w, 4]: watched slots that changed in this batch,
    in ascending index order.
    """

    status: Bytes1D
    gas_used: UInt1D
    output: Bytes1D
    output_offsets: Int1D
    log_transaction: Int1D
    log_address: Bytes2D
    log_topics: Bytes1D
    log_topic_count: Bytes1D
    log_data: Bytes1D
    log_data_offsets: Int1D
    watched_index: Int1D
    watched_value: Words
    reasons: dict[int, str] = field(default_factory=dict)
    diff: StorageDiff | None = None

    def output_of(self, index: int) -> bytes:
        """Return data (or revert data) of one transaction."""
        return self.output[self.output_offsets[index] : self.output_offsets[index + 1]].tobytes()


class Chain(Protocol):
    """One EVM world. Not shared between threads; `clone` gives an independent world."""

    @property
    def name(self) -> str:
        """`revm` or `pyevm`."""
        ...

    @property
    def hardfork(self) -> str: ...

    @property
    def block(self) -> BlockEnvironment: ...

    def set_block(self, block: BlockEnvironment) -> None:
        """Start a new block. The block's running gas returns to zero."""
        ...

    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        """Create a contract in the current block; RevertError with decoded reason if it fails."""
        ...

    def transact(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
    ) -> bytes:
        """One transaction; its return data, or RevertError."""
        ...

    def call(self, target: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        """Read-only call on the current state (nothing is kept); RevertError if it reverts."""
        ...

    def execute(self, batch: Batch, *, diff: bool = False) -> Receipts:
        """Run an ordered batch in the current block, each a true finalised transaction.

        A transaction that cannot be included (nonce, balance, fee, gas limit above what is left in
        the block) gets STATUS_NOT_INCLUDED with its reason, and the batch goes on.
        """
        ...

    def snapshot(self) -> int:
        """Remember state and block; identifiers increase."""
        ...

    def revert(self, snapshot: int) -> None:
        """Return to a snapshot and forget it and all later ones; ChainError if it is unknown."""
        ...

    def clone(self) -> Chain:
        """An independent copy of the world (copy-on-write), watch list included, snapshots not."""
        ...

    def watch(self, address: Address, slots: Bytes2D) -> int:
        """Add uint8[n, 32] slots to the watch list; the index of the first one."""
        ...

    def watched(self) -> Words:
        """Current values of all watched slots, uint64[n, 4]."""
        ...

    def storage(self, address: Address, slots: Bytes2D) -> Words:
        """Read uint8[n, 32] slots of one account at once, uint64[n, 4]."""
        ...

    def set_storage(self, address: Address, slot: int, value: int) -> None: ...

    def balance(self, address: Address) -> int: ...

    def set_balance(self, address: Address, wei: int) -> None: ...

    def nonce(self, address: Address) -> int: ...

    def code(self, address: Address) -> bytes: ...

    def set_code(self, address: Address, code: bytes) -> None: ...
