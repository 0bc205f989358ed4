"""What a compiler says about storage, the same for both languages: types, members, variables.

The languages differ in a few facts only, and each sits in the type it belongs to: where a mapping's
key goes into the hash, whether a dynamic array lies behind its length or at a hash, how many items
share a slot, and at which byte of its slot a value begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

UINT, INT, BOOL, ADDRESS, BYTES, HEAD, RAW = (
    "uint", "int", "bool", "address", "bytes", "head", "raw",
)  # fmt: skip
"""Kinds of scalars. HEAD: the first word of Solidity's bytes and string, read as their length. RAW:
a user's type of which only the size is known."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value within one slot, `size` bytes wide.

    scale: what its integers are multiplied by. low: bytes below it (bytesN in Vyper, which lie at
    the high end of a slot of their own).
    """

    text: str
    kind: str
    size: int
    scale: int = 1
    low: int = 0
    slots: int = 1


@dataclass(frozen=True, slots=True)
class Struct:
    """Members are found in the layout under `key`, since a struct may lead back to itself."""

    text: str
    key: str
    slots: int


@dataclass(frozen=True, slots=True)
class MappingType:
    """slot_first: the hash is keccak(slot . key) as in Vyper, else keccak(key . slot)."""

    text: str
    key: StorageType
    value: StorageType
    slot_first: bool
    slots: int = 1


@dataclass(frozen=True, slots=True)
class FixedArray:
    """per_slot: items in one slot, 0 where an item takes `element.slots` whole ones."""

    text: str
    element: StorageType
    length: int
    per_slot: int
    slots: int


@dataclass(frozen=True, slots=True)
class DynamicArray:
    """Its slot holds the length. capacity: items that follow it (Vyper), None for keccak(slot)."""

    text: str
    element: StorageType
    capacity: int | None
    per_slot: int
    slots: int


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes or a string. capacity: bytes that follow the length (Vyper), None in Solidity."""

    text: str
    capacity: int | None
    slots: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A type that the layout names without saying what is in it."""

    text: str
    slots: int


StorageType: TypeAlias = Scalar | Struct | MappingType | FixedArray | DynamicArray | Text | Opaque


@dataclass(frozen=True, slots=True)
class Member:
    """Part of a struct. slot: from its first one; byte_offset: from the low end of that slot."""

    name: str
    slot: int
    byte_offset: int
    type: StorageType


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable. byte_offset: from the low end of its slot."""

    name: str
    slot: int
    byte_offset: int
    type: StorageType


@dataclass(frozen=True, slots=True)
class StorageLayout:
    """All state variables of a contract by name, and the members of its structs by `Struct.key`.

    Variables of an imported Vyper module are called `module.name`. Of Solidity variables with the
    same name in several base contracts each is called `Contract.name`, or `name@slot+offset` where
    the compiler's AST is not at hand.
    """

    language: str
    variables: Mapping[str, Variable]
    structs: Mapping[str, tuple[Member, ...]]
