"""One transaction or call at a time through the columns of a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.chain.base import STATUS_SUCCESS, AccessLists, Batch, Receipts
from simulator.chain.node.blocks import Log
from simulator.chain.node.transactions import (
    LEGACY,
    WITH_DYNAMIC_FEE,
    AccessList,
    Transaction,
)
from simulator.types import Address, Bytes2D


@dataclass(frozen=True, slots=True)
class Call:
    """What `eth_call` and the like run. to: None creates; gas_price: what GASPRICE answers."""

    sender: Address
    to: Address | None
    data: bytes
    value: int
    gas_limit: int
    gas_price: int = 0
    access_list: AccessList = ()


def rows(items: list[bytes], width: int) -> Bytes2D:
    """uint8[n, width] of byte strings of that width."""
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), width)


def batch_of_call(call: Call) -> Batch:
    """A batch of this one call."""
    return _batch(
        call.sender, call.to, call.data, call.value, call.gas_limit, call.access_list,
        max_fees=_uint64(call.gas_price), priority_fees=_uint64(call.gas_price),
        types=np.array([WITH_DYNAMIC_FEE], np.uint8),
    )  # fmt: skip


def batch_of_transaction(sent: Transaction) -> Batch:
    """A batch of this one transaction, with its own nonce and type."""
    return _batch(
        sent.sender, sent.to, sent.data, sent.value, sent.gas_limit, sent.access_list,
        max_fees=_uint64(sent.max_fee), priority_fees=_uint64(sent.priority_fee),
        nonces=_uint64(sent.nonce), types=np.array([sent.type], np.uint8),
        has_lists=sent.type != LEGACY,
    )  # fmt: skip


def _batch(
    sender: Address,
    to: Address | None,
    data: bytes,
    value: int,
    gas_limit: int,
    access_list: AccessList,
    *,
    has_lists: bool = True,
    **columns: Any,
) -> Batch:
    return Batch(
        senders=rows([sender], 20),
        targets=rows([to or bytes(20)], 20),
        data=np.frombuffer(data, np.uint8),
        data_offsets=np.array([0, len(data)], np.int64),
        gas_limits=_uint64(gas_limit),
        creates=np.array([to is None], np.uint8),
        values=np.frombuffer(value.to_bytes(32, "little"), "<u8").reshape(1, 4).astype(np.uint64),
        access_lists=_columns(access_list) if has_lists and access_list else None,
        **columns,
    )


def _uint64(number: int) -> Any:
    return np.array([number], np.uint64)


def _columns(access_list: AccessList) -> AccessLists:
    slot_offsets = np.zeros(len(access_list) + 1, np.int64)
    np.cumsum([len(slots) for _, slots in access_list], out=slot_offsets[1:])
    return AccessLists(
        offsets=np.array([0, len(access_list)], np.int64),
        addresses=rows([address for address, _ in access_list], 20),
        slot_offsets=slot_offsets,
        slots=rows([slot for _, slots in access_list for slot in slots], 32),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one transaction or call. reason: if it halted or was not included."""

    status: int
    gas_used: int
    gas_price: int
    output: bytes
    logs: tuple[Log, ...]
    reason: str

    @property
    def succeeded(self) -> bool:
        return self.status == STATUS_SUCCESS


def outcome_of(receipts: Receipts) -> Outcome:
    """The outcome of a batch of one."""
    return Outcome(
        status=int(receipts.status[0]),
        gas_used=int(receipts.gas_used[0]),
        gas_price=int(receipts.gas_price[0]),
        output=receipts.output_of(0),
        logs=tuple(_log(receipts, row) for row in range(len(receipts.log_transaction))),
        reason=receipts.reasons.get(0, ""),
    )


def _log(receipts: Receipts, row: int) -> Log:
    start, end = receipts.log_data_offsets[row : row + 2]
    count = int(receipts.log_topic_count[row])
    return Log(
        address=receipts.log_address[row].tobytes(),
        topics=tuple(topic.tobytes() for topic in receipts.log_topics[row, :count]),
        data=receipts.log_data[start:end].tobytes(),
    )
