"""A batch's columns as single transactions, with the checks that the Rust engine makes too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simulator.chain.base import AccessLists, Batch
from simulator.errors import InputError
from simulator.types import Address, AnyArray

LEGACY, ACCESS_LIST, DYNAMIC_FEE = 0, 1, 2

AccessList: TypeAlias = tuple[tuple[Address, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction of a batch. `nonce` None takes the account's; target is empty to create.

    The fees are those in force: in types 0 and 1 both are the gas price.
    """

    sender: Address
    target: bytes
    data: bytes
    value: int
    gas_limit: int
    max_fee: int = 0
    priority_fee: int = 0
    nonce: int | None = None
    type: int = DYNAMIC_FEE
    access_list: AccessList = ()


def check_batch(batch: Batch) -> None:
    """InputError for a column of another type or shape than `Batch` says."""
    count = len(batch.gas_limits)
    _check("senders", batch.senders, np.uint8, (count, 20))
    _check("targets", batch.targets, np.uint8, (count, 20))
    _check("data", batch.data, np.uint8, (len(batch.data),))
    _check("data_offsets", batch.data_offsets, np.int64, (count + 1,))
    _check("gas_limits", batch.gas_limits, np.uint64, (count,))
    if batch.creates is not None:
        _check("creates", batch.creates.astype(np.uint8), np.uint8, (count,))
    if batch.values is not None:
        _check("values", batch.values, np.uint64, (count, 4))
    for field in ("max_fees", "priority_fees", "nonces"):
        column = getattr(batch, field)
        if column is not None:
            _check(field, column, np.uint64, (count,))
    _check_offsets("data_offsets", batch.data_offsets, len(batch.data), "data")
    _check_types(batch)
    if batch.access_lists is not None:
        _check_access_lists(batch.access_lists, count)
        _check_legacy_ones_have_none(batch, batch.access_lists)


def _check(field: str, column: AnyArray, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if column.dtype != dtype or column.shape != shape:
        rule = f"must be {np.dtype(dtype).name}{list(shape)}"
        raise InputError(field, f"array of {column.dtype}, shape {column.shape}", rule)


def _check_offsets(field: str, offsets: AnyArray, length: int, of_what: str) -> None:
    ends = (int(offsets[0]), int(offsets[-1]))
    if ends != (0, length) or np.any(offsets[1:] < offsets[:-1]):
        raise InputError(field, ends, f"must rise from 0 to the length of {of_what}")


def _check_types(batch: Batch) -> None:
    if batch.types is None:
        return
    _check("types", batch.types, np.uint8, (len(batch),))
    for index, kind in enumerate(batch.types.tolist()):
        if kind > DYNAMIC_FEE:
            rule = "a type is 0 (legacy), 1 (access list) or 2 (dynamic fee)"
            raise InputError(f"types[{index}]", kind, rule)


def _check_access_lists(lists: AccessLists, count: int) -> None:
    entries, slots = len(lists.addresses), len(lists.slots)
    _check("access_lists.offsets", lists.offsets, np.int64, (count + 1,))
    _check("access_lists.addresses", lists.addresses, np.uint8, (entries, 20))
    _check("access_lists.slot_offsets", lists.slot_offsets, np.int64, (entries + 1,))
    _check("access_lists.slots", lists.slots, np.uint8, (slots, 32))
    _check_offsets("access_lists.offsets", lists.offsets, entries, "addresses")
    _check_offsets("access_lists.slot_offsets", lists.slot_offsets, slots, "slots")


def _check_legacy_ones_have_none(batch: Batch, lists: AccessLists) -> None:
    if batch.types is None:
        return
    lengths = np.diff(lists.offsets)
    for index in np.flatnonzero((batch.types == LEGACY) & (lengths > 0)).tolist():
        rule = "a legacy transaction has no access list"
        raise InputError(f"access_lists of {index}", f"{lengths[index]} addresses", rule)


def rows(batch: Batch) -> Iterator[Row]:
    """The transactions in order."""
    for index in range(len(batch)):
        yield _row(batch, index)


def _row(batch: Batch, index: int) -> Row:
    start, end = batch.data_offsets[index], batch.data_offsets[index + 1]
    creates = batch.creates is not None and bool(batch.creates[index])
    kind = DYNAMIC_FEE if batch.types is None else int(batch.types[index])
    max_fee = 0 if batch.max_fees is None else int(batch.max_fees[index])
    priority_fee = 0 if batch.priority_fees is None else int(batch.priority_fees[index])
    return Row(
        sender=batch.senders[index].tobytes(),
        target=b"" if creates else batch.targets[index].tobytes(),
        data=batch.data[start:end].tobytes(),
        value=0 if batch.values is None else _integer(batch.values[index]),
        gas_limit=int(batch.gas_limits[index]),
        max_fee=max_fee,
        priority_fee=priority_fee if kind == DYNAMIC_FEE else max_fee,
        nonce=None if batch.nonces is None else int(batch.nonces[index]),
        type=kind,
        access_list=() if batch.access_lists is None else _access_list(batch.access_lists, index),
    )


def _access_list(lists: AccessLists, index: int) -> AccessList:
    return tuple(
        (
            lists.addresses[entry].tobytes(),
            tuple(
                int.from_bytes(lists.slots[slot].tobytes(), "big")
                for slot in range(lists.slot_offsets[entry], lists.slot_offsets[entry + 1])
            ),
        )
        for entry in range(lists.offsets[index], lists.offsets[index + 1])
    )


def _integer(limbs: AnyArray) -> int:
    return int.from_bytes(limbs.astype("<u8").tobytes(), "little")
