"""revm and a real node (anvil) agree on status, gas, logs and the whole state after a sequence."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from simulator.chain.base import Receipts
from tests.differential.anvil import Anvil, find_anvil, running
from tests.differential.assembler import word
from tests.differential.scripts import (
    COINBASE,
    CONTRACTS,
    SENDERS,
    START_BALANCE,
    Block,
    Call,
    Script,
    batch_of,
    place,
    revival_blocks,
)
from tests.differential.test_engine_against_pyevm import world

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(find_anvil() is None, reason="no anvil; `npm ci` installs it"),
]

FORKS = {  # fork of the world -> fork the token is compiled for
    "london": "london",
    "shanghai": "shanghai",
    "cancun": "cancun",
    "prague": "prague",
    "osaka": "prague",
}

SYSTEM_ACCOUNTS = {  # a node calls these by itself at the start of every block
    "0x000f3df6d732807ef1319fb7b8bb8522d0beac02",  # EIP-4788
    "0x0000f90827f1c53a10cb7a02335b175320002935",  # EIP-2935
}


def text(data: bytes) -> str:
    return "0x" + data.hex()


def set_up_node(node: Anvil) -> None:
    """The state that `scripts.set_up` gives a chain."""
    calls: list[tuple[str, list[object]]] = [("anvil_setCoinbase", [text(COINBASE)])]
    for sender in SENDERS:
        calls.append(("anvil_setBalance", [text(sender), hex(START_BALANCE)]))
    for name, code in CONTRACTS.items():
        calls.append(("anvil_setCode", [text(place(name)), text(code)]))
        calls.append(("anvil_setBalance", [text(place(name)), hex(1000)]))
    for slot in range(8):
        for name in ("store", "mortal"):
            value = [text(place(name)), text(word(slot)), text(word(slot + 1))]
            calls.append(("anvil_setStorageAt", list[object](value)))
    node.requests(calls)


def transaction(call: Call, nonce: int) -> dict[str, str]:
    target = {} if call.target is None else {"to": text(call.target)}
    return target | {
        "from": text(call.sender),
        "data": text(call.data),
        "value": hex(call.value),
        "gas": hex(call.gas_limit),
        "maxFeePerGas": hex(call.max_fee),
        "maxPriorityFeePerGas": hex(call.priority_fee),
        "nonce": hex(nonce),
    }


def mine(node: Anvil, block: Block, nonces: dict[bytes, int]) -> list[dict[str, Any]]:
    """Send the calls one after the other, mine one block of them; their receipts in order."""
    node.request("anvil_setNextBlockBaseFeePerGas", hex(block.environment.base_fee))
    node.request("evm_setNextBlockTimestamp", block.environment.timestamp)
    hashes = []
    for call in block.calls:
        hashes.append(node.request("eth_sendTransaction", transaction(call, nonces[call.sender])))
        nonces[call.sender] += 1
    node.request("evm_mine")
    receipts = node.requests([("eth_getTransactionReceipt", [hash_]) for hash_ in hashes])
    assert [int(receipt["transactionIndex"], 16) for receipt in receipts] == list(
        range(len(hashes))
    )
    return receipts


def assert_same_receipts(ours: Receipts, node: list[dict[str, Any]]) -> None:
    assert [int(status == 1) for status in ours.status] == [int(r["status"], 16) for r in node]
    assert ours.gas_used.tolist() == [int(receipt["gasUsed"], 16) for receipt in node]
    logs = [(index, log) for index, receipt in enumerate(node) for log in receipt["logs"]]
    assert ours.log_transaction.tolist() == [index for index, _ in logs]
    for row, (_, log) in enumerate(logs):
        assert text(ours.log_address[row].tobytes()) == log["address"]
        count = int(ours.log_topic_count[row])
        topics = [text(topic.tobytes()) for topic in ours.log_topics[row, :count]]
        assert topics == log["topics"]
        start, end = ours.log_data_offsets[row : row + 2]
        assert text(ours.log_data[start:end].tobytes()) == log["data"]


def dump(node: Anvil) -> dict[str, dict[str, Any]]:
    packed = bytes.fromhex(node.request("anvil_dumpState")[2:])
    accounts: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed))["accounts"]
    return {
        address: account for address, account in accounts.items() if address not in SYSTEM_ACCOUNTS
    }


def slots_of(numbers: list[str]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    flat = b"".join(word(int(number, 16)) for number in numbers)
    return np.frombuffer(flat, np.uint8).reshape(len(numbers), 32)


def assert_same_state(ours: RevmChain, node: Anvil, receipts: list[Receipts]) -> None:
    """Each account and slot of the node's dump is ours, and each slot we changed is in the dump."""
    accounts = dump(node)
    for address, account in accounts.items():
        raw = bytes.fromhex(address[2:])
        if raw not in SENDERS and int(account["balance"], 16) == 10_000 * 10**18:
            continue  # the node's own development account
        assert ours.balance(raw) == int(account["balance"], 16), address
        assert ours.nonce(raw) == account["nonce"], address
        assert text(ours.code(raw)) == account["code"], address
        storage = account["storage"]
        values = ours.storage(raw, slots_of(list(storage)))
        expected = [int(value, 16) for value in storage.values()]
        assert [int.from_bytes(row.tobytes(), "little") for row in values] == expected, address
    for receipt in receipts:
        assert receipt.diff is not None
        pairs = zip(receipt.diff.addresses, receipt.diff.slots, strict=True)
        for address_row, slot_row in pairs:
            now = ours.storage(address_row.tobytes(), slot_row[None, :])
            kept = accounts.get(text(address_row.tobytes()), {"storage": {}})["storage"]
            node_slots = {int(slot, 16): int(value, 16) for slot, value in kept.items()}
            wanted = node_slots.get(int.from_bytes(slot_row.tobytes(), "big"), 0)
            assert int.from_bytes(now.tobytes(), "little") == wanted


def assert_same_run(fork: str, chain: RevmChain, token: bytes, blocks: list[Block]) -> None:
    program = find_anvil()
    assert program is not None
    with running(program, fork) as node:
        set_up_node(node)
        node.request("anvil_setCode", text(token), text(chain.code(token)))
        node.request("anvil_setNonce", text(SENDERS[0]), "0x1")
        node.request("anvil_setNonce", text(token), "0x1")
        nonces = {sender: chain.nonce(sender) for sender in SENDERS}
        receipts = []
        for block in blocks:
            chain.set_block(block.environment)
            receipts.append(chain.execute(batch_of(block.calls), diff=True))
            assert_same_receipts(receipts[-1], mine(node, block, nonces))
        assert_same_state(chain, node, receipts)


@pytest.mark.parametrize("fees", [False, True], ids=["free", "with fees"])
@pytest.mark.parametrize("fork", FORKS)
def test_random_transactions_do_the_same_on_a_real_node(fork: str, fees: bool) -> None:
    chain, token = world(RevmChain, fork, FORKS[fork])
    assert isinstance(chain, RevmChain)
    assert_same_run(fork, chain, token, Script(7, token, fees).blocks(10, 30))


@pytest.mark.parametrize("fork", FORKS)
def test_accounts_that_die_and_live_again_in_a_block_are_the_same_on_a_real_node(
    fork: str,
) -> None:
    chain, token = world(RevmChain, fork, FORKS[fork])
    assert isinstance(chain, RevmChain)
    assert_same_run(fork, chain, token, revival_blocks())
