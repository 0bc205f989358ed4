"""A stock web3.py script sees the same on a live node, in process, and on our node over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.providers.base import BaseProvider

from simulator.chain import select
from simulator.chain.node import NodeOptions, provider_of
from tests.differential import web3_script
from tests.differential.anvil import find_anvil
from tests.differential.nodes import FRESH_ANVIL, HARDFORK, anvil, new_world, serving

TOKEN = """
# pragma version 0.4.3

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

balances: public(HashMap[address, uint256])
allowances: public(HashMap[address, HashMap[address, uint256]])
supply: public(uint256)

@external
def mint(receiver: address, amount: uint256):
    self.balances[receiver] += amount
    self.supply += amount
    log Transfer(sender=empty(address), receiver=receiver, amount=amount)

@external
def transfer(receiver: address, amount: uint256) -> bool:
    assert self.balances[msg.sender] >= amount, "balance too low"
    self.balances[msg.sender] -= amount
    self.balances[receiver] += amount
    log Transfer(sender=msg.sender, receiver=receiver, amount=amount)
    return True

@external
def move(owner: address, receiver: address, amount: uint256):
    self.allowances[owner][msg.sender] -= amount
    self.balances[owner] -= amount
    self.balances[receiver] += amount
"""


@pytest.fixture(scope="module")
def token() -> tuple[list[dict[str, Any]], str]:
    """ABI and creation code."""
    from vyper import compile_code
    from vyper.compiler.settings import Settings

    output = compile_code(
        TOKEN, output_formats=("abi", "bytecode"), settings=Settings(evm_version="cancun")
    )
    return output["abi"], output["bytecode"]


@contextmanager
def http_provider(port: int) -> Iterator[HTTPProvider]:
    provider = HTTPProvider(f"http://127.0.0.1:{port}")
    try:
        yield provider
    finally:
        for session in provider._request_session_manager.session_cache._data.values():
            session.close()


@contextmanager
def opened(way: str) -> Iterator[BaseProvider]:
    if way == "anvil":
        program = find_anvil()
        if program is None:
            pytest.skip("no anvil; `npm ci` installs it")
        with anvil(program, *FRESH_ANVIL) as node, http_provider(node.port) as provider:
            yield provider
        return
    engine, _, transport = way.partition(" over ")
    if engine == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    world = new_world(engine, HARDFORK)
    if not transport:
        yield provider_of(world)
        return
    with serving(world, NodeOptions()) as server, http_provider(server.port) as provider:
        yield provider


def seen_by(way: str, token: tuple[list[dict[str, Any]], str]) -> dict[str, Any]:
    with opened(way) as provider:
        return web3_script.main(Web3(provider), *token)


@pytest.fixture(scope="module")
def in_process(token: tuple[list[dict[str, Any]], str]) -> dict[str, Any]:
    return seen_by("pyevm", token)


@pytest.mark.parametrize(
    "way", ["revm", "revm over HTTP", pytest.param("anvil", marks=pytest.mark.node)]
)
def test_a_stock_script_sees_the_same_wherever_it_runs(
    way: str, token: tuple[list[dict[str, Any]], str], in_process: dict[str, Any]
) -> None:
    seen = seen_by(way, token)
    assert seen.keys() == in_process.keys()
    for name, value in seen.items():
        assert value == in_process[name], name


def test_the_script_saw_what_its_contract_does(in_process: dict[str, Any]) -> None:
    assert in_process["connected"] is True
    assert in_process["deployed"][0] == 1
    assert in_process["balances"] == [800, 200] and in_process["history"] == [0, 250, 200]
    assert [log[1]["amount"] for log in in_process["processed"]] == [1_000, 250, 50]
    assert in_process["new logs"] == in_process["processed"] and in_process["newer logs"] == []
    assert [kind[1] for kind in in_process["signed"]] == [0, 1, 2, 2]
    assert in_process["carol"] == 28
    assert in_process["failures"][0][0] == "reverted"
    assert "balance too low" in in_process["failures"][0][1]
    assert in_process["failed"][0] == 0
    assert in_process["overridden"] == 99
    assert in_process["richer"] == 9 and in_process["reverted"] == [True, 0]
    assert in_process["time"] == 0
