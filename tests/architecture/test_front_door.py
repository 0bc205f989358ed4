"""What `from underwater import ...` offers, and what it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import underwater

FRONT_DOOR = Path(underwater.__file__)

# Each of these costs more than the whole help text may.
HEAVY = {
    *("agents", "audits", "underwater_evm", "vyper", "eth", "web3", "eth_abi", "trie"),
    *("duckdb", "numpy", "pandas", "scipy", "pydantic", "hypothesis"),
    *("jinja2", "plotly", "rich"),
}


def modules_after(statement: str) -> set[str]:
    """Top-level names of the modules that are loaded once `statement` ran in a new process."""
    program = f"""
import sys
try:
    {statement}
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("name", underwater.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(underwater, name) is not None


def test_the_list_of_public_names_is_what_dir_shows_and_what_type_checkers_see() -> None:
    tree = ast.parse(FRONT_DOOR.read_text(encoding="utf-8"))
    for_type_checkers = {
        alias.name
        for branch in tree.body
        if isinstance(branch, ast.If)
        for statement in branch.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert dir(underwater) == sorted(underwater.__all__)
    assert for_type_checkers | {"__version__"} == set(underwater.__all__)


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="liquidate_everyone"):
        _ = underwater.liquidate_everyone


def test_help_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "from underwater.cli import main; sys.argv = ['underwater', '--help']; main()"
    )
    assert "typer" in loaded
    assert not loaded.intersection(HEAVY)


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = modules_after("import underwater")
    assert not loaded.intersection(HEAVY | {"typer", "simulator"})
