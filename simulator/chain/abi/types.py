"""ABI types, parsed once: how many words a value takes and of what it consists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.errors import InputError

_ARRAY = re.compile(r"(?P<item>.+)\[(?P<length>\d*)\]", re.ASCII | re.DOTALL)
_NUMBERED = re.compile(r"(?P<kind>uint|int|bytes)(?P<size>\d+)", re.ASCII)
_FIXED = re.compile(r"u?fixed(\d+x\d+)?", re.ASCII)
_ALIASES = {"uint": "uint256", "int": "int256", "function": "bytes24"}


@dataclass(frozen=True, slots=True)
class AbiType:
    """One type.

    text: canonical; kind: uint | int | address | bool | bytes (of fixed size) | tuple | array (of
    fixed length) | irregular (all that eth-abi is asked for: dynamic types and fixed-point ones);
    size: bits of an integer, bytes of a bytesN, items of an array; parts: components of a tuple,
    the one item type of an array; words: of the static encoding, 0 for irregular.
    """

    text: str
    kind: str
    size: int = 0
    parts: tuple[AbiType, ...] = ()
    words: int = 0

    @property
    def is_static(self) -> bool:
        return self.words > 0

    @property
    def is_leaf(self) -> bool:
        """One word, no parts."""
        return self.words == 1 and not self.parts

    def members(self) -> tuple[AbiType, ...]:
        """The parts in order, an array's item once for each place."""
        return self.parts * self.size if self.kind == "array" else self.parts

    def range(self) -> tuple[int, int]:
        """Smallest and largest integer that it holds."""
        if self.kind == "int":
            return -(1 << (self.size - 1)), (1 << (self.size - 1)) - 1
        return 0, (1 << self.size) - 1


@lru_cache(maxsize=4096)
def parse_type(text: str) -> AbiType:
    """`uint256`, `(address,int128)[2]`, ...; InputError for what is no ABI type."""
    name = _ALIASES.get(text, text)
    if array := _ARRAY.fullmatch(name):
        return _array(parse_type(array["item"]), array["length"], text)
    if name.startswith("("):
        if not name.endswith(")"):
            raise _unknown(text)
        return _tuple([parse_type(part) for part in split_top(name[1:-1])])
    if name in ("address", "bool"):
        return AbiType(name, name, words=1)
    if name in ("bytes", "string") or _FIXED.fullmatch(name):
        return AbiType(name, "irregular")
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        raise _unknown(text)
    kind, size = numbered["kind"], int(numbered["size"])
    fits = 1 <= size <= 32 if kind == "bytes" else 8 <= size <= 256 and size % 8 == 0
    if not fits or numbered["size"].startswith("0"):
        raise _unknown(text)
    return AbiType(name, kind, size, words=1)


def type_of(item: Mapping[str, Any]) -> AbiType:
    """The type of an input or output of an ABI entry, structs spelled as tuples."""
    return parse_type(canonical(item))


def canonical(item: Mapping[str, Any]) -> str:
    """The type as signatures spell it."""
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def split_top(text: str) -> Iterator[str]:
    """The parts between the commas that lie in no bracket, without spaces around them."""
    depth = start = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            raise InputError("signature", text, "has a closing bracket too many")
        if sign == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    if depth:
        raise InputError("signature", text, "lacks a closing bracket")
    if text.strip():
        yield text[start:].strip()


def _array(item: AbiType, length: str, text: str) -> AbiType:
    if length == "0":
        raise InputError("type", text, "an array has at least one item")
    canonical_text = f"{item.text}[{length}]"
    if not length or not item.is_static:
        return AbiType(canonical_text, "irregular")
    count = int(length)
    return AbiType(canonical_text, "array", count, (item,), count * item.words)


def _tuple(parts: list[AbiType]) -> AbiType:
    text = f"({','.join(part.text for part in parts)})"
    if not parts or not all(part.is_static for part in parts):
        return AbiType(text, "irregular")
    return AbiType(text, "tuple", len(parts), tuple(parts), sum(part.words for part in parts))


def _unknown(text: str) -> InputError:
    return InputError("type", text, "is no type of the ABI, such as uint256 or (address,bytes32)[]")
