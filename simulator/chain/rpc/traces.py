"""What callTracer answers as the columns of a `Trace`, and the logs in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.chain.columns import CALL_KINDS, STATUS_HALTED, Trace
from simulator.chain.fork.values import hex_number
from simulator.chain.rpc.receipts import Log, ending_of, flat, log_of
from simulator.chain.rpc.wire import bytes_in, number_in
from simulator.types import Address, Words
from simulator.units import integers_to_words

Frame = Mapping[str, Any]

_NOBODY: Address = bytes(20)


def trace_of(frames: Sequence[tuple[int, Frame, int, int]]) -> Trace:
    """The calls of some transactions: row, outermost frame, intrinsic gas, gas used by receipt.

    Of the outermost frame a node tells the gas after refunds only, so there `gas_used` is without
    them. Self-destructs have no frame. ValueError names a malformed field.
    """
    rows = [entry for each in frames for entry in _walk(*each)]
    data, data_offsets = flat([bytes_in(frame, "input") for _, _, frame, *_ in rows])
    endings = [ending_of(frame) for _, _, frame, *_ in rows]
    output, output_offsets = flat([ending["output"] for ending in endings])
    callers = b"".join(caller for _, _, _, caller, _, _ in rows)
    targets = b"".join(
        bytes_in(frame, "to", 20) if frame.get("to") else _NOBODY for _, _, frame, *_ in rows
    )
    return Trace(
        transaction=np.array([row for row, *_ in rows], np.int64),
        depth=np.array([depth for _, depth, *_ in rows], np.int64),
        kind=np.array([CALL_KINDS.index(_kind(frame)) for _, _, frame, *_ in rows], np.uint8),
        caller=np.frombuffer(callers, np.uint8).reshape(-1, 20),
        target=np.frombuffer(targets, np.uint8).reshape(-1, 20),
        value=_words([frame for _, _, frame, *_ in rows]),
        gas_limit=np.array([limit for *_, limit, _ in rows], np.uint64),
        gas_used=np.array([used for *_, used in rows], np.uint64),
        input=data,
        input_offsets=data_offsets,
        output=output,
        output_offsets=output_offsets,
        status=np.array([ending["status"] for ending in endings], np.uint8),
        reasons={
            row: ending["reason"]
            for row, ending in enumerate(endings)
            if ending["status"] == STATUS_HALTED
        },
    )


def logs_of(root: Frame) -> tuple[Log, ...]:
    """The logs that stay, from a tracer that was asked for them (`withLog`)."""
    found: list[tuple[int, Log]] = []
    waiting = [root]
    while waiting:
        frame = waiting.pop()
        if frame.get("error"):
            continue  # what a failed call logged, and the calls within it, is undone
        for entry in frame.get("logs") or ():
            found.append((hex_number(entry["index"], "index"), log_of(entry)))
        waiting.extend(frame.get("calls") or ())
    return tuple(log for _, log in sorted(found, key=lambda pair: pair[0]))


def _walk(
    row: int, root: Frame, intrinsic: int, used: int
) -> list[tuple[int, int, Frame, Address, int, int]]:
    """Row, depth, frame, what it sees as its caller, gas limit and gas used; in order."""
    limit = number_in(root, "gas")
    found = [(row, 0, root, bytes_in(root, "from", 20), limit, max(used - intrinsic, 0))]
    waiting = [(1, frame, found[0][3]) for frame in reversed(root.get("calls") or ())]
    while waiting:
        depth, frame, outer_caller = waiting.pop()
        kind = _kind(frame)
        if kind not in CALL_KINDS:
            continue
        caller = outer_caller if kind == "delegatecall" else bytes_in(frame, "from", 20)
        gas = number_in(frame, "gas"), number_in(frame, "gasUsed")
        found.append((row, depth, frame, caller, *gas))
        inner = reversed(frame.get("calls") or ())
        waiting.extend((depth + 1, each, caller) for each in inner)
    return found


def _kind(frame: Frame) -> str:
    return str(frame.get("type", "")).lower()


def _words(frames: Sequence[Frame]) -> Words:
    values = [hex_number(frame.get("value") or "0x0", "value") for frame in frames]
    return integers_to_words(values, signed=False)
