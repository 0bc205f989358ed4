"""Roots of the tries over a block's transactions and receipts (only the root; nothing is kept)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from eth_hash.auto import keccak

EMPTY_ROOT: Final = bytes(keccak(b"\x80"))
EMPTY_LIST_HASH: Final = bytes(keccak(b"\xc0"))

_Nibbles: TypeAlias = tuple[int, ...]
_Pairs: TypeAlias = list[tuple[_Nibbles, bytes]]
_Node: TypeAlias = bytes | list["_Node"]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root (32 bytes) of the trie that maps the RLP of each index to its value."""
    import rlp

    if not values:
        return EMPTY_ROOT
    pairs = [(_nibbles(rlp.encode(index)), value) for index, value in enumerate(values)]
    return bytes(keccak(rlp.encode(_node(sorted(pairs), 0))))


def _nibbles(key: bytes) -> _Nibbles:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _compact(path: _Nibbles, is_leaf: bool) -> bytes:
    """The hex-prefix encoding of a path."""
    flag = 2 * is_leaf + len(path) % 2
    digits = (flag, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes(16 * high + low for high, low in zip(digits[::2], digits[1::2], strict=True))


def _node(pairs: _Pairs, depth: int) -> _Node:
    """The node over sorted pairs that share their first `depth` nibbles."""
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return [_compact(first[depth:], True), pairs[0][1]]
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_compact(first[depth:shared], False), _reference(_node(pairs, shared))]
    branch: list[_Node] = [b""] * 17
    for nibble in range(16):
        below = [pair for pair in pairs if pair[0][depth] == nibble]
        if below:
            branch[nibble] = _reference(_node(below, depth + 1))
    return branch


def _reference(node: _Node) -> _Node:
    """How a node stands in its parent: itself if it is short, else its hash."""
    import rlp

    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else bytes(keccak(encoded))
