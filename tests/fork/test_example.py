"""The capsule of the example comes from a node, and can be made anew."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from simulator.chain.abi import address_word, selector, uint_word
from simulator.chain.artifacts import compile_contract
from simulator.chain.fork import open_capsule, open_fork, read_capsule
from simulator.chain.fork.upstream import UpstreamOptions
from tests.fork.upstream import HOLDER, Node, text

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example", EXAMPLES / "replay_a_capsule.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_token(node: Node, token: str, whale: str) -> None:
    """The settlement token at that address, with a whale."""
    artifact = compile_contract("tokens/Token.vy")
    runtime = artifact.runtime_code
    node.request("anvil_setCode", token, text(runtime))
    node.request("anvil_setBalance", text(HOLDER), hex(10**18))
    owner = artifact.storage_layout["owner"].slot
    node.request("anvil_setStorageAt", token, text(uint_word(owner)), text(address_word(HOLDER)))
    mint = selector("mint(address,uint256)") + address_word(bytes.fromhex(whale[2:]))
    node.send(HOLDER, bytes.fromhex(token[2:]), mint + uint_word(1_000_000 * 10**6))
    node.mine()


@pytest.mark.node
def test_the_examples_capsule_can_be_made_anew_and_says_the_same(
    node: Node, brisk: UpstreamOptions, example: ModuleType, tmp_path: Path
) -> None:
    put_token(node, example.TOKEN, example.WHALE)
    anew = tmp_path / "token.capsule"
    with open_fork(node.url, capsule=anew, options=brisk) as world:
        told = example.replay(world)
    assert told == example.replay(open_capsule(EXAMPLES / "token.capsule"))
    kept, made = read_capsule(EXAMPLES / "token.capsule"), read_capsule(anew)
    assert kept.verification == "proof"
    # The same was touched; what differs is the block around it.
    assert kept.state.codes == made.state.codes and kept.state.slots == made.state.slots
    assert kept.state.accounts.keys() == made.state.accounts.keys()
