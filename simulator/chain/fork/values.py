"""What a node writes in JSON to bytes and numbers, with an error that says what is wrong.

ValueError messages name the field; the caller knows the endpoint and adds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from simulator.chain.fork.faults import clipped

_HEX = re.compile(r"0x[0-9a-fA-F]*")


def hex_bytes(value: object, field: str, length: int | None = None) -> bytes:
    """`0x` and an even number of digits; exactly `length` bytes if given."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) % 2:
        raise ValueError(f"{field} = {clipped(value)!r} is no hexadecimal data")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise ValueError(f"{field} has {len(data)} bytes instead of {length}")
    return data


def hex_number(value: object, field: str, bits: int = 256) -> int:
    """`0x` and at least one digit, below 2^bits."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) < 3:
        raise ValueError(f"{field} = {clipped(value)!r} is no hexadecimal number")
    if len(value) > 2 + 64 or (number := int(value, 16)) >> bits:
        raise ValueError(f"{field} = {clipped(value)} is too large for {bits} bits")
    return number


def hex_word(value: object, field: str) -> bytes:
    """A number of at most 256 bits as 32 bytes, most significant first."""
    return hex_number(value, field).to_bytes(32, "big")


def member(answer: object, field: str) -> Any:
    """A member of a JSON object."""
    if not isinstance(answer, Mapping):
        raise ValueError(f"{clipped(answer)!r} is no object")
    if field not in answer:
        raise ValueError(f"{field} is missing")
    return answer[field]


def node_list(value: object, field: str) -> tuple[bytes, ...]:
    """A list of RLP nodes."""
    if not isinstance(value, list):
        raise ValueError(f"{field} is no list")
    return tuple(hex_bytes(item, f"{field}[{index}]") for index, item in enumerate(value))
