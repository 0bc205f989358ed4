"""Logs of many transactions as one table per event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from simulator.chain.abi.fields import field_columns, name_of_log
from simulator.chain.abi.reading import Addresses, Form, Integers, address_texts, objects
from simulator.chain.abi.signatures import Entry, Event, events_of
from simulator.chain.columns import Receipts
from simulator.errors import InputError
from simulator.types import AnyArray, Bytes2D, Int1D

if TYPE_CHECKING:
    import pandas as pd


def decode_logs(
    receipts: Receipts,
    events: str | Entry | Event | Iterable[str | Entry | Event],
    addresses: bytes | Sequence[bytes] | Bytes2D | None = None,
    *,
    integers: Integers = "python",
    addresses_as: Addresses = "text",
    mismatches: Literal["raise", "skip"] = "raise",
) -> dict[str, pd.DataFrame]:
    """Event name -> a table with a row for each such log, in the order of emission.

    events: a contract's ABI, some of its entries, or text such as
    `Transfer(address indexed from, address indexed to, uint256 value)`. Each event has a table, an
    empty one if it did not occur. Events that share a name are keyed by their full signature, which
    says `indexed` if they share that too. addresses: only logs of these emitters (20 raw bytes
    each); anonymous events need it.

    Columns: transaction (index into the batch), log (index among the receipts' logs), emitter, then
    the event's fields; a field of one of these names gets a `_` behind it, one without a name is
    called `argument_<n>`. Integers are Python's own unless `float64`, `int64`, `uint64` or `words`
    (four columns, `<field>.0` to `<field>.3`, least significant first) is asked for; addresses 0x
    text or raw bytes; bytesN and bytes raw bytes; arrays and structs tuples. Of an indexed field of
    a dynamic type a log has only the hash, 32 bytes.

    A log that has an event's first topic, but not its shape, is wrong data: InputError with its
    transaction and log. `skip` leaves such logs out and lists them in `table.attrs["skipped"]`.
    """
    import pandas as pd

    form = Form(integers, addresses_as)
    if mismatches not in ("raise", "skip"):
        raise InputError("mismatches", mismatches, "must be one of raise, skip")
    known = _unique(events_of(events))
    chosen = _Chosen(receipts, _of_emitters(receipts, addresses), mismatches == "skip")
    if addresses is None and (nameless := [event for event in known if event.anonymous]):
        rule = "is anonymous: it is told apart only by the addresses that emit it"
        raise InputError("events", nameless[0].signature, rule)
    tables = {}
    for name, event in _named(known):
        rows, skipped = chosen.rows_of(event, known)
        columns = _own_columns(receipts, rows, form)
        columns |= field_columns(event, receipts, rows, form)
        table = pd.DataFrame(columns)
        if skipped:
            table.attrs["skipped"] = skipped
        tables[name] = table
    return tables


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The logs of the emitters that were asked for."""

    receipts: Receipts
    rows: Int1D
    may_skip: bool

    def rows_of(self, event: Event, known: Sequence[Event]) -> tuple[Int1D, list[int]]:
        """The logs of an event, and those left out because they have another shape."""
        rows = self._anonymous(event, known) if event.anonymous else self._by_topic(event, known)
        receipts = self.receipts
        size = 32 * sum(f.type.words for f in event.fields if not f.indexed)
        lengths = receipts.log_data_offsets[1:][rows] - receipts.log_data_offsets[:-1][rows]
        wrong = (receipts.log_topic_count[rows] != event.topic_count) | (lengths < size)
        if wrong.any() and not self.may_skip:
            row = int(rows[np.flatnonzero(wrong)[0]])
            count, length = int(receipts.log_topic_count[row]), int(lengths[wrong][0])
            raise InputError(
                name_of_log(receipts, row),
                f"{count} topics, {length} bytes",
                f"{event.signature} has {event.topic_count} topics, at least {size} bytes; choose "
                'emitters by `addresses`, or leave such logs out by mismatches="skip"',
            )
        return rows[~wrong], rows[wrong].tolist()

    def _by_topic(self, event: Event, known: Sequence[Event]) -> Int1D:
        topics = self.receipts.log_topics.reshape(-1, 4, 32)[self.rows, 0]
        topic = np.frombuffer(event.topic, np.uint8)
        # Eight bytes tell nearly all topics apart; the rest is compared for those that are left.
        rows: Int1D = self.rows[(topics[:, :8] == topic[:8]).all(axis=1)]
        first = self.receipts.log_topics.reshape(-1, 4, 32)[rows, 0]
        counts = self.receipts.log_topic_count[rows]
        rows = rows[(first == topic).all(axis=1) & (counts > 0)]
        others = [
            other.topic_count
            for other in known
            if other.topic == event.topic and other != event and not other.anonymous
        ]
        if others:
            # The same signature with more or fewer indexed fields, as in ERC-20 and ERC-721.
            rows = rows[~np.isin(self.receipts.log_topic_count[rows], others)]
        return rows

    def _anonymous(self, event: Event, known: Sequence[Event]) -> Int1D:
        receipts, rows = self.receipts, self.rows
        rows = rows[receipts.log_topic_count[rows] == event.topic_count]
        lengths = receipts.log_data_offsets[1:][rows] - receipts.log_data_offsets[:-1][rows]
        data = [field for field in event.fields if not field.indexed]
        size = 32 * sum(field.type.words for field in data)
        is_static = all(field.type.is_static for field in data)
        rows = rows[lengths == size if is_static else lengths > size]
        topics = {other.topic for other in known if not other.anonymous}
        first = receipts.log_topics.reshape(-1, 4, 32)[rows, 0]
        free: Int1D = rows[np.array([topic.tobytes() not in topics for topic in first], bool)]
        return free


def _unique(events: list[Event]) -> list[Event]:
    """Each event once; InputError where two cannot be told apart by their logs."""
    unique = list(dict.fromkeys(events))
    seen: dict[Any, Event] = {}
    for event in unique:
        shape = tuple(field.type.text for field in event.fields if not field.indexed)
        key = ("", shape) if event.anonymous else (event.topic, ())
        other = seen.setdefault((*key, event.topic_count), event)
        if other is not event:
            rule = f"cannot be told apart from {other.signature}"
            raise InputError("events", event.signature, rule)
    return unique


def _named(events: list[Event]) -> Iterator[tuple[str, Event]]:
    """Each event with the shortest name that no other one has."""
    names = Counter(event.name for event in events)
    signatures = Counter(event.signature for event in events)
    for event in events:
        if names[event.name] == 1:
            yield event.name, event
        elif signatures[event.signature] == 1:
            yield event.signature, event
        else:
            parts = (field.type.text + " indexed" * field.indexed for field in event.fields)
            yield f"{event.name}({','.join(parts)})", event


def _of_emitters(receipts: Receipts, addresses: bytes | Sequence[bytes] | Bytes2D | None) -> Int1D:
    rows = np.arange(len(receipts.log_transaction))
    if addresses is None:
        return rows
    if isinstance(addresses, bytes):
        addresses = [addresses]
    wanted = {bytes(address) for address in addresses}
    for address in wanted:
        if len(address) != 20:
            raise InputError("addresses", address, "an address is 20 raw bytes")
    raw = np.ascontiguousarray(receipts.log_address).tobytes()
    cuts = range(0, len(raw), 20)
    mine: Int1D = rows[np.array([raw[at : at + 20] in wanted for at in cuts], bool)]
    return mine


def _own_columns(receipts: Receipts, rows: Int1D, form: Form) -> dict[str, AnyArray]:
    emitters = receipts.log_address[rows]
    texts: list[Any] = (
        address_texts(emitters)
        if form.addresses == "text"
        else [emitter.tobytes() for emitter in emitters]
    )
    return {
        "transaction": receipts.log_transaction[rows],
        "log": rows,
        "emitter": objects(texts),
    }
