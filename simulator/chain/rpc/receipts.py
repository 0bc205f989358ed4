"""Receipts of a node as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulator.chain.columns import (
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    STATUS_SUCCESS,
    Receipts,
    StorageDiff,
)
from simulator.chain.fork.values import hex_bytes
from simulator.chain.rpc.wire import bytes_in, number_in
from simulator.chain.traces.geth import GETH_ERRORS
from simulator.types import Address, Bytes1D, Int1D
from simulator.units import integers_to_words

Log = tuple[Address, tuple[bytes, ...], bytes]

_OUR_WORDS = {theirs: ours for ours, theirs in GETH_ERRORS.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transaction or call. reason: of halted and not included ones."""

    status: int
    gas_used: int = 0
    gas_price: int = 0
    output: bytes = b""
    reason: str = ""
    logs: tuple[Log, ...] = ()


def outcome_of(receipt: Mapping[str, Any], call: Mapping[str, Any] | None) -> Outcome:
    """A mined transaction from its receipt and its outermost call frame (None: not offered).

    ValueError names the field that is malformed.
    """
    succeeded = number_in(receipt, "status") == 1
    outcome = Outcome(
        status=STATUS_SUCCESS if succeeded else STATUS_REVERTED,
        gas_used=number_in(receipt, "gasUsed"),
        gas_price=number_in(receipt, "effectiveGasPrice"),
        logs=tuple(log_of(entry) for entry in receipt.get("logs", ())),
    )
    return outcome if call is None else replace(outcome, **ending_of(call))


def ending_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """Status, output and reason of a frame of callTracer."""
    output = bytes_in(call, "output") if call.get("output") else b""
    error = call.get("error")
    if not error:
        return {"status": STATUS_SUCCESS, "output": output, "reason": ""}
    if str(error) == "execution reverted":
        return {"status": STATUS_REVERTED, "output": output, "reason": ""}
    return {"status": STATUS_HALTED, "output": b"", "reason": our_word(str(error))}


def our_word(error: str) -> str:
    """Why a frame halted, in the engine's words."""
    for theirs in ("invalid opcode", "stack underflow", "out of gas"):
        if error.startswith(theirs):
            return theirs
    if error.startswith("stack limit reached"):
        return "stack overflow"
    return _OUR_WORDS.get(error, error)


def log_of(entry: Mapping[str, Any]) -> Log:
    """Emitter, topics and data of a log."""
    topics = tuple(hex_bytes(topic, "topic", 32) for topic in entry["topics"])
    return bytes_in(entry, "address", 20), topics, bytes_in(entry, "data")


def receipts_of(outcomes: Sequence[Outcome]) -> Receipts:
    """The columns of a batch, without watched slots, diff and trace."""
    output, output_offsets = flat([outcome.output for outcome in outcomes])
    logs = [log for outcome in outcomes for log in outcome.logs]
    rows = [row for row, outcome in enumerate(outcomes) for _ in outcome.logs]
    data, data_offsets = flat([log[2] for log in logs])
    topics = b"".join(b"".join(log[1]).ljust(128, b"\0") for log in logs)
    with_reason = (STATUS_HALTED, STATUS_NOT_INCLUDED)
    return Receipts(
        status=np.array([outcome.status for outcome in outcomes], np.uint8),
        gas_used=np.array([outcome.gas_used for outcome in outcomes], np.uint64),
        gas_price=np.array([outcome.gas_price for outcome in outcomes], np.uint64),
        output=output,
        output_offsets=output_offsets,
        log_transaction=np.array(rows, np.int64),
        log_address=np.frombuffer(b"".join(log[0] for log in logs), np.uint8).reshape(-1, 20),
        log_topics=np.frombuffer(topics, np.uint8).reshape(-1, 4, 32),
        log_topic_count=np.array([len(log[1]) for log in logs], np.uint8),
        log_data=data,
        log_data_offsets=data_offsets,
        watched_index=np.zeros(0, np.int64),
        watched_value=np.zeros((0, 4), np.uint64),
        reasons={
            row: outcome.reason
            for row, outcome in enumerate(outcomes)
            if outcome.status in with_reason
        },
    )


def no_receipts() -> Receipts:
    """Receipts of no transactions."""
    return receipts_of([])


def flat(parts: Sequence[bytes]) -> tuple[Bytes1D, Int1D]:
    """The parts one after the other, and their n + 1 offsets."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(b"".join(parts), np.uint8), offsets


@dataclass(slots=True)
class Changes:
    """Slots of some transactions in a row: (address, slot) -> value before and after."""

    slots: dict[tuple[Address, bytes], tuple[int, int]] = field(default_factory=dict)

    def add(self, tracer: Mapping[str, Any]) -> None:
        """One transaction by geth's prestateTracer in diffMode; ValueError if it is malformed.

        It tells old values where they were not zero, and new ones where they are not.
        """
        before, after = _storage(tracer["pre"]), _storage(tracer["post"])
        for key in before.keys() | after.keys():
            old, new = before.get(key, 0), after.get(key, 0)
            self.note(key, old, new)

    def note(self, key: tuple[Address, bytes], old: int, new: int) -> None:
        """One change after those that are known."""
        first = self.slots[key][0] if key in self.slots else old
        self.slots[key] = (first, new)

    def as_diff(self) -> StorageDiff:
        """What differs in the end, by address and slot."""
        changed = {key: pair for key, pair in self.slots.items() if pair[0] != pair[1]}
        return diff_of([(0, *key, *changed[key]) for key in sorted(changed)])


def diff_of(
    rows: Sequence[tuple[int, Address, bytes, int, int]], *, what_if: bool = False
) -> StorageDiff:
    """Rows of transaction, address, slot, old and new value as columns."""
    transactions = np.array([row[0] for row in rows], np.int64)
    return StorageDiff(
        addresses=np.frombuffer(b"".join(row[1] for row in rows), np.uint8).reshape(-1, 20),
        slots=np.frombuffer(b"".join(row[2] for row in rows), np.uint8).reshape(-1, 32),
        old=integers_to_words([row[3] for row in rows], signed=False),
        new=integers_to_words([row[4] for row in rows], signed=False),
        transaction=transactions if what_if else None,
    )


def _storage(accounts: Mapping[str, Any]) -> dict[tuple[Address, bytes], int]:
    found = {}
    for address, account in accounts.items():
        raw = hex_bytes(address, "address", 20)
        for slot, value in (account.get("storage") or {}).items():
            found[raw, hex_bytes(slot, "slot", 32)] = int.from_bytes(hex_bytes(value, "value"))
    return found
