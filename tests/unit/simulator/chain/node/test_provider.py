"""web3.py on a world in process."""

from __future__ import annotations

from typing import Any

import pytest
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.types import RPCEndpoint

from simulator.chain.node import NodeOptions, provider_of
from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    COUNTER,
    REVERTER,
    word,
    world_on,
)

COUNTER_ABI: list[dict[str, Any]] = [
    {"type": "function", "name": "count", "inputs": [], "stateMutability": "nonpayable",
     "outputs": [{"type": "uint256", "name": ""}]},
]  # fmt: skip


@pytest.fixture
def w3(engine: str) -> Web3:
    return Web3(provider_of(world_on(engine)))


def test_it_is_always_connected(w3: Web3) -> None:
    assert w3.is_connected() and w3.client_version.startswith("underwater/")


def test_a_contract_is_called_and_sent_to(w3: Web3) -> None:
    place = Web3.to_checksum_address("0x" + "c0" * 20)
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [place, COUNTER])
    counter = w3.eth.contract(address=place, abi=COUNTER_ABI)
    assert counter.functions.count().call() == 1
    receipt = w3.eth.wait_for_transaction_receipt(
        counter.functions.count().transact({"from": w3.eth.accounts[0]})
    )
    assert receipt["status"] == 1 and len(receipt["logs"]) == 1
    assert counter.functions.count().call() == 2
    assert counter.functions.count().call(block_identifier=0) == 1
    assert w3.eth.get_storage_at(place, 0) == HexBytes(word(1))


def test_a_revert_is_a_contract_logic_error(w3: Web3) -> None:
    place = Web3.to_checksum_address("0x" + "c0" * 20)
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [place, REVERTER])
    no = "0x08c379a0" + word(32)[2:] + word(2)[2:] + b"no".ljust(32, b"\0").hex()
    with pytest.raises(ContractLogicError, match="execution reverted: no"):
        w3.eth.call({"to": place, "data": no})  # type: ignore[typeddict-item]
    with pytest.raises(Web3RPCError, match="does not exist"):
        w3.manager.request_blocking(RPCEndpoint("eth_nosuch"), [])


def test_values_of_python_pass_as_json_would_make_them(w3: Web3) -> None:
    ask = w3.provider.make_request
    raw = bytes.fromhex(ALICE[2:])
    assert ask(RPCEndpoint("eth_getBalance"), (raw, "latest"))["result"] == hex(10**22)
    assert ask(RPCEndpoint("eth_getBalance"), (HexBytes(raw), 0))["result"] == hex(10**22)
    sent = {"from": raw, "to": HexBytes(BOB), "value": 5}
    assert "result" in ask(RPCEndpoint("eth_call"), [sent, "latest"])
    assert ask(RPCEndpoint("eth_chainId"), None)["result"] == "0x7a69"
    assert ask(RPCEndpoint("eth_getBalance"), [])["error"]["code"] == -32602


def test_a_batch_is_answered_in_order(w3: Web3) -> None:
    alice = w3.eth.accounts[0]
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_balance(alice))
        batch.add(w3.eth.get_block(0))
        answers: list[Any] = list(batch.execute())
    assert answers[0] == 10**22 and answers[1]["number"] == 0


def test_options_reach_the_node(quick_engine: str) -> None:
    world = world_on(quick_engine)
    w3 = Web3(provider_of(world, NodeOptions(accounts=2, balance_wei=7)))
    assert [w3.eth.get_balance(one) for one in w3.eth.accounts] == [7, 7]
    assert world.balance(bytes.fromhex(BOB[2:])) == 7
