"""Imports of Solidity files, found as solc finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.chain.artifacts.solidity_sources import (
    gather,
    imports_of,
    parse_remappings,
    project_folder,
    remapped,
    units_of,
)  # fmt: skip
from simulator.errors import CompileError, InputError

FORMS = """
import "./a.sol";
import * as Z from "../up/b.sol";
import {X, Y as W} from 'pkg/c.sol';
import D from "./d.sol"; import "e.sol" as E;
// import "no.sol";
/* import "neither.sol"; */
import {
    Long,
    List
} from "./deep/./f.sol";
contract A { string s = "import 'never.sol';"; }
"""


def test_every_form_of_import_is_seen() -> None:
    found = imports_of("src/in/A.sol", FORMS, [])
    assert found == [
        "src/in/a.sol", "src/up/b.sol", "pkg/c.sol", "src/in/d.sol", "e.sol", "src/in/deep/f.sol",
    ]  # fmt: skip


def test_the_longest_remapping_wins_within_its_context() -> None:
    table = parse_remappings(["@oz/=lib/oz/", "@oz/token/=lib/token/", "src/old:@oz/=lib/oz-4/"])
    assert remapped(table, "src/A.sol", "@oz/access/Own.sol") == "lib/oz/access/Own.sol"
    assert remapped(table, "src/A.sol", "@oz/token/E.sol") == "lib/token/E.sol"
    assert remapped(table, "src/old/A.sol", "@oz/token/E.sol") == "lib/oz-4/token/E.sol"
    assert remapped(table, "src/A.sol", "other/E.sol") == "other/E.sol"
    assert [str(item) for item in table][2] == "src/old:@oz/=lib/oz-4/"
    for wrong in ("no-equals", "=target", "context:=target"):
        with pytest.raises(InputError, match="must be"):
            parse_remappings([wrong])


def test_a_file_is_gathered_with_all_that_it_needs(tmp_path: Path) -> None:
    files = {
        "foundry.toml": "",
        "src/A.sol": 'import "./B.sol"; import "@oz/C.sol"; import "npm/D.sol"; import "in/E.sol";',
        "src/B.sol": 'import "./A.sol";',
        "vendor/C.sol": "",
        "node_modules/npm/D.sol": 'import "./sub/F.sol";',
        "node_modules/npm/sub/F.sol": "",
        "lib/in/E.sol": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    path = tmp_path / "src" / "A.sol"
    assert project_folder(path) == tmp_path.resolve()
    name, texts = gather(path, tmp_path, parse_remappings(["@oz/=vendor/"]))
    assert name == "src/A.sol"
    assert sorted(texts) == [
        "in/E.sol", "npm/D.sol", "npm/sub/F.sol", "src/A.sol", "src/B.sol", "vendor/C.sol",
    ]  # fmt: skip
    with pytest.raises(CompileError, match=r"src/A\.sol imports '@oz/C\.sol', which is not in"):
        gather(path, tmp_path, [])
    with pytest.raises(InputError, match=r"folder = .*must hold the file"):
        gather(path, tmp_path / "lib", [])
    with pytest.raises(InputError, match="cannot be read"):
        gather(tmp_path / "src" / "None.sol", tmp_path, [])


def test_sources_given_as_text_are_checked() -> None:
    assert units_of({"A.sol": "x"}) == {"A.sol": "x"}
    for wrong in ({}, {"": "x"}, {"A.sol": 5}):
        with pytest.raises(InputError, match="sources"):
            units_of(wrong)  # type: ignore[arg-type]
