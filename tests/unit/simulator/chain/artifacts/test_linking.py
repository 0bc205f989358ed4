"""Libraries and immutables: what is filled, and what stays refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.chain.artifacts import Artifact, Code, Link, link, with_immutables
from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.linking import placeholder_of
from simulator.chain.artifacts.model import Immutable
from simulator.errors import InputError
from tests.differential.solidity import BUILT

ADDRESS = bytes(range(1, 21))
OTHER = bytes(range(41, 61))
NAME = "src/Maths.sol:Maths"
HASHED = f"__{placeholder_of(NAME)}__"


def artifact(creation: Code, runtime: Code | None = None) -> Artifact:
    return Artifact("Vault", (), creation, runtime or Code(b"\0"), {}, "0" * 64, Path("Vault.json"))


def test_the_placeholder_is_the_hash_that_solc_writes() -> None:
    path = BUILT / "foundry" / "out" / "Linked.sol" / "Outer.json"
    digits = json.loads(path.read_text())["bytecode"]["object"]
    start = digits.index("__$")
    assert digits[start : start + 40] == f"__{placeholder_of('src/Linked.sol:Inner')}__"


def test_positions_of_references_are_filled() -> None:
    code = code_of(
        "code", "61" + HASHED + "62", {"src/Maths.sol": {"Maths": [{"start": 1, "length": 20}]}}
    )
    assert code.links == (Link(NAME, 1),)
    linked = link(artifact(code, code), {"Maths": ADDRESS})
    assert linked.bytecode == linked.runtime_code == b"\x61" + ADDRESS + b"\x62"


@pytest.mark.parametrize("given", [NAME, placeholder_of(NAME)])
def test_placeholders_without_references_are_found_by_hash(given: str) -> None:
    code = code_of("code", "0x61" + HASHED + "62" + HASHED)
    assert [part.start for part in code.links] == [1, 22]
    linked = link(artifact(code), {given: ADDRESS})
    assert linked.bytecode == b"\x61" + ADDRESS + b"\x62" + ADDRESS


def test_placeholders_of_old_compilers_are_names() -> None:
    code = code_of("code", "61" + "__lib/Maths.sol:Maths".ljust(40, "_") + "62")
    assert code.libraries() == ["lib/Maths.sol:Maths"]
    assert link(artifact(code), {"Maths": ADDRESS}).bytecode == b"\x61" + ADDRESS + b"\x62"
    long = "a/very/long/path/to/a/file/Maths.sol:Maths"
    cut = code_of("code", f"__{long[:36]}__")
    assert link(artifact(cut), {long: ADDRESS}).bytecode == ADDRESS


def test_what_is_not_linked_is_named() -> None:
    code = code_of("code", HASHED + "__B.sol:Other".ljust(40, "_"))
    half = link(artifact(code), {NAME: ADDRESS})
    with pytest.raises(
        InputError, match=r"bytecode of Vault = 'B\.sol:Other': waits for libraries"
    ):
        _ = half.bytecode
    with pytest.raises(InputError, match=r"\$[0-9a-f]{34}\$"):
        _ = artifact(code).bytecode
    assert link(half, {"Other": OTHER}).bytecode == ADDRESS + OTHER


def test_libraries_that_are_unknown_doubtful_or_no_address_are_refused() -> None:
    code = Code(bytes(40), (Link("a.sol:Maths", 0), Link("b.sol:Maths", 20)))
    with pytest.raises(InputError, match=r"'Maths': could be a\.sol:Maths, b\.sol:Maths"):
        link(artifact(code), {"Maths": ADDRESS})
    with pytest.raises(InputError, match=r"'Mats': is no library .*a\.sol:Maths"):
        link(artifact(code), {"Mats": ADDRESS})
    with pytest.raises(InputError, match=r"libraries\.a\.sol:Maths.*20 raw bytes"):
        link(artifact(code), {"a.sol:Maths": b"\1"})
    both = {"a.sol:Maths": ADDRESS, "b.sol:Maths": OTHER}
    assert link(artifact(code), both).bytecode == ADDRESS + OTHER


IMMUTABLES = Code(
    b"\x60" + bytes(32) + b"\x61" + bytes(32) + bytes(4),
    (),
    (Immutable("owner", 1, 32), Immutable("fee", 34, 32), Immutable("tag", 66, 4)),
)
VALUES: dict[str, int | bytes] = {"owner": ADDRESS, "fee": -2, "tag": b"abcd"}


def test_immutables_are_filled_by_name() -> None:
    filled = with_immutables(artifact(Code(b"\1"), IMMUTABLES), VALUES)
    expected = b"\x60" + bytes(12) + ADDRESS + b"\x61" + b"\xff" * 31 + b"\xfe" + b"abcd"
    assert filled.runtime_code == expected and filled.runtime_size == len(expected)


def test_code_with_immutables_is_not_to_be_placed() -> None:
    with pytest.raises(
        InputError, match="runtime code of Vault = 'fee, owner, tag': waits for imm"
    ):
        _ = artifact(Code(b"\1"), IMMUTABLES).runtime_code


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fee": None}, "'fee': has no value"),
        ({"free": 1}, "'free': is not one of them"),
        ({"fee": 2**256}, "must fit into 256 bits"),
        ({"fee": b"\1"}, "must be 32 raw bytes, 20 or an integer"),
        ({"tag": 5}, "must be 4 raw bytes"),
        ({"tag": b"abc"}, "must be 4 raw bytes"),
    ],
)
def test_immutables_that_are_missing_unknown_or_misfit_are_refused(
    change: dict[str, int | bytes | None], words: str
) -> None:
    values = {name: value for name, value in {**VALUES, **change}.items() if value is not None}
    with pytest.raises(InputError, match=words):
        with_immutables(artifact(Code(b"\1"), IMMUTABLES), values)


def test_libraries_are_asked_for_before_immutables_are_placed() -> None:
    runtime = replace(IMMUTABLES, links=(Link("a.sol:Maths", 0, 1),))
    filled = with_immutables(artifact(Code(b"\1"), runtime), VALUES)
    with pytest.raises(InputError, match="waits for libraries"):
        _ = filled.runtime_code
