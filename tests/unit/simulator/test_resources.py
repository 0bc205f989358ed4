"""Where contracts and fixtures are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import resources
from simulator.resources import contracts_folder, fixtures_folder

ROOT = Path(__file__).resolve().parents[3]


def test_the_checkout_wins_over_the_copy_that_an_editable_install_leaves() -> None:
    assert contracts_folder() == ROOT / "contracts"
    assert fixtures_folder() == ROOT / "fixtures"


def test_without_a_checkout_the_data_of_the_wheel_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder of that name beside the packages is no checkout without its pyproject.toml.
    (tmp_path / "fixtures").mkdir()
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "simulator" / "resources.py"))
    assert fixtures_folder() != tmp_path / "fixtures"
    assert fixtures_folder().parts[-3:] == ("simulator", "data", "fixtures")
