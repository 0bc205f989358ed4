"""Random batches, and all the ways to break one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from simulator.chain.columns import AccessLists, Batch
from tests.property.fuzz.programs import CONTRACTS, PEOPLE, Programs

MOST = (1 << 64) - 1
GAS_LIMITS = (100_000, 150_000, 250_000, 600_000)
TIGHT_GAS_LIMITS = (0, 20_999, 21_000, 21_064, 22_000, 30_000, 53_000, 60_000, 1 << 32, MOST)


def table(rows: list[bytes], width: int) -> Any:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), width)


def batch_of(
    random: Random, programs: Programs, base_fee: int, nonce_of: Callable[[bytes], int]
) -> Batch:
    """A well-formed batch of few transactions, some of which cannot be included."""
    count = random.choice((0, 1, 1, 2, 3, 4, 6))
    creates = [random.random() < 0.12 for _ in range(count)]
    data = [programs.initcode() if create else programs.calldata() for create in creates]
    limits = random.choices(GAS_LIMITS, k=count)
    if random.random() < 0.15 and count:
        limits[random.randrange(count)] = random.choice(TIGHT_GAS_LIMITS)
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum([len(item) for item in data], out=offsets[1:])
    senders = random.choices(PEOPLE, k=count)
    if random.random() < 0.03 and count:
        senders[0] = random.choice(CONTRACTS)
    batch = Batch(
        senders=table(senders, 20),
        targets=table([programs.address() for _ in range(count)], 20),
        data=np.frombuffer(b"".join(data), np.uint8),
        data_offsets=offsets,
        gas_limits=np.array(limits, np.uint64),
        creates=np.array(creates, bool) if any(creates) else None,
    )
    optional = _optional(random, programs, count, base_fee)
    if random.random() < 0.15:
        optional["nonces"] = _nonces(random, senders, nonce_of)
    return dataclasses.replace(batch, **optional)


def _nonces(random: Random, senders: list[bytes], nonce_of: Callable[[bytes], int]) -> Any:
    """Right ones if all is included, and sometimes wrong ones."""
    following = {sender: nonce_of(sender) for sender in senders}
    nonces = []
    for sender in senders:
        wrong = random.random() < 0.1
        nonces.append(random.choice((0, 1, 99, MOST)) if wrong else following[sender])
        following[sender] += not wrong
    return np.array(nonces, np.uint64)


def _optional(random: Random, programs: Programs, count: int, base_fee: int) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if random.random() < 0.4:
        values = np.zeros((count, 4), np.uint64)
        values[:, 0] = [random.choice((0, 0, 1, 5)) for _ in range(count)]
        if random.random() < 0.05 and count:
            values[random.randrange(count)] = MOST
        columns["values"] = values
    if base_fee or random.random() < 0.1:
        tips = random.choices((0, 1, 3), k=count)
        slack = random.choice((3, 5, 10)) if random.random() < 0.9 else random.choice((-1, 1))
        columns["max_fees"] = np.array([max(0, base_fee + slack)] * count, np.uint64)
        if random.random() < 0.7:
            columns["priority_fees"] = np.array(tips, np.uint64)
    if random.random() < 0.5:
        columns["types"] = np.array([random.choice((0, 1, 2)) for _ in range(count)], np.uint8)
    if random.random() < 0.25:
        types = columns.get("types", np.full(count, 2, np.uint8))
        columns["access_lists"] = _entries(random, programs, types)
    return columns


def _entries(random: Random, programs: Programs, types: Any) -> AccessLists:
    counts = [0 if kind == 0 else random.randrange(3) for kind in types]
    total = sum(counts)
    slot_counts = [random.randrange(3) for _ in range(total)]
    slots = [random.randrange(6).to_bytes(32, "big") for _ in range(sum(slot_counts))]
    return AccessLists(
        offsets=np.array([0, *np.cumsum(counts, dtype=np.int64)], np.int64),
        addresses=table([programs.address() for _ in range(total)], 20),
        slot_offsets=np.array([0, *np.cumsum(slot_counts, dtype=np.int64)], np.int64),
        slots=table(slots, 32),
    )


def part(batch: Batch, start: int, end: int) -> Batch:
    """Some consecutive transactions of a batch as a batch."""
    first, last = batch.data_offsets[start], batch.data_offsets[end]

    def rows(column: Any) -> Any:
        return None if column is None else column[start:end]

    lists = batch.access_lists
    if lists is not None:
        low, high = lists.offsets[start], lists.offsets[end]
        slot_low, slot_high = lists.slot_offsets[low], lists.slot_offsets[high]
        lists = AccessLists(
            offsets=lists.offsets[start : end + 1] - low,
            addresses=lists.addresses[low:high],
            slot_offsets=lists.slot_offsets[low : high + 1] - slot_low,
            slots=lists.slots[slot_low:slot_high],
        )
    return Batch(
        senders=rows(batch.senders),
        targets=rows(batch.targets),
        data=batch.data[first:last],
        data_offsets=batch.data_offsets[start : end + 1] - first,
        gas_limits=rows(batch.gas_limits),
        creates=rows(batch.creates),
        values=rows(batch.values),
        max_fees=rows(batch.max_fees),
        priority_fees=rows(batch.priority_fees),
        nonces=rows(batch.nonces),
        types=rows(batch.types),
        access_lists=lists,
    )


Break = Callable[[Random, Any], Any]
_BREAKS: list[Break] = [
    lambda random, column: column.astype(np.int8),
    lambda random, column: column.astype(np.float32),
    lambda random, column: column.astype(object),
    lambda random, column: column.astype("V16"),
    lambda random, column: np.concatenate([column, column[:1]]),
    lambda random, column: column[None],
    lambda random, column: column[..., None],
    lambda random, column: column.tolist(),
    lambda random, column: random.choice((5, "text", b"", object, random)),
]
_TWO_WIDE = ("senders", "targets", "values")


def broken(random: Random, batch: Batch) -> Batch:
    """A batch (of at least one transaction) of which one column is wrong for sure."""
    names = [
        field.name
        for field in dataclasses.fields(batch)
        if field.name not in ("data", "access_lists") and getattr(batch, field.name) is not None
    ]
    name = random.choice(names)
    column: Any = getattr(batch, name)
    draw = random.random()
    if draw < 0.25:
        return dataclasses.replace(batch, data_offsets=_bad_offsets(random, batch.data_offsets))
    if draw < 0.35:
        kind = np.full(len(batch), random.randrange(3, 256), np.uint8)
        return dataclasses.replace(batch, types=kind)
    if draw < 0.45 and batch.access_lists is not None:
        return dataclasses.replace(batch, access_lists=_bad_lists(random, batch.access_lists))
    if draw < 0.55:
        column = batch.senders[:, : random.randrange(20)]
        return dataclasses.replace(batch, senders=column)
    wrong = random.choice(_BREAKS)(random, column)
    return dataclasses.replace(batch, **{name: wrong})


def _bad_offsets(random: Random, offsets: Any) -> Any:
    bad = offsets.copy()
    place = random.randrange(len(bad))
    bad[place] += random.choice((-1, 1, 1 << 40, -(1 << 40), 1 << 62, -(1 << 63)))
    inner = 0 < place < len(bad) - 1
    if inner and (np.diff(bad) >= 0).all():
        # Another cut of the same data is a good one.
        bad[-1] += 1
    return bad


def _bad_lists(random: Random, lists: AccessLists) -> Any:
    if random.random() < 0.2:
        return dataclasses.replace(lists, slots=lists.slots[:, :31])
    if random.random() < 0.5:
        return dataclasses.replace(lists, offsets=lists.offsets[1:])
    return dataclasses.replace(lists, slot_offsets=lists.slot_offsets + 1)
