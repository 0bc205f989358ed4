"""Values cut out of storage words, as numpy columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.chain.layout.types import ADDRESS, BOOL, BYTES, HEAD, INT, RAW, Scalar
from simulator.chain.layout.words import extract, slots_from_words
from simulator.errors import InputError
from simulator.types import AnyArray, Bool1D, Bytes2D, Float1D, Int1D, Words
from simulator.units import words_to_floats, words_to_integers


@dataclass(frozen=True, slots=True)
class Column:
    """n values of one type. words: uint64[n, 4], two's complement for signed types."""

    type: Scalar
    words: Words

    def __len__(self) -> int:
        return len(self.words)

    @property
    def signed(self) -> bool:
        return self.type.kind == INT

    def natural(self) -> AnyArray:
        """bool[n]; uint8[n, 20] for addresses; uint8[n, N] for bytesN; int64[n] for integers whose
        type fits into one; uint64[n, 4] for wider ones."""
        kind, size = self.type.kind, self.type.size
        if kind == BOOL:
            return self.bools()
        if kind in (ADDRESS, BYTES):
            return self.raw()
        fits = size <= 8 if kind == INT else size < 8
        return self.int64() if fits or kind == HEAD else self.words

    def integers(self) -> list[int]:
        """Exact Python integers, without the scale of the type."""
        self._known()
        return words_to_integers(self.words, self.signed)

    def floats(self, scale: float = 1.0) -> Float1D:
        """float64[n]: the value over `scale` (1e18 for wads) and over the scale of the type."""
        self._known()
        result: Float1D = words_to_floats(self.words, self.signed)
        return result / (scale * self.type.scale)

    def int64(self) -> Int1D:
        """int64[n]; InputError naming the first row that does not fit."""
        self._known()
        low = np.ascontiguousarray(self.words[:, 0]).view(np.int64)
        fill = (low >> np.int64(63)).view(np.uint64) if self.signed else np.uint64(0)
        fits = np.equal(self.words[:, 1:], np.expand_dims(fill, -1)).all(axis=1)
        if not self.signed:
            fits = fits & (low >= 0)
        if not fits.all():
            row = int(np.argmin(fits))
            value = words_to_integers(self.words[row : row + 1], self.signed)[0]
            raise InputError(f"{self.type.text} of row {row}", value, "does not fit into 64 bits")
        return low

    def bools(self) -> Bool1D:
        """bool[n]: whether the value is not zero."""
        return np.asarray(self.words.any(axis=1), np.bool_)

    def raw(self) -> Bytes2D:
        """uint8[n, size]: the bytes of the value, most significant first."""
        return slots_from_words(self.words)[:, 32 - self.type.size :]

    def _known(self) -> None:
        if self.type.kind == RAW:
            rule = f"the layout tells its {self.type.size} bytes only: give user_types"
            raise InputError("type", self.type.text, rule)


def column_of(kind: Scalar, words: Words, byte_offset: Int1D | int) -> Column:
    """The values that begin `byte_offset` bytes from the low end of each of n words."""
    if kind.kind == HEAD:
        return Column(kind, _lengths(words))
    return Column(kind, extract(words, byte_offset, kind.size, kind.kind == INT))


def _lengths(words: Words) -> Words:
    """Solidity's bytes: an odd word is twice a long length plus 1, an even one ends with twice a
    short length."""
    is_long = (words[:, 0] & np.uint64(1)).astype(bool)
    result = extract(words, 0, 1, signed=False)
    result[is_long] = words[is_long]
    carried = np.zeros_like(result)
    carried[:, :3] = result[:, 1:] << np.uint64(63)
    return (result >> np.uint64(1)) | carried
