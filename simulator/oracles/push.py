"""A push oracle: a keeper writes when the price has moved enough or the heartbeat is due.

The rule is that of Chainlink's aggregators (deviation or heartbeat, whichever comes first). The
comparison is made in integers: a move of exactly the deviation triggers, which float64 would miss
at 100 -> 100.5 and 0.5 %.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from simulator.errors import InputError
from simulator.types import Int2D

SCALE = 10**9
"""Deviation as an integer: parts per thousand million."""


def push_schedule(
    ticks: Int2D, deviation: Decimal, heartbeat_blocks: int, latency_blocks: int
) -> Int2D:
    """Which price is written in which block.

    ticks: int64[T, k] true prices; the keeper of block t sees those of block t - latency. Row 0 is
    what the feed was listed with. Returns int64[T, k], the ticks written, or 0 for no write.
    """
    if heartbeat_blocks <= 0:
        raise InputError("oracle.heartbeat_seconds", heartbeat_blocks, "must be at least one block")
    threshold = int(deviation * SCALE)
    writes = np.zeros_like(ticks)
    for market in range(ticks.shape[1]):
        path = ticks[:, market].tolist()
        last, written = path[0], 0
        for block in range(1, len(path)):
            seen = path[max(block - latency_blocks, 0)]
            moved = abs(seen - last) * SCALE >= threshold * last
            if moved or block - written >= heartbeat_blocks:
                writes[block, market] = last = seen
                written = block
    return writes
