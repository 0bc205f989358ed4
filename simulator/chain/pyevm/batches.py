"""A batch's columns as single transactions, with the checks that the Rust engine makes too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.chain.base import Batch
from simulator.errors import InputError
from simulator.types import Address, AnyArray


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction of a batch. `nonce` None takes the account's."""

    sender: Address
    target: bytes
    data: bytes
    value: int
    gas_limit: int
    max_fee: int
    priority_fee: int
    nonce: int | None


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
    offsets = batch.data_offsets
    ends = (int(offsets[0]), int(offsets[-1]))
    if ends != (0, len(batch.data)) or np.any(offsets[1:] < offsets[:-1]):
        raise InputError("data_offsets", ends, "must rise from 0 to the length of data")


def _check(field: str, column: AnyArray, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if column.dtype != dtype or column.shape != shape:
        rule = f"must be {np.dtype(dtype).name}{list(shape)}"
        raise InputError(field, f"array of {column.dtype}, shape {column.shape}", rule)


def rows(batch: Batch) -> Iterator[Row]:
    """The transactions in order."""
    for index in range(len(batch)):
        start, end = batch.data_offsets[index], batch.data_offsets[index + 1]
        creates = batch.creates is not None and bool(batch.creates[index])
        value = 0 if batch.values is None else _integer(batch.values[index])
        yield Row(
            sender=batch.senders[index].tobytes(),
            target=b"" if creates else batch.targets[index].tobytes(),
            data=batch.data[start:end].tobytes(),
            value=value,
            gas_limit=int(batch.gas_limits[index]),
            max_fee=0 if batch.max_fees is None else int(batch.max_fees[index]),
            priority_fee=0 if batch.priority_fees is None else int(batch.priority_fees[index]),
            nonce=None if batch.nonces is None else int(batch.nonces[index]),
        )


def _integer(limbs: AnyArray) -> int:
    return int.from_bytes(limbs.astype("<u8").tobytes(), "little")
