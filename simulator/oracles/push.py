"""A push oracle: a keeper writes when the price has moved enough or the heartbeat is due.

The rule is that of Chainlink's aggregators (deviation or heartbeat, whichever comes first). The
comparison is made in integers: a move of exactly the deviation triggers, which float64 would miss
at 100 -> 100.5 and 0.5 %.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from simulator.errors import InputError
from simulator.types import AnyArray, Int2D
from simulator.units import deviates

SCALE = 10**9
"""Deviation as an integer: parts per thousand million."""


def push_schedule(
    seen: Int2D,
    deviation: Decimal,
    heartbeat_blocks: int,
    silent: AnyArray | None = None,
    held: AnyArray | None = None,
) -> Int2D:
    """Which price is written in which block.

    seen: int64[T, k] ticks that the keeper would write in each block, 0 where it sees none. Row 0
    is what the feed was listed with. silent: bool[T, k], blocks in which nothing can be written;
    held: bool[T, k], blocks in which the last answer is all that the keeper sees. Returns
    int64[T, k], the ticks written, or 0 for no write. Raises InputError for no heartbeat.
    """
    if heartbeat_blocks <= 0:
        raise InputError("oracle.heartbeat_seconds", heartbeat_blocks, "must be at least one block")
    threshold = int(deviation * SCALE)
    writes = np.zeros_like(seen)
    mute = seen == 0 if silent is None else (seen == 0) | silent
    stuck = np.zeros(seen.shape, bool) if held is None else held
    for market in range(seen.shape[1]):
        path = seen[:, market].tolist()
        quiet, stale = mute[:, market].tolist(), stuck[:, market].tolist()
        last, written = path[0], 0
        for block in range(1, len(path)):
            if quiet[block]:
                continue
            now = last if stale[block] else path[block]
            moved = deviates(last, now, threshold, SCALE)
            if moved or block - written >= heartbeat_blocks:
                writes[block, market] = last = now
                written = block
    return writes
