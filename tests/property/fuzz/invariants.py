"""What holds for every batch, whatever is in it. Plain conditions: they run a million times."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.chain.base import Chain
from simulator.chain.columns import (
    CALL_KINDS,
    COVERAGE_SIZE,
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    STATUS_SUCCESS,
    Batch,
    Receipts,
    StorageDiff,
    Trace,
)

LEAST_GAS = 21_000


def check(condition: bool, what: str, *facts: object) -> None:
    if not condition:
        raise AssertionError(f"{what}: {', '.join(map(repr, facts))}")


def check_flat(name: str, data: Any, offsets: Any, rows: int) -> None:
    """Flat bytes and their offsets fit each other and the number of rows."""
    check(data.dtype == np.uint8 and data.ndim == 1, f"type of {name}", data.dtype, data.shape)
    check(offsets.dtype == np.int64 and offsets.shape == (rows + 1,), f"offsets of {name}", offsets)
    check(offsets[0] == 0 and offsets[-1] == len(data), f"ends of {name}", offsets, len(data))
    check(rows == 0 or bool((np.diff(offsets) >= 0).all()), f"{name} falls", offsets)


def check_receipts(batch: Batch, receipts: Receipts, base_fee: int, rows: int) -> None:
    """Shapes, bounds and cross-references of the receipts of the first `rows` transactions."""
    status, used, price = receipts.status, receipts.gas_used, receipts.gas_price
    check(status.dtype == np.uint8 and status.shape == (rows,), "status", status)
    check(used.dtype == np.uint64 and used.shape == (rows,), "gas used", used)
    check(price.dtype == np.uint64 and price.shape == (rows,), "gas price", price)
    check_flat("output", receipts.output, receipts.output_offsets, rows)
    reasons = receipts.reasons
    for index, (kind, gas, paid) in enumerate(
        zip(status.tolist(), used.tolist(), price.tolist(), strict=True)
    ):
        if kind == STATUS_NOT_INCLUDED:
            check(gas == paid == 0 and bool(reasons.get(index)), "not included", index, gas, paid)
            check(receipts.output_of(index) == b"", "output of what did not run", index)
            continue
        limit = int(batch.gas_limits[index])
        check(LEAST_GAS <= gas <= limit, "gas used", index, gas, limit)
        check(paid >= base_fee, "price below the base fee", index, paid, base_fee)
        check(kind <= STATUS_HALTED, "status", index, kind)
        check((index in reasons) == (kind == STATUS_HALTED), "reasons", index, kind, reasons)
        check(kind != STATUS_HALTED or gas == limit, "a halt takes all gas", index, gas, limit)
    check(all(0 <= index < rows for index in reasons), "reasons", reasons)
    check_logs(receipts)
    check(len(receipts.watched_index) == len(receipts.watched_value), "watched")


def check_logs(receipts: Receipts) -> None:
    count = len(receipts.log_transaction)
    check(receipts.log_address.shape == (count, 20), "addresses of logs")
    check(receipts.log_topics.shape == (count, 4, 32), "topics", receipts.log_topics.shape)
    check_flat("log data", receipts.log_data, receipts.log_data_offsets, count)
    if not count:
        return
    of = receipts.log_transaction
    check(bool((np.diff(of) >= 0).all()), "order of logs", of)
    check(bool((receipts.status[of] == STATUS_SUCCESS).all()), "logs of what failed", of)
    topics = receipts.log_topic_count
    check(topics.shape == (count,) and int(topics.max()) <= 4, "number of topics", topics)
    unused = np.arange(4)[None, :] >= topics[:, None]
    check(not receipts.log_topics[unused].any(), "unused topics", topics)


def check_diff(chain: Chain, diff: StorageDiff | None) -> None:
    """Rows differ, rise by address and slot, and end where the state is now."""
    check(diff is not None, "no diff")
    assert diff is not None
    rows = len(diff.slots)
    check(diff.old.shape == diff.new.shape == (rows, 4), "shape of a diff", diff.old.shape)
    check(not rows or bool((diff.old != diff.new).any(axis=1).all()), "a change that is none")
    keys = [a.tobytes() + s.tobytes() for a, s in zip(diff.addresses, diff.slots, strict=True)]
    check(keys == sorted(set(keys)), "order of a diff", keys)
    for row in range(min(rows, 2)):
        now = chain.storage(diff.addresses[row].tobytes(), diff.slots[row : row + 1])
        check(bool((now[0] == diff.new[row]).all()), "a diff and the state", keys[row], now)


def check_coverage(receipts: Receipts) -> None:
    coverage = receipts.coverage
    check(coverage is not None, "no coverage")
    assert coverage is not None
    check(coverage.shape == (COVERAGE_SIZE,) and coverage.dtype == np.uint8, "coverage")


def check_trace(trace: Trace | None, receipts: Receipts) -> None:
    """A tree of frames for each transaction that ran, whose root did what its receipt says."""
    check(trace is not None, "no trace")
    assert trace is not None
    frames = len(trace.transaction)
    for name in ("depth", "kind", "gas_limit", "gas_used", "status"):
        check(getattr(trace, name).shape == (frames,), f"{name} of a trace", frames)
    check(trace.caller.shape == trace.target.shape == (frames, 20), "addresses of a trace")
    check(trace.value.shape == (frames, 4), "values of a trace")
    check_flat("input", trace.input, trace.input_offsets, frames)
    check_flat("output", trace.output, trace.output_offsets, frames)
    roots = np.flatnonzero(trace.depth == 0)
    ran = np.flatnonzero(receipts.status != STATUS_NOT_INCLUDED)
    check(trace.transaction[roots].tolist() == ran.tolist(), "roots of a trace", roots, ran)
    check(bool((trace.status[roots] == receipts.status[ran]).all()), "status of roots")
    if not frames:
        return
    check(int(np.diff(trace.depth).max(initial=0)) <= 1, "a frame without a parent", trace.depth)
    check(bool((np.diff(trace.transaction) >= 0).all()), "order of frames")
    check(int(trace.kind.max()) < len(CALL_KINDS), "kind of a frame", trace.kind)
    check(bool((trace.gas_used <= trace.gas_limit).all()), "gas of a frame")
    halted = set(np.flatnonzero(trace.status == STATUS_HALTED).tolist())
    check(set(trace.reasons) == halted, "reasons of frames", trace.reasons, halted)


def rows_of(receipts: Receipts) -> list[tuple[object, ...]]:
    """All that is said about each transaction."""
    logs: list[list[bytes]] = [[] for _ in receipts.status]
    for row, index in enumerate(receipts.log_transaction.tolist()):
        start, end = receipts.log_data_offsets[row : row + 2].tolist()
        logs[index].append(
            receipts.log_address[row].tobytes()
            + receipts.log_topics[row].tobytes()
            + bytes([int(receipts.log_topic_count[row])])
            + receipts.log_data[start:end].tobytes()
        )
    return [
        (kind, gas, price, receipts.output_of(index), receipts.reasons.get(index), logs[index])
        for index, (kind, gas, price) in enumerate(
            zip(
                receipts.status.tolist(),
                receipts.gas_used.tolist(),
                receipts.gas_price.tolist(),
                strict=True,
            )
        )
    ]


def changes_of(diff: StorageDiff | None, transaction: int | None = None) -> list[bytes]:
    """The rows of a diff, or those of one what-if."""
    assert diff is not None
    rows: Any = range(len(diff.slots))
    if transaction is not None:
        assert diff.transaction is not None
        rows = np.flatnonzero(diff.transaction == transaction)
    columns = (diff.addresses, diff.slots, diff.old, diff.new)
    return [b"".join(column[row].tobytes() for column in columns) for row in rows]
