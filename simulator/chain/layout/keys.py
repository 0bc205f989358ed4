"""Keys of mappings as bytes, and the slots of their entries: one keccak per key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from eth_hash.auto import keccak

from simulator.chain.layout.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    RAW,
    MappingType,
    Scalar,
    StorageType,
    Text,
)  # fmt: skip
from simulator.chain.layout.words import slots_from_words, words_from_digests
from simulator.errors import InputError
from simulator.types import AnyArray, Words

Keys: TypeAlias = Sequence[Any] | AnyArray
"""A key per row: addresses as 20 raw bytes, 0x text or uint8[n, 20]; integers; booleans; bytesN as
raw bytes or uint8[n, N]; text and bytes as they are."""


def mapping_slots(mapping: MappingType, bases: Words, keys: Keys) -> Words:
    """First slot of each entry, uint64[n, 4]. bases: slots of the mapping, one or as many as keys.

    InputError for a key that is none of the mapping's type.
    """
    encoded = encode_keys(mapping.key, keys)
    places = [row.tobytes() for row in slots_from_words(bases)]
    if len(places) == 1:
        places *= len(encoded)
    if not mapping.slot_first:
        pairs = zip(encoded, places, strict=True)
        return words_from_digests([keccak(key + place) for key, place in pairs])
    if isinstance(mapping.key, Text):
        encoded = [keccak(key) for key in encoded]  # Vyper hashes what is longer than a word
    pairs = zip(places, encoded, strict=True)
    return words_from_digests([keccak(place + key) for place, key in pairs])


def encode_keys(kind: StorageType, keys: Keys) -> list[bytes]:
    """Keys as they go into the hash: 32 bytes each, text and bytes unpadded."""
    if isinstance(kind, Text):
        return [_text_key(kind, row, key) for row, key in enumerate(keys)]
    if not isinstance(kind, Scalar):
        raise InputError("keys", kind.text, "the layout does not say what this type of key is")
    if isinstance(keys, np.ndarray) and keys.ndim == 2 and keys.dtype == np.uint8:
        keys = [row.tobytes() for row in keys]
    elif isinstance(keys, np.ndarray):
        keys = keys.tolist()
    elif isinstance(keys, str | bytes):
        raise InputError("keys", keys, "must be a sequence of keys, not one key")
    encode = {ADDRESS: _address_key, BYTES: _bytes_key, BOOL: _bool_key}.get(
        kind.kind, _integer_key
    )
    return [encode(kind, row, key) for row, key in enumerate(keys)]


def _refused(kind: StorageType, row: int, key: object, rule: str) -> InputError:
    return InputError(f"keys[{row}]", key, f"a key of type {kind.text} {rule}")


def _address_key(kind: Scalar, row: int, key: Any) -> bytes:
    if isinstance(key, str):
        try:
            key = bytes.fromhex(key.removeprefix("0x"))
        except ValueError:
            raise _refused(kind, row, key, "is 0x and 40 hex digits, or 20 raw bytes") from None
    if not isinstance(key, bytes) or len(key) != 20:
        raise _refused(kind, row, key, "is 20 raw bytes")
    return bytes(12) + key


def _bytes_key(kind: Scalar, row: int, key: Any) -> bytes:
    if not isinstance(key, bytes) or len(key) != kind.size:
        raise _refused(kind, row, key, f"is {kind.size} raw bytes")
    return key.ljust(32, b"\0")


def _bool_key(kind: Scalar, row: int, key: Any) -> bytes:
    if key is not True and key is not False and not isinstance(key, np.bool_):
        raise _refused(kind, row, key, "is True or False")
    return int(key).to_bytes(32, "big")


def _integer_key(kind: Scalar, row: int, key: Any) -> bytes:
    if kind.kind == RAW:
        raise _refused(kind, row, key, "needs user_types, which says what it is made of")
    if isinstance(key, bool) or not isinstance(key, int | np.integer):
        raise _refused(kind, row, key, "is an integer")
    signed = kind.kind == INT
    try:
        int(key).to_bytes(kind.size, "big", signed=signed)
    except OverflowError:
        raise _refused(kind, row, key, f"fits into {8 * kind.size} bits") from None
    return int(key).to_bytes(32, "big", signed=signed)


def _text_key(kind: Text, row: int, key: Any) -> bytes:
    raw = key.encode() if isinstance(key, str) else key
    if not isinstance(raw, bytes):
        raise _refused(kind, row, key, "is text or raw bytes")
    if kind.capacity is not None and len(raw) > kind.capacity:
        raise _refused(kind, row, key, f"has at most {kind.capacity} bytes")
    return raw
