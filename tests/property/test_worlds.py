"""What holds for a world of either engine, whatever transactions run in it."""

from __future__ import annotations

import dataclasses
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.chain import open_chain, select
from simulator.chain.base import BlockEnvironment, Chain, Receipts, StorageDiff
from simulator.types import Address
from tests.differential.draws import Draws, Markets
from tests.differential.node_runs import State, state_of
from tests.differential.scripts import COINBASE, Call, batch_of, place, set_up
from tests.differential.vectors import known_in

HISTORY = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
FEE = 10**9

# Compiling and opening happen once, in the first example.
quickly = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

plans = st.tuples(
    st.sampled_from(["london", "cancun", "prague"]),
    st.integers(0, 2**32),
    st.lists(st.integers(1, 15), min_size=1, max_size=4),
)
"""Fork, seed, and numbers of transactions per batch."""


@pytest.fixture(params=["revm", "pyevm"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    return name


@cache
def _opened(engine: str, fork: str) -> Chain:
    block = BlockEnvironment(
        number=1, timestamp=1_700_000_000, base_fee=FEE, gas_limit=60_000_000, coinbase=COINBASE
    )
    chain = open_chain(engine, hardfork=fork)
    set_up(chain)
    chain.set_block(block)
    assert chain.execute(batch_of(Markets().opening(fork, FEE))).status.all()
    return chain


def prepared(engine: str, plan: tuple[str, int, list[int]]) -> tuple[Chain, list[list[Call]]]:
    """A world of its own and batches for it."""
    fork, seed, sizes = plan
    draws = Draws(seed, [v for v in known_in(fork) if not v.is_slow], fees=True)
    return _opened(engine, fork).clone(), [draws.calls(size, FEE, 2) for size in sizes]


def next_block(chain: Chain) -> None:
    block = chain.block
    chain.set_block(
        dataclasses.replace(block, number=block.number + 1, timestamp=block.timestamp + 12)
    )


def rows_of(receipts: Receipts) -> list[tuple[object, ...]]:
    """All that a receipt says, transaction by transaction."""
    logs: dict[int, list[bytes]] = {}
    for row, index in enumerate(receipts.log_transaction.tolist()):
        start, end = receipts.log_data_offsets[row : row + 2]
        log = receipts.log_address[row].tobytes() + receipts.log_topics[row].tobytes()
        logs.setdefault(index, []).append(log + receipts.log_data[start:end].tobytes())
    return [
        (
            int(receipts.status[index]),
            int(receipts.gas_used[index]),
            int(receipts.gas_price[index]),
            receipts.output_of(index),
            receipts.reasons.get(index),
            logs.get(index, []),
        )
        for index in range(len(receipts.status))
    ]


Changes = dict[tuple[Address, bytes], tuple[int, int]]


def changes_of(diff: StorageDiff | None, transaction: int | None = None) -> Changes:
    assert diff is not None
    columns = (diff.addresses, diff.slots, diff.old, diff.new)
    rows = range(len(diff.slots))
    if transaction is not None:
        assert diff.transaction is not None
        rows = np.flatnonzero(diff.transaction == transaction)  # type: ignore[assignment]
    found: Changes = {}
    for row in rows:
        address, slot, old, new = (column[row].tobytes() for column in columns)
        found[address, slot] = (int.from_bytes(old, "little"), int.from_bytes(new, "little"))
    return found


def together(parts: list[Changes]) -> Changes:
    """Several diffs one after the other as one."""
    found: Changes = {}
    for part in parts:
        for key, (old, new) in part.items():
            first = found[key][0] if key in found else old
            assert key not in found or found[key][1] == old, "a diff begins where the last ended"
            found[key] = (first, new)
    return {key: change for key, change in found.items() if change[0] != change[1]}


def without_history(state: State) -> State:
    return {address: account for address, account in state.items() if address != HISTORY}


@quickly
@given(plan=plans)
def test_one_batch_does_what_its_transactions_do_one_by_one(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    whole, batches = prepared(engine, plan)
    single = whole.clone()
    for calls in batches:
        next_block(whole)
        next_block(single)
        receipts = whole.execute(batch_of(calls), diff=True)
        parts = [single.execute(batch_of([call]), diff=True) for call in calls]
        rows = [rows_of(part)[0] for part in parts]
        # Logs and reasons are told by the index within their batch.
        assert rows_of(receipts) == rows
        assert changes_of(receipts.diff) == together([changes_of(part.diff) for part in parts])
        assert whole.block_gas_used == single.block_gas_used
    assert state_of(whole) == state_of(single)


@quickly
@given(plan=plans)
def test_a_clone_and_its_origin_do_not_see_each_other(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    origin, batches = prepared(engine, plan)
    before = state_of(origin)
    clone = origin.clone()
    for calls in batches:
        next_block(clone)
        clone.execute(batch_of(calls))
    assert state_of(origin) == before
    changed = state_of(clone)
    for calls in reversed(batches):
        next_block(origin)
        origin.execute(batch_of(calls))
    assert state_of(clone) == changed


@quickly
@given(plan=plans)
def test_a_what_if_does_what_the_transaction_does_on_a_clone_and_nothing_is_kept(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    for calls in batches:
        next_block(chain)
        before = state_of(chain)
        what_ifs = chain.what_if_many(batch_of(calls))
        assert state_of(chain) == before and chain.block_gas_used == 0
        rows = rows_of(what_ifs)
        for index, call in enumerate(calls):
            receipts = chain.clone().execute(batch_of([call]), diff=True)
            assert rows[index] == rows_of(receipts)[0]
            assert changes_of(what_ifs.diff, index) == changes_of(receipts.diff)
        chain.execute(batch_of(calls))


@quickly
@given(plan=plans)
def test_the_diff_since_a_snapshot_is_that_of_all_batches_since(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    snapshots, parts = [], []
    for calls in batches:
        snapshots.append(chain.snapshot())
        next_block(chain)
        parts.append(changes_of(chain.execute(batch_of(calls), diff=True).diff))
    for position, snapshot in enumerate(snapshots):
        since = changes_of(chain.diff_since(snapshot))
        of_code = {key: change for key, change in since.items() if key[0] != HISTORY}
        assert of_code == together(parts[position:])


@quickly
@given(plan=plans)
def test_slots_are_those_before_with_the_diffs_applied(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    slots = {
        (address, slot.to_bytes(32, "big")): value
        for address, (_, _, _, storage) in without_history(state_of(chain)).items()
        for slot, value in storage.items()
    }
    for calls in batches:
        next_block(chain)
        for key, (old, new) in changes_of(chain.execute(batch_of(calls), diff=True).diff).items():
            assert slots.get(key, 0) == old
            slots[key] = new
    assert {key: value for key, value in slots.items() if value} == {
        (address, slot.to_bytes(32, "big")): value
        for address, (_, _, _, storage) in without_history(state_of(chain)).items()
        for slot, value in storage.items()
    }


@quickly
@given(plan=plans)
def test_a_revert_brings_back_the_state_the_block_and_its_root(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    saved = []
    for calls in batches:
        next_block(chain)
        known = (chain.block, chain.block_gas_used, state_of(chain), chain.state_root())
        saved.append((chain.snapshot(), known))
        chain.execute(batch_of(calls))
    for snapshot, known in reversed(saved):
        chain.revert(snapshot)
        assert known == (chain.block, chain.block_gas_used, state_of(chain), chain.state_root())


@quickly
@given(plan=plans)
def test_a_pickled_world_goes_on_where_it_was(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    store = place("store")
    slots = np.zeros((4, 32), np.uint8)
    slots[:, 31] = range(4)
    chain.watch(store, slots)
    for calls in batches:
        next_block(chain)
        first, second = batch_of(calls[: len(calls) // 2]), batch_of(calls[len(calls) // 2 :])
        chain.execute(first)
        copy: Chain = pickle.loads(pickle.dumps(chain))
        assert (copy.hardfork, copy.chain_id, copy.block) == (
            chain.hardfork, chain.chain_id, chain.block
        )  # fmt: skip
        assert rows_of(copy.execute(second)) == rows_of(chain.execute(second))
        assert state_of(copy) == state_of(chain)
        assert copy.block_gas_used == chain.block_gas_used
        np.testing.assert_array_equal(copy.watched(), chain.watched())


@quickly
@given(plan=plans)
def test_watched_slots_are_kept_current_by_what_batches_report(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    slots = np.zeros((8, 32), np.uint8)
    slots[:, 31] = range(8)
    chain.watch(place("store"), slots)
    chain.watch(Markets().perp, slots)
    mirror = chain.watched().copy()
    for calls in batches:
        next_block(chain)
        receipts = chain.execute(batch_of(calls))
        mirror[receipts.watched_index] = receipts.watched_value
        np.testing.assert_array_equal(mirror, chain.watched())


@quickly
@given(plan=plans)
def test_many_calls_answer_as_each_alone_does_and_keep_nothing(
    engine: str, plan: tuple[str, int, list[int]]
) -> None:
    chain, batches = prepared(engine, plan)
    for calls in batches:
        next_block(chain)
        before = state_of(chain)
        answers = chain.call_many(batch_of(calls))
        assert rows_of(answers) == [
            rows_of(chain.call_many(batch_of([call]), threads=1))[0] for call in calls
        ]
        assert state_of(chain) == before
        chain.execute(batch_of(calls))
