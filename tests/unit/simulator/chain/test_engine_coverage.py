"""Coverage: which jumps were taken, in cells that are the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.chain.columns import COVERAGE_SIZE
from simulator.types import Bytes1D
from tests.differential.assembler import assemble, initcode
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

OTHER = bytes([0x66]) * 20
LOOP = "0 CALLDATALOAD again: 1 SWAP1 SUB DUP1 @again JUMPI"
"""As many rounds as the calldata says: all but one jump back."""
BRANCH = "0 CALLDATALOAD @there JUMPI STOP there: STOP"

KNOWN = {14521: 4, 56225: 1}
"""As a first build counted them: whoever changes how edges are hashed spoils kept corpora."""


def covered(program: str, *arguments: int, place: bytes = RECEIVER, gas: int = 200_000) -> Bytes1D:
    chain = RevmChain(block=BlockEnvironment(1, 1))
    chain.set_code(place, assemble(program))
    data = [argument.to_bytes(32, "big") for argument in arguments]
    batch = Batch.of([SENDER] * len(data), [place] * len(data), data, gas)
    receipts = chain.execute(batch, coverage=True)
    assert receipts.coverage is not None
    return receipts.coverage


def cells(coverage: Bytes1D) -> dict[int, int]:
    return {int(cell): int(coverage[cell]) for cell in np.flatnonzero(coverage)}


def test_it_is_there_only_where_it_was_asked_for() -> None:
    chain = RevmChain()
    chain.set_code(RECEIVER, assemble(LOOP))
    batch = Batch.of([SENDER], [RECEIVER], [bytes(31) + b"\2"], 100_000)
    assert chain.execute(batch).coverage is None
    assert chain.execute(batch, coverage=False, trace=True, diff=True).coverage is None
    assert chain.call_many(batch).coverage is None
    assert chain.what_if_many(batch).coverage is None
    coverage = chain.execute(batch, coverage=True).coverage
    assert coverage is not None
    assert coverage.shape == (COVERAGE_SIZE,) and coverage.dtype == np.uint8


def test_it_counts_each_edge_up_to_255() -> None:
    assert sorted(cells(covered(LOOP, 1)).values()) == [1]
    assert sorted(cells(covered(LOOP, 5)).values()) == [1, 4]
    assert sorted(cells(covered(LOOP, 5, 3, 1)).values()) == [3, 6]
    assert sorted(cells(covered(LOOP, 256)).values()) == [1, 255]
    assert sorted(cells(covered(LOOP, 2_000)).values()) == [1, 255]


def test_a_branch_taken_and_one_not_taken_are_two_edges() -> None:
    taken, not_taken = cells(covered(BRANCH, 1)), cells(covered(BRANCH, 0))
    assert len(taken) == len(not_taken) == 1 and taken.keys() != not_taken.keys()
    assert cells(covered(BRANCH, 1, 0)) == taken | not_taken


def test_the_same_edge_of_another_contract_is_another_cell() -> None:
    here, there = covered(LOOP, 5), covered(LOOP, 5, place=OTHER)
    assert len(cells(here)) == len(cells(there)) == 2
    assert not (cells(here).keys() & cells(there).keys())


def test_cells_do_not_depend_on_what_else_there_is_in_the_world() -> None:
    chain = RevmChain("osaka", chain_id=9, block=BlockEnvironment(50, 50))
    for number in range(50):
        chain.set_code(bytes([number]) * 20, assemble(BRANCH))
    chain.set_code(RECEIVER, assemble(LOOP))
    batch = Batch.of([OTHER], [RECEIVER], [bytes(31) + b"\5"], 300_000)
    for world in (chain, chain.clone(), RevmChain.from_bytes(chain.to_bytes())):
        coverage = world.execute(batch, coverage=True).coverage
        assert coverage is not None and (coverage == covered(LOOP, 5)).all()


def test_cells_are_those_of_any_process() -> None:
    """Known answers: a corpus found by one process is of use to another one and to the next day."""
    found = cells(covered(LOOP, 5))
    assert found == KNOWN, found


def test_code_without_jumps_covers_nothing_and_a_bad_jump_halts() -> None:
    assert cells(covered("1 0 SSTORE", 0)) == {}
    assert len(cells(covered("1 JUMP", 0))) <= 1


def test_jumps_of_initcode_and_of_inner_calls_are_counted() -> None:
    chain = RevmChain()
    code = initcode(b"\0", "3 again: 1 SWAP1 SUB DUP1 @again JUMPI POP")
    batch = Batch.of([SENDER], [bytes(20)], [code], 200_000)
    creation = Batch(batch.senders, batch.targets, batch.data, batch.data_offsets,
                     batch.gas_limits, creates=np.ones(1, bool))  # fmt: skip
    receipts = chain.execute(creation, coverage=True)
    assert receipts.status.tolist() == [1] and receipts.coverage is not None
    assert sorted(cells(receipts.coverage).values()) == [1, 2]
    chain.set_code(RECEIVER, assemble(LOOP))
    chain.set_code(OTHER, assemble(f"4 0 MSTORE 0 0 32 0 0 {int.from_bytes(RECEIVER)} GAS CALL"))
    inner = chain.execute(Batch.of([SENDER], [OTHER], [b""], 200_000), coverage=True)
    assert inner.coverage is not None
    assert (inner.coverage == covered(LOOP, 4)).all()


def test_code_that_is_delegated_to_counts_where_it_lies() -> None:
    chain = RevmChain()
    chain.set_code(RECEIVER, assemble(LOOP))
    to = int.from_bytes(RECEIVER)
    chain.set_code(OTHER, assemble(f"4 0 MSTORE 0 0 32 0 {to} GAS DELEGATECALL"))
    receipts = chain.execute(Batch.of([SENDER], [OTHER], [b""], 200_000), coverage=True)
    assert receipts.coverage is not None and (receipts.coverage == covered(LOOP, 4)).all()


def test_it_changes_nothing_else() -> None:
    chain = RevmChain()
    chain.set_code(RECEIVER, assemble(LOOP + " POP 5 0 SSTORE"))
    twin = chain.clone()
    batch = Batch.of([SENDER] * 2, [RECEIVER] * 2, [bytes(31) + b"\7"] * 2, 200_000)
    one, other = chain.execute(batch, coverage=True), twin.execute(batch)
    assert one.gas_used.tolist() == other.gas_used.tolist()
    assert chain.to_bytes() == twin.to_bytes()
