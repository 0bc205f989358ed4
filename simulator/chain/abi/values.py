"""Single calls and errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from simulator.chain.abi.irregular import decode_rows
from simulator.chain.abi.signatures import Entry, Field, Function, functions_of
from simulator.chain.abi.types import split_top
from simulator.errors import InputError

LONGEST_BYTES = 64
"""Of data in a text; the rest is counted."""

Label = Callable[[str], str]
"""An address as 0x text to what readers call it."""


def arguments_text(
    fields: Sequence[Field], data: bytes, label: Label = str, *, names: bool = True
) -> str | None:
    """`to=0x..., amount=5` of encoded values; None if the data is not theirs."""
    values = values_of(fields, data)
    if values is None:
        return None
    parts = []
    for field, value in zip(fields, values, strict=True):
        text = value_text(value, field.type.text, label)
        parts.append(f"{field.name}={text}" if field.name and names else text)
    return ", ".join(parts)


def values_of(fields: Sequence[Field], data: bytes) -> list[Any] | None:
    """The values that data encodes, addresses as 0x text; None if it is not of these types."""
    try:
        return [column[0] for column in decode_rows(fields, [data], "data")]
    except InputError:
        return None


def value_text(value: Any, kind: str, label: Label = str) -> str:
    """A decoded value: text in quotes, bytes in hex, addresses by their label."""
    if isinstance(value, bytes):
        return bytes_text(value)
    if isinstance(value, tuple):
        inner = _item_types(kind, len(value))
        pairs = zip(value, inner, strict=True)
        joined = ", ".join(value_text(item, item_kind, label) for item, item_kind in pairs)
        return f"({joined})" if kind.endswith(")") else f"[{joined}]"
    if isinstance(value, str):
        return label(value) if kind == "address" else f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def bytes_text(data: bytes) -> str:
    """Hex of the first bytes, and how many follow."""
    if len(data) <= LONGEST_BYTES:
        return "0x" + data.hex()
    return f"0x{data[:LONGEST_BYTES].hex()}... ({len(data):,} bytes)"


def call_text(function: Function, data: bytes, label: Label = str) -> str:
    """`name(argument=value, ...)` of calldata or of an error's data, selector included."""
    arguments = arguments_text(function.inputs, data[4:], label)
    if arguments is None:
        return f"{function.signature} with data that is not its own: {bytes_text(data[4:])}"
    return f"{function.name}({arguments})"


def error_text(data: bytes, abi: Iterable[Entry], label: Label = str) -> str:
    """A custom error with its arguments, or its selector if the ABI does not have it."""
    for error in functions_of(abi, "error"):
        if error.selector == data[:4]:
            return call_text(error, data, label)
    return unknown_error(data)


def unknown_error(data: bytes) -> str:
    """An error of which only the selector is known."""
    rest = f" with {bytes_text(data[4:])}" if len(data) > 4 else ""
    return f"unknown error 0x{data[:4].hex()}{rest}"


def _item_types(kind: str, count: int) -> Iterable[str]:
    if kind.endswith(")"):
        return split_top(kind[1:-1])
    return [kind[: kind.rindex("[")]] * count
