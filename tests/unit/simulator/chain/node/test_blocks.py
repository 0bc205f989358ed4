"""Blocks have real headers: hashes, roots, blooms and fees that others can recompute."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from trie import HexaryTrie

from simulator.chain.fork.headers import header_from_json
from simulator.chain.node.blocks import Log, bloom_of
from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    COUNTER,
    GWEI,
    NOBODY,
    Client,
    skip_without,
    world_on,
)


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def chain_of_blocks(client: Client) -> list[dict[str, Any]]:
    numbers = range(client.number("eth_blockNumber") + 1)
    return [client("eth_getBlockByNumber", hex(number), True) for number in numbers]


@pytest.mark.parametrize(
    ("hardfork", "field_count"),
    [("london", 16), ("paris", 16), ("shanghai", 17), ("cancun", 20), ("prague", 21)],
)
@pytest.mark.parametrize("engine_name", ["revm", "pyevm"])
def test_a_hash_is_that_of_the_header_and_each_block_names_its_parent(
    engine_name: str, hardfork: str, field_count: int
) -> None:
    skip_without(engine_name)
    client = Client(world_on(engine_name, hardfork))
    client.mined(to=BOB, value=1)
    client("evm_mine")
    blocks = chain_of_blocks(client)
    assert len(blocks) == 3
    for block in blocks:
        header = header_from_json(block)
        assert len(header.items) == field_count
        assert header.hash() == raw(block["hash"])
    assert [block["parentHash"] for block in blocks[1:]] == [block["hash"] for block in blocks[:2]]
    assert blocks[0]["parentHash"] == "0x" + "00" * 32


def trie_root(values: list[bytes]) -> bytes:
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return bytes(trie.root_hash)


def test_the_roots_are_those_of_the_tries_over_transactions_and_receipts(client: Client) -> None:
    counter = client.place(COUNTER)
    client("evm_setAutomine", False)
    hashes = [client.send(to=counter, gas=100_000, nonce=nonce) for nonce in range(3)]
    hashes.append(client.send(sender=BOB, to=NOBODY, gasPrice=9 * GWEI, gas=21_000))
    client("evm_mine")
    block = client("eth_getBlockByNumber", "latest", False)
    assert sorted(block["transactions"]) == sorted(hashes)
    encoded = [raw(client("eth_getRawTransactionByHash", hash_)) for hash_ in block["transactions"]]
    assert [bytes(keccak(item)) for item in encoded] == list(map(raw, block["transactions"]))
    assert trie_root(encoded) == raw(block["transactionsRoot"])
    receipts = [client("eth_getTransactionReceipt", hash_) for hash_ in block["transactions"]]
    assert trie_root(list(map(encoded_receipt, receipts))) == raw(block["receiptsRoot"])
    assert int(block["gasUsed"], 16) == sum(int(r["gasUsed"], 16) for r in receipts)
    assert receipts[-1]["cumulativeGasUsed"] == block["gasUsed"]
    indices = [log["logIndex"] for receipt in receipts for log in receipt["logs"]]
    assert indices == ["0x0", "0x1", "0x2"]
    filters = [int(receipt["logsBloom"], 16) for receipt in receipts]
    assert int(block["logsBloom"], 16) == filters[0] | filters[1] | filters[2] | filters[3] != 0


def encoded_receipt(receipt: dict[str, Any]) -> bytes:
    logs = [
        [raw(log["address"]), list(map(raw, log["topics"])), raw(log["data"])]
        for log in receipt["logs"]
    ]
    bloom = raw(receipt["logsBloom"])
    fields = [int(receipt["status"], 16), int(receipt["cumulativeGasUsed"], 16), bloom, logs]
    kind = int(receipt["type"], 16)
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))


def test_the_state_root_is_the_world_s_and_proofs_hold_against_it(client: Client) -> None:
    client.mined(to=BOB, value=5)
    root = raw(client.head()["stateRoot"])
    assert root == client.chain.state_root()
    answer = client("eth_getProof", BOB, [], "latest")
    nodes = [rlp.decode(raw(node)) for node in answer["accountProof"]]
    account = HexaryTrie.get_from_proof(root, keccak(raw(BOB)), nodes)  # type: ignore[no-untyped-call]
    assert rlp.decode(account)[1] == int(answer["balance"], 16).to_bytes(10, "big")


def test_a_very_large_world_has_zeros_for_a_root(any_client: Client) -> None:
    for number in range(6_000):
        any_client.chain.set_storage(raw(BOB), number, 1)
    any_client("evm_mine")
    assert any_client.head()["stateRoot"] == "0x" + "00" * 32


def test_the_bloom_of_a_log_has_the_bits_of_the_yellow_paper() -> None:
    bloom = bloom_of([Log(b"testtest", (), b"")])
    digest = keccak(b"testtest")
    bits = {int.from_bytes(digest[start : start + 2], "big") % 2048 for start in (0, 2, 4)}
    assert {bit for bit in range(2048) if int.from_bytes(bloom, "big") >> bit & 1} == bits


def test_the_base_fee_follows_how_full_blocks_are(any_client: Client) -> None:
    any_client("evm_mine")
    fees = [int(block["baseFeePerGas"], 16) for block in chain_of_blocks(any_client)]
    # How full the first block was is nobody's knowledge: its fee stays for one block.
    assert fees == [GWEI, GWEI]
    any_client("evm_mine")
    assert int(any_client.head()["baseFeePerGas"], 16) == GWEI - GWEI // 8
    history = any_client("eth_feeHistory", 2, "latest", [50])
    assert int(history["baseFeePerGas"][0], 16) == GWEI
    assert int(history["baseFeePerGas"][2], 16) == (GWEI - GWEI // 8) * 7 // 8
    assert history["reward"] == [["0x0"], ["0x0"]]
    any_client("anvil_setNextBlockBaseFeePerGas", "0x7")
    any_client("evm_mine")
    assert any_client.head()["baseFeePerGas"] == "0x7"


def test_fees_go_where_they_belong(client: Client) -> None:
    client("anvil_setCoinbase", NOBODY)
    before = client.number("eth_getBalance", ALICE)
    receipt = client.mined(
        to=BOB, value=3, gas=21_000, maxFeePerGas=5 * GWEI, maxPriorityFeePerGas=2 * GWEI
    )
    price = int(receipt["effectiveGasPrice"], 16)
    assert price == int(client.head()["baseFeePerGas"], 16) + 2 * GWEI
    assert client.number("eth_getBalance", NOBODY) == 21_000 * 2 * GWEI
    assert client.number("eth_getBalance", ALICE) == before - 3 - 21_000 * price


def test_a_contract_reads_the_hash_of_the_parent(client: Client) -> None:
    reader = client.place("0x6001430340600052602060" + "00f3")  # BLOCKHASH(NUMBER - 1)
    client("evm_mine")
    parent, head = (client("eth_getBlockByNumber", hex(n), False)["hash"] for n in (0, 1))
    assert client("eth_call", {"to": reader}, "latest") == parent
    assert client("eth_call", {"to": reader}, "pending") == head


@pytest.mark.parametrize("tag", ["latest", "safe", "finalized"])
def test_all_blocks_are_final(any_client: Client, tag: str) -> None:
    any_client("evm_mine")
    assert any_client("eth_getBlockByNumber", tag, False)["number"] == "0x1"
    assert any_client("eth_getBlockByNumber", "earliest", False)["number"] == "0x0"


def test_what_is_not_there_is_null(any_client: Client) -> None:
    unknown = "0x" + "11" * 32
    assert any_client("eth_getBlockByNumber", "0x5", False) is None
    assert any_client("eth_getBlockByHash", unknown, False) is None
    assert any_client("eth_getBlockReceipts", "0x5") is None
    assert any_client("eth_getTransactionByHash", unknown) is None
    assert any_client("eth_getRawTransactionByHash", unknown) is None
    assert any_client("eth_getTransactionReceipt", unknown) is None
    assert any_client("eth_getTransactionByBlockHashAndIndex", unknown, "0x0") is None
    assert any_client("eth_getBlockTransactionCountByHash", unknown) is None


def test_a_block_is_found_by_number_hash_and_object(any_client: Client) -> None:
    receipt = any_client.mined(to=BOB, value=1)
    hash_ = receipt["blockHash"]
    assert any_client("eth_getBlockByHash", hash_, False)["number"] == "0x1"
    for at in ("0x1", hash_, {"blockHash": hash_}, {"blockNumber": "0x1"}, 1):
        assert any_client.number("eth_getTransactionCount", ALICE, at) == 1
    assert any_client("eth_getBlockReceipts", hash_) == [receipt]
    found = any_client("eth_getTransactionByBlockHashAndIndex", hash_, "0x0")
    assert found == any_client("eth_getTransactionByHash", receipt["transactionHash"])
    assert any_client("eth_getBlockByHash", hash_, True)["transactions"] == [found]
