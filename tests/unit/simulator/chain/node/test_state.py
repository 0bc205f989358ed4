"""Accounts at the latest and at earlier blocks, and worlds that move outside of the node."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.chain import Batch
from simulator.chain.node import NodeOptions
from simulator.errors import InputError
from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    COUNTER,
    NOBODY,
    Client,
    word,
    world_on,
)

ETHER = 10**18


def test_development_accounts_are_those_of_other_nodes_and_rich(client: Client) -> None:
    accounts = client("eth_accounts")
    assert len(accounts) == 10 and accounts[:2] == [ALICE, BOB]
    assert all(client.number("eth_getBalance", one) == 10_000 * ETHER for one in accounts)


def test_only_untouched_development_accounts_are_funded(quick_engine: str) -> None:
    world = world_on(quick_engine)
    world.set_balance(bytes.fromhex(BOB[2:]), 7)
    world.set_nonce(bytes.fromhex(ALICE[2:]), 3)
    client = Client(world, NodeOptions(accounts=3, balance_wei=5))
    balances = [client.number("eth_getBalance", one) for one in client("eth_accounts")]
    assert balances == [0, 7, 5]
    Client(world, NodeOptions(accounts=3, balance_wei=9, funds="all"))
    assert [client.number("eth_getBalance", one) for one in client("eth_accounts")] == [9, 9, 9]


def test_a_world_may_do_without_development_accounts(quick_engine: str) -> None:
    client = Client(world_on(quick_engine), NodeOptions(accounts=0))
    assert client("eth_accounts") == []
    assert client.number("eth_getBalance", ALICE) == 0
    assert client.refusal("eth_sendTransaction", {"to": BOB}).code == -32602


def test_states_of_earlier_blocks_are_there_as_long_as_they_are_kept(engine: str) -> None:
    client = Client(world_on(engine), NodeOptions(kept_states=3))
    counter = client.place(COUNTER)
    for _ in range(5):
        client.mined(to=counter)
    for number in (5, 4, 3, 2):
        at = hex(number)
        assert client("eth_getStorageAt", counter, "0x0", at) == word(number)
        assert client.number("eth_getTransactionCount", ALICE, at) == number
        assert client("eth_getCode", counter, at) == COUNTER
        proof = client("eth_getProof", counter, ["0x0"], at)
        assert proof["storageProof"][0]["value"] == hex(number)
    refused = client.refusal("eth_getBalance", ALICE, "0x1")
    assert "not kept" in str(refused) and "last 3" in str(refused)
    assert client.refusal("eth_getBalance", ALICE, "0x9").code == -32602
    assert client("eth_getTransactionReceipt", client.send(to=BOB))["blockNumber"] == "0x6"


def test_a_slot_is_asked_for_as_a_number_or_as_a_word(any_client: Client) -> None:
    place = any_client.place("0x00")
    assert any_client("anvil_setStorageAt", place, "0x5", "0x" + "00" * 31 + "07") is True
    for slot in ("0x5", "0x05", word(5), 5):
        assert any_client("eth_getStorageAt", place, slot, "latest") == word(7)
    assert any_client.refusal("eth_getStorageAt", place, "0x" + "00" * 33).code == -32602
    assert any_client.refusal("eth_getStorageAt", place, "five").code == -32602


def test_what_others_do_to_the_world_is_seen(client: Client) -> None:
    nobody = bytes.fromhex(NOBODY[2:])
    client.chain.set_balance(nobody, 5)
    assert client.number("eth_getBalance", NOBODY) == 5
    batch = Batch.of([nobody], [bytes.fromhex(BOB[2:])], [b""], 21_000)
    values = np.array([[3, 0, 0, 0]], np.uint64)
    client.chain.set_block(replace(client.chain.block, base_fee=0, number=7, timestamp=2 * 10**9))
    assert client.chain.execute(replace(batch, values=values)).status.tolist() == [1]
    assert client.number("eth_blockNumber") == 7
    assert client.number("eth_getBalance", NOBODY) == 2
    assert client("eth_getBlockByNumber", "0x7", True)["transactions"] == []
    assert client("eth_getBlockByNumber", "0x3", True) is None
    receipt = client.mined(to=BOB, value=1, gasPrice=0, gas=21_000)
    assert receipt["blockNumber"] == "0x8" and receipt["status"] == "0x1"


def test_a_world_that_is_taken_back_outside_is_followed(client: Client) -> None:
    client.mined(to=BOB, value=1)
    snapshot = client.chain.snapshot()
    head = client.head()
    later = client.mined(to=BOB, value=1)
    client.chain.revert(snapshot)
    assert client.head() == head
    assert client("eth_getTransactionReceipt", later["transactionHash"]) is None
    assert client.number("eth_getTransactionCount", ALICE) == 1
    assert client.mined(to=BOB, value=2)["blockNumber"] == later["blockNumber"]


def test_a_world_set_to_an_earlier_block_forgets_later_ones(any_client: Client) -> None:
    any_client("anvil_mine", "0x5")
    any_client.chain.set_block(replace(any_client.chain.block, number=2, timestamp=7))
    assert any_client.number("eth_blockNumber") == 2
    assert any_client("eth_getBlockByNumber", "0x4", False) is None
    parent = any_client("eth_getBlockByNumber", "0x1", False)["hash"]
    assert parent is not None
    any_client("evm_mine")
    assert any_client.number("eth_blockNumber") == 3


@pytest.mark.parametrize(
    "options", [{"accounts": -1}, {"kept_states": -1}, {"seconds_per_block": 0},
                {"balance_wei": 1 << 256}, {"accounts": 10**6}]
)  # fmt: skip
def test_options_out_of_range_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        NodeOptions(**options)  # type: ignore[arg-type]
