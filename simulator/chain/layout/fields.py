"""The values of fixed place within a type, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.chain.layout.types import (
    HEAD,
    UINT,
    DynamicArray,
    FixedArray,
    MappingType,
    Opaque,
    Scalar,
    StorageLayout,
    StorageType,
    Struct,
    Text,
)  # fmt: skip
from simulator.errors import InputError

MAX_FIELDS = 65_536
VALUE = "value"
"""Name of the only field of a type that has no parts."""
LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Field:
    """One value. slot: from the first slot of the whole; byte_offset: from the low end of it."""

    name: str
    slot: int
    byte_offset: int
    type: Scalar


def fields_of(layout: StorageLayout, kind: StorageType, byte_offset: int = 0) -> tuple[Field, ...]:
    """All values at a fixed place, such as `size`, `inner.price`, `tags[2]` and `names.length`.

    Of bytes, strings and dynamic arrays that is the length; mappings have none. InputError for a
    type of unknown content and for more than MAX_FIELDS values.
    """
    fields: list[Field] = []
    for field in _walk(layout, kind, "", 0, byte_offset):
        fields.append(field)
        if len(fields) > MAX_FIELDS:
            rule = f"has more than {MAX_FIELDS} values: name a part of it, such as `[]` with keys"
            raise InputError("path", kind.text, rule)
    return tuple(fields)


def _walk(
    layout: StorageLayout, kind: StorageType, name: str, slot: int, byte_offset: int
) -> Iterator[Field]:
    if isinstance(kind, Scalar):
        yield Field(name or VALUE, slot, byte_offset, kind)
    elif isinstance(kind, Struct):
        for member in layout.structs[kind.key]:
            part = f"{name}.{member.name}" if name else member.name
            yield from _walk(layout, member.type, part, slot + member.slot, member.byte_offset)
    elif isinstance(kind, FixedArray):
        for index in range(kind.length):
            step, place = index * kind.element.slots, 0
            if kind.per_slot:
                step, place = divmod(index, kind.per_slot)
                place *= kind.element.size if isinstance(kind.element, Scalar) else 0
            yield from _walk(layout, kind.element, f"{name}[{index}]", slot + step, place)
    elif isinstance(kind, DynamicArray | Text):
        in_head = isinstance(kind, Text) and kind.capacity is None
        length = Scalar(f"length of {kind.text}", HEAD if in_head else UINT, 32)
        yield Field(f"{name}.{LENGTH}" if name else LENGTH, slot, 0, length)
    elif isinstance(kind, Opaque):
        raise UndescribedTypeError(kind)
    else:
        assert isinstance(kind, MappingType)  # it has no values before it has keys


class UndescribedTypeError(InputError):
    """The layout only names a type, without saying what is in it."""

    def __init__(self, kind: Opaque) -> None:
        rule = "the layout does not say what is in it: give structs={name: [(member, type), ...]}"
        super().__init__("type", kind.text, rule)
