"""Receipts of single transactions gathered into columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.chain.base import Receipts, StorageDiff
from simulator.chain.pyevm.flat import flat, words
from simulator.chain.pyevm.state import Changes, Slot
from simulator.chain.pyevm.watcher import Watcher
from simulator.types import Address, Bytes1D, Int1D, Words

Log = tuple[Address, tuple[int, ...], bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transaction. `reason` for halted and not included ones, gas price in wei per gas."""

    status: int
    gas_used: int = 0
    output: bytes = b""
    reason: str | None = None
    logs: tuple[Log, ...] = ()
    gas_price: int = 0


def _topics(logs: list[Log]) -> Bytes1D:
    padded = (topics + (0,) * (4 - len(topics)) for _, topics, _ in logs)
    joined = b"".join(topic.to_bytes(32, "big") for topics in padded for topic in topics)
    return np.frombuffer(joined, np.uint8).reshape(len(logs), 4, 32)


@dataclass(slots=True)
class WatchList:
    """Slots whose changes a batch reports by index."""

    entries: list[Slot] = field(default_factory=list)

    def changed(self, changes: Changes) -> tuple[Int1D, Words]:
        """Index and new value of the watched slots among the changes, by ascending index."""
        found = [
            (index, changes[entry][1])
            for index, entry in enumerate(self.entries)
            if entry in changes
        ]
        return np.array([index for index, _ in found], np.int64), words([new for _, new in found])


def storage_diff(changes: list[Changes], by_transaction: bool = False) -> StorageDiff:
    """The changes of a batch, or of each transaction for what-ifs."""
    items = [item for part in changes for item in part.items()]
    transaction = [index for index, part in enumerate(changes) for _ in part]
    addresses = b"".join(address for (address, _), _ in items)
    slots = b"".join(slot.to_bytes(32, "big") for (_, slot), _ in items)
    return StorageDiff(
        addresses=np.frombuffer(addresses, np.uint8).reshape(len(items), 20),
        slots=np.frombuffer(slots, np.uint8).reshape(len(items), 32),
        old=words([old for _, (old, _) in items]),
        new=words([new for _, (_, new) in items]),
        transaction=np.array(transaction, np.int64) if by_transaction else None,
    )


def receipts(
    outcomes: list[Outcome],
    watched: tuple[Int1D, Words],
    diff: StorageDiff | None,
    watcher: Watcher,
) -> Receipts:
    """The columns of a batch."""
    output, output_offsets = flat([outcome.output for outcome in outcomes])
    logs = [log for outcome in outcomes for log in outcome.logs]
    log_data, log_data_offsets = flat([data for _, _, data in logs])
    rows = [index for index, outcome in enumerate(outcomes) for _ in outcome.logs]
    return Receipts(
        status=np.array([outcome.status for outcome in outcomes], np.uint8),
        gas_used=np.array([outcome.gas_used for outcome in outcomes], np.uint64),
        gas_price=np.array([outcome.gas_price for outcome in outcomes], np.uint64),
        output=output,
        output_offsets=output_offsets,
        log_transaction=np.array(rows, np.int64),
        log_address=np.frombuffer(b"".join(log[0] for log in logs), np.uint8).reshape(-1, 20),
        log_topics=_topics(logs),
        log_topic_count=np.array([len(topics) for _, topics, _ in logs], np.uint8),
        log_data=log_data,
        log_data_offsets=log_data_offsets,
        watched_index=watched[0],
        watched_value=watched[1],
        reasons={
            index: outcome.reason
            for index, outcome in enumerate(outcomes)
            if outcome.reason is not None
        },
        diff=diff,
        coverage=None if watcher.coverage is None else watcher.coverage.counts,
        trace=None if watcher.recorder is None else watcher.recorder.trace(),
    )
