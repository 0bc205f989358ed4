"""View functions whose answer has a fixed size, as tables of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.chain.abi import Function, function_of, signature_of
from simulator.chain.abi.types import AbiType, parse_type
from simulator.chain.artifacts.model import Entry
from simulator.chain.layout import Columns, Keys
from simulator.chain.layout.columns import column_of
from simulator.chain.layout.fields import VALUE
from simulator.chain.layout.types import ADDRESS, BOOL, BYTES, INT, UINT, Scalar
from simulator.errors import InputError
from simulator.types import Words

_KINDS = {"uint": UINT, "int": INT, "address": ADDRESS, "bool": BOOL, "bytes": BYTES}


@dataclass(frozen=True, slots=True)
class Getter:
    """A function and the values in the words of its answer, named as in a storage layout."""

    function: Function
    fields: tuple[tuple[str, Scalar], ...]

    @property
    def width(self) -> int:
        """Words of one answer."""
        return len(self.fields)

    def decode(self, table: Words) -> Columns:
        """Columns from the words of n answers, uint64[n, width, 4]."""
        return {
            name: column_of(kind, table[:, at], kind.low)
            for at, (name, kind) in enumerate(self.fields)
        }

    def arguments(self, keys: Sequence[Keys]) -> list[Any]:
        """Columns of keys as `pack_calls` takes them."""
        inputs = self.function.inputs
        if len(keys) != len(inputs):
            rule = f"must be the {len(inputs)} arguments of {self.function.signature}"
            raise InputError("keys", len(keys), rule)
        pairs = zip(inputs, keys, strict=True)
        return [_argument(field.type, column) for field, column in pairs]


def getter_of(entry: Entry) -> Getter:
    """InputError for a function that changes state or whose answer has no fixed size."""
    signature = signature_of(entry)
    if entry.get("stateMutability") not in ("view", "pure"):
        raise InputError("getter", signature, "must be a view function")
    fields: list[tuple[str, Scalar]] = []
    outputs = entry.get("outputs", ())
    for place, output in enumerate(outputs):
        name = str(output.get("name") or ("" if len(outputs) == 1 else f"value_{place + 1}"))
        fields += _leaves(output, name, signature)
    if not fields:
        raise InputError("getter", signature, "must return something")
    if len(outputs) == 1 and not str(outputs[0]["type"]).startswith("tuple") and len(fields) == 1:
        fields = [(VALUE, fields[0][1])]
    return Getter(function_of(entry), tuple(fields))


def _leaves(item: Entry, name: str, signature: str) -> Iterator[tuple[str, Scalar]]:
    text = str(item["type"])
    head, bracket, length = text.rpartition("[")
    if bracket:
        if length == "]":
            raise InputError(
                "getter", signature, f"must not return {text}, which has no fixed size"
            )
        for index in range(int(length.rstrip("]"))):
            yield from _leaves({**item, "type": head}, f"{name}[{index}]", signature)
    elif text == "tuple":
        for part in item["components"]:
            inner = f"{name}.{part['name']}" if name else str(part["name"])
            yield from _leaves(part, inner, signature)
    else:
        yield name or VALUE, _scalar(parse_type(text), signature)


def _scalar(kind: AbiType, signature: str) -> Scalar:
    if kind.kind not in _KINDS or not kind.is_static:
        raise _of_no_size(kind.text, signature)
    if kind.kind == "bytes":
        return Scalar(kind.text, BYTES, kind.size, low=32 - kind.size)
    if kind.kind in ("uint", "int"):
        return Scalar(kind.text, _KINDS[kind.kind], kind.size // 8)
    return Scalar(kind.text, _KINDS[kind.kind], 20 if kind.kind == "address" else 1)


def _of_no_size(text: str, signature: str) -> InputError:
    return InputError("getter", signature, f"must not return {text}, which has no fixed size")


def _argument(kind: AbiType, keys: Keys) -> Any:
    if isinstance(keys, np.ndarray):
        return keys
    if kind.kind == "address":
        return [_raw(key) for key in keys]
    return list(keys)


def _raw(key: Any) -> Any:
    """Addresses as 0x text are keys as well."""
    if isinstance(key, str):
        try:
            return bytes.fromhex(key.removeprefix("0x"))
        except ValueError:
            raise InputError("keys", key, "must be 0x and 40 hex digits, or 20 bytes") from None
    return key
