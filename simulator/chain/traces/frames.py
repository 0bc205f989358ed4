"""The columns of a `Trace` as one tree of calls per transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.chain.columns import CALL_KINDS, STATUS_HALTED, STATUS_SUCCESS, Trace
from simulator.errors import ChainError
from simulator.types import Address, Bytes1D, Int1D

_BEFORE_BEGIN = frozenset({"insufficient balance", "call too deep", "nonce overflow"})
"""Reasons for which a call or creation fails without running; its gas goes back to the caller."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One call and the calls within it, in order.

    index: its row in the trace; kind: one of CALL_KINDS; caller: what the code sees as sender;
    target: the code that runs, or the created address; account: whose storage it uses, which in a
    delegatecall is not the target; all three 20 raw bytes; value: wei; gas_limit, gas_used: of the
    frame, without intrinsic gas and refunds (what halts loses all its gas, unless it did not even
    begin); output: return or revert data; status: one of STATUS_*; reason: of a halted frame, else
    empty.
    """

    index: int
    depth: int
    kind: str
    caller: Address
    target: Address
    account: Address
    value: int
    gas_limit: int
    gas_used: int
    input: bytes
    output: bytes
    status: int
    reason: str
    calls: tuple[Frame, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.status == STATUS_SUCCESS

    @property
    def creates(self) -> bool:
        return self.kind.startswith("create")

    def walk(self) -> Iterator[Frame]:
        """This frame and all below it in the order in which they began."""
        waiting = [self]
        while waiting:
            frame = waiting.pop()
            yield frame
            waiting.extend(reversed(frame.calls))


def call_tree(trace: Trace, transaction: int) -> Frame:
    """The frame of one transaction of the batch, with all calls within it.

    ChainError if the transaction left no frame: not included, or its index is not of this batch.
    """
    rows = np.flatnonzero(trace.transaction == transaction)
    if not len(rows):
        raise ChainError(
            f"transaction {transaction} has no trace: it was not included or is not of this batch"
        )
    # Calls nest up to 1,024 deep, more than Python's own stack: children are gathered from behind.
    accounts = _accounts(trace, rows.tolist())
    waiting: dict[int, list[Frame]] = {}
    for row in reversed(rows.tolist()):
        depth = int(trace.depth[row])
        inner = tuple(reversed(waiting.pop(depth + 1, [])))
        frame = _frame(trace, row, depth, accounts[row], inner)
        waiting.setdefault(depth, []).append(frame)
    if list(waiting) != [0] or len(waiting[0]) != 1:
        raise ChainError(f"the trace of transaction {transaction} is no tree of calls")
    return waiting[0][0]


def _accounts(trace: Trace, rows: list[int]) -> dict[int, Address]:
    """Whose storage each frame uses: that of its parent where only the code is borrowed."""
    accounts: dict[int, Address] = {}
    last_at: dict[int, Address] = {}
    for row in rows:
        depth = int(trace.depth[row])
        borrowed = CALL_KINDS[int(trace.kind[row])] in ("delegatecall", "callcode")
        target = trace.target[row].tobytes()
        accounts[row] = last_at[depth] = last_at.get(depth - 1, target) if borrowed else target
    return accounts


def _frame(trace: Trace, row: int, depth: int, account: Address, calls: tuple[Frame, ...]) -> Frame:
    status, reason = int(trace.status[row]), trace.reasons.get(row, "")
    lost = status == STATUS_HALTED and reason not in _BEFORE_BEGIN
    return Frame(
        index=row,
        depth=depth,
        kind=CALL_KINDS[int(trace.kind[row])],
        caller=trace.caller[row].tobytes(),
        target=trace.target[row].tobytes(),
        account=account,
        value=int.from_bytes(trace.value[row].astype("<u8").tobytes(), "little"),
        gas_limit=int(trace.gas_limit[row]),
        gas_used=int((trace.gas_limit if lost else trace.gas_used)[row]),
        input=_part(trace.input, trace.input_offsets, row),
        output=_part(trace.output, trace.output_offsets, row),
        status=status,
        reason=reason,
        calls=calls,
    )


def _part(flat: Bytes1D, offsets: Int1D, row: int) -> bytes:
    return flat[offsets[row] : offsets[row + 1]].tobytes()
