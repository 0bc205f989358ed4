"""Many entries of a contract's storage at once: their slots, and their values as columns.

    view = StorageView(artifact.layout)
    table = view.slots("positions", owners)             # a row per owner, a slot per word
    columns = table.decode(chain.storage(address, table.flat_slots()))
    columns["size"].floats(1e18)

A path names a variable and goes on to members and items: `positions`, `markets[3].index`,
`allowance` (a mapping in a mapping takes two columns of keys), `users[].debts[].amount`. Each `[]`
takes one column of keys (of a mapping) or indices (of an array), and a mapping at the end of a path
takes its own without being told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simulator.chain.layout.columns import Column, column_of
from simulator.chain.layout.fields import Field, fields_of
from simulator.chain.layout.keys import Keys
from simulator.chain.layout.location import Location
from simulator.chain.layout.types import MappingType, StorageLayout
from simulator.chain.layout.words import add, slots_from_words
from simulator.errors import InputError
from simulator.types import Bytes2D, Int1D, Words

Read: TypeAlias = Callable[[Bytes2D], Words]
"""uint8[n, 32] slots -> uint64[n, 4] values, such as `partial(chain.storage, address)`."""
Columns: TypeAlias = dict[str, Column]
_STEP = re.compile(r"\.(?P<member>[^.\[\]]+)|\[(?P<index>\d*)\]")


@dataclass(frozen=True, slots=True)
class SlotTable:
    """The fields of n entries. slots: uint8[n, s, 32], the s different slots of each entry.

    fields: their `slot` is a column of `slots`; row_offsets: int64[n], bytes to add to the offset
    of every field (items of a packed array), or 0.
    """

    fields: tuple[Field, ...]
    slots: Bytes2D
    row_offsets: Int1D | int = 0

    def __len__(self) -> int:
        return len(self.slots)

    def flat_slots(self) -> Bytes2D:
        """uint8[n * s, 32], entry after entry."""
        return self.slots.reshape(-1, 32)

    def decode(self, words: Words) -> Columns:
        """Values of all fields from the values of all slots, uint64[n * s, 4] or [n, s, 4]."""
        table = words.reshape(*self.slots.shape[:2], 4)
        return {field.name: self.column(field, table) for field in self.fields}

    def column(self, field: Field, table: Words) -> Column:
        """One field; table: uint64[n, s, 4]."""
        offset = self.row_offsets + field.byte_offset + field.type.low
        return column_of(field.type, table[:, field.slot], offset)


class StorageView:
    """Finds and decodes entries of one contract's storage. Holds no state and no chain."""

    def __init__(self, layout: StorageLayout | None) -> None:
        if layout is None:
            rule = "the artifact has none: compile with the storage layout among the outputs"
            raise InputError("layout", None, rule)
        self.layout = layout

    def slots(self, path: str, *keys: Keys) -> SlotTable:
        """The slots of everything at a fixed place under `path`, a row per key.

        InputError for an unknown name, a wrong number of key columns, or a key of a wrong type.
        """
        return table_at(self.locate(path, *keys))

    def read(self, read: Read, path: str, *keys: Keys) -> Columns:
        """The values under `path`, a row per key."""
        table = self.slots(path, *keys)
        return table.decode(read(table.flat_slots()))

    def locate(self, path: str, *keys: Keys) -> Location:
        """Where `path` leads to; see the module's text."""
        name, steps = _parse(self.layout, path)
        columns = list(keys)
        location = Location.of_variable(self.layout, name)
        for member, index in steps:
            if member:
                location = location.member(member)
            elif index:
                location = location.entries(np.full(len(location.bases), int(index)))
            else:
                location = location.entries(_next_keys(path, columns, len(keys)))
        while isinstance(location.type, MappingType):
            location = location.entries(_next_keys(path, columns, len(keys)))
        if columns:
            rule = f"{path} takes {len(keys) - len(columns)} columns of keys"
            raise InputError("keys", len(keys), rule)
        return location


def table_at(location: Location) -> SlotTable:
    """The slots of a location's fields, each slot once."""
    offsets = location.byte_offset
    start = offsets if isinstance(offsets, int) else 0
    fields = fields_of(location.layout, location.type, start)
    steps = sorted({field.slot for field in fields})
    column_of_step = {step: column for column, step in enumerate(steps)}
    placed = tuple(
        Field(field.name, column_of_step[field.slot], field.byte_offset, field.type)
        for field in fields
    )
    rows = [slots_from_words(add(location.bases, step)) for step in steps]
    shape = (len(location.bases), 0, 32)
    slots = np.stack(rows, axis=1) if rows else np.zeros(shape, np.uint8)
    return SlotTable(placed, slots, 0 if isinstance(offsets, int) else offsets)


def _next_keys(path: str, columns: list[Keys], given: int) -> Keys:
    if not columns:
        raise InputError("keys", given, f"{path} takes more columns of keys")
    return columns.pop(0)


def _parse(layout: StorageLayout, path: str) -> tuple[str, list[tuple[str, str]]]:
    """The variable, and steps of (member, "") or ("", index), where an index of "" takes keys.

    Names of variables may have dots themselves, so the longest that fits is taken.
    """
    names = [name for name in layout.variables if path.startswith(name)]
    for name in sorted(names, key=len, reverse=True):
        rest = path[len(name) :]
        steps = [(match["member"] or "", match["index"] or "") for match in _STEP.finditer(rest)]
        if "".join(match.group() for match in _STEP.finditer(rest)) == rest:
            return name, steps
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    if name in layout.variables:
        raise InputError("path", path, "must go on with .member, [index] or []")
    return path, []
