"""Deadlines, coverage maps and traces, the same on both engines."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment, Chain
from simulator.chain.columns import CALL_KINDS, COVERAGE_SIZE
from simulator.errors import BatchAborted, ChainError, InputError
from tests.unit.simulator.chain.conftest import (
    ENDLESS,
    NOW,
    RECEIVER,
    REVERT_WITH_DATA,
    SENDER,
    SET_AND_GET,
    Open,
    initcode_of,
    value_at,
    word,
)

HUGE = 1 << 50

# Jumps over a byte if word 0 of the calldata is not zero.
BRANCH = bytes.fromhex("600035600757005b00")
# Counts down from word 0 of the calldata.
COUNT_DOWN = bytes.fromhex("6000355b600190038060035700")
# Calls itself twice with all its gas, without a jump.
WITHOUT_JUMPS = bytes.fromhex("60008080808030 5af1 6000808080 8030 5af1 00".replace(" ", ""))


def forward_to(target: bytes) -> bytes:
    """Calls the target with the calldata and 9 wei, then a delegatecall of it with nothing."""
    return (
        bytes.fromhex("3660006000376000600036600060 09".replace(" ", "")) + b"\x73" + target
        + bytes.fromhex("5af150") + bytes.fromhex("6000600060006000") + b"\x73" + target
        + bytes.fromhex("5af45000")
    )  # fmt: skip


def with_huge_blocks(chain: Chain) -> Chain:
    chain.set_block(BlockEnvironment(2, 20, gas_limit=1 << 60))
    return chain


@pytest.mark.parametrize("code", [ENDLESS, WITHOUT_JUMPS], ids=["endless loop", "without jumps"])
def test_a_deadline_ends_a_batch_and_its_earlier_transactions_stay(
    chain: Chain, code: bytes
) -> None:
    store = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    endless = chain.deploy(initcode_of(code), SENDER)
    with_huge_blocks(chain)
    data = [word(1) + word(7), b"", word(1) + word(8)]
    batch = Batch.of([SENDER] * 3, [store, endless, store], data, HUGE)
    with pytest.raises(BatchAborted, match=r"transaction 1: .*deadline") as caught:
        chain.execute(batch, diff=True, coverage=True, trace=True, deadline_seconds=0.2)
    receipts = caught.value.receipts
    assert receipts.status.tolist() == [1]  # type: ignore[attr-defined]
    assert receipts.trace.transaction.tolist() == [0]  # type: ignore[attr-defined]
    assert caught.value.transaction_index == 1
    assert (value_at(chain, store, 1), chain.nonce(SENDER)) == (7, 3)
    assert chain.block_gas_used == int(receipts.gas_used[0])  # type: ignore[attr-defined]
    assert chain.execute(Batch.of([SENDER], [store], [data[2]], 100_000)).status.tolist() == [1]


@pytest.mark.parametrize("method", ["call_many", "what_if_many"])
def test_a_deadline_ends_calls_and_what_ifs(chain: Chain, method: str) -> None:
    endless = chain.deploy(initcode_of(ENDLESS), SENDER)
    with_huge_blocks(chain)
    with pytest.raises(ChainError, match="deadline"):
        getattr(chain, method)(Batch.of([SENDER], [endless], [b""], HUGE), deadline_seconds=0.1)
    assert chain.nonce(SENDER) == 1


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_deadline_that_is_no_time_is_refused(chain: Chain, seconds: float) -> None:
    batch = Batch.of([SENDER], [RECEIVER], [b""], 100_000)
    with pytest.raises(InputError, match="deadline_seconds"):
        chain.execute(batch, deadline_seconds=seconds)
    assert chain.execute(batch, deadline_seconds=1e6).status.tolist() == [1]


@pytest.mark.parametrize("threads", [0, -2])
def test_less_than_one_thread_is_refused(chain: Chain, threads: int) -> None:
    batch = Batch.of([SENDER], [RECEIVER], [b""], 100_000)
    for method in (chain.call_many, chain.what_if_many):
        with pytest.raises(InputError, match="threads"):
            method(batch, threads=threads)


def covered(chain: Chain, code: bytes, *arguments: int) -> list[int]:
    chain.set_code(RECEIVER, code)
    data = [word(argument) for argument in arguments]
    batch = Batch.of([SENDER] * len(data), [RECEIVER] * len(data), data, 1_000_000)
    coverage = chain.execute(batch, coverage=True).coverage
    assert coverage is not None
    assert coverage.dtype == np.uint8 and coverage.shape == (COVERAGE_SIZE,)
    found: list[int] = coverage.tolist()
    return found


def counts(coverage: list[int]) -> list[int]:
    return sorted(count for count in coverage if count)


def test_coverage_tells_the_ways_through_a_branch_apart(chain: Chain) -> None:
    not_taken, taken = covered(chain, BRANCH, 0), covered(chain, BRANCH, 1)
    assert counts(not_taken) == counts(taken) == [1]
    assert not_taken != taken
    both = covered(chain, BRANCH, 0, 1, 5)
    assert counts(both) == [1, 2]
    assert covered(chain, BRANCH, 9) == taken


def test_coverage_counts_how_often_and_stops_at_255(chain: Chain) -> None:
    assert counts(covered(chain, COUNT_DOWN, 10)) == [1, 9]
    assert counts(covered(chain, COUNT_DOWN, 1000)) == [1, 255]


def test_the_same_jump_of_another_contract_is_another_edge(chain: Chain) -> None:
    first = covered(chain, BRANCH, 1)
    other = b"\x77" * 20
    chain.set_code(other, BRANCH + b"\x01")
    batch = Batch.of([SENDER], [other], [word(1)], 100_000)
    assert chain.execute(batch, coverage=True).coverage.tolist() != first  # type: ignore[union-attr]


def test_without_asking_there_is_neither_coverage_nor_a_trace(chain: Chain) -> None:
    receipts = chain.execute(Batch.of([SENDER], [RECEIVER], [b""], 100_000))
    assert receipts.coverage is None and receipts.trace is None


def test_a_trace_tells_the_calls_in_the_order_in_which_they_begin(chain: Chain) -> None:
    outer, inner = b"\x61" * 20, b"\x62" * 20
    chain.set_code(outer, forward_to(inner))
    chain.set_code(inner, REVERT_WITH_DATA)
    chain.set_balance(outer, 100)
    batch = Batch.of([SENDER] * 2, [RECEIVER, outer], [b"", b"\xab\xcd"], 100_000)
    trace = chain.execute(batch, trace=True).trace
    assert trace is not None
    assert trace.transaction.tolist() == [0, 1, 1, 1]
    assert trace.depth.tolist() == [0, 0, 1, 1]
    assert [CALL_KINDS[kind] for kind in trace.kind] == ["call", "call", "call", "delegatecall"]
    callers = [caller.tobytes() for caller in trace.caller]
    assert callers == [SENDER, SENDER, outer, SENDER]
    assert [target.tobytes() for target in trace.target] == [RECEIVER, outer, inner, inner]
    assert trace.value[:, 0].tolist() == [0, 0, 9, 0]
    assert trace.status.tolist() == [1, 1, 0, 0]
    assert trace.input_offsets.tolist() == [0, 0, 2, 4, 4]
    assert trace.output.tobytes() == b"\xab\xcd"
    assert trace.output_offsets.tolist() == [0, 0, 0, 2, 2]
    assert trace.gas_limit[:2].tolist() == [79_000, 79_000 - 2 * 16 + 0]
    assert trace.gas_used[0] == 0 and trace.gas_used[1] > trace.gas_used[2] > 0


def test_a_trace_tells_why_calls_halted_and_what_creations_made(open_world: Open) -> None:
    chain = open_world(hardfork="cancun")
    chain.set_code(RECEIVER, bytes.fromhex("fe"))
    batch = Batch.of([SENDER] * 2, [RECEIVER] * 2, [b"", initcode_of(NOW)], 100_000)
    batch = Batch(
        batch.senders, batch.targets, batch.data, batch.data_offsets, batch.gas_limits,
        creates=np.array([0, 1], np.uint8),
    )  # fmt: skip
    trace = chain.execute(batch, trace=True).trace
    assert trace is not None
    assert trace.status.tolist() == [2, 1] and trace.reasons == {0: "invalid opcode"}
    assert trace.gas_used[0] == trace.gas_limit[0] == 79_000
    assert CALL_KINDS[trace.kind[1]] == "create"
    assert chain.code(trace.target[1].tobytes()) == NOW
    assert trace.output.tobytes() == NOW
