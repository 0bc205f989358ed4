"""`underwater node`: what it says when it is ready, how it ends, and what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from simulator.chain.base import ZERO_ADDRESS, BlockEnvironment
from simulator.chain.node import Endpoint, RpcError
from simulator.errors import InputError, UnderwaterError
from underwater.commands.node import NodeCommandOptions, forked, node

COMMAND = [sys.executable, "-c", "from underwater.cli import main; main()", "node"]


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """The first line on stdout, which comes when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate()[1])
    return line.strip()


def ask(url: str, method: str, *parameters: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    with urllib.request.urlopen(urllib.request.Request(url, body.encode()), timeout=30) as answer:
        return json.loads(answer.read())["result"]


def test_it_says_its_address_serves_and_ends_cleanly() -> None:
    with running("--port", "0") as process:
        url = line_of(process)
        assert url.startswith("http://127.0.0.1:")
        assert ask(url, "eth_chainId") == "0x7a69"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == "" and "Traceback" not in err
    assert "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80" in err


def test_a_program_reads_one_line_of_json_and_may_end_it_politely() -> None:
    options = ("--port", "0", "--json", "--chain-id", "5", "--hardfork", "prague")
    with running(*options) as process:
        facts = json.loads(line_of(process))
        assert facts["chain_id"] == 5 and facts["hardfork"] == "prague" and facts["block"] == 0
        assert facts["url"] == f"http://127.0.0.1:{facts['port']}"
        assert ask(facts["url"], "eth_accounts") == facts["accounts"]
        assert ask(facts["url"], "eth_chainId") == "0x5"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30)[0] == ""
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"port": "x"}, "--port"),
        ({"port": "65536"}, "--port"),
        ({"port": "-1"}, "--port"),
        ({"chain_id": "0"}, "--chain-id"),
        ({"chain_id": "1e3"}, "--chain-id"),
        ({"hardfork": "berlin"}, "--hardfork"),
        ({"hardfork": "Prague"}, "--hardfork"),
        ({"chain": "geth"}, "--chain"),
        ({"missing": "zero"}, "--missing"),
        ({"capsule": "x", "chain_id": "1"}, "--chain-id"),
        ({"capsule": "x", "missing": "maybe"}, "--missing"),
    ],
)
def test_bad_options_are_refused_by_name(options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        node(NodeCommandOptions(**({"port": "0"} | options)))  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(InputError, match="is in use"):
            node(NodeCommandOptions(port=port))


def test_a_capsule_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.capsule"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(UnderwaterError, match=r"x\.capsule"):
        node(NodeCommandOptions(port="0", capsule=str(path)))
    with pytest.raises(UnderwaterError):
        node(NodeCommandOptions(port="0", capsule=str(tmp_path / "missing.capsule")))


HISTORY = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""The contract of EIP-2935, which every block calls from prague on."""

CONTRACT, OWNER = bytes([0xC0]) * 20, bytes([0x0E]) * 20
COUNTER = bytes.fromhex("60005460010180600055600052600160206000a160206000f3")


@pytest.fixture
def capsule(tmp_path: Path) -> str:
    """A capsule of a chain with one contract and one owner of ether."""
    from simulator.chain.fork import Capsule, RecordedAccount, RecordedState, write_capsule

    state = RecordedState(
        accounts={
            CONTRACT: RecordedAccount(0, 1, bytes(keccak(COUNTER))),
            OWNER: RecordedAccount(10**18, 5, bytes(keccak(b""))),
            ZERO_ADDRESS: None,
            HISTORY: None,
        },
        codes={bytes(keccak(COUNTER)): COUNTER},
        slots={CONTRACT: {bytes(32): (41).to_bytes(32, "big")}},
    )
    block = BlockEnvironment(number=1_000, timestamp=1_700_000_000, base_fee=7)
    path = tmp_path / "some.capsule"
    made = Capsule(99, "prague", "off", block, bytes([0xBB]) * 32, None, state)
    write_capsule(made, path)
    return str(path)


def on_capsule(path: str, missing: str | None = None) -> Endpoint:
    return Endpoint(forked(NodeCommandOptions(capsule=path, missing=missing)))


def test_a_capsule_is_served_with_its_chain_block_and_state(capsule: str) -> None:
    contract, owner = f"0x{CONTRACT.hex()}", f"0x{OWNER.hex()}"
    call = on_capsule(capsule).call
    assert (call("eth_chainId"), call("eth_blockNumber")) == (hex(99), hex(1_000))
    head = call("eth_getBlockByNumber", ["latest", False])
    assert head["hash"] == "0x" + "bb" * 32 and head["timestamp"] == hex(1_700_000_000)
    assert call("eth_call", [{"to": contract}, "latest"]) == f"0x{42:064x}"
    assert call("eth_getBalance", [owner, "latest"]) == hex(10**18)
    rich = call("eth_accounts")[0]
    assert call("eth_getBalance", [rich, "latest"]) == hex(10_000 * 10**18)
    sent = call("eth_sendTransaction", [{"from": rich, "to": contract, "gas": "0x30000"}])
    receipt = call("eth_getTransactionReceipt", [sent])
    assert receipt["blockNumber"] == hex(1_001) and len(receipt["logs"]) == 1
    block = call("eth_getBlockByNumber", ["latest", False])
    assert block["parentHash"] == head["hash"] and block["stateRoot"] == "0x" + "00" * 32
    # The accounts are ours, so what they create is not on the real chain.
    created = call("eth_sendTransaction", [{"from": rich, "data": "0x60ff60005360016000f3"}])
    place = call("eth_getTransactionReceipt", [created])["contractAddress"]
    assert call("eth_getCode", [place, "latest"]) == "0xff"
    call("anvil_impersonateAccount", [owner])
    spent = call("eth_sendTransaction", [{"from": owner, "to": contract}])
    assert call("eth_getTransactionReceipt", [spent])["status"] == "0x1"


def test_what_a_capsule_does_not_hold_is_an_error_unless_zeros_were_asked_for(
    capsule: str,
) -> None:
    stranger = "0x" + "57" * 20
    endpoint = on_capsule(capsule)
    with pytest.raises(RpcError, match=stranger):
        endpoint.call("eth_getBalance", [stranger])
    assert endpoint.call("eth_blockNumber") == hex(1_000)
    assert on_capsule(capsule, "zero").call("eth_getBalance", [stranger]) == "0x0"


def test_signal_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(InputError):
        node(NodeCommandOptions(port="0", hardfork="berlin"))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
