"""Values as JSON-RPC writes them: quantities without leading zeros, data with `0x`, block names.

Readers take the parameter's name and what came in JSON, and raise RpcError (-32602) with name,
value and rule. Numbers are read where hex quantities are meant, since in-process callers and the
development methods of other nodes use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from simulator.chain.node.faults import invalid

WORD_LIMIT: Final = 1 << 256
UINT64_LIMIT: Final = 1 << 64

BLOCK_TAGS: Final = ("latest", "pending", "earliest", "safe", "finalized")

_HEX = re.compile(r"0[xX][0-9a-fA-F]*")

Value = TypeVar("Value")


def hex_data(value: bytes) -> str:
    """`0x` and two digits per byte."""
    return "0x" + value.hex()


def data(name: str, value: object) -> bytes:
    """Bytes of any length."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise invalid(name, value, "must be a string of 0x and hexadecimal digits")
    if len(value) % 2:
        raise invalid(name, value, "must have an even number of digits")
    return bytes.fromhex(value[2:])


def _exactly(length: int, what: str) -> Callable[[str, object], bytes]:
    def read(name: str, value: object) -> bytes:
        found = data(name, value)
        if len(found) != length:
            raise invalid(name, value, f"{what} has {length} bytes, not {len(found)}")
        return found

    return read


address = _exactly(20, "an address")
hash_ = _exactly(32, "a hash")


def quantity(name: str, value: object, limit: int = WORD_LIMIT) -> int:
    """A whole number in [0, limit)."""
    if isinstance(value, str) and _HEX.fullmatch(value) and 2 < len(value) <= 2 + 64:
        number = int(value, 16)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise invalid(name, value, "must be a quantity, such as 0x1f")
    if not 0 <= number < limit:
        raise invalid(name, value, f"must be at least 0 and below 2^{limit.bit_length() - 1}")
    return number


def uint64(name: str, value: object) -> int:
    """A whole number below 2^64."""
    return quantity(name, value, UINT64_LIMIT)


def word(name: str, value: object) -> int:
    """A 256-bit word: a quantity, or data of at most 32 bytes."""
    if isinstance(value, str) and len(value) > 2 + 64:
        raise invalid(name, value, "must have at most 32 bytes")
    return quantity(name, value)


def boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise invalid(name, value, "must be true or false")
    return value


def text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise invalid(name, value, "must be a string")
    return value


def anything(name: str, value: object) -> object:
    """What a method reads itself."""
    return value


def mapping(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise invalid(name, value, "must be an object")
    return value


def list_of(read: Callable[[str, object], Value]) -> Callable[[str, object], list[Value]]:
    """A reader of arrays of what `read` reads."""

    def read_all(name: str, value: object) -> list[Value]:
        if not isinstance(value, (list, tuple)):
            raise invalid(name, value, "must be an array")
        return [read(f"{name}[{index}]", item) for index, item in enumerate(value)]

    return read_all


def only_fields(name: str, value: Mapping[str, object], known: tuple[str, ...]) -> None:
    """RpcError if the object has a field that would be passed over in silence."""
    for field in value:
        if field not in known:
            raise invalid(f"{name}.{field}", value[field], f"is unknown; {', '.join(known)} are")


@dataclass(frozen=True, slots=True)
class BlockReference:
    """One of BLOCK_TAGS, a number, or a hash: exactly one of the three."""

    tag: str = ""
    number: int | None = None
    hash: bytes | None = None


LATEST: Final = BlockReference("latest")


def block(name: str, value: object) -> BlockReference:
    """A tag, a number, or an object with `blockNumber` or `blockHash` (EIP-1898)."""
    if isinstance(value, Mapping):
        only_fields(name, value, ("blockHash", "blockNumber", "requireCanonical"))
        if ("blockHash" in value) == ("blockNumber" in value):
            raise invalid(name, dict(value), "needs either blockHash or blockNumber")
        if "blockHash" in value:
            return BlockReference(hash=hash_(f"{name}.blockHash", value["blockHash"]))
        return block(f"{name}.blockNumber", value["blockNumber"])
    if isinstance(value, str) and value in BLOCK_TAGS:
        return BlockReference(tag=value)
    if isinstance(value, str) and _HEX.fullmatch(value) and len(value) == 2 + 64:
        return BlockReference(hash=hash_(name, value))
    if isinstance(value, str) and not _HEX.fullmatch(value):
        raise invalid(name, value, f"must be a block number or one of {', '.join(BLOCK_TAGS)}")
    return BlockReference(number=uint64(name, value))
