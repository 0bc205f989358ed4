"""How transactions wait, and how they become blocks."""

from __future__ import annotations

import pytest

from simulator.chain.base import BlockEnvironment
from simulator.chain.node import NodeOptions
from simulator.chain.node.worlds import open_world
from simulator.errors import ForkError
from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    CHAIN_ID,
    COUNTER,
    FIRST_SECOND,
    GWEI,
    NOBODY,
    Client,
    world_on,
)


def hold(client: Client) -> None:
    client("evm_setAutomine", False)


def test_a_transaction_is_mined_at_once_in_a_block_of_its_own(client: Client) -> None:
    for number in (1, 2):
        receipt = client.mined(to=BOB, value=number)
        assert receipt["blockNumber"] == hex(number) and receipt["transactionIndex"] == "0x0"
    assert client.number("eth_getBalance", BOB) == 10_000 * 10**18 + 3


def test_a_failing_transaction_is_mined_as_failed(client: Client) -> None:
    reverter = client.place("0x60006000fd")
    receipt = client.mined(to=reverter, gas=50_000)
    assert receipt["status"] == "0x0" and receipt["logs"] == []
    # Also where no gas is given, though no estimate can be made.
    assert client.mined(to=reverter)["status"] == "0x0"


def test_a_creation_says_where_its_contract_is(client: Client) -> None:
    receipt = client.mined(data="0x60ff60005360016000f3", gas=100_000)
    assert receipt["to"] is None
    assert receipt["contractAddress"] == "0x5fbdb2315678afecb367f032d93f642f64180aa3"
    assert client("eth_getCode", receipt["contractAddress"], "latest") == "0xff"


def test_waiting_transactions_are_mined_by_tip_and_each_sender_s_in_order(
    any_client: Client,
) -> None:
    hold(any_client)

    def send(sender: str, nonce: int, tip: int) -> str:
        fees = {"maxFeePerGas": 99 * GWEI, "maxPriorityFeePerGas": tip * GWEI}
        return any_client.send(sender=sender, to=NOBODY, nonce=nonce, gas=21_000, **fees)

    late_cheap = send(ALICE, 0, 1)
    then_dear = send(ALICE, 1, 90)
    middle = send(BOB, 0, 5)
    assert any_client("eth_getTransactionReceipt", middle) is None
    assert any_client("eth_getTransactionByHash", middle)["blockNumber"] is None
    assert any_client.number("eth_getTransactionCount", ALICE, "pending") == 2
    assert any_client.number("eth_getTransactionCount", ALICE, "latest") == 0
    assert any_client("txpool_status") == {"pending": "0x3", "queued": "0x0"}
    pending = any_client("eth_getBlockByNumber", "pending", False)
    assert pending["transactions"] == [middle, late_cheap, then_dear]
    assert any_client.number("eth_blockNumber") == 0
    any_client("evm_mine")
    assert any_client.head()["transactions"] == pending["transactions"]
    assert any_client("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_gap_in_the_nonces_is_waited_for(any_client: Client) -> None:
    second = any_client.send(to=BOB, nonce=1)
    assert any_client("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    assert any_client.number("eth_blockNumber") == 0
    first = any_client.send(to=BOB, nonce=0)
    assert any_client.head()["transactions"] == [first, second]


def test_a_better_paid_transaction_takes_the_place_of_another(any_client: Client) -> None:
    hold(any_client)
    old = any_client.send(to=BOB, nonce=0, gasPrice=10 * GWEI, gas=21_000)
    cheap = any_client.refusal(
        "eth_sendTransaction",
        {"from": ALICE, "to": NOBODY, "nonce": "0x0", "gas": "0x5208",
         "gasPrice": hex(10 * GWEI + 1)},
    )  # fmt: skip
    assert "underpriced" in str(cheap) and cheap.code == -32003
    new = any_client.send(to=NOBODY, nonce=0, gasPrice=11 * GWEI, gas=21_000)
    assert any_client("eth_getTransactionByHash", old) is None
    any_client("evm_mine")
    assert any_client.head()["transactions"] == [new]


def test_the_same_transaction_is_not_taken_twice(any_client: Client) -> None:
    hold(any_client)
    sent = {"from": ALICE, "to": BOB, "nonce": "0x0", "gas": "0x5208", "gasPrice": hex(9 * GWEI)}
    any_client("eth_sendTransaction", sent)
    assert "already known" in str(any_client.refusal("eth_sendTransaction", sent))


def test_what_does_not_fit_into_a_block_waits_for_the_next(quick_engine: str) -> None:
    client = Client(world_on(quick_engine, gas_limit=100_000))
    hold(client)
    hashes = [client.send(to=BOB, nonce=nonce, gas=90_000) for nonce in range(2)]
    client("evm_mine")
    assert client.head()["transactions"] == hashes[:1]
    client("evm_mine")
    assert client.head()["transactions"] == hashes[1:]


def test_a_transaction_below_the_base_fee_waits_until_that_has_fallen(any_client: Client) -> None:
    hold(any_client)
    hash_ = any_client.send(to=BOB, gas=21_000, gasPrice=GWEI * 95 // 100)
    any_client("evm_mine")
    assert any_client.head()["transactions"] == []
    any_client("evm_mine")
    assert any_client.head()["transactions"] == [hash_]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": 10**30, "gas": 21_000}, "insufficient funds"),
        ({"gas": 20_999}, "intrinsic gas too low: have 20999, want 21000"),
        ({"gas": 21_000, "data": "0x01"}, "want 21"),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"gas": 21_000, "gasPrice": 1}, "less than block base fee"),
        ({"maxFeePerGas": GWEI, "maxPriorityFeePerGas": 2 * GWEI}, "higher than max fee"),
        ({"sender": NOBODY, "gas": 21_000}, "no signer available"),
    ],
)
def test_what_cannot_be_mined_is_refused_and_leaves_no_trace(
    client: Client, fields: dict[str, object], words: str
) -> None:
    before = client.head()
    sent = {"from": ALICE, "to": BOB} | {
        ("from" if key == "sender" else key): hex(value) if isinstance(value, int) else value
        for key, value in fields.items()
    }
    assert words in str(client.refusal("eth_sendTransaction", sent))
    assert client.head() == before
    assert client("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    client.mined(to=BOB)
    assert client.head()["parentHash"] == before["hash"]


def test_what_only_the_engine_refuses_leaves_no_block_either(client: Client) -> None:
    oversized = "0x" + "00" * 49_153  # EIP-3860
    before = client.head()
    refused = client.refusal(
        "eth_sendTransaction", {"from": ALICE, "data": oversized, "gas": hex(3_000_000)}
    )
    assert "initcode too large" in str(refused)
    assert client.head() == before and client.chain.block == client.node.ledger.head.environment
    client.mined(to=BOB)
    assert client.head()["parentHash"] == before["hash"]


def test_timestamps_rise_by_a_fixed_step_unless_the_clock_runs(any_client: Client) -> None:
    any_client("anvil_mine", "0x2")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 24
    any_client("evm_setNextBlockTimestamp", FIRST_SECOND + 1_000)
    assert int(any_client("eth_getBlockByNumber", "pending", False)["timestamp"], 16) == (
        FIRST_SECOND + 1_000
    )
    any_client("evm_mine")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 1_000
    assert any_client("evm_increaseTime", 500) == 500
    assert any_client("evm_increaseTime", "0x64") == 600
    any_client("evm_mine")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 1_612
    any_client("evm_mine")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 1_624
    any_client("anvil_mine", "0x3", "0x5")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 1_646
    for seconds in (FIRST_SECOND + 1_646, 1):
        assert any_client.refusal("evm_setNextBlockTimestamp", seconds).code == -32602


def test_time_is_not_moved_to_where_no_block_can_follow(any_client: Client) -> None:
    assert any_client.refusal("evm_increaseTime", hex(2**64 - 1)).code == -32602
    any_client("evm_mine")
    assert int(any_client.head()["timestamp"], 16) == FIRST_SECOND + 12


def test_a_transaction_that_waits_leaves_the_state_as_the_latest_block_says(
    any_client: Client,
) -> None:
    any_client.mined(to=BOB)
    root = any_client.head()["stateRoot"]
    any_client.send(to=BOB, nonce=9)
    assert any_client.head()["stateRoot"] == root
    assert "0x" + any_client.chain.state_root().hex() == root


def test_a_running_clock_goes_on_from_where_it_was_set(quick_engine: str) -> None:
    client = Client(world_on(quick_engine), NodeOptions(wall_clock=True))
    client("evm_mine")
    first = int(client.head()["timestamp"], 16)
    assert FIRST_SECOND < first < FIRST_SECOND + 600
    client("evm_mine", {"timestamp": FIRST_SECOND + 10_000})
    client("evm_mine")
    assert FIRST_SECOND + 10_000 < int(client.head()["timestamp"], 16) < FIRST_SECOND + 10_600
    client("evm_increaseTime", 50_000)
    client("evm_mine")
    assert int(client.head()["timestamp"], 16) >= FIRST_SECOND + 60_000


def test_the_same_requests_make_the_same_blocks(engine: str) -> None:
    hashes = []
    for _ in range(2):
        client = Client(world_on(engine))
        client.mined(to=client.place(COUNTER))
        hashes.append(client.head()["hash"])
    assert hashes[0] == hashes[1]


class Unsteady:
    """A source that fails for one account as long as it is told to, as one over a network may."""

    def __init__(self, failing: str) -> None:
        self.failing = bytes.fromhex(failing[2:])

    def account(self, address: bytes) -> tuple[bytes, int, bytes] | None:
        if address == self.failing:
            raise ForkError("the node does not answer")
        return None

    def slot(self, address: bytes, slot: bytes) -> bytes:
        return bytes(32)

    def block_hash(self, number: int) -> bytes:
        return bytes(32)


HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935"
"""What every block calls from prague on (EIP-2935)."""


@pytest.mark.parametrize("failing", [NOBODY, HISTORY], ids=["target", "history contract"])
def test_a_transaction_that_a_fork_cannot_feed_leaves_no_block_and_can_be_sent_again(
    engine: str, failing: str
) -> None:
    source = Unsteady(failing)
    block = BlockEnvironment(number=5, timestamp=FIRST_SECOND, base_fee=GWEI)
    client = Client(open_world(engine, "prague", CHAIN_ID, block, source))
    client("evm_setNextBlockTimestamp", FIRST_SECOND + 99)
    sent = {"from": ALICE, "to": NOBODY, "value": "0x1", "gas": "0x5208"}
    for _ in range(2):
        assert "does not answer" in str(client.refusal("eth_sendTransaction", sent))
        assert client.number("eth_blockNumber") == 5
        assert client("txpool_status") == {"pending": "0x0", "queued": "0x0"}
        assert client.chain.block == client.node.ledger.head.environment
    source.failing = b""
    receipt = client("eth_getTransactionReceipt", client("eth_sendTransaction", sent))
    assert receipt["status"] == "0x1" and receipt["blockNumber"] == "0x6"
    assert client.head()["timestamp"] == hex(FIRST_SECOND + 99)
    assert client.head()["stateRoot"] == "0x" + "00" * 32
    assert "fork" in str(client.refusal("eth_getProof", ALICE, [], "latest"))
    assert "fork" in str(client.refusal("anvil_dumpState"))


def test_a_transaction_that_the_engine_refuses_leaves_the_state_as_the_latest_block_says(
    quick_engine: str,
) -> None:
    """From prague on the beginning of a block writes, also of one that then holds nothing."""
    block = BlockEnvironment(number=0, timestamp=FIRST_SECOND)
    client = Client(open_world(quick_engine, "prague", CHAIN_ID, block))
    client.mined(to=BOB)
    root = client.head()["stateRoot"]
    client.refusal("eth_sendTransaction", {"from": ALICE, "data": "0x" + "00" * 49_153})
    assert client.head()["stateRoot"] == root
    assert "0x" + client.chain.state_root().hex() == root
