"""The Chain protocol: one EVM world with its block clock, and the columns that go in and out.

Every back end (`revm`, `pyevm`, `rpc`) has exactly this interface. Addresses are 20 raw
bytes, calldata crosses as one flat buffer with offsets, words as uint64[n, 4] limbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.chain.columns import (
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    STATUS_SUCCESS,
    AccessLists,
    Batch,
    Receipts,
    StorageDiff,
    Trace,
    WhatIf,
)
from simulator.types import Address, Bytes2D, Words

__all__ = [
    "DEFAULT_HARDFORK",
    "STATUS_HALTED",
    "STATUS_NOT_INCLUDED",
    "STATUS_REVERTED",
    "STATUS_SUCCESS",
    "ZERO_ADDRESS",
    "AccessLists",
    "Batch",
    "BlockEnvironment",
    "Chain",
    "Proof",
    "Receipts",
    "StateSource",
    "StorageDiff",
    "Trace",
    "WhatIf",
]

ZERO_ADDRESS: Address = bytes(20)
DEFAULT_HARDFORK = "cancun"
"""What the reference contracts are compiled for; prague and newer are selectable."""


@dataclass(frozen=True, slots=True)
class BlockEnvironment:
    """The block in which the next transactions run. Fees in wei, times in seconds since 1970.

    parent_hash: what BLOCKHASH and (from prague on) the history contract of EIP-2935 answer for the
    parent. Simulated blocks have no headers: None stands for keccak256 of the parent's number as a
    32-byte word.
    """

    number: int
    timestamp: int
    base_fee: int = 0
    gas_limit: int = 30_000_000
    coinbase: Address = ZERO_ADDRESS
    prevrandao: bytes = bytes(32)
    parent_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Merkle proof of an account and some of its slots against `state_root` (EIP-1186).

    account: RLP nodes from the root; slots: per slot (32 bytes) its value and its nodes.
    """

    address: Address
    balance: int
    nonce: int
    code_hash: bytes
    storage_hash: bytes
    account: tuple[bytes, ...]
    slots: tuple[tuple[bytes, int, tuple[bytes, ...]], ...]


class StateSource(Protocol):
    """Where a forked world gets what it has not seen yet. Each value is asked for once.

    An exception of a method reaches the chain's caller; the batch's earlier transactions stay.
    """

    def account(self, address: Address) -> tuple[bytes, int, bytes] | None:
        """Balance (32 bytes, most significant first), nonce and code; None for no account."""
        ...

    def slot(self, address: Address, slot: bytes) -> bytes:
        """The value of a slot, 32 bytes both."""
        ...

    def block_hash(self, number: int) -> bytes:
        """The hash (32 bytes) of a block before the fork."""
        ...


class Chain(Protocol):
    """One EVM world. Not shared between threads; `clone` gives an independent world.

    Deadlines are in seconds from the call. When one passes, or on Ctrl-C, the transaction at work
    is dropped, the batch's earlier ones stay, and BatchAborted (or KeyboardInterrupt) is raised.
    """

    @property
    def name(self) -> str:
        """`revm`, `pyevm` or `rpc`."""
        ...

    @property
    def hardfork(self) -> str: ...

    @property
    def chain_id(self) -> int: ...

    @property
    def block(self) -> BlockEnvironment: ...

    @property
    def block_gas_used(self) -> int:
        """Gas of the transactions that `execute` included in this block."""
        ...

    def set_block(self, block: BlockEnvironment) -> None:
        """Start a new block. The block's running gas returns to zero.

        From prague on this calls the history contract of EIP-2935, which a new world has.
        """
        ...

    # --- running code ----------------------------------------------------------------------------

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

    def execute(
        self,
        batch: Batch,
        *,
        diff: bool = False,
        coverage: bool = False,
        trace: bool = False,
        deadline_seconds: float | None = None,
    ) -> Receipts:
        """Run an ordered batch in the current block, each a true finalised transaction.

        A transaction that cannot be included (nonce, balance, fee, gas limit above what is left in
        the block) gets STATUS_NOT_INCLUDED with its reason, and the batch goes on.
        """
        ...

    def call_many(
        self, batch: Batch, *, threads: int | None = None, deadline_seconds: float | None = None
    ) -> Receipts:
        """Read-only calls, each on the current state, on all cores unless `threads` says how many.

        Nonces, balances of the senders, the base fee and the block's gas are not looked at;
        gas_used is that of a transaction (intrinsic gas included).
        """
        ...

    def what_if_many(
        self, batch: Batch, *, threads: int = 1, deadline_seconds: float | None = None
    ) -> Receipts:
        """Each transaction on the same state, as if it were the next of the block; nothing is kept.

        The diff has a `transaction` column. Unlike in `execute` gas of others does not count.
        """
        ...

    def what_if(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
        *,
        diff: bool = False,
    ) -> WhatIf:
        """As `transact`, but nothing is kept, a failure is told, not raised, and the gas limit must
        not exceed the block's.

        For one question at a time; many of them are quicker as `what_if_many`.
        """
        ...

    # --- worlds ----------------------------------------------------------------------------------

    def snapshot(self) -> int:
        """Remember state and block; identifiers increase."""
        ...

    def revert(self, snapshot: int) -> None:
        """Return to a snapshot and forget it and all later ones; ChainError if it is unknown."""
        ...

    def diff_since(self, snapshot: int) -> StorageDiff:
        """Slots that differ from those of a snapshot, which stays; ChainError if it is unknown."""
        ...

    def clone(self) -> Chain:
        """An independent copy of the world (copy-on-write), watch list included, snapshots not."""
        ...

    # --- state -----------------------------------------------------------------------------------

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

    def set_nonce(self, address: Address, nonce: int) -> None: ...

    def code(self, address: Address) -> bytes: ...

    def set_code(self, address: Address, code: bytes) -> None: ...

    def accounts(self) -> list[Address]:
        """All accounts that are not empty, ascending. On a fork: of those that were loaded."""
        ...

    def slots_of(self, address: Address) -> tuple[Bytes2D, Words]:
        """All slots of an account that are not zero, ascending: uint8[n, 32], uint64[n, 4]."""
        ...

    def state_root(self) -> bytes:
        """Root (32 bytes) of the state trie; ChainError on a fork, which holds only a part."""
        ...

    def proof(self, address: Address, slots: Bytes2D) -> Proof:
        """Proof of an account and some slots against `state_root`; also of what is not there."""
        ...
