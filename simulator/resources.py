"""Finds `fixtures/` and `contracts/`: the checkout's when there is one, else the wheel's copy."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def fixtures_folder() -> Path:
    """Folder with crashes/, scenarios/ and parameters/."""
    return _data_folder("fixtures")


def contracts_folder() -> Path:
    """Folder with the Vyper sources."""
    return _data_folder("contracts")


def _data_folder(name: str) -> Path:
    # The checkout wins: an editable install leaves a stale copy of the data in site-packages.
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return Path(str(files("simulator") / "data" / name))
