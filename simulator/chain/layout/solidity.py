"""solc's `storageLayout` JSON as a StorageLayout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from simulator.chain.layout.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    RAW,
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
_NUMBERED = re.compile(r"(uint|int|bytes)(\d+)", re.ASCII)
_FIXED_LENGTH = re.compile(r"\[(\d+)\]$", re.ASCII)
PACKED_LIMIT = 16
"""An item of more bytes has a slot of its own."""


def parse_solidity(
    document: Json,
    user_types: Mapping[str, str] | None = None,
    owners: Mapping[str, str] | None = None,
) -> StorageLayout:
    """The layout of one contract.

    user_types: what user-defined value types are made of, `{"Prices.Price": "int128"}`. The layout
    tells their size only, so without it such values come as raw words. owners: AST id of a variable
    -> the contract that declares it. Of variables with one name each is `Contract.name`, or
    `name@slot+offset` where that is not known. InputError if a field that solc always writes is
    missing.
    """
    return _Parser(document, user_types or {}, owners or {}).layout()


class _Parser:
    def __init__(
        self, document: Json, user_types: Mapping[str, str], owners: Mapping[str, str]
    ) -> None:
        if not isinstance(document, Mapping) or not isinstance(document.get("storage"), list):
            rule = "has no list `storage`: ask solc for the output `storageLayout`"
            raise InputError("storageLayout", type(document).__name__, rule)
        self.storage: list[Json] = document["storage"]
        self.types: Json = document.get("types") or {}  # null where there is no variable
        self.user_types = user_types
        self.owners = owners
        self.structs: dict[str, tuple[Member, ...]] = {}

    def layout(self) -> StorageLayout:
        labels = Counter(_field(entry, "label") for entry in self.storage)
        variables = {}
        for entry in self.storage:
            name = str(entry["label"])
            if labels[name] > 1:
                owner = self.owners.get(str(entry.get("astId")))
                place = f"{name}@{entry.get('slot')}+{entry.get('offset')}"
                name = place if owner is None else f"{owner}.{name}"
            variables[name] = Variable(name, *self._place(entry))
        return StorageLayout("solidity", variables, self.structs)

    def _place(self, entry: Json) -> tuple[int, int, StorageType]:
        slot, offset = int(_field(entry, "slot")), int(_field(entry, "offset"))
        return slot, offset, self._type(str(_field(entry, "type")))

    def _type(self, identifier: str) -> StorageType:
        entry = self.types.get(identifier)
        if entry is None:
            raise InputError("storageLayout.types", identifier, "is used but not described")
        label, encoding = str(_field(entry, "label")), _field(entry, "encoding")
        size = int(_field(entry, "numberOfBytes"))
        slots = -(-size // 32)
        if encoding == "mapping":
            key, value = self._type(_field(entry, "key")), self._type(_field(entry, "value"))
            return MappingType(label, key, value, slot_first=False)
        if encoding == "bytes":
            return Text(label, None, slots)
        if encoding == "dynamic_array":
            element = self._type(_field(entry, "base"))
            return DynamicArray(label, element, None, _per_slot(element), slots)
        if encoding != "inplace":
            raise InputError(f"storageLayout.types.{identifier}.encoding", encoding, "is not known")
        if "members" in entry:
            return self._struct(identifier, label, entry["members"], slots)
        if "base" in entry:
            return self._array(label, self._type(entry["base"]), slots)
        return self._scalar(label, size)

    def _struct(self, key: str, label: str, members: list[Json], slots: int) -> Struct:
        if key not in self.structs:
            self.structs[key] = ()  # a struct may lead back to itself
            self.structs[key] = tuple(
                Member(str(_field(member, "label")), *self._place(member)) for member in members
            )
        return Struct(label, key, slots)

    def _array(self, label: str, element: StorageType, slots: int) -> FixedArray:
        length = _FIXED_LENGTH.search(label)
        if length is None:
            raise InputError("storageLayout.types.label", label, "is no array of a known length")
        return FixedArray(label, element, int(length[1]), _per_slot(element), slots)

    def _scalar(self, label: str, size: int) -> StorageType:
        text = self.user_types.get(label, label)
        if text == "bool":
            return Scalar(label, BOOL, size)
        if text.startswith(("address", "contract ")):
            return Scalar(label, ADDRESS, size)
        if text.startswith("enum "):
            return Scalar(label, UINT, size)
        if text.startswith("function "):
            return Scalar(label, BYTES, size)
        numbered = _NUMBERED.fullmatch(text)
        if numbered is None:
            return Scalar(label, RAW, size) if size <= 32 else Opaque(label, -(-size // 32))
        kind, number = numbered[1], int(numbered[2])
        bits = number * 8 if kind == "bytes" else number
        if bits != 8 * size:
            raise InputError(f"user_types.{label}", text, f"has not the {size} bytes of the layout")
        return Scalar(label, {"uint": UINT, "int": INT}.get(kind, BYTES), size)


def _per_slot(element: StorageType) -> int:
    if isinstance(element, Scalar) and element.size <= PACKED_LIMIT:
        return 32 // element.size
    return 0


def _field(entry: Json, name: str) -> Any:
    if name not in entry:
        raise InputError(f"storageLayout: {name}", dict(entry), "is missing")
    return entry[name]
