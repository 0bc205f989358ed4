"""Calldata, return data and storage slots of single calls by hand: no ABI library.

Everything static is a row of 32-byte words, so packing a call is a selector and a few
`int.to_bytes`. Addresses are 20 raw bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_hash.auto import keccak

from simulator.chain.abi.types import canonical
from simulator.types import Address

WORD = 32
_ADDRESS_PADDING = bytes(12)


def selector(signature: str) -> bytes:
    """Four bytes of a signature such as `withdraw(uint256)`."""
    return bytes(keccak(signature.encode())[:4])


def event_topic(signature: str) -> bytes:
    """First topic (32 bytes) of an event signature such as `Deposit(address,uint256)`."""
    return bytes(keccak(signature.encode()))


def uint_word(value: int) -> bytes:
    """32 bytes of an unsigned value."""
    return value.to_bytes(WORD, "big")


def int_word(value: int) -> bytes:
    """32 bytes of a signed value, two's complement."""
    return value.to_bytes(WORD, "big", signed=True)


def address_word(address: Address) -> bytes:
    """32 bytes of an address."""
    return _ADDRESS_PADDING + address


def address_array(addresses: Sequence[Address]) -> bytes:
    """Tail of a dynamic array of addresses: its length, then its items."""
    return uint_word(len(addresses)) + b"".join(map(address_word, addresses))


def uint_at(data: bytes, word: int) -> int:
    """Unsigned value of the given word of return data."""
    return int.from_bytes(data[word * WORD : word * WORD + WORD], "big")


def int_at(data: bytes, word: int) -> int:
    """Signed value of the given word of return data."""
    return int.from_bytes(data[word * WORD : word * WORD + WORD], "big", signed=True)


def mapping_slot(slot: int, key: bytes) -> int:
    """First slot of a Vyper mapping's entry: keccak(slot . key), the reverse of Solidity."""
    return int.from_bytes(keccak(uint_word(slot) + key.rjust(WORD, b"\0")), "big")


def signature_of(entry: Mapping[str, Any]) -> str:
    """Canonical signature of an ABI entry (function, event or constructor)."""
    types = ",".join(canonical(item) for item in entry.get("inputs", ()))
    return f"{entry.get('name', '')}({types})"
