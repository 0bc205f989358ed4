"""Artifacts of other tools. Those in `tests/contracts/built` were made by the tools themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.chain.artifacts import load_artifact
from simulator.chain.layout import StorageView
from simulator.errors import InputError
from tests.differential.solidity import BUILT

FOLDERS = {
    "foundry": (BUILT / "foundry" / "out", "src/Linked.sol"),
    "hardhat2": (BUILT / "hardhat2" / "artifacts", "contracts/Linked.sol"),
    "hardhat3": (BUILT / "hardhat3", "project/contracts/Linked.sol"),
}
HARDHAT = BUILT / "hardhat2" / "artifacts"
ENTRY = {"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}
LAYOUT = {"storage_layout": {"total": {"type": "uint256", "n_slots": 1, "slot": 0}}}


def written(folder: Path, document: Any, name: str = "artifact.json") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def solc_output(**changes: Any) -> dict[str, Any]:
    contract: dict[str, Any] = {
        "abi": [ENTRY],
        "metadata": json.dumps(
            {"compiler": {"version": "0.8.30"}, "settings": {"evmVersion": "paris"}}
        ),
        "evm": {"bytecode": {"object": "6001"}, "deployedBytecode": {"object": "6002"}},
        **changes,
    }
    return {"contracts": {"A.sol": {"A": contract}}}


@pytest.mark.parametrize("tool", FOLDERS)
def test_every_tool_tells_code_libraries_immutables_layout_and_fork(tool: str) -> None:
    folder, file = FOLDERS[tool]
    artifact = load_artifact(folder, "Linked")
    assert artifact.name == "Linked"
    assert artifact.creation.libraries() == [f"{file}:Inner", f"{file}:Outer"]
    assert len(artifact.creation.links) == 2 and len(artifact.creation.template) == 2496
    names = {part.name for part in artifact.runtime.immutables}
    assert names == {"Base.seed", "Linked.seed", "owner", "limit", "tag"}
    assert artifact.evm_version == "cancun"
    assert artifact.compiler == "solc 0.8.37+commit.f401782d"
    assert artifact.storage_layout["total"].slot == 0
    assert StorageView(artifact.layout).slots("total").fields[0].type.text == "uint256"


@pytest.mark.parametrize("tool", FOLDERS)
def test_an_interface_has_no_code_to_deploy(tool: str) -> None:
    artifact = load_artifact(FOLDERS[tool][0], "Quiet")
    with pytest.raises(InputError, match=r"bytecode of Quiet .*an interface"):
        _ = artifact.bytecode


def test_all_tools_agree_on_the_code() -> None:
    """They differ in the metadata's hash at the end and in positions of nothing."""
    codes = {
        load_artifact(folder, "Inner").creation.template[:-53] for folder, _ in FOLDERS.values()
    }
    assert len(codes) == 1


def test_hardhat_without_its_build_info_has_neither_layout_nor_fork(tmp_path: Path) -> None:
    path = HARDHAT / "contracts" / "Linked.sol" / "Linked.json"
    alone = load_artifact(written(tmp_path, path.read_text()))
    assert alone.layout is None and alone.evm_version is None and alone.compiler == ""
    assert alone.creation == load_artifact(path).creation


def test_a_build_info_can_be_loaded_itself() -> None:
    (path,) = (HARDHAT / "build-info").iterdir()
    artifact = load_artifact(path, "Linked")
    assert artifact.creation == load_artifact(HARDHAT, "Linked").creation
    assert artifact.source_hash == load_artifact(HARDHAT, "Linked").source_hash
    with pytest.raises(InputError, match=r"must say which contract.*Inner.*Linked.*Outer"):
        load_artifact(path)


def test_the_input_of_a_hardhat_3_build_points_to_its_output() -> None:
    folder = BUILT / "hardhat3" / "artifacts" / "build-info"
    (request,) = (path for path in folder.iterdir() if ".output" not in path.name)
    with pytest.raises(InputError, match=r"ends with \.output\.json"):
        load_artifact(request)
    (answer,) = folder.glob("*.output.json")
    assert load_artifact(answer, "Linked").evm_version == "cancun"


def test_raw_solc_output_is_loaded(tmp_path: Path) -> None:
    artifact = load_artifact(written(tmp_path, solc_output()))
    assert (artifact.name, artifact.bytecode, artifact.runtime_code) == ("A", b"\x60\1", b"\x60\2")
    assert artifact.evm_version == "paris" and artifact.compiler == "solc 0.8.30"
    assert artifact.layout is None and len(artifact.source_hash) == 64


def vyper_output(sources: dict[str, str]) -> dict[str, Any]:
    from vyper.cli.vyper_json import compile_json

    contents = {name: {"content": text} for name, text in sources.items()}
    request = {
        "language": "Vyper",
        "sources": contents,
        "settings": {"evmVersion": "cancun", "outputSelection": {"A.vy": ["*"]}},
    }
    answer: dict[str, Any] = compile_json(request)
    return {"input": request, "output": answer}


VYPER = """# pragma version 0.4.3
from ethereum.ercs import IERC20

WIDTH: constant(uint256) = 2

flag Side:
    LONG
    SHORT

struct Leg:
    amounts: uint256[WIDTH]
    side: Side

struct Position:
    token: IERC20
    leg: Leg

positions: public(HashMap[address, Leg])
limit: immutable(uint256)

@deploy
def __init__():
    limit = 5

@external
@view
def f() -> uint256:
    return limit
"""


def test_vyper_standard_json_has_its_structs_from_the_ast(tmp_path: Path) -> None:
    document = vyper_output({"A.vy": VYPER})
    artifact = load_artifact(written(tmp_path, document["output"]))
    assert artifact.compiler.startswith("vyper 0.4.3") and artifact.evm_version is None
    assert [part.name for part in artifact.runtime.immutables] == ["limit"]
    table = StorageView(artifact.layout).slots("positions", [b"\1" * 20])
    assert [field.name for field in table.fields] == ["amounts[0]", "amounts[1]", "side"]
    with_input = load_artifact(written(tmp_path, document))
    assert with_input.evm_version == "cancun" and with_input.bytecode == artifact.bytecode


def test_structs_may_be_given_by_hand(tmp_path: Path) -> None:
    output = vyper_output({"A.vy": VYPER})["output"]
    del output["sources"]
    path = written(tmp_path, output)
    blind = load_artifact(path)
    with pytest.raises(InputError, match=r"Leg.*give structs"):
        StorageView(blind.layout).slots("positions", [b"\1" * 20])
    structs = {"Leg": [("amounts", "uint256[2]"), ("side", "uint256")]}
    told = load_artifact(path, structs=structs)
    assert len(StorageView(told.layout).slots("positions", [b"\1" * 20]).fields) == 3


APE: dict[str, Any] = {
    "manifest": "ethpm/3",
    "sources": {"contracts/Vault.sol": {"content": "contract Vault {}"}},
    "contractTypes": {
        "Vault": {
            "abi": [ENTRY],
            "contractName": "Vault",
            "sourceId": "contracts/Vault.sol",
            "deploymentBytecode": {
                "bytecode": "0x60" + "00" * 21,
                "linkReferences": [{"offsets": [1], "length": 20, "name": "Lib"}],
            },
            "runtimeBytecode": {"bytecode": "0x6002"},
        },
        "Skipped": {"abi": [], "contractName": "Skipped", "sourceId": "contracts/S.sol"},
    },
    "compilers": [
        {
            "name": "solidity",
            "version": "0.8.37",
            "settings": {"evmVersion": "cancun"},
            "contractTypes": ["Vault"],
        }
    ],
}


def test_apes_manifest_is_loaded_by_file_and_by_folder(tmp_path: Path) -> None:
    written(tmp_path, APE, ".build/__local__.json")
    artifact = load_artifact(tmp_path, "Vault")
    assert artifact.creation.libraries() == ["Lib"] and artifact.runtime_code == b"\x60\2"
    assert artifact.evm_version == "cancun" and artifact.compiler == "solidity 0.8.37"
    assert artifact == load_artifact(tmp_path / ".build" / "__local__.json", "Vault")
    assert load_artifact(tmp_path / ".build").name == "Vault"  # the only one with code
    with pytest.raises(InputError, match=r"Skipped\.deploymentBytecode.*Ape skipped"):
        load_artifact(tmp_path, "Skipped")


GOOD_FOUNDRY: dict[str, Any] = {"abi": [ENTRY], "bytecode": {"object": "0x6001"}}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "artifact = .*is no JSON"),
        ("[" * 5_000, "artifact = .*nests deeper"),
        ([ENTRY], "is an ABI alone"),
        (5, "is none of solc"),
        ({"a": 1}, "has the fields a"),
        ({"abi": []}, r"bytecode = None: is missing"),
        ({**GOOD_FOUNDRY, "bytecode": {}}, r"bytecode\.object = None: is missing"),
        ({"bytecode": {"object": "0x6001"}}, r"\.abi = None: must be a list"),
        ({**GOOD_FOUNDRY, "bytecode": {"object": "0x6"}}, "must be hex text"),
        ({**GOOD_FOUNDRY, "bytecode": {"object": 5}}, "bytecode = 5: must be hex text"),
        (
            {**GOOD_FOUNDRY, "bytecode": {"object": "0x60", "linkReferences": {"F": {"L": [5]}}}},
            "must have the integers start and length",
        ),
        (
            {**GOOD_FOUNDRY, "bytecode": {"object": "0x60", "linkReferences": {
                "F": {"L": [{"start": 5, "length": 20}]}}}},
            "lies outside of the 1 bytes",
        ),
        ({**GOOD_FOUNDRY, "rawMetadata": "{"}, "metadata = .*is no JSON"),
        (solc_output(evm={}), r"contracts\.A\.sol\.A\.evm\.bytecode\.object.*ask the compiler"),
        (solc_output(abi=None), r"contracts\.A\.sol\.A\.abi = None"),
        ({"errors": [{"severity": "error", "message": "bad"}]}, "failed: bad"),
        (
            {"contracts": {}, "errors": [{"severity": "error", "formattedMessage": "worse"}]},
            "failed: worse",
        ),
        ({"contracts": {"A.sol:A": {"abi": "[]", "bin": "60"}}}, "use --standard-json"),
        ({"contracts": {}}, "must say which contract"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_its_file(tmp_path: Path, document: Any, words: str) -> None:
    path = written(tmp_path, document)
    with pytest.raises(InputError, match=words) as caught:
        load_artifact(path)
    assert path.name in str(caught.value)


def test_a_missing_file_and_a_missing_contract_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_artifact(tmp_path / "none.json")
    with pytest.raises(InputError, match=r"is no contract of .*which has .*A\.sol:A"):
        load_artifact(written(tmp_path, solc_output()), "B")
    with pytest.raises(InputError, match="must say which contract of the folder"):
        load_artifact(tmp_path)
    with pytest.raises(InputError, match=r"has no file B\.json; was it built"):
        load_artifact(tmp_path, "B")


def test_two_files_of_one_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    for folder, code in (("a/V.sol", "0x6001"), ("b/W.sol", "0x6002")):
        written(tmp_path, {"abi": [], "bytecode": {"object": code}}, f"{folder}/V.json")
    with pytest.raises(InputError, match=r"could be .*a/V\.sol.*b/W\.sol"):
        load_artifact(tmp_path, "V")
    assert load_artifact(tmp_path, "W.sol:V").bytecode == b"\x60\2"


def test_a_name_that_is_not_that_of_the_file_is_refused() -> None:
    for folder, file in FOLDERS.values():
        path = next(folder.rglob("Outer.json"))
        assert load_artifact(path, f"{file.removeprefix('project/')}:Outer").name == "Outer"
        with pytest.raises(InputError, match=r"Inner.*is no contract of"):
            load_artifact(path, "Inner")
