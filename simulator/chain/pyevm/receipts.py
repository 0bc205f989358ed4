"""Receipts of single transactions gathered into columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.chain.base import Receipts, StorageDiff
from simulator.chain.pyevm.accounts import Accounts
from simulator.types import Address, Bytes1D, Int1D, Words

Log = tuple[Address, tuple[int, ...], bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transaction. `reason` for halted and not included ones."""

    status: int
    gas_used: int = 0
    output: bytes = b""
    reason: str | None = None
    logs: tuple[Log, ...] = ()


def words(values: list[int]) -> Words:
    """uint64[n, 4], least significant limb first."""
    flat = b"".join(value.to_bytes(32, "little") for value in values)
    return np.frombuffer(flat, "<u8").reshape(len(values), 4).astype(np.uint64)


def _flat(parts: list[bytes]) -> tuple[Bytes1D, Int1D]:
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def _topics(logs: list[Log]) -> Bytes1D:
    padded = (topics + (0,) * (4 - len(topics)) for _, topics, _ in logs)
    flat = b"".join(topic.to_bytes(32, "big") for topics in padded for topic in topics)
    return np.frombuffer(flat, np.uint8).reshape(len(logs), 4, 32)


@dataclass(slots=True)
class WatchList:
    """Slots whose changes a batch reports by index."""

    entries: list[tuple[Address, int]] = field(default_factory=list)

    def changed(self, changes: dict[tuple[Address, int], tuple[int, int]]) -> tuple[Int1D, Words]:
        """Index and new value of the watched slots among the changes, by ascending index."""
        found = [
            (index, changes[entry][1])
            for index, entry in enumerate(self.entries)
            if entry in changes
        ]
        return np.array([index for index, _ in found], np.int64), words([new for _, new in found])


def changes_of_batch(accounts: Accounts) -> dict[tuple[Address, int], tuple[int, int]]:
    """(address, slot) -> (old, new) where they differ, sorted by address and slot."""
    pairs = (
        (key, (old, accounts.get_storage(*key))) for key, old in sorted(accounts.changed.items())
    )
    return {key: (old, new) for key, (old, new) in pairs if old != new}


def storage_diff(changes: dict[tuple[Address, int], tuple[int, int]]) -> StorageDiff:
    addresses = b"".join(address for address, _ in changes)
    slots = b"".join(slot.to_bytes(32, "big") for _, slot in changes)
    return StorageDiff(
        addresses=np.frombuffer(addresses, np.uint8).reshape(len(changes), 20),
        slots=np.frombuffer(slots, np.uint8).reshape(len(changes), 32),
        old=words([old for old, _ in changes.values()]),
        new=words([new for _, new in changes.values()]),
    )


def receipts(
    outcomes: list[Outcome], watch: WatchList, accounts: Accounts, wants_diff: bool
) -> Receipts:
    """The columns of a batch."""
    output, output_offsets = _flat([outcome.output for outcome in outcomes])
    logs = [log for outcome in outcomes for log in outcome.logs]
    log_data, log_data_offsets = _flat([data for _, _, data in logs])
    rows = [index for index, outcome in enumerate(outcomes) for _ in outcome.logs]
    changes = changes_of_batch(accounts)
    watched_index, watched_value = watch.changed(changes)
    return Receipts(
        status=np.array([outcome.status for outcome in outcomes], np.uint8),
        gas_used=np.array([outcome.gas_used for outcome in outcomes], np.uint64),
        gas_price=np.zeros(len(outcomes), np.uint64),
        output=output,
        output_offsets=output_offsets,
        log_transaction=np.array(rows, np.int64),
        log_address=np.frombuffer(b"".join(log[0] for log in logs), np.uint8).reshape(-1, 20),
        log_topics=_topics(logs),
        log_topic_count=np.array([len(topics) for _, topics, _ in logs], np.uint8),
        log_data=log_data,
        log_data_offsets=log_data_offsets,
        watched_index=watched_index,
        watched_value=watched_value,
        reasons={
            index: outcome.reason
            for index, outcome in enumerate(outcomes)
            if outcome.reason is not None
        },
        diff=storage_diff(changes) if wants_diff else None,
    )
