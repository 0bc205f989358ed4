"""RpcChain over a real node and the engine: one script, the same receipts, diffs and state."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from simulator.chain import open_chain
from simulator.chain.base import (
    STATUS_NOT_INCLUDED,
    AccessLists,
    Batch,
    BlockEnvironment,
    Chain,
    Receipts,
)
from simulator.chain.rpc import RpcChain
from simulator.chain.traces import call_tracer, call_tree
from simulator.errors import BatchAborted, ChainError, InputError, RevertError
from simulator.units import integers_to_words
from tests.differential.anvil import Anvil, find_anvil, running
from tests.unit.simulator.chain.conftest import initcode_of, slots, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(find_anvil() is None, reason="no anvil; `npm ci` installs it"),
]

PEOPLE = [bytes([0xA0 + number]) * 20 for number in range(4)]
POOR, COINBASE, NOBODY = bytes([0xAF]) * 20, bytes([0xC0]) * 20, bytes([0xDD]) * 20
STORE, REVERTER, LOGGER, ENDLESS, FORWARD, BORROWER, CREATOR, CLOCK = (
    bytes([number]) * 20 for number in range(0xE0, 0xE8)
)

CODE = {
    # Writes word 1 of the calldata to slot word 0; returns 1.
    STORE: "60203560003555600160005260206000f3",
    REVERTER: "366000600037366000fd",
    LOGGER: "60aa600052600560206000a160206000a000",
    ENDLESS: "5b600056",
    # Calls the address in word 0 with the rest of the calldata; returns whether that succeeded.
    FORWARD: "60203603602060003760006000602036036000346000355af160005260206000f3",
    # The same by delegatecall, in its own storage.
    BORROWER: "602036036020600037600060006020360360006000355af460005260206000f3",
    # Makes a contract of its calldata; returns its address.
    CREATOR: "3660006000373660006000f060005260206000f3",
    # Time, number, base fee, coinbase.
    CLOCK: "42600052436020524860405241606052 60806000f3",
}
GAS = 200_000


@dataclasses.dataclass(frozen=True)
class Call:
    sender: bytes
    target: bytes | None
    data: bytes = b""
    value: int = 0
    gas_limit: int = GAS
    max_fee: int = 20
    priority_fee: int = 2
    kind: int = 2


def batch_of(calls: list[Call], nonces: list[int] | None = None) -> Batch:
    count = len(calls)
    listed = [call.kind == 1 for call in calls]
    return Batch(
        senders=np.frombuffer(b"".join(c.sender for c in calls), np.uint8).reshape(count, 20),
        targets=np.frombuffer(b"".join(c.target or bytes(20) for c in calls), np.uint8).reshape(
            count, 20
        ),
        data=np.frombuffer(b"".join(c.data for c in calls), np.uint8),
        data_offsets=np.cumsum([0, *(len(c.data) for c in calls)], dtype=np.int64),
        gas_limits=np.array([c.gas_limit for c in calls], np.uint64),
        creates=np.array([c.target is None for c in calls], np.uint8),
        values=integers_to_words([c.value for c in calls], signed=False),
        max_fees=np.array([c.max_fee for c in calls], np.uint64),
        priority_fees=np.array([c.priority_fee for c in calls], np.uint64),
        nonces=None if nonces is None else np.array(nonces, np.uint64),
        types=np.array([c.kind for c in calls], np.uint8),
        # Those of type 1 name slot 3 of the store.
        access_lists=AccessLists(
            offsets=np.cumsum([0, *listed], dtype=np.int64),
            addresses=np.frombuffer(STORE * sum(listed), np.uint8).reshape(-1, 20),
            slot_offsets=np.arange(sum(listed) + 1, dtype=np.int64),
            slots=np.frombuffer(word(3) * sum(listed), np.uint8).reshape(-1, 32),
        ),
    )


def draw(random: np.random.Generator) -> Call:
    """One of everything that a node and the engine could see differently."""

    def pick(*choices: Any) -> Any:
        return choices[int(random.integers(len(choices)))]

    def number(limit: int) -> int:
        return int(random.integers(limit))

    store = word(number(5)) + word(number(3))
    target, data = pick(
        (STORE, store),
        (STORE, store),
        (REVERTER, random.bytes(number(50))),
        (LOGGER, b""),
        (ENDLESS, b""),
        (FORWARD, word(int.from_bytes(pick(STORE, REVERTER, LOGGER, NOBODY))) + store),
        (BORROWER, word(int.from_bytes(pick(STORE, REVERTER, LOGGER))) + store),
        (CREATOR, pick(initcode_of(b"\x00"), b"\xfe", b"\x60\x00\x60\x00\xfd")),
        (None, pick(initcode_of(b"\x00"), b"\xfe", initcode_of(b"\xef"), b"\x60\x00\x60\x00\xfd")),
        (NOBODY, b""),
        (CLOCK, b""),
    )
    kind = pick(0, 1, 2, 2)
    max_fee = pick(20, 20, 20, 9, 3)
    fee = pick(0, 2, 5) if kind == 2 else max_fee
    takes_value = target in (FORWARD, NOBODY, LOGGER)
    return Call(
        pick(*PEOPLE, POOR),
        target,
        data,
        number(1000) if takes_value else 0,
        pick(GAS, GAS, GAS, GAS, 23_000, 20_000, 60_000_000),
        max_fee,
        fee,
        kind,
    )


@pytest.fixture
def node() -> Iterator[Anvil]:
    program = find_anvil()
    assert program is not None
    with running(program, "prague") as started:
        yield started


def url_of(node: Anvil) -> str:
    return f"http://127.0.0.1:{node._connection.port}"


@pytest.fixture
def chains(node: Anvil) -> Iterator[tuple[RpcChain, Chain]]:
    """The node and the engine with the same state, before block 10."""
    with RpcChain(url_of(node), hardfork="prague", chain_id=1) as ours:
        engine = open_chain("revm", hardfork="prague")
        for chain in (ours, engine):
            for person in PEOPLE:
                chain.set_balance(person, 10**21)
            chain.set_balance(POOR, 3_000_000)
            for address, code in CODE.items():
                chain.set_code(address, bytes.fromhex(code))
            chain.set_storage(STORE, 3, 7)
            chain.set_block(block(10))
        yield ours, engine


def block(number: int) -> BlockEnvironment:
    return BlockEnvironment(
        number=number,
        timestamp=1_700_000_000 + 12 * number,
        base_fee=7,
        gas_limit=3_000_000,
        coinbase=COINBASE,
    )


def assert_same(ours: Receipts, engine: Receipts) -> None:
    for name in (
        "status", "gas_used", "gas_price", "output", "output_offsets", "log_transaction",
        "log_address", "log_topics", "log_topic_count", "log_data", "log_data_offsets",
        "watched_index", "watched_value",
    ):  # fmt: skip
        expected = getattr(engine, name)
        np.testing.assert_array_equal(getattr(ours, name), expected, err_msg=name)
        assert getattr(ours, name).dtype == expected.dtype, name
    assert ours.reasons.keys() == engine.reasons.keys()
    for row, reason in engine.reasons.items():
        assert ours.reasons[row].startswith(reason.split(":")[0]), (reason, ours.reasons[row])
    if engine.diff is not None:
        assert ours.diff is not None
        for name in ("addresses", "slots", "old", "new", "transaction"):
            np.testing.assert_array_equal(getattr(ours.diff, name), getattr(engine.diff, name))


def assert_same_trace(ours: Receipts, engine: Receipts) -> None:
    assert ours.trace is not None and engine.trace is not None
    for name in (
        "transaction", "depth", "kind", "caller", "value", "gas_limit", "input", "input_offsets",
        "output", "output_offsets", "status",
    ):  # fmt: skip
        expected = getattr(engine.trace, name)
        np.testing.assert_array_equal(getattr(ours.trace, name), expected, err_msg=name)
    assert ours.trace.reasons == engine.trace.reasons
    # A failed creation has no address on the node; a halted frame used all of its gas.
    done = engine.trace.status == 1
    np.testing.assert_array_equal(ours.trace.target[done], engine.trace.target[done])
    inner = done & (engine.trace.depth > 0)
    np.testing.assert_array_equal(ours.trace.gas_used[inner], engine.trace.gas_used[inner])


def assert_same_state(ours: Chain, engine: Chain) -> None:
    for address in [*PEOPLE, POOR, COINBASE, NOBODY, *CODE]:
        assert ours.balance(address) == engine.balance(address), address.hex()
        assert ours.nonce(address) == engine.nonce(address), address.hex()
        assert ours.code(address) == engine.code(address)
    for address in (STORE, BORROWER):
        places = slots(*range(8))
        np.testing.assert_array_equal(
            ours.storage(address, places), engine.storage(address, places)
        )
    np.testing.assert_array_equal(ours.watched(), engine.watched())


def test_a_random_script_does_the_same_on_a_node_and_in_the_engine(
    chains: tuple[RpcChain, Chain],
) -> None:
    random = np.random.default_rng(5)
    for chain in chains:
        assert chain.watch(STORE, slots(0, 1, 2)) == 0
        assert chain.watch(BORROWER, slots(1)) == 3
    ours, engine = chains
    seen = set()
    for number in range(10, 14):
        batch = batch_of([draw(random) for _ in range(25)])
        results = []
        for chain in chains:
            chain.set_block(block(number))
            results.append(chain.execute(batch, diff=True, trace=True))
        assert_same(*results)
        assert_same_trace(*results)
        assert ours.block_gas_used == engine.block_gas_used
        seen |= set(results[1].status.tolist())
        seen |= {reason.split(":")[0] for reason in results[1].reasons.values()}
        assert_same_state(ours, engine)
    assert {0, 1, 2, 3, "block full", "max fee below the base fee", "out of gas"} <= seen
    assert "insufficient balance" in seen and "gas limit below intrinsic gas" in seen


def test_given_nonces_decide_what_is_included(chains: tuple[RpcChain, Chain]) -> None:
    calls = [Call(PEOPLE[0], STORE, word(1) + word(2)) for _ in range(4)]
    batch = batch_of([*calls, Call(PEOPLE[1], LOGGER)], nonces=[1, 0, 0, 1, 0])
    ours, engine = (chain.execute(batch, diff=True) for chain in chains)
    assert_same(ours, engine)
    assert engine.status.tolist() == [STATUS_NOT_INCLUDED, 1, STATUS_NOT_INCLUDED, 1, 1]
    assert ours.reasons == engine.reasons


def test_calls_and_what_ifs_are_the_same(chains: tuple[RpcChain, Chain]) -> None:
    ours, engine = chains
    calls = [
        Call(PEOPLE[0], STORE, word(3) + word(0), max_fee=0, priority_fee=0),
        Call(POOR, REVERTER, b"no", max_fee=0, priority_fee=0),
        Call(PEOPLE[1], LOGGER, value=5, max_fee=0, priority_fee=0),
        Call(PEOPLE[1], ENDLESS, max_fee=0, priority_fee=0),
        Call(PEOPLE[1], CLOCK, max_fee=0, priority_fee=0),
        Call(NOBODY, FORWARD, word(int.from_bytes(STORE)) + word(1) + word(2), 9, GAS, 0, 0),
    ]
    assert_same(ours.call_many(batch_of(calls)), engine.call_many(batch_of(calls)))
    paying = [dataclasses.replace(call, max_fee=20) for call in [*calls, calls[0]]]
    fine = batch_of(paying)
    assert_same(ours.what_if_many(fine), engine.what_if_many(fine))
    assert_same_state(ours, engine)
    for chain in chains:
        assert int.from_bytes(chain.call(CLOCK, b"")[32:64]) == 10
        with pytest.raises(RevertError, match="reverted: 0x6e6f") as caught:
            chain.call(REVERTER, b"no")
        assert caught.value.data == b"no"
        with pytest.raises(RevertError, match="halted: out of gas"):
            chain.call(ENDLESS, b"")


def test_set_up_and_snapshots_do_the_same(chains: tuple[RpcChain, Chain]) -> None:
    made = [chain.deploy(initcode_of(bytes.fromhex(CODE[STORE])), PEOPLE[0]) for chain in chains]
    assert made[0] == made[1]
    marks = [chain.snapshot() for chain in chains]
    diffs = []
    for chain, mark in zip(chains, marks, strict=True):
        assert chain.transact(PEOPLE[0], made[0], word(1) + word(6)) == word(1)
        chain.set_storage(STORE, 3, 8)
        chain.transact(PEOPLE[0], STORE, word(3) + word(9))
        chain.transact(PEOPLE[0], STORE, word(4) + word(9))
        chain.set_storage(STORE, 4, 0)
        with pytest.raises(RevertError, match="reverted: 0x6f6f"):
            chain.transact(PEOPLE[1], REVERTER, b"oo")
        with pytest.raises(RevertError, match="deployment halted: invalid opcode"):
            chain.deploy(b"\xfe", PEOPLE[1])
        diffs.append(chain.diff_since(mark))
    for name in ("addresses", "slots", "old", "new"):
        np.testing.assert_array_equal(getattr(diffs[0], name), getattr(diffs[1], name))
    assert len(diffs[1].slots) == 2
    for chain, mark in zip(chains, marks, strict=True):
        inner = chain.snapshot()
        chain.revert(mark)
        for unknown in (mark, inner, 99):
            with pytest.raises(ChainError, match="unknown"):
                chain.revert(unknown)
    assert_same_state(*chains)
    ours, engine = chains
    np.testing.assert_array_equal(ours.slots_of(STORE)[0], engine.slots_of(STORE)[0])
    np.testing.assert_array_equal(ours.slots_of(STORE)[1], engine.slots_of(STORE)[1])
    assert set(engine.accounts()) <= set(ours.accounts())
    ours.execute(batch_of([]), diff=True)
    assert ours.proof(STORE, slots(3)).slots[0][1] == 7
    assert len(ours.state_root()) == 32


def test_a_diff_since_a_snapshot_forgets_what_was_undone(chains: tuple[RpcChain, Chain]) -> None:
    diffs = []
    for chain in chains:
        first = chain.snapshot()
        chain.transact(PEOPLE[0], STORE, word(1) + word(5))
        second = chain.snapshot()
        chain.transact(PEOPLE[0], STORE, word(2) + word(6))
        chain.set_storage(STORE, 4, 4)
        assert len(chain.diff_since(second).slots) == 2
        chain.revert(second)
        chain.transact(PEOPLE[0], STORE, word(3) + word(0))
        diffs.append(chain.diff_since(first))
    for name in ("addresses", "slots", "old", "new"):
        np.testing.assert_array_equal(getattr(diffs[0], name), getattr(diffs[1], name))
    assert diffs[1].slots[:, 31].tolist() == [1, 3] and diffs[1].old[:, 0].tolist() == [0, 7]


def test_the_engines_call_trees_are_those_of_the_nodes_own_tracer(
    chains: tuple[RpcChain, Chain], node: Anvil
) -> None:
    ours, engine = chains
    forward = word(int.from_bytes(FORWARD)) + word(int.from_bytes(BORROWER))
    calls = [
        Call(PEOPLE[0], FORWARD, forward + word(int.from_bytes(STORE)) + word(1) + word(2), 5),
        Call(PEOPLE[0], FORWARD, word(int.from_bytes(REVERTER)) + b"no"),
        Call(PEOPLE[0], CREATOR, initcode_of(b"\x00")),
        Call(PEOPLE[0], CREATOR, b"\xfe"),
    ]
    receipts = engine.execute(batch_of(calls), trace=True)
    ours.execute(batch_of(calls))
    assert receipts.trace is not None
    hashes = node.request("eth_getBlockByNumber", "latest", False)["transactions"]
    for row, name in enumerate(hashes):
        theirs = node.request("debug_traceTransaction", name, {"tracer": "callTracer"})
        # anvil tells its outermost frame's gas in its own way.
        answer = call_tracer(receipts.trace, row) | {
            field: theirs[field] for field in ("gas", "gasUsed")
        }
        # Only a node knows which opcode was invalid.
        assert answer == json.loads(json.dumps(theirs).replace("opcode: INVALID", "opcode"))
    assert call_tree(receipts.trace, 0).calls


def test_blocks_go_only_forward_unless_they_are_renumbered(node: Anvil) -> None:
    with RpcChain(url_of(node)) as chain:
        chain.set_block(block(4))
        chain.set_balance(PEOPLE[0], 10**18)
        batch = batch_of([Call(PEOPLE[0], LOGGER)])
        chain.execute(batch)
        assert chain.block.number == 5
        chain.execute(batch)
        assert chain.block_gas_used == 2 * 21_000
        with pytest.raises(ChainError, match=r"block.number = 5: the node is at 5"):
            chain.set_block(block(5))
        with pytest.raises(ChainError, match=r"block.timestamp = 1"):
            chain.set_block(dataclasses.replace(block(9), timestamp=1))
        with pytest.raises(ChainError, match=r"parent_hash"):
            chain.set_block(dataclasses.replace(block(9), parent_hash=bytes(32)))
        with pytest.raises(ChainError, match=r"block.prevrandao = 0x01.* cannot be set"):
            chain.set_block(dataclasses.replace(block(9), prevrandao=b"\1" * 32))
        with pytest.raises(ChainError, match=r"blocks ahead"):
            chain.set_block(block(10_000_000))
    with RpcChain(url_of(node), renumber=True) as chain:
        chain.set_block(block(4))
        chain.execute(batch)
        chain.set_block(block(4))
        assert chain.execute(batch).status.tolist() == [1] and chain.block.number == 4


def test_what_a_node_cannot_do_is_refused(chains: tuple[RpcChain, Chain]) -> None:
    ours, _ = chains
    batch = batch_of([Call(PEOPLE[0], LOGGER)])
    with pytest.raises(ChainError, match="one world"):
        ours.clone()
    with pytest.raises(ChainError, match="coverage"):
        ours.execute(batch, coverage=True)
    with pytest.raises(InputError, match=r"values = .*int64.*: must be uint64\[1, 4\]"):
        ours.execute(dataclasses.replace(batch, values=np.zeros((1, 4), np.int64)))
    with pytest.raises(InputError, match="data_offsets"):
        ours.execute(dataclasses.replace(batch, data_offsets=np.array([0, 5], np.int64)))


def test_a_deadline_stops_before_the_block_is_mined(
    chains: tuple[RpcChain, Chain], node: Anvil
) -> None:
    ours, _ = chains
    batch = batch_of([Call(PEOPLE[0], LOGGER)] * 20)
    with pytest.raises(BatchAborted, match="deadline passed"):
        ours.execute(batch, deadline_seconds=0.0)
    assert node.request("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    assert ours.nonce(PEOPLE[0]) == 0
    assert ours.execute(batch).status.tolist() == [1] * 20


def test_transactions_of_somebody_else_are_noticed(
    chains: tuple[RpcChain, Chain], node: Anvil
) -> None:
    ours, _ = chains
    stranger = {"from": "0x" + PEOPLE[2].hex(), "to": "0x" + NOBODY.hex(), "gas": hex(GAS)}
    node.request(
        "eth_sendTransaction", stranger | {"maxFeePerGas": hex(50), "maxPriorityFeePerGas": "0x0"}
    )
    with pytest.raises(ChainError, match="somebody else"):
        ours.execute(batch_of([Call(PEOPLE[0], LOGGER)]))


def test_another_chain_or_hardfork_than_asked_for_is_refused(node: Anvil) -> None:
    with pytest.raises(ChainError, match="is chain 1, not chain 5"):
        open_chain("rpc", url=url_of(node), chain_id=5)
    with pytest.raises(ChainError, match="runs prague, not cancun"):
        open_chain("rpc", url=url_of(node), hardfork="cancun")
    chain = open_chain("rpc", url=url_of(node))
    assert (chain.name, chain.hardfork, chain.chain_id) == ("rpc", "prague", 1)
