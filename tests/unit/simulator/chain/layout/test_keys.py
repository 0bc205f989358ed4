"""Keys of mappings: known slots, and what is no key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.chain.abi import mapping_slot
from simulator.chain.layout.keys import Keys, encode_keys, mapping_slots
from simulator.chain.layout.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    RAW,
    UINT,
    MappingType,
    Scalar,
    StorageType,
    Text,
)  # fmt: skip
from simulator.chain.layout.words import word_of
from simulator.errors import InputError
from simulator.units import words_to_integers

WORD = Scalar("uint256", UINT, 32)
OWNER = Scalar("address", ADDRESS, 20)


def mapping(key: StorageType, slot_first: bool) -> MappingType:
    return MappingType("mapping", key, WORD, slot_first)


def test_vyper_hashes_the_slot_first() -> None:
    keys = [bytes([number]) * 20 for number in range(3)]
    slots = mapping_slots(mapping(OWNER, True), word_of(7), keys)
    assert words_to_integers(slots, signed=False) == [mapping_slot(7, key) for key in keys]


def test_solidity_hashes_the_key_first() -> None:
    # The entry of key 1 of a mapping at slot 0, which is in every explanation of the layout.
    (slot,) = words_to_integers(mapping_slots(mapping(WORD, False), word_of(0), [1]), signed=False)
    assert slot == 0xADA5013122D395BA3C54772283FB069B10426056EF8CA54750CB9BB552A59E7D


@pytest.mark.parametrize(
    ("kind", "keys", "same"),
    [
        (OWNER, np.full((2, 20), 5, np.uint8), [b"\5" * 20, "0x" + "05" * 20]),
        (WORD, np.array([1, 2**40], np.int64), [1, 2**40]),
        (WORD, np.array([2**64 - 1], np.uint64), [2**64 - 1]),
        (Scalar("int8", INT, 1), np.array([-1], np.int8), [-1]),
        (Scalar("bool", BOOL, 1), np.array([True, False]), [True, False]),
        (Scalar("bytes4", BYTES, 4), np.full((1, 4), 9, np.uint8), [b"\t\t\t\t"]),
        (Text("string", None, 1), ["ab"], [b"ab"]),
    ],
)
def test_arrays_and_lists_of_keys_are_the_same(kind: StorageType, keys: Keys, same: Keys) -> None:
    assert encode_keys(kind, keys) == encode_keys(kind, same)


@pytest.mark.parametrize(
    ("kind", "key", "rule"),
    [
        (OWNER, b"\1" * 32, "is 20 raw bytes"),
        (OWNER, 5, "is 20 raw bytes"),
        (OWNER, "0xnothex", "hex digits"),
        (WORD, -1, "fits into 256 bits"),
        (WORD, 1.5, "is an integer"),
        (WORD, True, "is an integer"),
        (WORD, None, "is an integer"),
        (Scalar("int24", INT, 3), 2**23, "fits into 24 bits"),
        (Scalar("bool", BOOL, 1), 1, "is True or False"),
        (Scalar("bytes4", BYTES, 4), b"abc", "is 4 raw bytes"),
        (Scalar("Id", RAW, 8), 5, "needs user_types"),
        (Text("String[2]", 2, 2), "abc", "has at most 2 bytes"),
        (Text("string", None, 1), 3, "is text or raw bytes"),
    ],
)
def test_a_key_of_a_wrong_kind_is_refused_with_its_row(
    kind: StorageType, key: Any, rule: str
) -> None:
    good: Any = {"address": b"\1" * 20, "uint256": 1}.get(kind.text)
    keys = [key] if good is None else [good, key]
    with pytest.raises(InputError, match=rule) as caught:
        encode_keys(kind, keys)
    assert caught.value.field == f"keys[{len(keys) - 1}]"


def test_one_key_in_place_of_many_is_refused() -> None:
    with pytest.raises(InputError, match="sequence of keys, not one key"):
        encode_keys(OWNER, b"\1" * 20)
