"""A call tree in the form of geth's `callTracer`, which debug_traceTransaction answers."""

from __future__ import annotations

from typing import Any

from simulator.chain.columns import STATUS_HALTED, STATUS_REVERTED, Trace
from simulator.chain.reverts import ERROR_SELECTOR, PANIC_SELECTOR, revert_reason
from simulator.chain.traces.frames import Frame, call_tree
from simulator.types import Address

GETH_ERRORS = {
    "address collision": "contract address collision",
    "nonce overflow": "nonce uint64 overflow",
    "contract code too large": "max code size exceeded",
    "contract code starts with 0xEF": "invalid code: must not begin with 0xef",
    "initcode too large": "max initcode size exceeded",
    "write in a static call": "write protection",
    "insufficient balance": "insufficient balance for transfer",
    "call too deep": "max call depth exceeded",
}
"""Our word for why a frame halted -> geth's, where they differ. Others pass as they are."""


def call_tracer(
    trace: Trace,
    transaction_index: int,
    *,
    gas_limit: int | None = None,
    gas_used: int | None = None,
    only_top_call: bool = False,
) -> dict[str, Any]:
    """What `debug_traceTransaction` with the tracer `callTracer` answers: a dict ready for JSON.

    gas_limit, gas_used: of the transaction (its receipt); geth tells these in the outermost frame,
    where a trace has those of the frame itself, which are taken if None is given. A self-destruct
    has no frame of its own. ChainError if the transaction left no trace.
    """
    root = call_tree(trace, transaction_index)
    answer = _fields(root, root.caller)
    if gas_limit is not None:
        answer["gas"] = hex(gas_limit)
    if gas_used is not None:
        answer["gasUsed"] = hex(gas_used)
    waiting = [] if only_top_call else [(root, answer)]
    while waiting:
        frame, fields = waiting.pop()
        if frame.calls:
            fields["calls"] = [_fields(inner, frame.account) for inner in frame.calls]
            waiting.extend(zip(frame.calls, fields["calls"], strict=True))
    return answer


def _fields(frame: Frame, caller: Address) -> dict[str, Any]:
    """A frame without those within it. caller: who calls, in a delegatecall not what it sees."""
    fields: dict[str, Any] = {
        "type": frame.kind.upper(),
        "from": _text(caller),
        "to": _text(frame.target),
        "gas": hex(frame.gas_limit),
        "gasUsed": hex(frame.gas_used),
        "input": _text(frame.input),
    }
    if frame.kind != "staticcall":
        fields["value"] = hex(frame.value)
    if frame.output and frame.status != STATUS_HALTED:
        fields["output"] = _text(frame.output)
    if not frame.succeeded:
        fields["error"] = _error(frame)
        if frame.creates:
            del fields["to"]
    if frame.status == STATUS_REVERTED and frame.output[:4] in (ERROR_SELECTOR, PANIC_SELECTOR):
        fields["revertReason"] = revert_reason(frame.output)
    return fields


def _error(frame: Frame) -> str:
    if frame.status == STATUS_REVERTED:
        return "execution reverted"
    return GETH_ERRORS.get(frame.reason, frame.reason)


def _text(data: bytes) -> str:
    return "0x" + data.hex()
