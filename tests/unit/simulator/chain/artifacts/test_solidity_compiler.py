"""Compilation of Solidity with a real compiler, and with ones that misbehave."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simulator.chain.artifacts import compile_solidity, find_compiler, solidity_compiler
from simulator.chain.artifacts.solc_finder import WRAPPER
from simulator.errors import CompileError, InputError
from tests.differential.solidity import CONTRACTS, LINKED, needs_solc, solidity_artifacts

SMALL = {
    "A.sol": "pragma solidity ^0.8.4; contract A { uint128 public x; uint64 immutable y = 5; }"
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERWATER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "solidity"


def fake(tmp_path: Path, answer: str, version: str = "0.8.30") -> Path:
    """A compiler that gives one answer to everything."""
    (tmp_path / "answer").write_text(answer)
    path = tmp_path / "solc"
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "Version: {version}"; exit; fi\n'
        f"cat > {tmp_path / 'request'}\ncat {tmp_path / 'answer'}\n"
    )
    path.chmod(0o755)
    return path


@needs_solc
def test_all_contracts_of_a_file_are_compiled_for_the_fork_that_was_asked() -> None:
    artifacts = solidity_artifacts(LINKED)
    assert set(artifacts) == {"Inner", "Outer", "Quiet", "Base", "Linked"}
    linked = artifacts["Linked"]
    assert linked.evm_version == "cancun" and linked.compiler.startswith("solc 0.")
    assert linked.path == LINKED and len(linked.source_hash) == 64
    assert linked.creation.libraries() == [
        "tests/contracts/libraries/Linked.sol:Inner",
        "tests/contracts/libraries/Linked.sol:Outer",
    ]
    names = {part.name for part in linked.runtime.immutables}
    assert names == {"Base.seed", "Linked.seed", "owner", "limit", "tag"}


@needs_solc
def test_settings_change_the_code_and_the_second_time_comes_from_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compile_solidity(SMALL)["A"]
    (entry,) = cache.iterdir()
    other = compile_solidity(SMALL, optimizer_runs=None, evm_version="paris")["A"]
    assert other.bytecode != first.bytecode and other.evm_version == "paris"
    monkeypatch.setattr(solidity_compiler, "_run", lambda *_: pytest.fail("compiled again"))
    assert compile_solidity(SMALL)["A"] == first
    assert [part.name for part in first.runtime.immutables] in (["y"], [])
    entry.write_text("{")
    with pytest.raises(BaseException, match="compiled again"):
        compile_solidity(SMALL)


@needs_solc
def test_a_source_that_does_not_compile_is_refused_in_the_words_of_the_compiler(
    cache: Path,
) -> None:
    with pytest.raises(CompileError, match=r"(?s)A\.sol does not compile with solc.*uint257"):
        compile_solidity({"A.sol": "pragma solidity ^0.8.0; contract A { uint257 x; }"})
    with pytest.raises(CompileError, match="Invalid EVM version"):
        compile_solidity(SMALL, evm_version="zebra")
    assert not cache.exists()
    with pytest.raises(CompileError, match="there is no contract"):
        compile_solidity({"A.sol": "pragma solidity ^0.8.0;"})
    with pytest.raises(InputError, match="optimizer_runs"):
        compile_solidity(SMALL, optimizer_runs=-1)


@needs_solc
def test_contracts_of_one_name_keep_their_files(cache: Path) -> None:
    text = "pragma solidity ^0.8.0; contract A {}"
    artifacts = compile_solidity({"a.sol": text, "b.sol": text + " contract B {}"}, via_ir=True)
    assert set(artifacts) == {"a.sol:A", "b.sol:A", "B"}


@needs_solc
def test_imports_are_followed_through_remappings(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "vendor" / "L.sol").write_text("pragma solidity ^0.8.0; library L { }")
    path = tmp_path / "src" / "A.sol"
    path.write_text('pragma solidity ^0.8.0; import {L} from "@v/L.sol"; contract A { }')
    artifacts = compile_solidity(path, folder=tmp_path, remappings=["@v/=vendor/"])
    assert set(artifacts) == {"A", "L"}
    with pytest.raises(CompileError, match=r"'@v/L\.sol', which is not in"):
        compile_solidity(path, folder=tmp_path)


def test_a_compiler_that_is_too_old_says_so_without_contracts(cache: Path, tmp_path: Path) -> None:
    error = {"severity": "error", "message": "Invalid EVM version requested."}
    path = fake(tmp_path, json.dumps({"errors": [{"severity": "warning"}, error]}))
    with pytest.raises(CompileError, match=r"solc 0\.8\.30 \(given\): Invalid EVM version"):
        compile_solidity(SMALL, compiler=path)
    request = json.loads((tmp_path / "request").read_text())
    assert request["settings"]["evmVersion"] == "cancun"
    assert "viaIR" not in request["settings"]


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", '{"contracts"'])
def test_an_answer_that_is_no_json_is_refused(cache: Path, tmp_path: Path, answer: str) -> None:
    with pytest.raises(CompileError, match="answers with no JSON"):
        compile_solidity(SMALL, compiler=fake(tmp_path, answer))


def test_a_compiler_that_compiles_for_another_fork_is_caught(cache: Path, tmp_path: Path) -> None:
    metadata = json.dumps({"settings": {"evmVersion": "osaka"}})
    contract: dict[str, Any] = {"evm": {"bytecode": {"object": "60"}}, "metadata": metadata}
    answer = json.dumps({"contracts": {"A.sol": {"A": contract}}})
    with pytest.raises(CompileError, match="compiled A for osaka, not for cancun"):
        compile_solidity(SMALL, compiler=fake(tmp_path, answer))


def wrapper(*options: str, text: str = "") -> subprocess.CompletedProcess[str]:
    compiler = find_compiler(folder=CONTRACTS)
    if compiler.origin != "npm":
        pytest.skip(f"the compiler found is {compiler}, not the npm package")
    node, package = compiler.command[0], compiler.command[3]
    command = [node, str(WRAPPER), "--package", package, *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@needs_solc
def test_the_wrapper_answers_like_the_native_compiler() -> None:
    answer = wrapper("--version")
    assert answer.stdout.splitlines()[1].startswith("Version: 0.") and answer.returncode == 0
    for options, words in ((["--what"], "unknown option"), ([], "--version or"), (["-I"], "needs")):
        wrong = wrapper(*options)
        assert wrong.returncode == 1 and words in wrong.stderr and not wrong.stdout


@needs_solc
def test_the_wrapper_writes_long_answers_whole(tmp_path: Path) -> None:
    """The package's own command line ends at 64 KiB on a pipe."""
    (tmp_path / "inside.sol").write_text("contract B { }")
    (tmp_path.parent / "outside.sol").write_text("contract C { }")
    functions = "".join(f"function f{n}() public pure {{}}" for n in range(60))
    request = {
        "language": "Solidity",
        "sources": {"A.sol": {"content": f'import "./inside.sol"; contract A {{ {functions} }}'}},
        "settings": {"outputSelection": {"*": {"*": ["*"], "": ["ast"]}}},
    }
    answer = wrapper("--standard-json", "--base-path", str(tmp_path), text=json.dumps(request))
    assert len(answer.stdout) > 1 << 17
    assert set(json.loads(answer.stdout)["contracts"]) == {"A.sol", "inside.sol"}
    request["sources"] = {"A.sol": {"content": 'import "../outside.sol"; import "/etc/hosts";'}}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    answer = wrapper("--standard-json", str(path), "--base-path", str(tmp_path))
    messages = [error["message"] for error in json.loads(answer.stdout)["errors"]]
    assert sum("not found" in message for message in messages) == 2
