"""The frames of a trace: calls of all kinds, creations, precompiles, failures, what is dropped."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.chain.columns import (
    CALL_KINDS,
    STATUS_HALTED,
    STATUS_REVERTED,
    STATUS_SUCCESS,
    Receipts,
    Trace,
)
from simulator.errors import BatchAborted
from tests.differential.assembler import assemble, initcode
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

GAS = 1_000_000
ECHO = assemble("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN")
REFUSE = assemble("0xbad 0 MSTORE 32 0 REVERT")
ECHOER, REFUSER, HALTER, LEAF = (bytes([number]) * 20 for number in (0xE1, 0xE2, 0xE3, 0xE4))
IDENTITY = bytes(19) + b"\4"


def world(program: str) -> RevmChain:
    chain = RevmChain(block=BlockEnvironment(1, 1, gas_limit=1 << 62))
    chain.set_code(RECEIVER, assemble(program))
    chain.set_code(ECHOER, ECHO)
    chain.set_code(REFUSER, REFUSE)
    chain.set_code(HALTER, assemble("INVALID"))
    chain.set_balance(RECEIVER, 100)
    return chain


def call(
    target: bytes, kind: str = "CALL", size: int = 32, value: int = 0, gas: str = "GAS"
) -> str:
    """Calls with the first bytes of memory; leaves whether it worked on the stack."""
    number = int.from_bytes(target)
    valued = f"{value} " if kind == "CALL" else ""
    return f"0 0 {size} 0 {valued}{number} {gas} {kind}"


def run(chain: RevmChain, *targets: bytes, data: bytes = b"", **options: Any) -> Receipts:
    batch = Batch.of([SENDER] * len(targets), list(targets), [data] * len(targets), GAS)
    return chain.execute(dataclasses.replace(batch, **options), trace=True)


def trace_of(receipts: Receipts) -> Trace:
    assert receipts.trace is not None
    return receipts.trace


def outline(trace: Trace) -> list[tuple[int, str, bytes, int]]:
    """Depth, kind, target and status of each frame."""
    return [
        (int(depth), CALL_KINDS[kind], target.tobytes(), int(status))
        for depth, kind, target, status in zip(
            trace.depth, trace.kind, trace.target, trace.status, strict=True
        )
    ]


def texts(trace: Trace) -> list[tuple[bytes, bytes]]:
    """Input and output of each frame."""

    def cut(data: Any, offsets: Any, row: int) -> bytes:
        return bytes(data[offsets[row] : offsets[row + 1]])

    return [
        (
            cut(trace.input, trace.input_offsets, row),
            cut(trace.output, trace.output_offsets, row),
        )
        for row in range(len(trace.depth))
    ]


def test_a_trace_is_there_only_where_it_was_asked_for() -> None:
    chain = world("STOP")
    batch = Batch.of([SENDER], [RECEIVER], [b""], GAS)
    assert chain.execute(batch, diff=True, coverage=True).trace is None
    assert chain.what_if_many(batch).trace is None
    empty = trace_of(chain.execute(Batch.of([], [], [], GAS), trace=True))
    assert len(empty.depth) == 0 and empty.caller.shape == (0, 20)
    assert empty.input_offsets.tolist() == empty.output_offsets.tolist() == [0]


def test_calls_of_all_kinds_tell_who_called_what_with_what() -> None:
    program = "7 0 MSTORE " + " POP ".join(
        [call(ECHOER, "CALL", value=3), call(ECHOER, "DELEGATECALL"), call(ECHOER, "STATICCALL")]
    )
    trace = trace_of(run(world(program), RECEIVER, data=b"\xaa\xbb"))
    assert outline(trace) == [
        (0, "call", RECEIVER, STATUS_SUCCESS),
        (1, "call", ECHOER, STATUS_SUCCESS),
        (1, "delegatecall", ECHOER, STATUS_SUCCESS),
        (1, "staticcall", ECHOER, STATUS_SUCCESS),
    ]
    assert texts(trace) == [(b"\xaa\xbb", b"")] + [(word(7), word(7))] * 3
    callers = [caller.tobytes() for caller in trace.caller]
    # Code that is delegated to sees the sender of the call around it.
    assert callers == [SENDER, RECEIVER, SENDER, RECEIVER]
    assert trace.value[:, 0].tolist() == [0, 3, 0, 0]
    assert trace.transaction.tolist() == [0] * 4 and trace.reasons == {}


def test_frames_come_in_the_order_in_which_they_begin_and_outputs_fit_them() -> None:
    """Outputs are known in another order: the innermost ends first."""
    chain = world("9 0 MSTORE " + call(LEAF) + " POP 32 0 RETURN")
    chain.set_code(LEAF, assemble("8 0 MSTORE " + call(ECHOER) + " POP 32 0 REVERT"))
    trace = trace_of(run(chain, RECEIVER, ECHOER))
    assert outline(trace) == [
        (0, "call", RECEIVER, STATUS_SUCCESS),
        (1, "call", LEAF, STATUS_REVERTED),
        (2, "call", ECHOER, STATUS_SUCCESS),
        (0, "call", ECHOER, STATUS_SUCCESS),
    ]
    assert [output for _, output in texts(trace)] == [word(9), word(8), word(8), b""]
    assert trace.transaction.tolist() == [0, 0, 0, 1]


def test_gas_of_a_frame_is_what_it_used_itself() -> None:
    chain = world(call(ECHOER, gas="50000"))
    receipts = run(chain, RECEIVER)
    trace = trace_of(receipts)
    outer, inner = trace.gas_used.tolist()
    assert trace.gas_limit.tolist() == [GAS - 21_000, 50_000]
    assert receipts.gas_used[0] == 21_000 + outer
    # CALLDATASIZE twice, four pushes, a copy of one word into one word of memory.
    assert inner == 2 + 3 + 3 + (3 + 3 + 3) + 2 + 3
    assert outer > inner


@pytest.mark.parametrize(
    ("target", "status", "output", "reason"),
    [
        (REFUSER, STATUS_REVERTED, word(0xBAD), None),
        (HALTER, STATUS_HALTED, b"", "invalid opcode"),
        (LEAF, STATUS_SUCCESS, b"", None),
        (IDENTITY, STATUS_SUCCESS, word(7), None),
    ],
)
def test_how_an_inner_call_ended_is_told(
    target: bytes, status: int, output: bytes, reason: str | None
) -> None:
    receipts = run(world("7 0 MSTORE " + call(target)), RECEIVER)
    trace = trace_of(receipts)
    assert receipts.status.tolist() == [STATUS_SUCCESS]
    assert outline(trace)[1] == (1, "call", target, status)
    assert texts(trace)[1] == (word(7), output)
    assert trace.reasons == ({} if reason is None else {1: reason})


def test_calls_that_cannot_begin_are_frames_that_failed() -> None:
    """More value than there is, and a call from depth 1,024."""
    receipts = run(world(call(ECHOER, value=101) + " 0 SSTORE"), RECEIVER)
    trace = trace_of(receipts)
    assert receipts.status.tolist() == [STATUS_SUCCESS]
    assert outline(trace)[1] == (1, "call", ECHOER, STATUS_HALTED)
    assert trace.reasons == {1: "insufficient balance"}
    chain = world(call(RECEIVER))
    batch = Batch.of([SENDER], [RECEIVER], [b""], 1 << 50)
    deep = trace_of(chain.execute(batch, trace=True))
    assert deep.depth.tolist() == list(range(1_026))
    assert deep.reasons == {1_025: "call too deep"}
    assert deep.status.tolist() == [STATUS_SUCCESS] * 1_025 + [STATUS_HALTED]


def test_a_transaction_to_a_precompile_or_to_nobody_is_one_frame() -> None:
    receipts = run(world("STOP"), IDENTITY, LEAF, HALTER, data=b"\1\2\3")
    trace = trace_of(receipts)
    assert outline(trace) == [
        (0, "call", IDENTITY, STATUS_SUCCESS),
        (0, "call", LEAF, STATUS_SUCCESS),
        (0, "call", HALTER, STATUS_HALTED),
    ]
    assert [output for _, output in texts(trace)] == [b"\1\2\3", b"", b""]
    assert trace.reasons == {2: "invalid opcode"} == receipts.reasons


def test_creations_tell_what_they_made() -> None:
    code = initcode(b"\0", "1 0 SSTORE")
    chain = world(
        f"0x{code.hex()} 0 MSTORE {len(code)} {32 - len(code)} 5 CREATE 0 SSTORE "
        f"7 {len(code)} {32 - len(code)} 0 CREATE2 1 SSTORE"
    )
    trace = trace_of(run(chain, RECEIVER))
    made = [target for _, kind, target, _ in outline(trace) if kind.startswith("create")]
    assert [kind for _, kind, _, _ in outline(trace)] == ["call", "create", "create2"]
    assert trace.status.tolist() == [STATUS_SUCCESS] * 3
    assert texts(trace)[1:] == [(code, b"\0")] * 2
    assert [chain.code(address) for address in made] == [b"\0", b"\0"]
    assert trace.value[:, 0].tolist() == [0, 5, 0]
    created = trace_of(run(chain, LEAF, data=code, creates=np.ones(1, bool)))
    assert outline(created)[0][:2] == (0, "create")
    assert chain.code(created.target[0].tobytes()) == b"\0"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("32 0 REVERT", STATUS_REVERTED),
        ("INVALID", STATUS_HALTED),
        ("0xef 0 MSTORE 1 31 RETURN", STATUS_HALTED),
        ("30000 0 RETURN", STATUS_HALTED),
    ],
)
def test_a_creation_that_failed_made_nothing(code: str, status: int) -> None:
    chain = world("STOP")
    receipts = run(chain, LEAF, data=assemble(code), creates=np.ones(1, bool))
    trace = trace_of(receipts)
    assert receipts.status.tolist() == trace.status.tolist() == [status]
    assert outline(trace) == [(0, "create", trace.target[0].tobytes(), status)]
    assert chain.code(trace.target[0].tobytes()) == b""


def test_a_transaction_that_is_not_included_has_no_frames() -> None:
    chain = world("STOP")
    receipts = run(chain, RECEIVER, ECHOER, RECEIVER, gas_limits=np.array([GAS, 5, GAS], np.uint64))
    assert receipts.status.tolist() == [1, 3, 1]
    assert trace_of(receipts).transaction.tolist() == [0, 2]


def test_frames_of_a_transaction_that_was_dropped_are_dropped() -> None:
    chain = world(call(ECHOER))
    chain.set_code(HALTER, assemble(call(REFUSER) + " " + call(HALTER) + " again: @again JUMP"))
    batch = Batch.of([SENDER] * 2, [RECEIVER, HALTER], [b"\1", b"\2"], GAS)
    batch.gas_limits[1] = 1 << 60
    with pytest.raises(BatchAborted) as caught:
        chain.execute(batch, trace=True, deadline_seconds=0.05)
    receipts = caught.value.receipts
    assert isinstance(receipts, Receipts)
    trace = trace_of(receipts)
    assert trace.transaction.tolist() == [0, 0] and trace.reasons == {}
    assert [text for text, _ in texts(trace)] == [b"\1", bytes(32)]
    assert trace.caller.shape == (2, 20) and len(trace.input) == 33


def test_a_trace_changes_nothing_else() -> None:
    program = "7 0 MSTORE " + call(REFUSER) + " 0 SSTORE " + call(ECHOER) + " 1 SSTORE"
    chain = world(program)
    twin = chain.clone()
    traced = run(chain, RECEIVER, RECEIVER)
    plain = twin.execute(Batch.of([SENDER] * 2, [RECEIVER] * 2, [b""] * 2, GAS))
    assert traced.gas_used.tolist() == plain.gas_used.tolist()
    assert chain.to_bytes() == twin.to_bytes()
