"""Our node and anvil answer the same requests alike, and anvil can fork from our node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulator.chain import select
from simulator.chain.node import Endpoint, Node
from tests.differential import node_script
from tests.differential.anvil import find_anvil
from tests.differential.assembler import word
from tests.differential.contracts import LOGGER, STORE_PAIRS
from tests.differential.node_script import ALICE, BOB, Recorder, text
from tests.differential.nodes import (
    FRESH_ANVIL,
    Answers,
    HttpClient,
    anvil,
    new_world,
    serving,
)

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(find_anvil() is None, reason="no anvil; `npm ci` installs it"),
]


def program() -> str:
    found = find_anvil()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def theirs() -> Recorder:
    """What anvil answers to the whole sequence."""
    with anvil(program(), *FRESH_ANVIL) as node:
        return node_script.run(node)


@contextmanager
def our_node(way: str) -> Iterator[Answers]:
    engine, _, transport = way.partition(" over ")
    if engine == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    if transport:
        with serving(new_world(engine)) as server, HttpClient(server.port) as client:
            yield client
    else:
        yield Endpoint(Node(new_world(engine)))


@pytest.fixture(scope="module", params=["revm", "revm over HTTP", "pyevm"])
def ours(request: pytest.FixtureRequest) -> Recorder:
    with our_node(request.param) as node:
        return node_script.run(node)


def test_the_same_requests_get_the_same_answers(theirs: Recorder, ours: Recorder) -> None:
    assert len(ours.kept) == len(theirs.kept) > 200
    for mine, other in zip(ours.kept, theirs.kept, strict=True):
        assert mine == other


def test_no_field_is_missing_in_an_answer(theirs: Recorder, ours: Recorder) -> None:
    for (method, mine), (other_method, other) in zip(ours.shapes, theirs.shapes, strict=True):
        assert method == other_method
        assert other <= mine, f"{method} lacks {sorted(other - mine)}"


def test_estimates_of_gas_are_those_of_anvil_or_tighter(theirs: Recorder, ours: Recorder) -> None:
    for (what, mine), (_, other) in zip(ours.estimates, theirs.estimates, strict=True):
        assert 0 <= other - mine <= other // 50, what


@pytest.mark.parametrize("way", ["revm", "pyevm"])
def test_a_state_is_dumped_here_and_loaded_there_and_back(way: str) -> None:
    store, holder = "0x" + "a1" * 20, "0x" + "a2" * 20
    with our_node(way) as node, our_node(way) as empty:
        node.call("anvil_setCode", [store, text(STORE_PAIRS)])
        node.call("anvil_setStorageAt", [store, "0x5", text(word(99))])
        node.call("anvil_setBalance", [holder, "0x7"])
        node.call("anvil_setNonce", [holder, "0x8"])
        with anvil(program(), *FRESH_ANVIL) as other:
            assert other.call("anvil_loadState", [node.call("anvil_dumpState", [])]) is True
            other.call("anvil_setBalance", [BOB, "0x9"])
            assert empty.call("anvil_loadState", [other.call("anvil_dumpState", [])]) is True
            for known in (other, empty):
                at = "latest"
                assert known.call("eth_getCode", [store, at]) == text(STORE_PAIRS)
                assert known.call("eth_getStorageAt", [store, "0x5", at]) == text(word(99))
                assert known.call("eth_getBalance", [holder, at]) == "0x7"
                assert known.call("eth_getTransactionCount", [holder, at]) == "0x8"
                assert known.call("eth_getBalance", [BOB, at]) == "0x9"


@pytest.mark.parametrize("way", ["revm over HTTP", "pyevm over HTTP"])
def test_anvil_forks_from_our_node_and_mines_on_it(way: str) -> None:
    with our_node(way) as node:
        assert isinstance(node, HttpClient)
        store, logger = "0x" + "a1" * 20, "0x" + "a2" * 20
        node.call("anvil_setCode", [store, text(STORE_PAIRS)])
        node.call("anvil_setCode", [logger, text(LOGGER)])
        node.call("anvil_setStorageAt", [store, "0x5", text(word(99))])
        node.call("eth_sendTransaction", [{"from": ALICE, "to": BOB, "value": "0x7"}])
        node.call("eth_sendTransaction", [{"from": BOB, "to": logger, "data": "0x1234"}])
        url = f"http://127.0.0.1:{node.port}"
        with anvil(program(), "--fork-url", url) as fork:
            assert fork.call("eth_blockNumber", []) == "0x2"
            assert fork.call("eth_getStorageAt", [store, "0x5", "latest"]) == text(word(99))
            for number in ("0x0", "0x1", "0x2"):
                original = node.call("eth_getBlockByNumber", [number, False])
                assert (
                    fork.call("eth_getBlockByNumber", [number, False])["hash"] == (original["hash"])
                )
            logs = {"fromBlock": "0x0", "toBlock": "0x2"}
            assert len(fork.call("eth_getLogs", [logs])) == 5
            recorder = Recorder(fork)
            data = text(word(6) + word(66))
            receipt = recorder.send({"from": ALICE, "to": store, "data": data, "gas": "0x186a0"})
            assert receipt["status"] == "0x1" and receipt["blockNumber"] == "0x3"
            assert fork.call("eth_getStorageAt", [store, "0x6", "latest"]) == text(word(66))
            assert node.call("eth_getStorageAt", [store, "0x6", "latest"]) == text(word(0))
            options = {"tracer": "callTracer"}
            frame = fork.call("debug_traceTransaction", [receipt["transactionHash"], options])
            assert frame["to"] == store
