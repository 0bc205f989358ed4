"""Receipts with given outputs or logs, as a chain would give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.chain.columns import Receipts

Log = tuple[int, bytes, Sequence[bytes], bytes]
"""Transaction, emitter, topics, data."""


def flat(parts: Sequence[bytes]) -> tuple[Any, Any]:
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def receipts_of(
    outputs: Sequence[bytes] = (), logs: Sequence[Log] = (), status: Sequence[int] | None = None
) -> Receipts:
    output, output_offsets = flat(outputs)
    data, data_offsets = flat([log[3] for log in logs])
    count = len(outputs)
    topics = b"".join(b"".join(log[2]).ljust(128, b"\0") for log in logs)
    return Receipts(
        status=np.array([1] * count if status is None else status, np.uint8),
        gas_used=np.zeros(count, np.uint64),
        gas_price=np.zeros(count, np.uint64),
        output=output,
        output_offsets=output_offsets,
        log_transaction=np.array([log[0] for log in logs], np.int64),
        log_address=np.frombuffer(b"".join(log[1] for log in logs), np.uint8).reshape(-1, 20),
        log_topics=np.frombuffer(topics, np.uint8).reshape(-1, 4, 32),
        log_topic_count=np.array([len(log[2]) for log in logs], np.uint8),
        log_data=data,
        log_data_offsets=data_offsets,
        watched_index=np.zeros(0, np.int64),
        watched_value=np.zeros((0, 4), np.uint64),
        reasons={row: "out of gas" for row in range(count) if status and status[row] == 2},
    )
