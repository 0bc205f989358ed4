"""Events of the exchange and its feed, decoded in bulk.

A block costs one `add` (references only); `take` decodes everything gathered since the last one
with a few numpy operations per event and a Python integer per word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.chain.abi import event_topic, signature_of
from simulator.chain.artifacts import Artifact
from simulator.chain.base import Receipts
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.types import Address, AnyArray, Bytes1D, Bytes2D, Int1D

Columns = dict[str, list[Any]]
"""Column name -> one value per event: int, "0x..." text for addresses, bool."""


@dataclass(frozen=True, slots=True)
class EventShape:
    """One event: who emits it and its fields (name, ABI type), indexed ones in topics."""

    name: str
    emitter: Address
    topic: bytes
    indexed: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Logs:
    """All buffered logs as columns; data offsets point into one buffer."""

    block: Int1D
    timestamp: Int1D
    transaction: Int1D
    address: Bytes2D
    topics: AnyArray
    data: Bytes1D
    start: Int1D


def event_shapes(artifact: Artifact, emitter: Address) -> list[EventShape]:
    """Every event of a contract, from its ABI."""
    shapes = []
    for entry in artifact.abi:
        if entry["type"] != "event":
            continue
        fields = [(str(i["name"]), str(i["type"]), bool(i["indexed"])) for i in entry["inputs"]]
        shapes.append(
            EventShape(
                name=str(entry["name"]),
                emitter=emitter,
                topic=event_topic(signature_of(entry)),
                indexed=tuple((name, kind) for name, kind, indexed in fields if indexed),
                data=tuple((name, kind) for name, kind, indexed in fields if not indexed),
            )
        )
    return shapes


class LogDecoder:
    """Gathers receipts and decodes their logs.

    Each decoded event has the columns block, timestamp, transaction (its index in the block),
    log (its place among all logs of one `take`) and its own fields. `paid` and `socialised` run
    on over all takes: what settle_everybody needs.
    """

    def __init__(
        self, deployment: Deployment, wanted: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`wanted`: event names to the fields to decode, no fields meaning all; None is everything.

        `paid` and `socialised` need Settled.payment and Socialised.charged.
        """
        shapes = event_shapes(deployment.perp_artifact, deployment.perp)
        shapes += event_shapes(deployment.feed_artifact, deployment.feed)
        self._shapes = [s for s in shapes if wanted is None or s.name in wanted]
        self._fields = {name: frozenset(fields) for name, fields in (wanted or {}).items()}
        self._buffer: list[tuple[int, int, Receipts]] = []
        self.paid = 0
        """Sum of the payments of all settlements (1e-18)."""
        self.socialised = 0
        """Sum of all socialised charges (1e-18), rounding up included."""

    def add(self, block: int, timestamp: int, receipts: Receipts) -> None:
        """Keep a block's logs until the next `take`."""
        if len(receipts.log_transaction):
            self._buffer.append((block, timestamp, receipts))

    def take(self) -> dict[str, Columns]:
        """Event name -> columns, in the order of emission; only events that occurred."""
        if not self._buffer:
            return {}
        logs = _gather(self._buffer)
        self._buffer.clear()
        events = {}
        for shape in self._shapes:
            rows = _rows(logs, shape)
            if len(rows):
                events[shape.name] = _columns(logs, rows, shape, self._fields.get(shape.name))
        self.paid += sum(events.get("Settled", {}).get("payment", ()))
        self.socialised += sum(events.get("Socialised", {}).get("charged", ()))
        return events


def _gather(buffer: list[tuple[int, int, Receipts]]) -> _Logs:
    counts = [len(receipts.log_transaction) for _, _, receipts in buffer]
    sizes = [len(receipts.log_data) for _, _, receipts in buffer]
    shifts = np.repeat(np.cumsum([0, *sizes[:-1]]), counts)
    offsets = np.concatenate([receipts.log_data_offsets[:-1] for _, _, receipts in buffer])
    return _Logs(
        block=np.repeat([block for block, _, _ in buffer], counts),
        timestamp=np.repeat([timestamp for _, timestamp, _ in buffer], counts),
        transaction=np.concatenate([receipts.log_transaction for _, _, receipts in buffer]),
        address=np.concatenate([receipts.log_address for _, _, receipts in buffer]),
        topics=np.concatenate([receipts.log_topics for _, _, receipts in buffer]),
        data=np.concatenate([receipts.log_data for _, _, receipts in buffer]),
        start=offsets + shifts,
    )


def _rows(logs: _Logs, shape: EventShape) -> Int1D:
    topic = np.frombuffer(shape.topic, np.uint8)
    # Eight bytes tell the topics apart; the emitter is compared in full.
    rows = np.flatnonzero((logs.topics[:, 0, :8] == topic[:8]).all(axis=1))
    emitter = np.frombuffer(shape.emitter, np.uint8)
    mine: Int1D = rows[(logs.address[rows] == emitter).all(axis=1)]
    return mine


def _columns(logs: _Logs, rows: Int1D, shape: EventShape, fields: frozenset[str] | None) -> Columns:
    columns: Columns = {
        "block": logs.block[rows].tolist(),
        "timestamp": logs.timestamp[rows].tolist(),
        "transaction": logs.transaction[rows].tolist(),
        "log": rows.tolist(),
    }
    for place, (name, kind) in enumerate(shape.indexed):
        if fields and name not in fields:
            continue
        columns[name] = _values(logs.topics[rows, place + 1], kind)
    width = 32 * len(shape.data)
    body = logs.data[logs.start[rows][:, None] + np.arange(width)]
    for place, (name, kind) in enumerate(shape.data):
        if fields and name not in fields:
            continue
        columns[name] = _values(body[:, 32 * place : 32 * place + 32], kind)
    return columns


def _values(words: Bytes2D, kind: str) -> list[Any]:
    raw = words.tobytes()
    starts = range(0, len(raw), 32)
    if kind == "address":
        return ["0x" + raw[at + 12 : at + 32].hex() for at in starts]
    signed = kind.startswith("int")
    integers = [int.from_bytes(raw[at : at + 32], "big", signed=signed) for at in starts]
    return [bool(value) for value in integers] if kind == "bool" else integers


def merge_rows(events: Mapping[str, Columns], name: str) -> list[dict[str, Any]]:
    """An event's columns as one dict per row; empty if it did not occur."""
    columns = events.get(name, {})
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
