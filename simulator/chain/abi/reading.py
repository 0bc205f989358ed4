"""Words of many encoded values to columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from simulator.chain.abi.leaves import limbs_fit
from simulator.chain.abi.signatures import Field
from simulator.chain.abi.types import AbiType, parse_type
from simulator.errors import InputError
from simulator.types import AnyArray, Bytes1D, Bytes2D, Int1D, Words
from simulator.units import words_to_floats, words_to_integers

Integers: TypeAlias = Literal["python", "words", "int64", "uint64", "float64"]
Addresses: TypeAlias = Literal["text", "bytes"]

INTEGERS = ("python", "words", "int64", "uint64", "float64")
ADDRESSES = ("text", "bytes")

_UNSIGNED = {"address": parse_type("uint160"), "bool": AbiType("uint1", "uint", 1, words=1)}
"""The integers that addresses and truth values are."""


@dataclass(frozen=True, slots=True)
class Form:
    """How values come out.

    integers: exact Python integers (object array), limbs uint64[n, 4], int64 or uint64 (InputError
    if one does not fit), or float64, rounded to nearest. addresses: 0x text in small letters
    (object array) or uint8[n, 20].
    """

    integers: Integers
    addresses: Addresses

    def __post_init__(self) -> None:
        if self.integers not in INTEGERS:
            raise InputError("integers", self.integers, f"must be one of {', '.join(INTEGERS)}")
        if self.addresses not in ADDRESSES:
            raise InputError("addresses", self.addresses, f"must be one of {', '.join(ADDRESSES)}")


NameOfRow: TypeAlias = Callable[[int], str]
"""How errors call a row."""


def words_at(data: Bytes1D, starts: Int1D, words: int) -> Words:
    """uint64[n, words, 4] limbs of what is encoded at some places of a buffer."""
    if words == 0 or len(starts) == 0:
        return np.zeros((len(starts), words, 4), np.uint64)
    if not (starts & 7).any():
        # Nearly always: whatever is encoded has a multiple of 32 bytes.
        whole = np.ascontiguousarray(data[: len(data) & ~7]).view(">u8")
        found = whole[(starts >> 3)[:, None] + np.arange(4 * words)]
    else:
        found = data[starts[:, None] + np.arange(32 * words)].view(">u8")
    limbs: Words = found.astype(np.uint64).reshape(len(starts), words, 4)
    return limbs[:, :, ::-1]


def check_words(fields: Sequence[Field], words: Words, name_of_row: NameOfRow) -> None:
    """InputError where a word holds no value of its type: set bits beyond it, a bool of 2, ..."""
    at = 0
    for place, field in enumerate(fields):
        for leaf in _leaves(field.type):
            right = _is_valid(leaf, words[:, at])
            if not right.all():
                row = int(np.flatnonzero(~right)[0])
                name = f"{name_of_row(row)}, {field.name or f'value {place + 1}'}"
                raise InputError(name, _text(words[row, at]), f"is no {leaf.text}")
            at += 1


def columns_of(
    fields: Sequence[Field], words: Words, form: Form, name_of_row: NameOfRow
) -> list[Any]:
    """A column for each field (see `Form`); static arrays have a second axis, tuples are tuples."""
    columns = []
    at = 0
    for field in fields:
        size = field.type.words
        columns.append(_column(field.type, words[:, at : at + size], form, name_of_row))
        at += size
    return columns


def integers_of(limbs: Words, signed: bool) -> list[int]:
    """uint64[n, 4] -> n Python integers; quick where they fit 64 bits, as most do."""
    low = np.ascontiguousarray(limbs[:, 0])
    if signed:
        numbers: AnyArray = low.view(np.int64)
        fits = (limbs[:, 1:] == (numbers >> 63).view(np.uint64)[:, None]).all(axis=1)
    else:
        numbers, fits = low, ~limbs[:, 1:].any(axis=1)
    values: list[int] = numbers.tolist()
    rest = np.flatnonzero(~fits)
    exact = words_to_integers(limbs[rest], signed)
    for row, value in zip(rest.tolist(), exact, strict=True):
        values[row] = value
    return values


def bytes_of(limbs: Words) -> Bytes2D:
    """uint64[n, 4] -> uint8[n, 32], most significant byte first."""
    return np.ascontiguousarray(limbs[:, ::-1]).astype(">u8").view(np.uint8).reshape(-1, 32)


def objects(values: list[Any]) -> AnyArray:
    """A one-dimensional object array, also of tuples."""
    return np.fromiter(values, object, len(values))


def _leaves(kind: AbiType) -> list[AbiType]:
    if not kind.parts:
        return [kind]
    return [leaf for member in kind.members() for leaf in _leaves(member)]


def _is_valid(leaf: AbiType, limbs: Words) -> AnyArray:
    if leaf.kind in ("uint", "int"):
        return np.ones(len(limbs), bool) if leaf.size == 256 else limbs_fit(limbs, leaf)
    if leaf.kind == "bytes":
        right: AnyArray = (bytes_of(limbs)[:, leaf.size :] == 0).all(axis=1)
        return right
    return limbs_fit(limbs, _UNSIGNED[leaf.kind])


def _column(kind: AbiType, words: Words, form: Form, name_of_row: NameOfRow) -> Any:
    if not kind.parts:
        return _leaf(kind, words[:, 0], form, name_of_row)
    parts, at = [], 0
    for member in kind.members():
        parts.append(_column(member, words[:, at : at + member.words], form, name_of_row))
        at += member.words
    if kind.kind == "tuple" or isinstance(parts[0], tuple):
        return tuple(parts)
    return np.stack(parts, axis=1)


def _leaf(kind: AbiType, limbs: Words, form: Form, name_of_row: NameOfRow) -> AnyArray:
    if kind.kind in ("uint", "int"):
        return _integers(kind, limbs, form.integers, name_of_row)
    if kind.kind == "bool":
        truth: AnyArray = limbs[:, 0] == 1
        return truth
    raw = bytes_of(limbs)
    if kind.kind == "bytes":
        return np.ascontiguousarray(raw[:, : kind.size])
    if form.addresses == "bytes":
        return np.ascontiguousarray(raw[:, 12:])
    return objects(address_texts(raw[:, 12:]))


def address_texts(raw: Bytes2D) -> list[str]:
    """uint8[n, 20] -> 0x text in small letters."""
    text: str = raw.tobytes().hex()
    return ["0x" + text[at : at + 40] for at in range(0, len(text), 40)]


def _integers(kind: AbiType, limbs: Words, form: Integers, name_of_row: NameOfRow) -> AnyArray:
    signed = kind.kind == "int"
    if form == "words":
        return np.ascontiguousarray(limbs)
    if form == "float64":
        return words_to_floats(limbs, signed)
    if form == "python":
        return objects(integers_of(limbs, signed))
    low = np.ascontiguousarray(limbs[:, 0]).view(form)
    above = (low >> 63).astype(np.uint64) if form == "int64" and signed else 0
    fits = (limbs[:, 1:] == np.reshape(above, (-1, 1))).all(axis=1)
    if form == "int64" and not signed:
        fits &= low >= 0
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        value = words_to_integers(limbs[row : row + 1], signed)[0]
        raise InputError(name_of_row(row), value, f"does not fit into {form}")
    return low


def _text(limbs: Words) -> str:
    text: str = bytes_of(limbs[None]).tobytes().hex()
    return "0x" + text
