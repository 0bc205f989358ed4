"""What has no fixed place: dynamic types, row by row through eth-abi."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.chain.abi.leaves import argument_name
from simulator.chain.abi.reading import NameOfRow
from simulator.chain.abi.signatures import Field, Function
from simulator.chain.abi.types import AbiType
from simulator.errors import InputError
from simulator.types import Bytes1D, Int1D
from simulator.units import words_to_integers


def pack_irregular(function: Function, columns: Sequence[Any], count: int) -> tuple[Bytes1D, Int1D]:
    """Data and offsets of `count` calls; InputError names the argument and the row."""
    from eth_abi.abi import encode

    types = [field.type.text for field in function.inputs]
    values = [
        _rows_of(column, field.type, count)
        for field, column in zip(function.inputs, columns, strict=True)
    ]
    parts = []
    for row, arguments in enumerate(zip(*values, strict=True)):
        try:
            parts.append(function.selector + encode(types, arguments))
        except Exception as error:  # eth-abi has no base class of its own for all it raises
            raise _refusal(function, row, arguments, error) from None
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(bytearray(b"".join(parts)), np.uint8), offsets


def decode_rows(
    fields: Sequence[Field], parts: Sequence[bytes], what: str | NameOfRow
) -> list[list[Any]]:
    """One list of values per field from the encoded rows; InputError names what the row is.

    Addresses come as 0x text in small letters, tuples and arrays as tuples.
    """
    from eth_abi.abi import decode

    types = [field.type.text for field in fields]
    rows = []
    for row, part in enumerate(parts):
        try:
            rows.append(decode(types, part))
        except Exception as error:
            rule = f"is not ({','.join(types)}): {error}"
            name = what if isinstance(what, str) else what(row)
            raise InputError(name, "0x" + part.hex(), rule) from None
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in fields]


def _rows_of(column: Any, kind: AbiType, count: int) -> list[Any]:
    """An argument as one Python value per row."""
    if isinstance(column, list):
        return column
    if isinstance(column, np.ndarray) and column.ndim:
        return _array_rows(column, kind, count)
    if isinstance(column, tuple) and kind.kind in ("tuple", "array"):
        members = zip(kind.members(), column, strict=True)
        parts = [_rows_of(part, member, count) for member, part in members]
        return list(zip(*parts, strict=True))
    return [column] * count


def _array_rows(column: np.ndarray[Any, Any], kind: AbiType, count: int) -> list[Any]:
    if kind.kind in ("address", "bytes") and column.dtype == np.uint8:
        return [row.tobytes() for row in np.broadcast_to(column, (count, column.shape[-1]))]
    if kind.kind in ("uint", "int") and column.ndim == 2:
        return words_to_integers(column, signed=kind.kind == "int")
    if kind.kind == "array" and column.ndim > 1:
        members = zip(kind.members(), np.moveaxis(column, 1, 0), strict=True)
        parts = [_array_rows(part, member, count) for member, part in members]
        return list(zip(*parts, strict=True))
    values: list[Any] = column.tolist()
    return values


def _refusal(
    function: Function, row: int, arguments: Sequence[Any], error: Exception
) -> InputError:
    from eth_abi.abi import encode

    for place, (field, value) in enumerate(zip(function.inputs, arguments, strict=True)):
        try:
            encode([field.type.text], [value])
        except Exception as reason:
            where = f"{argument_name(function, place)}, row {row}"
            return InputError(where, value, f"is no {field.type.text}: {reason}")
    return InputError(f"arguments of {function.signature}, row {row}", arguments, str(error))
