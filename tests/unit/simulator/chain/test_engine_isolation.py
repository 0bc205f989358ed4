"""What-ifs, calls, many worlds and diffs against their plain meaning, on small random programs.

Hypothesis writes the programs, so that what fails is shrunk to a few instructions. The fuzz target
in tests/property plays larger ones.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain import Batch, BlockEnvironment
from tests.differential.assembler import assemble, initcode
from tests.property.fuzz.columns import part
from tests.property.fuzz.invariants import changes_of, rows_of

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain, execute_many

PEOPLE = [bytes([0xA1]) * 20, bytes([0xA2]) * 20]
PLACES = [bytes([0xC1]) * 20, bytes([0xC2]) * 20, bytes([0xC3]) * 20]
small = st.integers(0, 3)
places = st.sampled_from([*(f"0x{place.hex()}" for place in PLACES), "2", f"0x{PEOPLE[1].hex()}"])
statements = st.one_of(
    st.builds("{} {} SSTORE".format, small, small),
    st.builds("{} SLOAD 1 ADD {} SSTORE".format, small, small),
    st.builds("CALLER {} SSTORE".format, small),
    st.builds("{} 0 MSTORE 32 0 LOG0".format, small),
    st.builds("0 0 32 0 {} {} GAS CALL {} SSTORE".format, st.sampled_from([0, 1]), places, small),
    st.builds("0 0 0 0 {} GAS DELEGATECALL POP".format, places),
    st.builds("0 0 0 0 {} GAS STATICCALL POP".format, places),
    st.builds("0x602a60005500 0 MSTORE 6 26 {} CREATE {} SSTORE".format, small, small),
    st.builds("0x33ff 0 MSTORE {} 32 0 0 CREATE2 POP".format, small),
    # A child that destroys itself when it is called, called at once.
    st.builds("0 0 0 0 0 0x6133ff6000526002601ef3 0 MSTORE {} 11 21 0 CREATE2 GAS CALL POP".format,
              small),
    st.builds("{} SELFDESTRUCT".format, places),
    st.builds("{} BALANCE {} SSTORE".format, places, small),
    st.just("0 0 REVERT"), st.just("32 0 RETURN"), st.just("INVALID"),
)  # fmt: skip
programs = st.lists(statements, max_size=4).map(" ".join)
calls = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PLACES), st.sampled_from([0, 1, 5]),
                  st.sampled_from([50_000, 300_000]))  # fmt: skip
batches = st.lists(calls, min_size=1, max_size=4)
worlds = st.tuples(
    st.sampled_from(["london", "cancun", "prague"]), st.tuples(programs, programs, programs)
)
Calls = list[tuple[bytes, bytes, int, int]]
many = settings(max_examples=60)


def world(plan: tuple[str, tuple[str, str, str]]) -> RevmChain:
    hardfork, codes = plan
    chain = RevmChain(hardfork, block=BlockEnvironment(5, 5, coinbase=b"\xfe" * 20))
    for place, code in zip(PLACES, codes, strict=True):
        chain.set_code(place, assemble(code))
        chain.set_balance(place, 9)
        chain.set_storage(place, 1, 1)
    for person in PEOPLE:
        chain.set_balance(person, 1000)
    return chain


def batch_of(rows: Calls) -> Batch:
    batch = Batch.of([row[0] for row in rows], [row[1] for row in rows], [b""] * len(rows), 0)
    values = np.zeros((len(rows), 4), np.uint64)
    values[:, 0] = [row[2] for row in rows]
    limits = np.array([row[3] for row in rows], np.uint64)
    return dataclasses.replace(batch, values=values, gas_limits=limits)


def singles(batch: Batch) -> list[Batch]:
    return [part(batch, index, index + 1) for index in range(len(batch))]


@many
@given(plan=worlds, before=batches, rows=batches)
def test_what_ifs_are_what_a_clone_does(plan: Any, before: Calls, rows: Calls) -> None:
    chain = world(plan)
    chain.execute(batch_of(before))
    batch, saved = batch_of(rows), chain.to_bytes()
    for threads in (1, 2):
        what_ifs = chain.what_if_many(batch, threads=threads)
        assert chain.to_bytes() == saved
        for index, single in enumerate(singles(batch)):
            done = chain.clone().execute(single, diff=True)
            assert rows_of(what_ifs)[index] == rows_of(done)[0]
            assert changes_of(what_ifs.diff, index) == changes_of(done.diff)


@many
@given(plan=worlds, rows=batches)
def test_calls_in_threads_are_calls_in_one_and_one_by_one(plan: Any, rows: Calls) -> None:
    chain, batch = world(plan), batch_of(rows)
    saved = chain.to_bytes()
    together = rows_of(chain.call_many(batch, threads=1))
    assert together == rows_of(chain.call_many(batch, threads=3)) == rows_of(chain.call_many(batch))
    assert together == [rows_of(chain.call_many(single))[0] for single in singles(batch)]
    assert chain.to_bytes() == saved


@many
@given(plan=worlds, rows=batches)
def test_a_batch_is_its_transactions_one_by_one(plan: Any, rows: Calls) -> None:
    chain, batch = world(plan), batch_of(rows)
    other = chain.clone()
    ran = chain.execute(batch)
    assert rows_of(ran) == [rows_of(other.execute(single))[0] for single in singles(batch)]
    assert chain.to_bytes() == other.to_bytes()


@many
@given(plans=st.lists(worlds, min_size=1, max_size=3), rows=batches)
def test_many_worlds_at_once_are_each_alone(plans: list[Any], rows: Calls) -> None:
    chains, batch = [world(plan) for plan in plans], batch_of(rows)
    others = [chain.clone() for chain in chains]
    for chain, other, ran in zip(
        chains, others, execute_many(chains, [batch] * len(chains), diff=True), strict=True
    ):
        alone = other.execute(batch, diff=True)
        assert rows_of(ran) == rows_of(alone)
        assert changes_of(ran.diff) == changes_of(alone.diff)
        assert chain.to_bytes() == other.to_bytes()


def all_slots(chain: RevmChain) -> dict[bytes, bytes]:
    return {
        address + slot.tobytes(): value.tobytes()
        for address, slots, values in chain.all_slots()
        for slot, value in zip(slots, values, strict=True)
    }


def difference(old: dict[bytes, bytes], new: dict[bytes, bytes]) -> list[bytes]:
    zero = bytes(32)
    return [
        key + old.get(key, zero) + new.get(key, zero)
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


@many
@given(plan=worlds, steps=st.lists(batches, min_size=1, max_size=4))
def test_diffs_of_batches_and_since_snapshots_are_differences_of_all_slots(
    plan: Any, steps: list[Calls]
) -> None:
    chain = world(plan)
    known = []
    for rows in steps:
        before = all_slots(chain)
        known.append((chain.snapshot(), before))
        diff = chain.execute(batch_of(rows), diff=True).diff
        assert changes_of(diff) == difference(before, all_slots(chain))
        for snapshot, then in known:
            assert changes_of(chain.diff_since(snapshot)) == difference(then, all_slots(chain))


def test_an_account_that_dies_and_lives_again_is_told_by_its_diff() -> None:
    """Before cancun: destroyed in one transaction, made anew in the next, all in one batch."""
    child = assemble("CALLVALUE @die JUMPI 7 5 SSTORE STOP die: CALLER SELFDESTRUCT")
    code = initcode(child)
    factory = assemble(
        "CALLDATASIZE 0 0 CALLDATACOPY 0 CALLDATASIZE 0 0 CREATE2 0 MSTORE 32 0 RETURN"
    )
    chain = RevmChain("london", block=BlockEnvironment(5, 5))
    chain.set_code(PLACES[0], factory)
    chain.set_balance(PEOPLE[0], 100)
    born = chain.transact(PEOPLE[0], PLACES[0], code)[12:]
    chain.transact(PEOPLE[0], born, b"")
    chain.set_storage(born, 6, 8)
    snapshot, before = chain.snapshot(), all_slots(chain)
    assert len(before) == 2
    batch = Batch.of([PEOPLE[0]] * 3, [born, PLACES[0], born], [b"", code, b""], 300_000)
    values = np.zeros((3, 4), np.uint64)
    values[0, 0] = 1
    batch = dataclasses.replace(batch, values=values)
    one_by_one = chain.clone()
    receipts = chain.execute(batch, diff=True)
    assert receipts.status.tolist() == [1, 1, 1]
    # Slot 5 was lost and written anew with the same value; slot 6 is gone.
    gone = born + (6).to_bytes(32, "big") + (8).to_bytes(32, "little") + bytes(32)
    assert changes_of(receipts.diff) == changes_of(chain.diff_since(snapshot)) == [gone]
    for single in singles(batch):
        one_by_one.execute(single)
    assert chain.to_bytes() == one_by_one.to_bytes()
    chain.execute(part(batch, 0, 1))
    assert chain.code(born) == b""
    assert len(changes_of(chain.diff_since(snapshot))) == 2
    chain.revert(snapshot)
    assert all_slots(chain) == before


@pytest.mark.parametrize("touch", ["call", "value"])
def test_what_if_and_execution_agree_on_storage_that_set_up_code_left_without_code(
    touch: str,
) -> None:
    """Such an account is empty in the sense of EIP-161: the first touch removes it."""
    chain = RevmChain(block=BlockEnvironment(5, 5))
    chain.set_balance(PEOPLE[0], 100)
    chain.set_storage(PLACES[0], 1, 5)
    batch = batch_of([(PEOPLE[0], PLACES[0], int(touch == "value"), 50_000)])
    what_if = changes_of(chain.what_if_many(batch).diff, 0)
    assert what_if == changes_of(chain.clone().execute(batch, diff=True).diff)
