"""What a node can do wrong, and what it may lack."""

from __future__ import annotations

import socket
import time
from typing import Any

import numpy as np
import pytest

from simulator.chain.base import STATUS_NOT_INCLUDED, Batch
from simulator.chain.rpc import RpcChain
from simulator.errors import ChainError, EndpointError, InputError, RevertError
from tests.unit.simulator.chain.conftest import slots, word
from tests.unit.simulator.chain.rpc.made_node import (
    FINE,
    HEAD,
    NOT_OFFERED,
    Fault,
    Raw,
    node_that_answers,
)

ALICE, BOB = bytes([1]) * 20, bytes([2]) * 20
HASH = "0x" + "ab" * 32
CALLS = Batch.of([ALICE], [BOB], [b""], 50_000)

MINES: dict[str, Any] = FINE | {
    "evm_setNextBlockTimestamp": None,
    "anvil_setNextBlockBaseFeePerGas": None,
    "eth_getTransactionCount": "0x0",
    "eth_sendTransaction": HASH,
    "anvil_dropTransaction": None,
}


def mining(**changed: Any) -> dict[str, Any]:
    """A node that mines one transaction into block 4."""
    mined = HEAD | {
        "number": "0x4", "timestamp": "0x65", "baseFeePerGas": "0x0", "transactions": [HASH],
    }  # fmt: skip
    receipt: dict[str, Any] = {
        "status": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x0", "logs": [],
        "transactionIndex": "0x0", "contractAddress": None,
    }  # fmt: skip
    mined_yet: list[bool] = []
    return (
        MINES
        | {
            "evm_mine": lambda _: mined_yet.append(True),
            "eth_getBlockByNumber": lambda _: mined if mined_yet else HEAD,
            "eth_getTransactionReceipt": receipt,
        }
        | changed
    )


def test_nobody_at_the_address_is_said_so() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(EndpointError, match=rf"127.0.0.1:{port}: dropped the connection"):
        RpcChain(f"http://127.0.0.1:{port}")
    with pytest.raises(InputError, match="address of a node"):
        RpcChain("localhost")


def test_a_node_that_does_not_answer_is_not_waited_for() -> None:
    def slow(_: object) -> str:
        time.sleep(2)
        return "0x1"

    with (
        node_that_answers(FINE | {"eth_chainId": slow}) as url,
        pytest.raises(EndpointError, match="timeout"),
    ):
        RpcChain(url, timeout_seconds=0.1)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"eth_chainId": Raw(b"<html>busy</html>")}, "HTML instead of JSON"),
        ({"eth_chainId": Raw(b"<html>busy</html>", 502)}, "server error: HTTP 502"),
        ({"eth_chainId": Raw(b"[1, 2]")}, "malformed answer: eth_chainId"),
        ({"eth_chainId": "five"}, "malformed answer: eth_chainId: chain id"),
        ({"eth_chainId": "0x5"}, "is chain 5, not chain 1"),
        ({"anvil_nodeInfo": {"hardFork": "Cancun"}}, "runs cancun, not prague"),
        ({"evm_setAutomine": NOT_OFFERED}, "does not mine on demand"),
        ({"eth_getBlockByNumber": None}, "has no latest block"),
        ({"eth_getBlockByNumber": {}}, "malformed answer: block: number is missing"),
    ],
)
def test_a_node_that_cannot_be_used_is_refused(answers: dict[str, Any], message: str) -> None:
    with node_that_answers(FINE | answers) as url, pytest.raises(ChainError, match=message):
        RpcChain(url, chain_id=1, hardfork="prague")


def test_a_node_that_does_not_tell_its_hardfork_needs_to_be_told() -> None:
    with node_that_answers(FINE | {"anvil_nodeInfo": NOT_OFFERED}) as url:
        with pytest.raises(ChainError, match="name it by `hardfork`"):
            RpcChain(url)
        assert RpcChain(url, hardfork="cancun").hardfork == "cancun"


def test_answers_to_a_batch_are_sorted_and_counted() -> None:
    values = {word(slot): hex(slot) for slot in range(300)}

    def storage(parameters: list[Any]) -> str:
        return "0x" + word(int(values[bytes.fromhex(parameters[1][2:])], 16)).hex()

    with node_that_answers(FINE | {"eth_getStorageAt": storage}) as url:
        chain = RpcChain(url)
        found = chain.storage(ALICE, slots(*range(300)))
        assert found[:, 0].tolist() == list(range(300))
    for body, message in (
        (b"[]", "0 answers to a batch of 1"),
        (b'{"error": {"code": -32600, "message": "no batches"}}', "no batches"),
        (b'{"result": 1}', "no list for a batch"),
    ):
        with node_that_answers(FINE | {"eth_getStorageAt": Raw(body)}) as url:
            chain = RpcChain(url)
            with pytest.raises(EndpointError, match=message):
                chain.storage(ALICE, slots(1))


def test_without_tracers_outputs_are_empty_and_diffs_are_refused() -> None:
    with node_that_answers(mining()) as url:
        receipts = RpcChain(url).execute(CALLS)
        assert receipts.status.tolist() == [1] and receipts.output_of(0) == b""
    with node_that_answers(mining()) as url, pytest.raises(ChainError, match="cannot tell which"):
        RpcChain(url).execute(CALLS, diff=True)
    with node_that_answers(mining()) as url, pytest.raises(ChainError, match="no trace"):
        RpcChain(url).execute(CALLS, trace=True)


def test_a_refused_transaction_is_not_included_with_the_nodes_words() -> None:
    refusal = Fault(-32003, "Insufficient funds for gas * price + value")
    empty = mining(eth_sendTransaction=refusal)
    mined = HEAD | {"number": "0x4", "timestamp": "0x65", "baseFeePerGas": "0x0"}
    seen: list[bool] = []
    empty["evm_mine"] = lambda _: seen.append(True)
    empty["eth_getBlockByNumber"] = lambda _: mined if seen else HEAD
    with node_that_answers(empty) as url:
        receipts = RpcChain(url).execute(CALLS)
    assert receipts.status.tolist() == [STATUS_NOT_INCLUDED]
    assert receipts.reasons[0].startswith("insufficient balance: Insufficient funds")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"eth_sendTransaction": Fault(-32000, "unknown account")},
            "does not send for any account",
        ),
        ({"anvil_setNextBlockBaseFeePerGas": NOT_OFFERED}, "base_fee = 0x0 cannot be set"),
        ({"evm_setNextBlockTimestamp": Fault(-32602, "too old")}, "timestamp = 101 is refused"),
        ({"eth_getTransactionReceipt": None}, "gave no receipt"),
        ({"eth_getTransactionReceipt": {"status": "0x1"}}, "transactionIndex is missing"),
        ({"eth_getBlockByNumber": HEAD}, "did not mine block 4 in time"),
        ({"eth_getBlockByNumber": HEAD | {"number": "0x9"}}, "did not mine block 10"),
    ],
)
def test_a_block_that_goes_wrong_says_how(changed: dict[str, Any], message: str) -> None:
    with node_that_answers(mining(**changed)) as url:
        chain = RpcChain(url, timeout_seconds=0.5)
        with pytest.raises(ChainError, match=message):
            chain.execute(CALLS)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("timestamp", "0x99", "timestamp 153 instead of 101"),
        ("baseFeePerGas", "0x9", "base_fee 9 instead of 0"),
        ("miner", "0x" + "dd" * 20, "coinbase"),
        ("transactions", [HASH, "0x" + "cd" * 32], "transactions of somebody else"),
    ],
)
def test_a_block_other_than_the_one_asked_for_is_noticed(
    field: str, value: Any, message: str
) -> None:
    answers = mining()
    inner = answers["eth_getBlockByNumber"]

    def head(parameters: list[Any]) -> Any:
        found = inner(parameters)
        return found if found is HEAD else found | {field: value}

    with (
        node_that_answers(answers | {"eth_getBlockByNumber": head}) as url,
        pytest.raises(ChainError, match=message),
    ):
        RpcChain(url).execute(CALLS)


def test_hardhats_names_are_used_where_anvils_are_not_offered() -> None:
    asked: list[Any] = []
    names = FINE | {
        "anvil_autoImpersonateAccount": NOT_OFFERED,
        "hardhat_setBalance": asked.append,
        "hardhat_setStorageAt": asked.append,
    }
    with node_that_answers(names) as url:
        chain = RpcChain(url)
        chain.set_balance(ALICE, 5)
        chain.set_storage(ALICE, 1, 2)
        assert asked[0] == ["0x" + ALICE.hex(), "0x5"]
        assert asked[1] == ["0x" + ALICE.hex(), "0x" + word(1).hex(), "0x" + word(2).hex()]
        with pytest.raises(ChainError, match="offers none of anvil_setCode, hardhat_setCode"):
            chain.set_code(ALICE, b"\0")
        with pytest.raises(ChainError, match="does not list its state"):
            chain.accounts()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Fault(3, "execution reverted: no", "0x01020304"), "reverted: 0x01020304"),
        (Fault(-32603, "reverted", {"data": "0x01020304"}), "reverted: 0x01020304"),
        (Fault(-32000, "execution reverted"), "reverted: empty revert data"),
        (Fault(-32603, "EVM error InvalidFEOpcode"), "halted: invalid opcode"),
        (Fault(-32000, "out of gas"), "halted: out of gas"),
        (Fault(-32005, "rate limit"), "rate limit"),
        ("0xzz", "no hexadecimal data"),
    ],
)
def test_a_failed_call_says_why(answer: Any, message: str) -> None:
    def call(parameters: list[Any]) -> Any:
        return answer if parameters[0].get("from") else NOT_OFFERED

    with node_that_answers(FINE | {"eth_call": call}) as url:
        chain = RpcChain(url)
        with pytest.raises(ChainError, match=message) as caught:
            chain.call(BOB, b"")
        assert isinstance(caught.value, RevertError) == ("ed:" in message)


def test_calls_without_a_tracer_have_no_gas() -> None:
    with node_that_answers(FINE | {"eth_call": "0x07"}) as url:
        receipts = RpcChain(url).call_many(CALLS)
    assert receipts.output_of(0) == b"\7" and receipts.gas_used.tolist() == [0]
    assert receipts.status.dtype == np.uint8


def test_a_state_dump_that_is_rubbish_is_refused() -> None:
    with node_that_answers(FINE | {"anvil_dumpState": "0x1234"}) as url:
        chain = RpcChain(url)
        with pytest.raises(EndpointError, match="malformed answer: anvil_dumpState"):
            chain.accounts()
