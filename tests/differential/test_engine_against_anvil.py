"""revm and a real node (anvil) agree on receipts, return data, base fees and the whole state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from simulator.chain import open_chain
from tests.differential import contracts
from tests.differential.anvil import find_anvil, running
from tests.differential.draws import Draws, Markets
from tests.differential.node_runs import Pair, raw, set_up_node, text, transaction
from tests.differential.scripts import (
    BENEFICIARIES,
    COINBASE,
    SENDERS,
    Call,
    batch_of,
    place,
    revival_blocks,
    set_up,
)
from tests.differential.vectors import FORKS, known_in, vectors

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(find_anvil() is None, reason="no anvil; `npm ci` installs it"),
]

NEWEST = FORKS[-1]
FIRST_BASE_FEE = 10**9
GAS_LIMIT = 12_000_000


@contextmanager
def pair(fork: str, free: bool = False, gas_limit: int = GAS_LIMIT) -> Iterator[Pair]:
    """A node and a world of ours in the same state."""
    program = find_anvil()
    assert program is not None
    chain = open_chain("revm", hardfork=fork)
    set_up(chain)
    fee = 0 if free else FIRST_BASE_FEE
    with running(program, fork, base_fee_wei=fee, gas_limit=gas_limit) as node:
        set_up_node(node, fork)
        yield Pair(node, chain, free)


def run(pair: Pair, fork: str, count: int, seed: int) -> None:
    """At least so many random transactions in blocks of 5 to 94, after the opening."""
    draws = Draws(seed, [v for v in known_in(fork) if not v.is_dear], not pair.free)
    pair.mine(Markets().opening(fork, 0 if pair.free else FIRST_BASE_FEE))
    while sum(pair.statuses.values()) < count:
        size, number = 5 + draws.pick(90), pair.chain.block.number + 1
        pair.mine(draws.calls(size, pair.next_base_fee(), number), sample=3)
    pair.assert_same_state()


def test_five_thousand_mixed_transactions_do_the_same_on_a_real_node() -> None:
    with pair(NEWEST) as both:
        run(both, NEWEST, 5_000, seed=7)
        assert sum(both.statuses.values()) >= 5_000 and both.outputs >= 300
        assert set(both.statuses) == {0, 1, 2} and set(both.types) == {0, 1, 2}
        moves = [after - before for before, after in pairwise(both.base_fees[1:])]
        assert min(moves) < 0 < max(moves)


@pytest.mark.parametrize("fork", FORKS[:-1])
def test_random_transactions_with_fees_do_the_same_on_a_real_node_of_each_fork(fork: str) -> None:
    with pair(fork) as both:
        run(both, fork, 400, seed=FORKS.index(fork))


@pytest.mark.parametrize("fork", ["london", "cancun", NEWEST])
def test_random_transactions_that_are_free_do_the_same_on_a_real_node(fork: str) -> None:
    with pair(fork, free=True, gas_limit=60_000_000) as both:
        run(both, fork, 300, seed=11)
        assert set(both.base_fees) == {0}


@pytest.mark.parametrize("fork", FORKS)
def test_accounts_that_die_and_live_again_in_a_block_are_the_same_on_a_real_node(
    fork: str,
) -> None:
    with pair(fork, free=True) as both:
        for block in revival_blocks():
            both.mine(block.calls, sample=len(block.calls))
        both.assert_same_state()


@pytest.mark.parametrize("fork", FORKS)
def test_an_opcode_halts_before_its_fork_as_on_a_real_node(fork: str) -> None:
    with pair(fork, free=True) as both:
        for name, (since, _) in contracts.NEW_OPCODES.items():
            receipts = both.mine([Call(SENDERS[0], place(f"new: {name}"))])
            is_known = FORKS.index(fork) >= FORKS.index(since)
            assert receipts.status.tolist() == [1 if is_known else 2], name


@pytest.mark.parametrize("fork", FORKS)
def test_every_precompiled_contract_answers_and_costs_the_same_on_a_real_node(fork: str) -> None:
    """Those of later forks too, which then are accounts without code."""
    cases = [vector for vector in vectors() if not vector.is_dear]
    with pair(fork, free=True, gas_limit=60_000_000) as both:
        calls = [Call(SENDERS[0], v.address.to_bytes(20, "big"), v.data) for v in cases]
        calls += [
            Call(SENDERS[1], place("forward static"), v.address.to_bytes(32, "big") + v.data)
            for v in cases
        ]
        receipts = both.mine(calls, sample=len(calls))
        for row, vector in enumerate(cases):
            if vector in known_in(fork) and vector.answer is not None:
                assert receipts.output_of(row) == vector.answer, vector.name
        both.assert_same_state()


@pytest.mark.long
def test_the_point_evaluation_of_blobs_is_the_same_on_a_real_node() -> None:
    # Not quick: each program loads a trusted set-up for it, which takes seconds.
    vector = next(vector for vector in vectors() if vector.is_dear)
    with pair(NEWEST, free=True) as both:
        target = vector.address.to_bytes(20, "big")
        receipts = both.mine([Call(SENDERS[0], target, vector.data)], sample=1)
        assert receipts.output_of(0) == vector.answer


def test_a_block_is_filled_as_on_a_real_node() -> None:
    """What does not fit is left out and smaller ones still get in."""
    limits = [700_000, 400_000, 300_000, 300_000, 21_000]
    endless = place("halt: endless")
    targets = [endless, endless, BENEFICIARIES[0], endless, BENEFICIARIES[1]]
    calls = [
        Call(sender, target, gas_limit=limit)
        for sender, target, limit in zip(SENDERS, targets, limits, strict=True)
    ]
    with pair("cancun", free=True, gas_limit=1_050_000) as both:
        both.node.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        hashes = [both.node.request("eth_sendTransaction", transaction(call, 0)) for call in calls]
        both.node.request("evm_mine")
        mined = both.node.request("eth_getBlockByNumber", "latest", False)
        both.follow(mined)
        ours = both.chain.execute(batch_of(calls))
        included = [hashes[row] for row, status in enumerate(ours.status) if status != 3]
        assert included == mined["transactions"] == [hashes[0], hashes[2], hashes[3], hashes[4]]
        assert ours.reasons[1] == "block full: gas limit 400000, left 350000"
        assert both.chain.block_gas_used == int(mined["gasUsed"], 16)


def test_a_gas_limit_above_the_cap_of_osaka_is_left_out_as_on_a_real_node() -> None:
    call = Call(SENDERS[0], BENEFICIARIES[0], gas_limit=16_777_217)
    with pair("osaka", free=True, gas_limit=60_000_000) as both:
        both.node.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        both.node.request("eth_sendTransaction", transaction(call, 0))
        both.node.request("evm_mine")
        mined = both.node.request("eth_getBlockByNumber", "latest", False)
        assert mined["transactions"] == []
        assert both.chain.execute(batch_of([call])).status.tolist() == [3]


def test_the_history_contract_knows_the_hashes_that_the_node_gave() -> None:
    with pair("prague", free=True) as both:
        hashes = {}
        for _ in range(4):
            both.mine([])
            latest = both.node.request("eth_getBlockByNumber", "latest", False)
            hashes[int(latest["number"], 16)] = latest["hash"]
        receipts = both.mine(
            [Call(SENDERS[0], place("ask history"), n.to_bytes(32, "big")) for n in hashes]
            + [Call(SENDERS[1], place("block hashes"))]
        )
        assert receipts.log_data.tobytes()[: 32 * 4] == b"".join(map(raw, hashes.values()))
        assert text(receipts.output_of(4)[:32]) == hashes[4]
        both.assert_same_state()


def test_the_coinbase_gets_the_priority_fees_of_all_types_as_on_a_real_node() -> None:
    target = BENEFICIARIES[2]
    with pair("london") as both:
        prices = [3 * FIRST_BASE_FEE, 2 * FIRST_BASE_FEE, 5 * FIRST_BASE_FEE]
        calls = [
            Call(SENDERS[kind], target, type=kind, max_fee=price, priority_fee=FIRST_BASE_FEE)
            for kind, price in enumerate(prices)
        ]
        receipts = both.mine(calls)
        assert receipts.gas_price.tolist() == [3 * 10**9, 2 * 10**9, 2 * 10**9]
        assert both.chain.balance(COINBASE) == 21_000 * (2 + 1 + 1) * 10**9
        both.assert_same_state()
