"""Whatever a node says falsely about the block and its state is caught, and named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simulator.chain.abi import uint_word
from simulator.chain.fork import ForkedWorld, open_fork
from simulator.chain.fork.headers import header_from_json
from simulator.chain.fork.upstream import UpstreamOptions
from simulator.errors import EndpointError, ProofError, UpstreamError
from tests.fork.proxy import Tamper, standing_before
from tests.fork.upstream import (
    HASHES_ADDRESS,
    HOLDER,
    RICH,
    RICH_NONCE,
    RICH_WEI,
    TOKEN_ADDRESS,
    Node,
    balance_of,
    text,
)

pytestmark = pytest.mark.node


def changed(result: Any, *path: str | int, to: Any) -> Any:
    """A copy of an answer with one place changed."""
    result = copy.deepcopy(result)
    place = result
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return result


def flipped(data: str) -> str:
    """Hexadecimal data with its last digit changed."""
    return data[:-1] + ("1" if data[-1] == "0" else "0")


def of_proof(address: bytes, *path: str | int, to: Any = None) -> Tamper:
    """Lies in eth_getProof of one account; without `to` flips a digit of what is there."""

    def tamper(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getProof" or parameters[0] != text(address):
            return result
        if path[0] == "storageProof" and not result["storageProof"]:
            return result
        place = result
        for step in path:
            place = place[step]
        return changed(result, *path, to=to if to is not None else flipped(place))

    return tamper


def of_method(name: str, change: Any) -> Tamper:
    def tamper(method: str, parameters: list[Any], result: Any) -> Any:
        return change(result) if method == name else result

    return tamper


def read_everything(world: ForkedWorld) -> None:
    """Touches balances, nonces, codes, slots and block hashes of the node."""
    assert world.chain.balance(RICH) == RICH_WEI
    assert world.chain.nonce(RICH) == RICH_NONCE
    assert int.from_bytes(world.chain.call(TOKEN_ADDRESS, balance_of(HOLDER)), "big") == 1_000
    assert world.call(HASHES_ADDRESS, "hash_before(uint256)(bytes32)", 2) != bytes(32)


def test_an_honest_node_behind_the_proxy_is_believed(node: Node, brisk: UpstreamOptions) -> None:
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, options=brisk) as world,
    ):
        read_everything(world)
        assert world.verification == "proof" and world.warnings == []


LIES = {
    "balance": (of_proof(RICH, "balance", to=hex(RICH_WEI + 1)), f"balance of {text(RICH)}"),
    "nonce": (of_proof(RICH, "nonce", to=hex(RICH_NONCE - 1)), f"nonce of {text(RICH)}"),
    "code hash": (of_proof(TOKEN_ADDRESS, "codeHash"), f"code hash of {text(TOKEN_ADDRESS)}"),
    "storage root": (
        of_proof(TOKEN_ADDRESS, "storageHash"),
        f"storage hash of {text(TOKEN_ADDRESS)}",
    ),
    "account leaf": (of_proof(RICH, "accountProof", -1), f"account {text(RICH)}"),
    "account root node": (of_proof(RICH, "accountProof", 0), f"account {text(RICH)}"),
    "no account proof": (of_proof(RICH, "accountProof", to=[]), f"account {text(RICH)}"),
    "slot": (of_proof(TOKEN_ADDRESS, "storageProof", 0, "value", to="0x3e9"), "slot 0x"),
    "slot as absent": (of_proof(TOKEN_ADDRESS, "storageProof", 0, "value", to="0x0"), "slot 0x"),
    "slot leaf": (of_proof(TOKEN_ADDRESS, "storageProof", 0, "proof", -1), "slot 0x"),
    "no slot proof": (of_proof(TOKEN_ADDRESS, "storageProof", 0, "proof", to=[]), "slot 0x"),
    "code": (of_method("eth_getCode", flipped), f"code of {text(TOKEN_ADDRESS)}"),
    "no code": (of_method("eth_getCode", lambda _: "0x"), f"code of {text(TOKEN_ADDRESS)}"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_the_state_is_caught_and_named(
    node: Node, brisk: UpstreamOptions, lie: str
) -> None:
    tamper, what = LIES[lie]
    with (
        standing_before(node.url, tamper=tamper) as proxy,
        open_fork(proxy.url, options=brisk) as world,
        pytest.raises(ProofError) as caught,
    ):
        read_everything(world)
    assert caught.value.what.startswith(what)
    assert caught.value.endpoint == proxy.url
    assert f"false {what}" in str(caught.value)


@pytest.mark.parametrize("field", ["stateRoot", "parentHash", "timestamp", "number", "hash"])
def test_a_lie_about_the_header_is_caught_before_anything_is_loaded(
    node: Node, brisk: UpstreamOptions, field: str
) -> None:
    tamper = of_method(
        "eth_getBlockByNumber", lambda block: changed(block, field, to=flipped(block[field]))
    )
    with (
        standing_before(node.url, tamper=tamper) as proxy,
        pytest.raises(EndpointError, match=r"false header of block|another block") as caught,
    ):
        open_fork(proxy.url, options=brisk)
    assert caught.value.endpoint == proxy.url
    assert "eth_getProof" not in proxy.methods


def forged(block: Any) -> Any:
    """A header with another state root that has the hash it claims."""
    block = changed(block, "stateRoot", to=flipped(block["stateRoot"]))
    return changed(block, "hash", to=text(header_from_json(block).hash()))


def test_a_forged_block_differs_from_the_one_of_another_endpoint(
    node: Node, brisk: UpstreamOptions
) -> None:
    with (
        standing_before(node.url, tamper=of_method("eth_getBlockByNumber", forged)) as proxy,
        pytest.raises(EndpointError, match="another block: block 6 is 0x") as caught,
    ):
        open_fork([node.url, proxy.url], 6, options=brisk)
    assert caught.value.endpoint == proxy.url


def test_a_forged_block_does_not_have_the_hash_that_the_user_knows(
    node: Node, brisk: UpstreamOptions
) -> None:
    true = bytes.fromhex(node.request("eth_getBlockByNumber", "0x6", False)["hash"][2:])
    open_fork(node.url, 6, block_hash=true, options=brisk).close()
    with (
        standing_before(node.url, tamper=of_method("eth_getBlockByNumber", forged)) as proxy,
        pytest.raises(EndpointError, match="another block") as caught,
    ):
        open_fork(proxy.url, 6, block_hash=true, options=brisk)
    assert caught.value.endpoint == proxy.url


def test_another_block_than_the_one_asked_for_is_caught(node: Node, brisk: UpstreamOptions) -> None:
    earlier = node.request("eth_getBlockByNumber", "0x2", False)
    tamper = of_method("eth_getBlockByNumber", lambda _: earlier)
    with (
        standing_before(node.url, tamper=tamper) as proxy,
        pytest.raises(EndpointError, match="another block: block 2 came for block 6"),
    ):
        open_fork(proxy.url, 6, options=brisk)


@pytest.mark.parametrize(
    "forge", [forged, lambda block: changed(block, "hash", to=text(bytes(32)))]
)
def test_a_lie_about_an_earlier_blocks_hash_is_caught(
    node: Node, brisk: UpstreamOptions, forge: Any
) -> None:
    def tamper(method: str, parameters: list[Any], result: Any) -> Any:
        spoilt = method == "eth_getBlockByNumber" and parameters[0] == "0x4"
        return forge(result) if spoilt else result

    with (
        standing_before(node.url, tamper=tamper) as proxy,
        open_fork(proxy.url, 6, options=brisk) as world,
        pytest.raises(ProofError, match="block 4"),
    ):
        world.source.block_hash(3)


def test_earlier_block_hashes_are_those_of_the_node(node: Node, brisk: UpstreamOptions) -> None:
    with open_fork(node.url, 6, options=brisk) as world:
        for number in (6, 5, 0, 3):
            true = node.request("eth_getBlockByNumber", hex(number), False)["hash"]
            assert text(world.source.block_hash(number)) == true


def test_a_liar_is_left_for_the_next_endpoint_and_never_asked_again(
    node: Node, brisk: UpstreamOptions
) -> None:
    tamper, what = LIES["balance"]
    told: list[str] = []
    with (
        standing_before(node.url, tamper=tamper) as proxy,
        open_fork([proxy.url, node.url], options=brisk, warn=told.append) as world,
    ):
        read_everything(world)
        asked = len(proxy.methods)
        world.chain.balance(HOLDER)
        assert len(proxy.methods) == asked
        assert [warning for warning in told if f"{proxy.url}: false {what}" in warning] == told
        assert world.warnings == told != []


def test_when_all_endpoints_lie_each_of_them_is_named(node: Node, brisk: UpstreamOptions) -> None:
    tamper, what = LIES["balance"]
    with (
        standing_before(node.url, tamper=tamper) as first,
        standing_before(node.url, tamper=tamper) as second,
        open_fork([first.url, second.url], options=brisk) as world,
    ):
        with pytest.raises(UpstreamError) as caught:
            world.source.account(RICH)
        assert [fault.endpoint for fault in caught.value.faults] == [first.url, second.url]
        assert str(caught.value).count(f"false {what}") == 2
        with pytest.raises(UpstreamError, match="none is left"):
            world.source.account(RICH)


def test_a_slot_that_holds_a_proven_zero_leaf_is_zero(node: Node, brisk: UpstreamOptions) -> None:
    """anvil keeps zero-valued slots as leaves (0x80) once they have been written."""
    keeper = bytes.fromhex("00000000000000000000000000000000000ca5e0")
    node.mine()  # what is set by hand changes the latest block, and others fork from the sixth
    node.request("anvil_setCode", text(keeper), "0x00")
    for slot, value in ((1, 5), (2, 0)):
        words = text(uint_word(slot)), text(uint_word(value))
        node.request("anvil_setStorageAt", text(keeper), *words)
    before = node.block_number()
    node.mine()
    proof = node.request("eth_getProof", text(keeper), [text(uint_word(2))], "latest")
    leaf = proof["storageProof"][0]["proof"][-1]
    assert leaf.endswith("80"), "the node keeps no zero leaves any more"
    with open_fork(node.url, before + 1, options=brisk) as world:
        assert world.source.slot(keeper, uint_word(2)) == bytes(32)
        assert world.source.slot(keeper, uint_word(1)) == uint_word(5)
        assert world.source.slot(keeper, uint_word(3)) == bytes(32)
