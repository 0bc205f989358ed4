"""Arithmetic on columns of 256-bit words: uint64[n, 4] limbs, least significant first."""

from __future__ import annotations

import numpy as np
from eth_hash.auto import keccak

from simulator.types import Bytes2D, Int1D, UInt1D, Words

LIMB_BITS = 64


def words_from_slots(slots: Bytes2D) -> Words:
    """uint8[n, 32], most significant byte first -> uint64[n, 4]."""
    return np.ascontiguousarray(slots[:, ::-1]).view("<u8").astype(np.uint64, copy=False)


def slots_from_words(words: Words) -> Bytes2D:
    """uint64[n, 4] -> uint8[n, 32], most significant byte first."""
    little = np.ascontiguousarray(words, "<u8").view(np.uint8).reshape(len(words), 32)
    return np.ascontiguousarray(little[:, ::-1])


def word_of(number: int) -> Words:
    """One number modulo 2**256 as uint64[1, 4]."""
    raw = (number % (1 << 256)).to_bytes(32, "little")
    return np.frombuffer(raw, "<u8").reshape(1, 4).astype(np.uint64)


def add(words: Words, amounts: UInt1D | int) -> Words:
    """Each word plus its amount (below 2**64), modulo 2**256; one word serves many amounts."""
    carry = np.asarray(amounts, np.uint64)
    columns = []
    for limb in range(4):
        total = words[:, limb] + carry
        carry = (total < carry).astype(np.uint64)
        columns.append(total)
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def hashed(words: Words) -> Words:
    """keccak of each word as 32 bytes."""
    return words_from_digests([keccak(row.tobytes()) for row in slots_from_words(words)])


def words_from_digests(digests: list[bytes]) -> Words:
    """32-byte hashes -> uint64[n, 4]."""
    return words_from_slots(np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), 32))


def extract(words: Words, byte_offset: Int1D | int, size: int, signed: bool) -> Words:
    """`size` bytes of each word, counted from `byte_offset` at the low end, sign extended or not.

    The words themselves (no copy) where a value takes the whole slot.
    """
    if size == 32:
        return words
    return _cut(_shifted(words, byte_offset), size, signed)


def _shifted(words: Words, byte_offset: Int1D | int) -> Words:
    bits = np.broadcast_to(np.asarray(byte_offset, np.int64) * 8, len(words))
    whole, rest = bits // LIMB_BITS, (bits % LIMB_BITS).astype(np.uint64)
    padded = np.zeros((len(words), 9), np.uint64)
    padded[:, :4] = words
    places = whole[:, None] + np.arange(5)
    limbs = np.take_along_axis(padded, places, axis=1)
    low = limbs[:, :4] >> rest[:, None]
    # In two steps, since a shift by 64 is not defined.
    high = (limbs[:, 1:] << (np.uint64(63) - rest)[:, None]) << np.uint64(1)
    result: Words = low | high
    return result


def _cut(words: Words, size: int, signed: bool) -> Words:
    top_limb, top_bit = divmod(size * 8 - 1, LIMB_BITS)
    negative = (words[:, top_limb] >> np.uint64(top_bit)) & np.uint64(signed)
    fill = np.uint64(0) - negative
    result = np.repeat(fill[:, None], 4, axis=1)
    result[:, :top_limb] = words[:, :top_limb]
    mask = np.uint64((1 << (top_bit + 1)) - 1)
    result[:, top_limb] = (words[:, top_limb] & mask) | (fill & ~mask)
    return result
