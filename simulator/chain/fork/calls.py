"""Calldata and return values from a signature as text, for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.chain.abi.irregular import decode_rows
from simulator.chain.abi.signatures import function_of
from simulator.errors import InputError


def encode_call(signature: str, arguments: Sequence[Any]) -> bytes:
    """Calldata of a function; InputError if the arguments do not fit its types."""
    from eth_abi.abi import encode

    function = function_of(signature)
    types = [field.type.text for field in function.inputs]
    if len(types) != len(arguments):
        raise InputError(
            f"arguments of {function.signature}", list(arguments), f"must be {len(types)} values"
        )
    try:
        return function.selector + encode(types, arguments)
    except Exception as error:  # eth-abi has no base class of its own for all it raises
        raise InputError(
            f"arguments of {function.signature}", list(arguments), f"do not fit: {error}"
        ) from None


def decode_output(signature: str, output: bytes) -> Any:
    """One value, a tuple of several, None of none; raw bytes where the outputs are not told."""
    function = function_of(signature)
    if function.outputs is None:
        return output
    columns = decode_rows(function.outputs, [output], f"output of {function.signature}")
    values = tuple(column[0] for column in columns)
    if not values:
        return None
    return values[0] if len(values) == 1 else values
