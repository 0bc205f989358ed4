"""revm and py-evm agree on receipts, storage changes, traces, and on the state after them."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.chain import open_chain
from simulator.chain.base import BlockEnvironment, Chain, Receipts, StorageDiff, Trace
from simulator.chain.columns import CALL_KINDS
from simulator.chain.fees import next_block
from tests.differential.draws import Draws, Markets
from tests.differential.node_runs import state_of
from tests.differential.scripts import (
    COINBASE,
    SENDERS,
    Block,
    Call,
    batch_of,
    place,
    revival_blocks,
    set_up,
)
from tests.differential.vectors import FORKS, known_in

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

KNOWN_TO_BOTH = FORKS[:-1]
FIRST_BASE_FEE = 10**9
GAS_LIMIT = 12_000_000


def world(engine: str, fork: str) -> Chain:
    chain = open_chain(engine, hardfork=fork)
    set_up(chain)
    return chain


def both(fork: str) -> tuple[Chain, Chain]:
    return world("revm", fork), world("pyevm", fork)


def run(chain: Chain, blocks: list[Block], trace: bool = False) -> list[Receipts]:
    receipts = []
    for block in blocks:
        chain.set_block(block.environment)
        receipts.append(chain.execute(batch_of(block.calls), diff=True, trace=trace))
    return receipts


def drawn_blocks(fork: str, seed: int, sizes: list[int], fees: bool) -> list[Block]:
    """The opening and random transactions; the base fee follows from a run on revm."""
    chain = world("revm", fork)
    fee = FIRST_BASE_FEE if fees else 0
    environment = BlockEnvironment(
        number=1, timestamp=1_700_000_000, base_fee=fee, gas_limit=GAS_LIMIT, coinbase=COINBASE
    )
    blocks = [Block(environment, Markets().opening(fork, fee))]
    draws = Draws(seed, [v for v in known_in(fork) if not v.is_slow], fees)
    run(chain, blocks)
    for size in sizes:
        now = chain.block.timestamp + 12
        changes = {} if fees else {"base_fee": 0}
        environment = next_block(chain, now, prevrandao=now.to_bytes(32, "big"), **changes)
        calls = draws.calls(size, environment.base_fee, environment.number)
        blocks.append(Block(environment, calls))
        run(chain, blocks[-1:])
    return blocks


Columns = Receipts | StorageDiff | Trace


def assert_same_columns(ours: Columns, reference: Columns, but: tuple[str, ...] = ()) -> None:
    for name, one in ours._asdict().items():
        if name in but:
            continue
        other = getattr(reference, name)
        if isinstance(one, np.ndarray):
            assert other is not None, name
            assert one.dtype == other.dtype and one.shape == other.shape, name
            np.testing.assert_array_equal(one, other, err_msg=name)
        elif isinstance(one, StorageDiff | Trace):
            assert_same_columns(one, other)
        else:
            assert one == other, name


def assert_same_runs(fork: str, blocks: list[Block]) -> tuple[Chain, Chain]:
    ours, reference = both(fork)
    got, wanted = run(ours, blocks, trace=True), run(reference, blocks, trace=True)
    for ours_receipts, reference_receipts in zip(got, wanted, strict=True):
        assert_same_columns(ours_receipts, reference_receipts, but=("coverage",))
    assert state_of(ours) == state_of(reference)
    assert ours.state_root() == reference.state_root()
    return ours, reference


@pytest.mark.parametrize("fees", [False, True], ids=["free", "with fees"])
@pytest.mark.parametrize("fork", KNOWN_TO_BOTH)
def test_random_transactions_do_the_same_on_both_engines(fork: str, fees: bool) -> None:
    blocks = drawn_blocks(fork, KNOWN_TO_BOTH.index(fork), [20, 40, 90, 90], fees)
    ours, reference = assert_same_runs(fork, blocks)
    assert ours.block_gas_used == reference.block_gas_used > 0
    for address in [place("store"), Markets().perp, b"\x07" * 20]:
        slots = np.zeros((3, 32), np.uint8)
        slots[:, 31] = [0, 1, 200]
        assert ours.proof(address, slots) == reference.proof(address, slots)


@pytest.mark.parametrize("fork", KNOWN_TO_BOTH)
def test_accounts_that_die_and_live_again_in_a_block_are_the_same_on_both_engines(
    fork: str,
) -> None:
    assert_same_runs(fork, revival_blocks())


def test_every_precompiled_contract_answers_and_costs_the_same_on_both_engines() -> None:
    calls = [
        Call(SENDERS[0], vector.address.to_bytes(20, "big"), vector.data)
        for vector in known_in("prague")
        if not vector.is_dear
    ]
    assert_same_runs("prague", [Block(BlockEnvironment(2, 20), calls)])


@pytest.mark.parametrize("fork", ["london", "cancun", "prague"])
def test_calls_and_what_ifs_are_the_same_on_both_engines(fork: str) -> None:
    blocks = drawn_blocks(fork, 5, [60, 60], fees=True)
    ours, reference = both(fork)
    for chain in (ours, reference):
        run(chain, blocks[:-1])
        chain.set_block(blocks[-1].environment)
    batch = batch_of(blocks[-1].calls)
    assert_same_columns(ours.what_if_many(batch), reference.what_if_many(batch))
    assert_same_columns(ours.call_many(batch), reference.call_many(batch))
    assert state_of(ours) == state_of(reference)


@pytest.mark.parametrize("fork", FORKS)
def test_one_batch_of_a_block_does_what_its_transactions_do_one_by_one(fork: str) -> None:
    whole = world("revm", fork)
    single = whole.clone()
    for block in [*revival_blocks(), *drawn_blocks(fork, 3, [40, 40], fees=False)]:
        single.set_block(block.environment)
        receipts = run(whole, [block])[0]
        parts = [single.execute(batch_of([call])) for call in block.calls]
        assert receipts.status.tolist() == [int(part.status[0]) for part in parts]
        assert receipts.gas_used.tolist() == [int(part.gas_used[0]) for part in parts]
        assert state_of(whole) == state_of(single)


def test_the_kinds_of_calls_have_the_same_names_on_both_engines() -> None:
    blocks = drawn_blocks("prague", 9, [90, 90, 90], fees=False)
    found = []
    for chain in both("prague"):
        traces = [receipts.trace for receipts in run(chain, blocks, trace=True)]
        found.append({CALL_KINDS[kind] for trace in traces if trace for kind in trace.kind})
    assert found[0] == found[1] == set(CALL_KINDS)
