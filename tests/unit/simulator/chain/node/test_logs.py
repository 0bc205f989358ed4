"""Logs by range, address and topics, and filters that tell what is new."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.chain.node.conftest import ALICE, BOB, COUNTER, Client, word


@pytest.fixture
def counters(any_client: Client) -> tuple[str, str]:
    """Two counters; blocks 1 and 3 have a log of the first, block 2 one of the second."""
    places = tuple(any_client.place(COUNTER, "0x" + digits * 20) for digits in ("c1", "c2"))
    for place in (places[0], places[1], places[0]):
        any_client.mined(to=place)
    any_client.mined(to=BOB)
    return places[0], places[1]


def numbers(logs: list[dict[str, Any]]) -> list[int]:
    return [int(log["blockNumber"], 16) for log in logs]


def test_logs_are_found_by_range_address_and_topics(
    any_client: Client, counters: tuple[str, str]
) -> None:
    first, second = counters

    def found(**query: Any) -> list[int]:
        return numbers(any_client("eth_getLogs", query))

    every = {"fromBlock": "0x0"}
    assert found(**every) == [1, 2, 3]
    assert found(fromBlock="earliest", toBlock="latest") == [1, 2, 3]
    assert found(fromBlock="0x2", toBlock="0x3") == [2, 3]
    assert found(fromBlock="0x3", toBlock="0x2") == []
    assert found(fromBlock="0x9", toBlock="0x99") == []
    assert found() == []  # the latest block has none
    assert found(**every, address=first) == [1, 3]
    assert found(**every, address=[second, BOB]) == [2]
    assert found(**every, address=[]) == [1, 2, 3]
    one, two = word(1), word(2)
    assert found(**every, topics=[one]) == [1, 2, 3]
    assert found(**every, topics=[two]) == []
    assert found(**every, topics=[[two, one]]) == [1, 2, 3]
    assert found(**every, topics=[None]) == [1, 2, 3]
    assert found(**every, topics=[[]]) == [1, 2, 3]
    assert found(**every, topics=[one, None]) == []  # no second topic is there
    hash_ = any_client("eth_getBlockByNumber", "0x2", False)["hash"]
    assert found(blockHash=hash_) == [2]


def test_a_log_names_its_place(any_client: Client, counters: tuple[str, str]) -> None:
    log = any_client("eth_getLogs", {"fromBlock": "0x3", "toBlock": "0x3"})[0]
    receipt = any_client("eth_getTransactionReceipt", log["transactionHash"])
    assert receipt["logs"] == [log]
    assert log["address"] == counters[0] and log["topics"] == [word(1)] and log["data"] == word(2)
    assert log["blockHash"] == receipt["blockHash"] and log["removed"] is False


@pytest.mark.parametrize(
    "query",
    [{"address": "0x12"}, {"topics": ["0x12"]}, {"topics": [None] * 5}, {"topics": "0x"},
     {"fromBlock": "0x" + "11" * 32}, {"fromBlock": "soon"}, {"form": "0x0"},
     {"blockHash": "0x" + "11" * 32, "toBlock": "0x1"}],
)  # fmt: skip
def test_malformed_queries_are_refused(any_client: Client, query: dict[str, Any]) -> None:
    assert any_client.refusal("eth_getLogs", query).code == -32602
    assert any_client.refusal("eth_newFilter", query).code == -32602


def test_a_log_filter_tells_each_new_log_once(
    any_client: Client, counters: tuple[str, str]
) -> None:
    filter_ = any_client("eth_newFilter", {"fromBlock": "0x0", "address": counters[0]})
    assert any_client("eth_getFilterChanges", filter_) == []
    any_client.mined(to=counters[1])
    any_client.mined(to=counters[0])
    assert numbers(any_client("eth_getFilterChanges", filter_)) == [6]
    assert any_client("eth_getFilterChanges", filter_) == []
    assert numbers(any_client("eth_getFilterLogs", filter_)) == [1, 3, 6]
    assert any_client("eth_uninstallFilter", filter_) is True
    assert any_client("eth_uninstallFilter", filter_) is False
    assert any_client.refusal("eth_getFilterChanges", filter_).code == -32000


def test_a_filter_with_an_end_stops_there(any_client: Client, counters: tuple[str, str]) -> None:
    filter_ = any_client("eth_newFilter", {"fromBlock": "0x0", "toBlock": "0x5"})
    any_client.mined(to=counters[0])
    any_client.mined(to=counters[0])
    assert numbers(any_client("eth_getFilterChanges", filter_)) == [5]


def test_block_and_pending_filters_tell_hashes(any_client: Client) -> None:
    blocks, pending = (
        any_client("eth_newBlockFilter"),
        any_client("eth_newPendingTransactionFilter"),
    )
    sent = any_client.send(to=BOB)
    any_client("evm_mine")
    hashes = [any_client("eth_getBlockByNumber", hex(n), False)["hash"] for n in (1, 2)]
    assert any_client("eth_getFilterChanges", blocks) == hashes
    assert any_client("eth_getFilterChanges", pending) == [sent]
    assert any_client("eth_getFilterChanges", blocks) == []
    assert any_client("eth_getFilterChanges", pending) == []
    assert any_client.refusal("eth_getFilterLogs", blocks).code == -32602


def test_blocks_that_replace_others_after_a_revert_are_new(
    any_client: Client, counters: tuple[str, str]
) -> None:
    filter_ = any_client("eth_newFilter", {"fromBlock": "0x0"})
    snapshot = any_client("evm_snapshot")
    any_client.mined(to=counters[0])
    assert numbers(any_client("eth_getFilterChanges", filter_)) == [5]
    any_client("evm_revert", snapshot)
    assert any_client("eth_getLogs", {"fromBlock": "0x4"}) == []
    any_client.mined(to=counters[1])
    assert numbers(any_client("eth_getFilterChanges", filter_)) == [5]


def test_logs_of_several_transactions_of_a_block_are_counted_through(client: Client) -> None:
    counter = client.place(COUNTER)
    client("evm_setAutomine", False)
    for sender in (ALICE, BOB):
        client.send(sender=sender, to=counter, gas=100_000)
    client("evm_mine")
    logs = client("eth_getLogs", {})
    assert [log["logIndex"] for log in logs] == ["0x0", "0x1"]
    assert [log["transactionIndex"] for log in logs] == ["0x0", "0x1"]
    assert [log["data"] for log in logs] == [word(1), word(2)]


def test_forgotten_filters_do_not_pile_up(any_client: Client) -> None:
    first, used = any_client("eth_newBlockFilter"), any_client("eth_newBlockFilter")
    for _ in range(999):
        any_client("eth_getFilterChanges", used)
        any_client("eth_newBlockFilter")
    assert any_client.refusal("eth_getFilterChanges", first).code == -32000
    assert any_client("eth_getFilterChanges", used) == []
