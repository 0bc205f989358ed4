"""Block headers: from a node's JSON or from RLP, and their hash.

Fields from london on; each later hardfork appended some. A header whose hash comes out as another
than the one claimed is refused, which also holds for hardforks that append fields unknown here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.values import hex_bytes, hex_number, member

Kind = Literal["hash", "address", "bloom", "nonce", "bytes", "number"]

_LENGTHS: Final[dict[Kind, int]] = {"hash": 32, "address": 20, "bloom": 256, "nonce": 8}

FIELDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("parentHash", "hash"),
    ("sha3Uncles", "hash"),
    ("miner", "address"),
    ("stateRoot", "hash"),
    ("transactionsRoot", "hash"),
    ("receiptsRoot", "hash"),
    ("logsBloom", "bloom"),
    ("difficulty", "number"),
    ("number", "number"),
    ("gasLimit", "number"),
    ("gasUsed", "number"),
    ("timestamp", "number"),
    ("extraData", "bytes"),
    ("mixHash", "hash"),
    ("nonce", "nonce"),
    ("baseFeePerGas", "number"),  # london
    ("withdrawalsRoot", "hash"),  # shanghai
    ("blobGasUsed", "number"),  # cancun, with the next two
    ("excessBlobGas", "number"),
    ("parentBeaconBlockRoot", "hash"),
    ("requestsHash", "hash"),  # prague; osaka appends none
)
_LONDON: Final = 16
_KNOWN_LENGTHS: Final = (_LONDON, 17, 20, 21)
_UINT64: Final = ("number", "gasLimit", "gasUsed", "timestamp", "blobGasUsed", "excessBlobGas")


@dataclass(frozen=True, slots=True)
class Header:
    """A block header as the items of its RLP list, in order; numbers without leading zeros."""

    items: tuple[bytes, ...]

    def rlp(self) -> bytes:
        """The RLP encoding."""
        import rlp

        return bytes(rlp.encode(list(self.items)))

    def hash(self) -> bytes:
        """The block's hash, 32 bytes."""
        return bytes(keccak(self.rlp()))

    def __getitem__(self, field: str) -> bytes:
        return self.items[_INDEX[field]]

    def integer(self, field: str) -> int:
        """A number of the header."""
        return int.from_bytes(self[field], "big")

    @property
    def number(self) -> int:
        return self.integer("number")

    @property
    def timestamp(self) -> int:
        return self.integer("timestamp")

    @property
    def state_root(self) -> bytes:
        return self["stateRoot"]

    @property
    def parent_hash(self) -> bytes:
        return self["parentHash"]

    def environment(self) -> BlockEnvironment:
        """The block as its own transactions saw it."""
        return BlockEnvironment(
            number=self.number,
            timestamp=self.timestamp,
            base_fee=self.integer("baseFeePerGas"),
            gas_limit=self.integer("gasLimit"),
            coinbase=self["miner"],
            prevrandao=self["mixHash"],
            parent_hash=self.parent_hash,
        )


_INDEX: Final = {name: index for index, (name, _) in enumerate(FIELDS)}


def header_from_json(block: object) -> Header:
    """The header within a node's answer to eth_getBlockByNumber; ValueError names a bad field."""
    items = []
    for name, kind in FIELDS[:_LONDON]:
        items.append(_item(member(block, name), name, kind))
    for name, kind in FIELDS[_LONDON:]:
        value = block.get(name) if isinstance(block, dict) else None
        if value is None:
            break
        items.append(_item(value, name, kind))
    return _checked(items)


def header_from_rlp(data: bytes) -> Header:
    """A header from its RLP encoding; ValueError if it is none."""
    import rlp

    try:
        items: Any = rlp.decode(data)
    except (rlp.DecodingError, RecursionError) as error:
        raise ValueError(f"the header is no RLP: {error}") from None
    if not isinstance(items, list) or not all(isinstance(item, bytes) for item in items):
        raise ValueError("the header is no RLP list of values")
    return _checked([bytes(item) for item in items])


def _item(value: object, name: str, kind: Kind) -> bytes:
    if kind == "number":
        number = hex_number(value, name)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    return hex_bytes(value, name, _LENGTHS.get(kind))


def _checked(items: list[bytes]) -> Header:
    if len(items) not in _KNOWN_LENGTHS:
        known = ", ".join(map(str, _KNOWN_LENGTHS))
        raise ValueError(f"the header has {len(items)} fields instead of one of {known}")
    for (name, kind), item in zip(FIELDS, items, strict=False):
        length = _LENGTHS.get(kind)
        if length is not None and len(item) != length:
            raise ValueError(f"{name} has {len(item)} bytes instead of {length}")
        if kind == "number" and (item[:1] == b"\0" or len(item) > 32):
            raise ValueError(f"{name} is no number")
        if name in _UINT64 and len(item) > 8:
            raise ValueError(f"{name} is too large for 64 bits")
    if len(items[_INDEX["baseFeePerGas"]]) > 8:
        raise ValueError("baseFeePerGas is too large for 64 bits")
    return Header(tuple(items))
