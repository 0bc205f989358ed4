"""Vyper's layout, whose types are text such as `HashMap[address, Position]`, as a StorageLayout.

Every value takes whole slots and members follow one another, so text and the members of structs say
everything. The layout has no members: they come from the compiler's AST or from the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.chain.layout.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    UINT,
    DynamicArray,
    FixedArray,
    MappingType,
    Member,
    Opaque,
    Scalar,
    StorageLayout,
    StorageType,
    Struct,
    Text,
    Variable,
)  # fmt: skip
from simulator.errors import InputError

Json = Mapping[str, Any]
Structs = Mapping[str, Sequence[tuple[str, str]]]
"""Name of a struct -> name and type of its members, in order."""

FLAG, INTERFACE = "flag ", "interface "
"""Before the name of a flag or interface, where the one who wrote the type knew which it is."""
DECIMAL_SCALE = 10**10
_NUMBERED = re.compile(r"(uint|int|bytes)(\d+)", re.ASCII)
_WRAPPED = re.compile(r"(?P<head>HashMap|DynArray|String|Bytes)\[(?P<inside>.*)\]", re.DOTALL)
_ARRAY = re.compile(r"(?P<element>.+)\[(?P<length>\d+)\]", re.DOTALL)


def parse_vyper(document: Json, structs: Structs | None = None) -> StorageLayout:
    """The layout of one contract.

    document: the compiler's `layout` output. structs: see `Structs`; the variables of one that is
    not given are opaque, and only reading them raises. InputError for malformed fields.
    """
    entries = document.get("storage_layout", {})
    parser = _Parser(structs or {})
    variables = {}
    for name, entry in flat_entries(entries):
        slots = _number(name, entry, "n_slots")
        kind = parser.type_of(str(entry.get("type", "")), slots)
        if kind.slots != slots:
            rule = f"takes {slots} slots in the layout, but {kind.slots} by its type {kind.text}"
            raise InputError(f"storage_layout.{name}", slots, rule)
        variables[name] = Variable(name, _number(name, entry, "slot"), 0, kind)
    return StorageLayout("vyper", variables, parser.members)


def flat_entries(entries: Json, prefix: str = "") -> Iterator[tuple[str, Json]]:
    """Name and entry of each variable; those of an imported module are `module.name`."""
    if not isinstance(entries, Mapping):
        raise InputError(f"storage_layout.{prefix}", entries, "must be a table of variables")
    for name, entry in entries.items():
        if isinstance(entry, Mapping) and not isinstance(entry.get("type"), str):
            yield from flat_entries(entry, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", entry


def _number(name: str, entry: Json, field: str) -> int:
    value = entry.get(field) if isinstance(entry, Mapping) else None
    if not isinstance(value, int):
        raise InputError(f"storage_layout.{name}.{field}", value, "must be an integer")
    return value


class _Parser:
    def __init__(self, structs: Structs) -> None:
        self.structs = structs
        self.members: dict[str, tuple[Member, ...]] = {}

    def type_of(self, text: str, slots: int = 1) -> StorageType:
        """slots: what a type of unknown content takes."""
        wrapped, array = _WRAPPED.fullmatch(text), _ARRAY.fullmatch(text)
        if wrapped is not None and _is_one_bracket(wrapped["inside"]):
            return self._wrapped(text, wrapped["head"], wrapped["inside"])
        if array is not None:
            length = int(array["length"])
            element = self.type_of(array["element"], slots // max(length, 1))
            return FixedArray(text, element, length, 0, length * element.slots)
        return _scalar(text) or self._struct(text) or Opaque(text, slots)

    def _wrapped(self, text: str, head: str, inside: str) -> StorageType:
        first, _, second = _split(inside)
        if head == "HashMap":
            return MappingType(text, self.type_of(first), self.type_of(second), slot_first=True)
        capacity = _length(text, second if head == "DynArray" else inside)
        if head == "DynArray":
            element = self.type_of(first)
            return DynamicArray(text, element, capacity, 0, 1 + capacity * element.slots)
        return Text(text, capacity, 1 + -(-capacity // 32))

    def _struct(self, name: str) -> Struct | None:
        if name not in self.structs:
            return None
        if name not in self.members:
            self.members[name] = ()
            self.members[name] = self._placed(name)
        return Struct(name, name, sum(member.type.slots for member in self.members[name]))

    def _placed(self, name: str) -> tuple[Member, ...]:
        slot, members = 0, []
        for member, text in self.structs[name]:
            kind = self.type_of(text)
            if isinstance(kind, Opaque):
                rule = f"is not described: its size decides where the members of {name} are"
                raise InputError(f"structs.{name}.{member}", text, rule)
            members.append(Member(member, slot, 0, kind))
            slot += kind.slots
        return tuple(members)


def _scalar(text: str) -> Scalar | None:
    if text == "address" or text.startswith(INTERFACE):
        return Scalar(text, ADDRESS, 20)
    if text == "bool":
        return Scalar(text, BOOL, 1)
    if text == "decimal":
        return Scalar(text, INT, 32, DECIMAL_SCALE)
    if text == "nonreentrant lock" or text.startswith(FLAG):
        return Scalar(text, UINT, 32)
    numbered = _NUMBERED.fullmatch(text)
    if numbered is None:
        return None
    kind, number = numbered[1], int(numbered[2])
    if kind == "bytes":
        return Scalar(text, BYTES, number, low=32 - number)
    return Scalar(text, UINT if kind == "uint" else INT, number // 8)


def _is_one_bracket(inside: str) -> bool:
    """Whether the bracket before `inside` closes after it only: not in `String[8][2]`."""
    depth = 0
    for character in inside:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return False
    return True


def _split(inside: str) -> tuple[str, str, str]:
    """At the first comma outside of brackets."""
    depth = 0
    for at, character in enumerate(inside):
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            return inside[:at].strip(), ",", inside[at + 1 :].strip()
    return inside.strip(), "", ""


def _length(text: str, digits: str) -> int:
    if not digits.isascii() or not digits.isdigit():
        raise InputError("type", text, "has no length in digits")
    return int(digits)
