"""Python values packed into columns."""

from __future__ import annotations

import numpy as np

from simulator.types import Bytes1D, Int1D, Words


def words(values: list[int]) -> Words:
    """uint64[n, 4], least significant limb first."""
    joined = b"".join(value.to_bytes(32, "little") for value in values)
    return np.frombuffer(joined, "<u8").reshape(len(values), 4).astype(np.uint64)


def flat(parts: list[bytes]) -> tuple[Bytes1D, Int1D]:
    """The parts one after the other, and their n + 1 offsets."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(b"".join(parts), np.uint8), offsets
