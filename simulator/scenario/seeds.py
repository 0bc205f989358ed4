"""One seed, many independent generators."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, *path: str) -> np.random.Generator:
    """The random generator of one part of a run, independent of every other part.

    Seeds are spawned by name path from the run's seed, so that adding a part or running in another
    order or process changes nobody else's draws.
    """
    key = tuple(zlib.crc32(name.encode()) for name in path)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))
