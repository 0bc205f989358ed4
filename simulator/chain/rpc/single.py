"""Batches of one transaction, and receipts of many such batches joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from simulator.chain.columns import AccessLists, Batch, Receipts
from simulator.chain.rpc.receipts import Log, Outcome, diff_of, receipts_of
from simulator.errors import InputError
from simulator.types import Address, AnyArray
from simulator.units import integers_to_words


def one(
    sender: Address,
    target: Address | None,
    data: bytes,
    value: int,
    gas_limit: int,
    max_fee: int,
) -> Batch:
    """One transaction without a tip; no target makes a contract."""
    return Batch(
        senders=np.frombuffer(sender, np.uint8).reshape(1, 20),
        targets=np.frombuffer(target or bytes(20), np.uint8).reshape(1, 20),
        data=np.frombuffer(data, np.uint8),
        data_offsets=np.array([0, len(data)], np.int64),
        gas_limits=np.array([gas_limit], np.uint64),
        creates=np.array([target is None], np.uint8),
        values=integers_to_words([value], signed=False),
        max_fees=np.array([max_fee], np.uint64),
    )


def row_of(batch: Batch, row: int) -> Batch:
    """One transaction of a batch."""

    def cut(column: AnyArray | None) -> Any:
        return None if column is None else column[row : row + 1]

    start, end = batch.data_offsets[row : row + 2].tolist()
    return Batch(
        senders=cut(batch.senders),
        targets=cut(batch.targets),
        data=batch.data[start:end],
        data_offsets=np.array([0, end - start], np.int64),
        gas_limits=cut(batch.gas_limits),
        creates=cut(batch.creates),
        values=cut(batch.values),
        max_fees=cut(batch.max_fees),
        priority_fees=cut(batch.priority_fees),
        nonces=cut(batch.nonces),
        types=cut(batch.types),
        access_lists=_list_of(batch.access_lists, row),
    )


def check_batch(batch: Batch) -> None:
    """InputError for a column whose type or length does not fit."""
    count = len(batch.gas_limits)
    shapes: list[tuple[str, str, tuple[int, ...]]] = [
        ("senders", "uint8", (count, 20)),
        ("targets", "uint8", (count, 20)),
        ("data", "uint8", (len(batch.data),)),
        ("data_offsets", "int64", (count + 1,)),
        ("gas_limits", "uint64", (count,)),
        ("values", "uint64", (count, 4)),
        ("max_fees", "uint64", (count,)),
        ("priority_fees", "uint64", (count,)),
        ("nonces", "uint64", (count,)),
        ("types", "uint8", (count,)),
    ]
    for name, dtype, shape in shapes:
        column = getattr(batch, name)
        if column is not None and (column.dtype != dtype or column.shape != shape):
            found = f"array of {column.dtype}, shape {column.shape}"
            raise InputError(name, found, f"must be {dtype}{list(shape)}")
    if batch.creates is not None and batch.creates.shape != (count,):
        raise InputError("creates", batch.creates.shape, f"must be bool[{count}]")
    cuts = batch.data_offsets.tolist()
    if cuts[0] != 0 or cuts[-1] != len(batch.data) or any(a > b for a, b in pairwise(cuts)):
        raise InputError("data_offsets", cuts[:8], "must ascend from 0 to the length of data")
    if batch.types is not None and (batch.types > 2).any():
        raise InputError("types", batch.types.tolist(), "must be 0, 1 or 2")


def joined(parts: Sequence[Receipts]) -> Receipts:
    """Receipts of many batches of one, their diffs told apart by the transaction."""
    outcomes = []
    rows = []
    for index, part in enumerate(parts):
        outcomes.append(
            Outcome(
                status=int(part.status[0]),
                gas_used=int(part.gas_used[0]),
                gas_price=int(part.gas_price[0]),
                output=part.output_of(0),
                reason=part.reasons.get(0, ""),
                logs=tuple(_log(part, row) for row in range(len(part.log_transaction))),
            )
        )
        if part.diff is None:
            continue
        diff = part.diff
        for at, slot in enumerate(diff.slots):
            old, new = (_integer(words[at]) for words in (diff.old, diff.new))
            rows.append((index, diff.addresses[at].tobytes(), slot.tobytes(), old, new))
    receipts = receipts_of(outcomes)
    return Receipts(
        **{name: getattr(receipts, name) for name in Receipts._fields}
        | {"diff": diff_of(rows, what_if=True)}
    )


def _list_of(lists: AccessLists | None, row: int) -> AccessLists | None:
    if lists is None:
        return None
    first, last = lists.offsets[row : row + 2].tolist()
    start, end = int(lists.slot_offsets[first]), int(lists.slot_offsets[last])
    return AccessLists(
        offsets=np.array([0, last - first], np.int64),
        addresses=lists.addresses[first:last],
        slot_offsets=lists.slot_offsets[first : last + 1] - start,
        slots=lists.slots[start:end],
    )


def _log(part: Receipts, row: int) -> Log:
    count = int(part.log_topic_count[row])
    topics = tuple(topic.tobytes() for topic in part.log_topics.reshape(-1, 4, 32)[row, :count])
    start, end = part.log_data_offsets[row : row + 2]
    return part.log_address[row].tobytes(), topics, part.log_data[start:end].tobytes()


def _integer(words: AnyArray) -> int:
    return int.from_bytes(words.astype("<u8").tobytes(), "little")
