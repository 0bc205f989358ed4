"""Calls of several functions interleaved into one batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from simulator.chain.abi.packing import Calls
from simulator.chain.columns import AccessLists, Batch
from simulator.errors import InputError
from simulator.types import AnyArray, Bytes1D, Bytes2D, Int1D, UInt1D, Words
from simulator.units import integers_to_words

_DYNAMIC_FEE = 2


def batch_of_calls(
    calls: Calls,
    senders: bytes | Bytes2D,
    targets: bytes | Bytes2D,
    gas_limit: int | UInt1D,
    *,
    values: int | Words | None = None,
    max_fees: int | UInt1D | None = None,
    priority_fees: int | UInt1D | None = None,
) -> Batch:
    """The batch of n packed calls; one address or number stands for all of them.

    senders, targets: uint8[n, 20]; gas_limit, max_fees, priority_fees: uint64[n]; values:
    uint64[n, 4] wei. InputError for a wrong shape.
    """
    data, offsets = calls
    count = len(offsets) - 1
    return Batch(
        senders=_addresses("senders", senders, count),
        targets=_addresses("targets", targets, count),
        data=data,
        data_offsets=offsets,
        gas_limits=_numbers("gas_limit", gas_limit, count),
        values=None if values is None else _values(values, count),
        max_fees=None if max_fees is None else _numbers("max_fees", max_fees, count),
        priority_fees=(
            None if priority_fees is None else _numbers("priority_fees", priority_fees, count)
        ),
    )


def concatenate_calls(parts: Sequence[Calls], order: Int1D | None = None) -> Calls:
    """The calls of all parts in one buffer.

    order: int64[n], for each place of the result the call that comes there, where the calls of all
    parts are numbered one part after the other; None keeps that order. If each part knows the
    places of its calls, it is `np.argsort(np.concatenate(places))`.
    """
    pieces: list[bytes] = []
    for data, offsets in parts:
        raw, cuts = data.tobytes(), offsets.tolist()
        pieces.extend(map(raw.__getitem__, map(slice, cuts[:-1], cuts[1:])))
    if order is not None:
        pieces = list(map(pieces.__getitem__, _checked(order, len(pieces)).tolist()))
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum(list(map(len, pieces)), out=offsets[1:])
    return np.frombuffer(bytearray(b"".join(pieces)), np.uint8), offsets


def concatenate(parts: Sequence[Batch], order: Int1D | None = None) -> Batch:
    """One batch of the transactions of all parts, in `order` (see `concatenate_calls`).

    What a part leaves out (values, fees, types, access lists) has its default there; nonces must be
    given by all parts or by none: InputError.
    """
    count = sum(map(len, parts))
    places = np.arange(count) if order is None else _checked(order, count)
    given = [part.nonces is not None for part in parts]
    if any(given) and not all(given):
        raise InputError("nonces", given, "must be given by all parts or by none")
    data, offsets = concatenate_calls([(part.data, part.data_offsets) for part in parts], places)
    return Batch(
        senders=_joined([part.senders for part in parts], (20,), np.uint8)[places],
        targets=_joined([part.targets for part in parts], (20,), np.uint8)[places],
        data=data,
        data_offsets=offsets,
        gas_limits=_joined([part.gas_limits for part in parts], (), np.uint64)[places],
        creates=_optional(parts, "creates", (), np.uint8, places),
        values=_optional(parts, "values", (4,), np.uint64, places),
        max_fees=_optional(parts, "max_fees", (), np.uint64, places),
        priority_fees=_optional(parts, "priority_fees", (), np.uint64, places),
        nonces=_optional(parts, "nonces", (), np.uint64, places),
        types=_optional(parts, "types", (), np.uint8, places, _DYNAMIC_FEE),
        access_lists=_access_lists(parts, places),
    )


def _checked(order: Int1D, count: int) -> Int1D:
    places = np.asarray(order)
    if places.ndim != 1 or places.dtype.kind not in "iu" or len(places) != count:
        shape = f"array of {places.dtype}, shape {places.shape}"
        raise InputError("order", shape, f"must be int64[{count}], a place for each call")
    seen = np.zeros(count, bool)
    inside = places[(places >= 0) & (places < count)]
    seen[inside] = True
    if not seen.all():
        missing = int(np.flatnonzero(~seen)[0])
        raise InputError("order", order, f"must name each call once; call {missing} is missing")
    return places.astype(np.int64, copy=False)


def _joined(columns: list[AnyArray], shape: tuple[int, ...], kind: Any) -> AnyArray:
    return np.concatenate([np.zeros((0, *shape), kind), *columns]).astype(kind, copy=False)


def _optional(
    parts: Sequence[Batch],
    name: str,
    shape: tuple[int, ...],
    kind: Any,
    places: Int1D,
    default: int = 0,
) -> AnyArray | None:
    columns = [getattr(part, name) for part in parts]
    if all(column is None for column in columns):
        return None
    filled = [
        np.full((len(part), *shape), default, kind) if column is None else column
        for part, column in zip(parts, columns, strict=True)
    ]
    return _joined(filled, shape, kind)[places]


def _access_lists(parts: Sequence[Batch], places: Int1D) -> AccessLists | None:
    if all(part.access_lists is None for part in parts):
        return None
    entries: list[list[tuple[Bytes1D, Bytes2D]]] = []
    for part in parts:
        lists = part.access_lists
        if lists is None:
            entries.extend([] for _ in range(len(part)))
            continue
        cuts = lists.slot_offsets
        both = [
            (address, lists.slots[cuts[row] : cuts[row + 1]])
            for row, address in enumerate(lists.addresses)
        ]
        bounds = lists.offsets.tolist()
        entries.extend(both[start:end] for start, end in pairwise(bounds))
    ordered = [entries[place] for place in places.tolist()]
    flat = [entry for transaction in ordered for entry in transaction]
    return AccessLists(
        offsets=np.cumsum([0, *map(len, ordered)], dtype=np.int64),
        addresses=_joined([address[None] for address, _ in flat], (20,), np.uint8),
        slot_offsets=np.cumsum([0, *(len(slots) for _, slots in flat)], dtype=np.int64),
        slots=_joined([slots for _, slots in flat], (32,), np.uint8),
    )


def _addresses(field: str, column: bytes | Bytes2D, count: int) -> Bytes2D:
    if isinstance(column, bytes) and len(column) == 20:
        return np.frombuffer(bytearray(column * count), np.uint8).reshape(count, 20)
    if isinstance(column, np.ndarray) and column.dtype == np.uint8 and column.shape == (count, 20):
        return column
    raise InputError(field, column, f"must be 20 raw bytes for all or uint8[{count}, 20]")


def _numbers(field: str, column: int | UInt1D, count: int) -> UInt1D:
    if isinstance(column, np.ndarray):
        if column.dtype == np.uint64 and column.shape == (count,):
            return column
    elif isinstance(column, int | np.integer) and 0 <= column < 1 << 64:
        return np.full(count, column, np.uint64)
    raise InputError(field, column, f"must be a number of 64 bits for all or uint64[{count}]")


def _values(column: int | Words, count: int) -> Words:
    if isinstance(column, np.ndarray):
        if column.dtype == np.uint64 and column.shape == (count, 4):
            return column
    elif isinstance(column, int | np.integer) and 0 <= column < 1 << 256:
        return np.repeat(integers_to_words([int(column)], signed=False), count, axis=0)
    raise InputError("values", column, f"must be wei for all or uint64[{count}, 4] limbs")
