"""Functions by name, arguments by eth-abi, forks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.chain.abi import selector
from simulator.chain.artifacts import (
    Artifact,
    Code,
    check_hardfork,
    creation_code,
    decode_result,
    encode_call,
    error_entry,
    event_entry,
    function_entry,
    merge_events,
)  # fmt: skip
from simulator.errors import InputError


def item(text: str, name: str = "") -> dict[str, Any]:
    return {"type": text, "name": name}


def entry(kind: str, name: str, *inputs: Any, outputs: Any = ()) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": list(inputs), "outputs": list(outputs)}


SETTING = {
    **item("tuple", "setting"),
    "components": [item("uint64", "limit"), item("address", "to")],
}
SETTINGS = {**SETTING, "type": "tuple[]", "name": "settings"}
ARTIFACT = Artifact(
    "Vault",
    (
        {"type": "constructor", "inputs": [SETTING, item("int8", "seed")]},
        {"type": "receive", "stateMutability": "payable"},
        entry("function", "mint", item("address")),
        entry("function", "mint", item("address"), item("uint256")),
        entry("function", "burn", item("uint256", "amount"), outputs=[item("bool")]),
        entry("function", "configure", SETTINGS),
        entry("event", "Minted", item("address")),
        entry("error", "Empty"),
    ),
    Code(b"\xfe"),
    Code(b"\0"),
    {},
    "0" * 64,
    Path("Vault.json"),
    evm_version="cancun",
)
OWNER = b"\5" * 20


def word(number: int) -> bytes:
    return number.to_bytes(32, "big", signed=number < 0)


def test_an_overloaded_function_needs_its_signature() -> None:
    with pytest.raises(InputError, match=r"could be mint\(address\), mint\(address,uint256\)"):
        function_entry(ARTIFACT, "mint")
    assert len(function_entry(ARTIFACT, "mint(address, uint)")["inputs"]) == 2
    assert len(function_entry(ARTIFACT, "mint(address)")["inputs"]) == 1
    data = encode_call(ARTIFACT, "mint(address,uint256)", OWNER, 7)
    assert data == selector("mint(address,uint256)") + bytes(12) + OWNER + word(7)


def test_an_unknown_name_is_refused_with_what_is_close() -> None:
    with pytest.raises(InputError, match=r"did you mean burn\(uint256\)\?"):
        function_entry(ARTIFACT, "burnt")
    with pytest.raises(InputError, match=r"is no function .*which has burn\(uint256\), configure"):
        function_entry(ARTIFACT, "zzz")
    with pytest.raises(InputError, match=r"'mint\(bool\)': is no function"):
        function_entry(ARTIFACT, "mint(bool)")
    assert event_entry(ARTIFACT, "Minted")["type"] == "event"
    assert error_entry(ARTIFACT, "Empty()")["type"] == "error"


def test_constructor_arguments_come_after_the_code() -> None:
    expected = b"\xfe" + word(9) + bytes(12) + OWNER + word(-3)
    assert creation_code(ARTIFACT, (9, OWNER), -3) == expected
    assert creation_code(ARTIFACT, {"to": OWNER, "limit": 9}, -3) == expected
    assert creation_code(ARTIFACT, [9, "0x" + OWNER.hex()], -3) == expected
    assert creation_code(replace(ARTIFACT, abi=())) == b"\xfe"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), r"arguments of the constructor of Vault = 0: takes 2: \(\(uint64,address\), int8\)"),
        (((9, OWNER), 200), "cannot be encoded as"),
        (((9, OWNER), "x"), "cannot be encoded as"),
        (((9,), 1), "setting of .*must have 2 members"),
        (({"limit": 9}, 1), "setting of .*must have the members limit, to"),
        (((9, b"\1"), 1), "cannot be encoded"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        creation_code(ARTIFACT, *arguments)


def test_lists_of_structs_may_be_tables_too() -> None:
    rows = [{"limit": 1, "to": OWNER}, (2, OWNER)]
    assert encode_call(ARTIFACT, "configure", rows) == encode_call(
        ARTIFACT, "configure", [(1, OWNER), (2, OWNER)]
    )


def test_results_are_decoded_or_refused() -> None:
    assert decode_result(ARTIFACT, "burn", word(1)) == (True,)
    with pytest.raises(InputError, match=r"result of Vault\.burn = '0 bytes': is no \(bool\)"):
        decode_result(ARTIFACT, "burn", b"")


def test_events_of_libraries_are_merged_once() -> None:
    library = replace(
        ARTIFACT,
        abi=(
            entry("event", "Minted", item("address")),
            entry("event", "Minted", item("bytes32")),
            entry("error", "TooMuch", item("uint256")),
            entry("function", "helper"),
        ),
    )
    merged = merge_events(ARTIFACT, library, library)
    assert len(merged.abi) == len(ARTIFACT.abi) + 2
    assert event_entry(merged, "Minted(bytes32)") and error_entry(merged, "TooMuch")


@pytest.mark.parametrize("hardfork", ["cancun", "prague", "osaka"])
def test_an_artifact_runs_on_its_fork_and_on_later_ones(hardfork: str) -> None:
    check_hardfork(ARTIFACT, hardfork)
    check_hardfork(replace(ARTIFACT, evm_version=None), hardfork)


def test_an_artifact_for_a_newer_fork_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"evm_version of Vault = 'cancun': is newer than the world"
    ):
        check_hardfork(ARTIFACT, "paris")
    with pytest.raises(InputError, match="evm_version of Vault = 'zebra': is not known"):
        check_hardfork(replace(ARTIFACT, evm_version="zebra"), "paris")
