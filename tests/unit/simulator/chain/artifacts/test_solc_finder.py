"""Where a Solidity compiler is looked for, with compilers that are only shell scripts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simulator.chain.artifacts import solc_finder
from simulator.chain.artifacts.solc_finder import WRAPPER, find_compiler
from simulator.errors import InputError, MissingComponentError


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, a PATH and a current folder without any compiler."""
    for name in ("SOLC", "SOLCX_BINARY_PATH", "XDG_DATA_HOME", "NODE_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "bin", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(solc_finder, "WRAPPER", tmp_path / "here" / "wrapper.cjs")


def program(path: Path, version: str) -> Path:
    """Answers --version like solc."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho solc\necho Version: {version}+commit.0.Linux\n")
    path.chmod(0o755)
    return path


def package(folder: Path, version: str, name: str = "solc") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
    return folder


def with_node(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "node", "20.0.0")


def test_without_any_compiler_the_ways_to_get_one_are_told() -> None:
    with pytest.raises(
        MissingComponentError, match=r"found: none\. .*npm install solc.*solcx.*svm"
    ):
        find_compiler()


def test_places_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_node(tmp_path)
    home, here = tmp_path / "home", tmp_path / "here"
    package(here / "node_modules" / "solc", "0.8.30")
    assert str(find_compiler()) == "solc 0.8.30 (npm)"
    program(tmp_path / "bin" / "solc", "0.8.29")
    assert str(find_compiler()) == "solc 0.8.29 (PATH)"
    program(home / ".svm" / "0.8.28" / "solc-0.8.28", "0.8.28")
    assert str(find_compiler()) == "solc 0.8.28 (Foundry)"
    program(home / ".local/share/svm" / "0.8.31" / "solc-0.8.31", "0.8.31")
    assert str(find_compiler()) == "solc 0.8.31 (Foundry)"
    program(home / ".solcx" / "solc-v0.8.27", "0.8.27")
    assert str(find_compiler()) == "solc 0.8.27 (py-solc-x)"
    program(home / ".solcx" / "solc-v0.8.26" / "solc", "0.8.26")
    assert str(find_compiler()) == "solc 0.8.27 (py-solc-x)"
    named = program(tmp_path / "mine", "0.8.1")
    monkeypatch.setenv("SOLC", str(named))
    assert str(find_compiler()) == "solc 0.8.1 ($SOLC)"
    given = program(tmp_path / "given", "0.8.2")
    assert str(find_compiler(given)) == "solc 0.8.2 (given)"
    assert find_compiler(given).command == (str(given),)


def test_of_several_the_newest_that_pragma_and_fork_allow_is_taken(tmp_path: Path) -> None:
    for version in ("0.7.6", "0.8.20", "0.8.24", "0.8.30"):
        program(tmp_path / "home" / ".solcx" / f"solc-v{version}", version)
    assert find_compiler(pragmas=["^0.7.0"]).version == (0, 7, 6)
    assert find_compiler(pragmas=["^0.8.0", "<0.8.30"]).version == (0, 8, 24)
    assert find_compiler("0.8.20", evm_version="cancun").version == (0, 8, 20)
    with pytest.raises(
        MissingComponentError, match=r"<0\.8\.24, cancun \(solc 0\.8\.24 or newer\)"
    ):
        find_compiler(pragmas=["<0.8.24"], evm_version="cancun")
    with pytest.raises(MissingComponentError, match=r"for version 0\.8\.1; found: .*py-solc-x"):
        find_compiler("0.8.1")


def test_aliases_of_npm_are_found_by_what_they_are(tmp_path: Path) -> None:
    with_node(tmp_path)
    modules = tmp_path / "here" / "node_modules"
    alias = package(modules / "solc-0.8.19", "0.8.19")
    package(modules / "solc-typed-ast", "18.0.0", "solc-typed-ast")
    found = find_compiler("0.8.19")
    assert found.command[2:] == ("--package", str(alias))
    with pytest.raises(MissingComponentError):
        find_compiler("18.0.0")


def test_npm_packages_need_node(tmp_path: Path) -> None:
    modules = package(tmp_path / "here" / "node_modules" / "solc", "0.8.30")
    with pytest.raises(MissingComponentError, match="found: none"):
        find_compiler()
    with pytest.raises(MissingComponentError, match="needs node"):
        find_compiler(modules)


def test_packages_beside_the_sources_are_found(tmp_path: Path) -> None:
    with_node(tmp_path)
    package(tmp_path / "project" / "node_modules" / "solc", "0.8.30")
    folder = tmp_path / "project" / "contracts"
    folder.mkdir()
    assert find_compiler(folder=folder).origin == "npm"


def test_what_is_no_compiler_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"compiler = .*none': is no compiler"):
        find_compiler(tmp_path / "none")
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho hello >&2\nexit 3\n")
    with pytest.raises(InputError, match="cannot be run"):
        find_compiler(broken)
    broken.chmod(0o755)
    with pytest.raises(InputError, match="answers --version with: hello"):
        find_compiler(broken)
    monkeypatch.setenv("SOLC", str(broken))
    with pytest.raises(InputError, match="SOLC = "):
        find_compiler()


def test_another_program_called_solc_does_not_hide_the_package(tmp_path: Path) -> None:
    with_node(tmp_path)
    program(tmp_path / "bin" / "solc", "nothing")
    package(tmp_path / "here" / "node_modules" / "solc", "0.8.30")
    assert find_compiler().origin == "npm"


def test_the_wrapper_is_shipped_beside_the_code_and_can_be_run() -> None:
    assert WRAPPER.is_file() and shutil.which(str(WRAPPER)) is not None
