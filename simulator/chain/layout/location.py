"""A place in storage for each of n rows, and how one gets from it to its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.chain.layout.keys import Keys, mapping_slots
from simulator.chain.layout.types import (
    DynamicArray,
    FixedArray,
    MappingType,
    Member,
    Scalar,
    StorageLayout,
    StorageType,
    Struct,
)  # fmt: skip
from simulator.chain.layout.words import add, hashed, word_of
from simulator.errors import InputError
from simulator.types import Int1D, UInt1D, Words


@dataclass(frozen=True, slots=True)
class Location:
    """n rows of one type.

    bases: uint64[n, 4], the slot of each; byte_offset: from the low end, one for all or int64[n]
    (items of a packed array); text: the path so far, for messages.
    """

    layout: StorageLayout
    text: str
    type: StorageType
    bases: Words
    byte_offset: Int1D | int = 0

    @staticmethod
    def of_variable(layout: StorageLayout, name: str) -> Location:
        variable = layout.variables.get(name)
        if variable is None:
            known = ", ".join(sorted(layout.variables)) or "none"
            raise InputError("path", name, f"is no state variable; there are: {known}")
        place = word_of(variable.slot)
        return Location(layout, name, variable.type, place, variable.byte_offset)

    def member(self, name: str) -> Location:
        """A member of a struct."""
        for member in self._members():
            if member.name == name:
                return replace(
                    self,
                    text=f"{self.text}.{name}",
                    type=member.type,
                    bases=add(self.bases, member.slot),
                    byte_offset=member.byte_offset,
                )
        known = ", ".join(member.name for member in self._members())
        raise InputError("path", f"{self.text}.{name}", f"has no such member; there are: {known}")

    def _members(self) -> tuple[Member, ...]:
        if not isinstance(self.type, Struct):
            raise InputError("path", self.text, f"is {self.type.text}, which has no members")
        return self.layout.structs[self.type.key]

    def entries(self, keys: Keys) -> Location:
        """A row per key of a mapping, or per index of an array. One row serves many keys."""
        if isinstance(self.type, FixedArray | DynamicArray):
            return self._items(_indices(self.text, keys))
        if not isinstance(self.type, MappingType):
            raise InputError("path", f"{self.text}[]", f"{self.type.text} takes no key")
        if len(self.bases) not in (1, len(keys)):
            rule = f"must be as many as the keys before, {len(self.bases)}"
            raise InputError("keys", len(keys), rule)
        slots = mapping_slots(self.type, self.bases, keys)
        return self._at(slots, self.type.value)

    def _items(self, indices: Int1D) -> Location:
        array = self.type
        assert isinstance(array, FixedArray | DynamicArray)
        limit = array.length if isinstance(array, FixedArray) else array.capacity
        outside = (indices < 0) | (indices >= (1 << 63 if limit is None else limit))
        if outside.any():
            rule = f"must be an index of {array.text}"
            raise InputError(f"index of {self.text}", int(indices[outside.argmax()]), rule)
        if len(self.bases) not in (1, len(indices)):
            rule = f"must be as many as the keys before, {len(self.bases)}"
            raise InputError("keys", len(indices), rule)
        first = self.bases
        if isinstance(array, DynamicArray):
            first = hashed(self.bases) if array.capacity is None else add(self.bases, 1)
        steps, offsets = _steps(array, indices)
        return replace(self._at(add(first, steps), array.element), byte_offset=offsets)

    def _at(self, slots: Words, kind: StorageType) -> Location:
        return Location(self.layout, f"{self.text}[]", kind, slots)

    def repeated(self, counts: Int1D) -> Location:
        """Each row as often as its count says."""
        offsets = self.byte_offset
        if not isinstance(offsets, int):
            offsets = np.repeat(offsets, counts)
        return replace(self, bases=np.repeat(self.bases, counts, axis=0), byte_offset=offsets)


def _indices(text: str, keys: Keys) -> Int1D:
    indices = np.asarray(keys)
    if indices.ndim != 1 or (len(indices) and indices.dtype.kind not in "iu"):
        raise InputError(f"index of {text}", keys, "must be a sequence of integers")
    return indices.astype(np.int64)


def _steps(array: FixedArray | DynamicArray, indices: Int1D) -> tuple[UInt1D, Int1D | int]:
    """Slots from the first one, and byte offsets, of the items of an array."""
    if array.per_slot:
        assert isinstance(array.element, Scalar)
        slots, place = np.divmod(indices, array.per_slot)
        return slots.astype(np.uint64), place * array.element.size
    stride = array.element.slots
    if len(indices) and int(indices.max()) * stride >= 1 << 64:
        raise InputError("index", int(indices.max()), f"times {stride} slots is beyond 64 bits")
    return indices.astype(np.uint64) * np.uint64(stride), 0
