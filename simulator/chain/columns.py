"""The columns that go into a chain and come out of it.

Addresses are 20 raw bytes, calldata crosses as one flat buffer with offsets, words as uint64[n, 4]
limbs, least significant first. What comes out are named tuples: they are made for every batch, and
a frozen dataclass of so many fields takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.types import Bytes1D, Bytes2D, Int1D, UInt1D, Words

STATUS_REVERTED = 0
STATUS_SUCCESS = 1
STATUS_HALTED = 2
STATUS_NOT_INCLUDED = 3

COVERAGE_SIZE = 1 << 16
"""Cells of a coverage map. An edge (a jump from one place of a code to another) hashes into one."""

CALL_KINDS = ("call", "callcode", "delegatecall", "staticcall", "create", "create2")
"""What `Trace.kind` counts."""


@dataclass(frozen=True, slots=True)
class AccessLists:
    """EIP-2930 access lists of n transactions as columns.

    offsets: int64[n + 1] into the m addresses; addresses: uint8[m, 20]; slot_offsets: int64[m + 1]
    into the s slots; slots: uint8[s, 32].
    """

    offsets: Int1D
    addresses: Bytes2D
    slot_offsets: Int1D
    slots: Bytes2D


@dataclass(frozen=True, slots=True)
class Batch:
    """n ordered transactions as columns.

    senders, targets: uint8[n, 20] (a target of a creation is ignored); creates: bool[n];
    data: uint8[total] with data_offsets: int64[n + 1]; values: uint64[n, 4] wei or None for 0;
    gas_limits: uint64[n]; max_fees, priority_fees: uint64[n] wei per gas or None for 0.
    Nonces are taken from the state unless `nonces` (uint64[n]) is given.
    types: uint8[n] of 0 (legacy), 1 (access list) or 2 (dynamic fee), None for 2. In types 0 and 1
    the max fee is the gas price and the priority fee is ignored. access_lists: None for empty ones;
    a legacy transaction has none.
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
    types: Bytes1D | None = None
    access_lists: AccessLists | None = None

    def __len__(self) -> int:
        return len(self.gas_limits)

    @staticmethod
    def of(
        senders: Sequence[bytes],
        targets: Sequence[bytes],
        data: Sequence[bytes],
        gas_limit: int,
        max_fee: int = 0,
    ) -> Batch:
        """Pack plain calls (no value, no tip) that share one gas limit and pay up to one fee."""
        count = len(data)
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum([len(item) for item in data], out=offsets[1:])
        return Batch(
            senders=np.frombuffer(b"".join(senders), np.uint8).reshape(count, 20),
            targets=np.frombuffer(b"".join(targets), np.uint8).reshape(count, 20),
            data=np.frombuffer(b"".join(data), np.uint8),
            data_offsets=offsets,
            gas_limits=np.full(count, gas_limit, np.uint64),
            max_fees=np.full(count, max_fee, np.uint64) if max_fee else None,
        )


class StorageDiff(NamedTuple):
    """Slots whose value at the end of the batch differs from the one at its start.

    addresses: uint8[d, 20]; slots: uint8[d, 32]; old, new: uint64[d, 4]; by address and slot.
    transaction: int64[d], the index into the batch, for what-ifs only (each has a diff of its own).
    """

    addresses: Bytes2D
    slots: Bytes2D
    old: Words
    new: Words
    transaction: Int1D | None = None


class Trace(NamedTuple):
    """The calls within the transactions of a batch: f frames in the order in which they begin.

    transaction: int64[f]; depth: int64[f], 0 for the transaction's own frame, so that a frame's
    parent is the last one before it with a smaller depth; kind: uint8[f], an index into CALL_KINDS;
    caller, target: uint8[f, 20] (target: the code that runs, or the created address); value:
    uint64[f, 4] wei; gas_limit, gas_used: uint64[f] (of the frame: without intrinsic gas and
    refunds); input and output: flat with offsets int64[f + 1]; status: uint8[f], one of STATUS_*;
    reasons: of halted frames, index -> reason.
    """

    transaction: Int1D
    depth: Int1D
    kind: Bytes1D
    caller: Bytes2D
    target: Bytes2D
    value: Words
    gas_limit: UInt1D
    gas_used: UInt1D
    input: Bytes1D
    input_offsets: Int1D
    output: Bytes1D
    output_offsets: Int1D
    status: Bytes1D
    reasons: dict[int, str]


class Receipts(NamedTuple):
    """What n transactions did, as columns, in the order of the batch.

    status: uint8[n], one of STATUS_*; gas_used: uint64[n]; gas_price: uint64[n] wei per gas that
    the sender paid (base fee plus the priority fee in force; 0 where not included); output: return
    or revert data, flat with offsets int64[n + 1]. Logs in order: log_transaction int64[m] (index
    into the batch), log_address uint8[m, 20], log_topics uint8[m, 4, 32] (unused topics zero),
    log_topic_count uint8[m], log_data flat with offsets int64[m + 1].
    reasons: for halted and not included transactions only, index -> reason.
    watched_index int64[w], watched_value uint64[w, 4]: watched slots that changed in this batch,
    in ascending index order.
    coverage: uint8[COVERAGE_SIZE], how often each edge was taken, at most 255. Both it and trace
    are there where they were asked for.
    """

    status: Bytes1D
    gas_used: UInt1D
    gas_price: UInt1D
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
    reasons: dict[int, str]
    diff: StorageDiff | None = None
    coverage: Bytes1D | None = None
    trace: Trace | None = None

    def output_of(self, index: int) -> bytes:
        """Return data (or revert data) of one transaction."""
        return self.output[self.output_offsets[index] : self.output_offsets[index + 1]].tobytes()


class WhatIf(NamedTuple):
    """What one transaction would do: one of STATUS_*, gas, return or revert data, the reason where
    it would halt or not be included, and the slots it would change where that was asked for."""

    status: int
    gas_used: int
    output: bytes
    reason: str | None
    diff: StorageDiff | None
