"""Artifacts do on a chain what they say: libraries linked, immutables in place, forks checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.chain import Batch, open_chain
from simulator.chain.abi import event_topic
from simulator.chain.artifacts import (
    Artifact,
    compile_contract,
    compile_vyper,
    decode_result,
    deploy,
    encode_call,
    event_entry,
    link,
    load_artifact,
    merge_events,
    place,
    with_immutables,
)  # fmt: skip
from simulator.errors import CompileError, InputError, RevertError
from tests.differential.solidity import BUILT, CONTRACTS, LINKED, needs_solc, solidity_artifacts

SENDER = b"\x77" * 20
OWNER = b"\x05" * 20
SETTING = {"limit": 2**64 - 1, "owner": OWNER}
VALUES: dict[str, int | bytes] = {
    "owner": OWNER, "limit": 2**64 - 1, "tag": b"abcd".ljust(32, b"\0"),
    "Linked.seed": -7, "Base.seed": 77,
}  # fmt: skip
Find = Callable[[str], Artifact]


def from_source(name: str) -> Artifact:
    return solidity_artifacts(LINKED)[name]


def of_tool(folder: Path) -> Find:
    return lambda name: load_artifact(folder, name)


FINDERS = [
    pytest.param(from_source, marks=needs_solc, id="source"),
    pytest.param(of_tool(BUILT / "foundry" / "out"), id="foundry"),
    pytest.param(of_tool(BUILT / "hardhat2" / "artifacts"), id="hardhat2"),
    pytest.param(of_tool(BUILT / "hardhat3"), id="hardhat3"),
]


@pytest.mark.parametrize("find", FINDERS)
def test_linked_libraries_work_and_immutables_are_where_the_artifact_says(find: Find) -> None:
    chain = open_chain("auto")
    inner = deploy(chain, find("Inner"), SENDER)
    outer = deploy(chain, link(find("Outer"), {"Inner": inner}), SENDER)
    artifact = find("Linked")
    with pytest.raises(InputError, match=r"waits for libraries"):
        deploy(chain, artifact, SENDER, SETTING, -7, b"abcd")
    linked = link(artifact, {"Inner": inner, "Outer": outer})
    address = deploy(chain, linked, SENDER, SETTING, -7, b"abcd")

    chain.transact(SENDER, address, encode_call(linked, "add(uint256)", 21))
    chain.transact(SENDER, address, encode_call(linked, "add(uint256,uint256)", 4, 1))
    with pytest.raises(InputError, match="give the whole signature"):
        encode_call(linked, "add", 1)
    answers = {
        name: decode_result(linked, name, chain.call(address, encode_call(linked, name)))[0]
        for name in ("total", "owner", "limit", "tag", "ownSeed", "baseSeed")
    }
    assert answers == {
        "total": 51, "owner": "0x" + OWNER.hex(), "limit": 2**64 - 1, "tag": b"abcd",
        "ownSeed": -7, "baseSeed": 77,
    }  # fmt: skip
    filled = with_immutables(linked, VALUES)
    assert chain.code(address) == filled.runtime_code
    with pytest.raises(InputError, match="waits for immutables"):
        place(chain, linked, OWNER)
    place(chain, filled, OWNER)
    assert chain.code(OWNER) == chain.code(address)


@needs_solc
def test_events_of_a_library_are_in_the_abi_once_they_are_merged() -> None:
    chain = open_chain("auto")
    inner = deploy(chain, from_source("Inner"), SENDER)
    outer = deploy(chain, link(from_source("Outer"), {"Inner": inner}), SENDER)
    linked = link(from_source("Linked"), {"Inner": inner, "Outer": outer})
    address = deploy(chain, linked, SENDER, SETTING, 1, b"abcd")
    merged = merge_events(replace(linked, abi=()), from_source("Outer"))
    assert event_entry(merged, "Moved")["inputs"][0]["name"] == "who"
    call = encode_call(linked, "add(uint256)", 3)
    receipts = chain.execute(Batch.of([SENDER], [address], [call], 1_000_000))
    assert receipts.log_topics[0, 0].tobytes() == event_topic("Moved(address,uint256)")


def test_arguments_of_the_constructor_can_make_it_revert() -> None:
    chain = open_chain("auto")
    feed = compile_contract("oracles/PriceFeed.vy")
    assert chain.code(deploy(chain, feed, SENDER, 10**16))
    with pytest.raises(RevertError, match="deployment reverted: basis clamp"):
        deploy(chain, feed, SENDER, 10**18)


def test_an_artifact_for_a_newer_fork_than_the_world_is_refused() -> None:
    chain = open_chain("auto", hardfork="paris")
    with pytest.raises(InputError, match=r"evm_version of PriceFeed = 'cancun': is newer"):
        deploy(chain, compile_contract("oracles/PriceFeed.vy"), SENDER, 10**16)


VYPER_IMMUTABLES = """# pragma version 0.4.3
import part
initializes: part

LIMIT: immutable(uint256)
NAME: immutable(String[33])
PAIR: immutable(uint8[2])

@deploy
def __init__():
    part.__init__()
    LIMIT = 5
    NAME = "abc"
    PAIR = [1, 2]

@external
@view
def read() -> (uint256, String[33], uint8[2], int256):
    return LIMIT, NAME, PAIR, part.SEED
"""
VYPER_PART = """# pragma version 0.4.3
SEED: immutable(int256)

@deploy
def __init__():
    SEED = -9
"""


def test_immutables_of_vyper_lie_behind_the_code(tmp_path: Path) -> None:
    (tmp_path / "part.vy").write_text(VYPER_PART)
    (tmp_path / "main.vy").write_text(VYPER_IMMUTABLES)
    artifact = compile_vyper(tmp_path / "main.vy")
    assert artifact.evm_version == "cancun"
    chain = open_chain("auto")
    address = deploy(chain, artifact, SENDER)
    word = (3).to_bytes(32, "big") + b"abc"
    values: dict[str, int | bytes] = {
        "part.SEED": -9,
        "LIMIT": 5,
        "NAME": word.ljust(96, b"\0"),
        "PAIR": (1).to_bytes(32, "big") + (2).to_bytes(32, "big"),
    }
    filled = with_immutables(artifact, values)
    assert len(chain.code(address)) == artifact.runtime_size
    place(chain, filled, OWNER)
    answers = [
        decode_result(artifact, "read", chain.call(where, encode_call(artifact, "read")))
        for where in (address, OWNER)
    ]
    assert answers[0] == answers[1] == (5, "abc", (1, 2), -9)


def test_a_vyper_file_anywhere_is_compiled_with_its_imports(tmp_path: Path) -> None:
    everything = compile_vyper(CONTRACTS / "layout" / "Everything.vy")
    assert compile_vyper(CONTRACTS / "layout" / "Everything.vy") == everything
    path = tmp_path / "main.vy"
    path.write_text(VYPER_IMMUTABLES)
    with pytest.raises(CompileError, match=r"main\.vy does not compile: .*part"):
        compile_vyper(path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "part.vy").write_text(VYPER_PART)
    found = compile_vyper(path, search_paths=[tmp_path / "elsewhere"], evm_version="paris")
    assert found.evm_version == "paris"
    (tmp_path / "elsewhere" / "part.vy").write_text(VYPER_PART.replace("-9", "-8"))
    changed = compile_vyper(path, search_paths=[tmp_path / "elsewhere"], evm_version="paris")
    assert changed.bytecode != found.bytecode
    with pytest.raises(CompileError, match="evm-version"):
        compile_vyper(CONTRACTS / "layout" / "Everything.vy", evm_version="paris")
    with pytest.raises(InputError, match="cannot be read"):
        compile_vyper(tmp_path / "none.vy")
