"""Calldata of a whole population in one call.

    data, offsets = pack_calls("transfer(address,uint256)", receivers, amounts)

Columns: uintN and intN from int64, uint64, limbs uint64[n, 4], lists or object arrays of Python
integers; address from uint8[n, 20] or a list of 20 raw bytes; bytesN likewise; bool from bool[n] or
a list. A fixed array takes an array with a second axis, or a tuple of columns, one for each place;
a tuple type takes a tuple of columns, one for each component; both also take a list with one
sequence for each row. A single value stands for all rows. Every other type goes row by row through
eth-abi: a list with one value for each row, or one value for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from simulator.chain.abi.irregular import pack_irregular
from simulator.chain.abi.leaves import WRITERS, Place, argument_name, write_plain
from simulator.chain.abi.signatures import Entry, Field, Function, function_of, make_function
from simulator.chain.abi.types import AbiType, parse_type
from simulator.errors import InputError
from simulator.types import Bytes1D, Int1D

Calls: TypeAlias = tuple[Bytes1D, Int1D]
"""Calldata of n calls: uint8[total] and int64[n + 1] offsets into it."""


def pack_calls(call: str | Entry | Function, *columns: Any, rows: int | None = None) -> Calls:
    """Selector and arguments of n calls of one function. `rows` says n where all are scalars.

    A constructor's ABI entry gives the arguments alone. InputError names the argument, the row, the
    value and the rule. A text or a `Function` costs least; an ABI entry is read at each call.
    """
    function = call if isinstance(call, Function) else function_of(call)
    fields = function.inputs
    if len(columns) != len(fields):
        rule = f"{function.signature} takes {len(fields)}"
        raise InputError("arguments", len(columns), rule)
    count = _count(function, columns, rows)
    if not function.is_static:
        return pack_irregular(function, columns, count)
    width = len(function.template)
    buffer = bytearray(function.template) * count
    offsets = np.arange(0, count * width + 1, width) if width else np.zeros(count + 1, np.int64)
    at = len(function.selector)
    if count:
        for path, column in enumerate(columns):
            kind = fields[path].type
            if not (type(column) is np.ndarray and write_plain(buffer, width, at, kind, column)):
                _write(Place(buffer, width, count, at, function, path), kind, column)
            at += 32 * kind.words
    return np.ndarray((count * width,), np.uint8, buffer), offsets


def pack_arguments(types: Sequence[str], *columns: Any, rows: int | None = None) -> Calls:
    """The same without a selector: a constructor's arguments, or words to be hashed."""
    fields = tuple(Field("", parse_type(text)) for text in types)
    return pack_calls(make_function("", fields), *columns, rows=rows)


def _write(place: Place, kind: AbiType, column: Any) -> None:
    if writer := WRITERS.get(kind.kind):
        writer(place, kind, column)
        return
    at = place.at
    for number, (member, part) in enumerate(_members(place, kind, column)):
        _write(place.member(at, number), member, part)
        at += 32 * member.words


def _members(place: Place, kind: AbiType, column: Any) -> list[tuple[AbiType, Any]]:
    """A composite's members with their columns."""
    members = kind.members()
    size = len(members)
    if isinstance(column, np.ndarray):
        if kind.kind == "array" and column.ndim > 1 and column.shape[1] == size:
            return [(member, column[:, at]) for at, member in enumerate(members)]
        shape = f"array of {column.dtype}, shape {column.shape}"
        rule = f"is a {kind.text}: [n, {size}, ...]"
        place.refuse(None, shape, rule if kind.kind == "array" else f"{rule} as tuple of columns")
    if isinstance(column, tuple):
        if len(column) != size:
            place.refuse(None, column, f"is a {kind.text}, so {size} columns")
        return list(zip(members, column, strict=True))
    if not isinstance(column, list):
        place.refuse(None, column, f"is a {kind.text}: a tuple of columns or a list of rows")
    for row, value in enumerate(column):
        if not isinstance(value, tuple | list) or len(value) != size:
            place.refuse(row, value, f"is a {kind.text}, so {size} values")
    parts = zip(*column, strict=True)
    return [(member, list(part)) for member, part in zip(members, parts, strict=True)]


def _count(function: Function, columns: Sequence[Any], rows: int | None) -> int:
    count = rows
    for path, column in enumerate(columns):
        if type(column) is np.ndarray and column.ndim == 1 and column.itemsize == 8:
            lengths: tuple[int, ...] = column.shape
        else:
            lengths = _lengths(column, function.inputs[path].type)
        for length in lengths:
            if count is None:
                count = length
            elif count != length:
                name = argument_name(function, path)
                raise InputError(name, f"{length} rows", f"must have {count} rows like the others")
    if count is None:
        return 1
    if count < 0:
        raise InputError("rows", count, "must be at least 0")
    return count


def _lengths(column: Any, kind: AbiType) -> tuple[int, ...]:
    """The row counts of the columns within an argument; none for scalars."""
    if isinstance(column, list):
        return (len(column),)
    if isinstance(column, np.ndarray):
        # One address or bytesN may come as uint8[size], which is a value and no column.
        is_value = column.ndim == (column.dtype == np.uint8 and kind.kind in _BYTES)
        return () if is_value else (len(column),)
    if isinstance(column, tuple) and kind.parts:
        members = zip(kind.members(), column, strict=False)
        return tuple(length for member, part in members for length in _lengths(part, member))
    return ()


_BYTES = frozenset({"address", "bytes"})
