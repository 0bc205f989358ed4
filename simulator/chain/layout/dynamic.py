"""What has a length of its own: bytes, strings and dynamic arrays, of many entries at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.chain.layout.columns import column_of
from simulator.chain.layout.fields import fields_of
from simulator.chain.layout.keys import Keys
from simulator.chain.layout.location import Location
from simulator.chain.layout.types import DynamicArray, Text
from simulator.chain.layout.view import Columns, Read, StorageView, table_at
from simulator.chain.layout.words import add, hashed, slots_from_words
from simulator.errors import ChainError, InputError
from simulator.types import Bool1D, Int1D, Words

MAX_LENGTH = 1 << 24
"""Of one text or array: what is longer is no length but something else that lies in that slot."""
SHORT_LIMIT = 32
"""Solidity keeps fewer bytes than this in the slot itself."""


@dataclass(frozen=True, slots=True)
class Items:
    """The items of n arrays, one after the other. offsets: int64[n + 1] into the columns."""

    offsets: Int1D
    columns: Columns


def read_texts(view: StorageView, read: Read, path: str, *keys: Keys) -> list[bytes]:
    """The bytes or strings under `path`, a raw value per key."""
    location = view.locate(path, *keys)
    if not isinstance(location.type, Text):
        raise InputError("path", path, f"is {location.type.text}, not bytes or a string")
    heads = read(slots_from_words(location.bases))
    lengths = _lengths(location, heads)
    in_solidity = location.type.capacity is None
    far = lengths >= SHORT_LIMIT if in_solidity else lengths > 0
    if in_solidity:
        _check_heads(location, heads, far)
    counts = np.where(far, -(-lengths // 32), 0)
    first = hashed(location.bases) if in_solidity else add(location.bases, 1)
    slots = add(np.repeat(first, counts, axis=0), _within(counts).astype(np.uint64))
    data = slots_from_words(read(slots_from_words(slots))) if len(slots) else slots
    ends = np.cumsum(counts)
    near = slots_from_words(heads)
    texts = []
    for row, length in enumerate(lengths.tolist()):
        rows = data[ends[row] - counts[row] : ends[row]] if far[row] else near[row : row + 1]
        texts.append(rows.tobytes()[:length])
    return texts


def read_items(view: StorageView, read: Read, path: str, *keys: Keys) -> Items:
    """The items of the dynamic arrays under `path`, of all keys in one table."""
    location = view.locate(path, *keys)
    if not isinstance(location.type, DynamicArray):
        raise InputError("path", path, f"is {location.type.text}, not a dynamic array")
    lengths = _lengths(location, read(slots_from_words(location.bases)))
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    table = table_at(location.repeated(lengths).entries(_within(lengths)))
    flat = table.flat_slots()
    words = read(flat) if len(flat) else np.zeros((0, 4), np.uint64)
    return Items(offsets, table.decode(words))


def _check_heads(location: Location, heads: Words, far: Bool1D) -> None:
    """An odd word says that the bytes lie elsewhere, and only long ones do."""
    wrong = (heads[:, 0] & np.uint64(1)).astype(bool) != far
    if wrong.any():
        raise ChainError(
            f"{location.text}, row {int(wrong.argmax())}: the slot holds neither bytes nor their "
            "length; is this the layout of the contract at this address?"
        )


def _lengths(location: Location, heads: Words) -> Int1D:
    """int64[n]; ChainError where a length is beyond what can be one."""
    kind = location.type
    (field,) = fields_of(location.layout, kind)
    capacity = kind.capacity if isinstance(kind, Text | DynamicArray) else None
    limit = MAX_LENGTH if capacity is None else capacity
    lengths = column_of(field.type, heads, 0).integers()
    for row, length in enumerate(lengths):
        if length > limit:
            raise ChainError(
                f"{location.text}, row {row}: length {length} is above {limit}, so the slot holds "
                "something else; is this the layout of the contract at this address?"
            )
    return np.array(lengths, np.int64)


def _within(counts: Int1D) -> Int1D:
    """0, 1, ... within each row that is repeated `counts` times."""
    starts = np.cumsum(counts) - counts
    return np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts, counts)
