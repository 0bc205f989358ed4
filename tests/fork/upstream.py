"""A node for the tests to fork from: anvil on a free loopback port, with contracts on it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from simulator.chain.abi import address_word, selector, uint_word

START_DEADLINE_SECONDS = 20.0
CHAIN_ID = 31_337
HOLDER = bytes.fromhex("00000000000000000000000000000000000a11ce")
RICH = bytes.fromhex("00000000000000000000000000000000000b0b00")
TOKEN_ADDRESS = bytes.fromhex("00000000000000000000000000000000000707e0")
HASHES_ADDRESS = bytes.fromhex("00000000000000000000000000000000000ba5e5")
NOBODY = bytes.fromhex("00000000000000000000000000000000000dead0")
RICH_WEI = 123_456_789
RICH_NONCE = 7


TOKEN = """
# pragma version 0.4.3

balances: public(HashMap[address, uint256])
allowances: public(HashMap[address, HashMap[address, uint256]])
supply: public(uint256)

@external
def mint(receiver: address, amount: uint256):
    self.balances[receiver] += amount
    self.supply += amount

@external
def transfer(receiver: address, amount: uint256) -> bool:
    assert self.balances[msg.sender] >= amount, "balance too low"
    self.balances[msg.sender] -= amount
    self.balances[receiver] += amount
    return True
"""

HASHES = """
# pragma version 0.4.3

@external
@view
def hash_before(blocks: uint256) -> bytes32:
    return blockhash(block.number - blocks)
"""


def text(data: bytes) -> str:
    return "0x" + data.hex()


@dataclass(frozen=True, slots=True)
class Node:
    """JSON-RPC over plain HTTP."""

    url: str

    def request(self, method: str, *parameters: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.loads(response.read())
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender: bytes, target: bytes, data: bytes) -> None:
        """Queue one transaction of an impersonated sender; `mine` runs it."""
        self.request(
            "eth_sendTransaction",
            {"from": text(sender), "to": text(target), "data": text(data), "gas": hex(1_000_000)},
        )

    def mine(self, blocks: int = 1) -> None:
        self.request("anvil_mine", hex(blocks), hex(12))

    def block_number(self) -> int:
        return int(self.request("eth_blockNumber"), 16)

    def storage(self, address: bytes, slot: int) -> int:
        return int(self.request("eth_getStorageAt", text(address), text(uint_word(slot))), 16)


@contextmanager
def running(program: str, hardfork: str = "cancun") -> Iterator[Node]:
    """A node that mines when asked, without accounts of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [
        "--host", "127.0.0.1", "--port", str(port), "--hardfork", hardfork,
        "--chain-id", str(CHAIN_ID), "--accounts", "1", "--no-mining", "--auto-impersonate",
        "--block-base-fee-per-gas", "0", "--timestamp", "1700000000", "--silent",
        "--disable-default-create2-deployer",
    ]  # fmt: skip
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        node = Node(f"http://127.0.0.1:{port}")
        _wait_until_up(node, process)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_up(node: Node, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while True:
        try:
            node.request("eth_chainId")
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"anvil did not come up: {error}") from error
            time.sleep(0.05)


@cache
def runtime_of(source: str) -> bytes:
    """Runtime of a contract. Cancun, so that every node of the tests runs it."""
    from vyper import compile_code
    from vyper.compiler.settings import Settings

    compiled = compile_code(
        source, output_formats=["bytecode_runtime"], settings=Settings(evm_version="cancun")
    )
    return bytes.fromhex(compiled["bytecode_runtime"].removeprefix("0x"))


def populate(node: Node) -> None:
    """A token with two holders, a contract that reads block hashes, a rich account; 6 blocks."""
    node.request("anvil_setCode", text(TOKEN_ADDRESS), text(runtime_of(TOKEN)))
    node.request("anvil_setCode", text(HASHES_ADDRESS), text(runtime_of(HASHES)))
    for address in (HOLDER, RICH):
        node.request(
            "anvil_setBalance", text(address), hex(RICH_WEI if address == RICH else 10**18)
        )
    node.request("anvil_setNonce", text(RICH), hex(RICH_NONCE))
    mint = selector("mint(address,uint256)")
    for owner, amount in ((HOLDER, 1_000), (RICH, 50)):
        node.send(HOLDER, TOKEN_ADDRESS, mint + address_word(owner) + uint_word(amount))
        node.mine()
    node.mine(4)


def balance_of(owner: bytes) -> bytes:
    """Calldata of the token's `balances`."""
    return selector("balances(address)") + address_word(owner)
