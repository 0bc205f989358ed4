"""Short runs of the real exchange: one hour of the crash, forty accounts, half a second each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.chain.select import select_engine
from simulator.scenario import Scenario, load_scenario

CRASH_HOUR = {"prices.start": "2020-03-12T10:00Z", "prices.hours": 1, "population.accounts": 40}
BLOCKS = 300
TRADERS = 40
ACCOUNTS = TRADERS + 1 + 8
"""Traders, the market maker, the liquidators."""

WITH_REVM = pytest.mark.skipif(
    select_engine("auto").name != "revm", reason="hundreds of blocks on py-evm take minutes"
)
"""For files with many runs; that both engines record the same is tested in tests/differential."""


def crash_hour(**changes: object) -> Scenario:
    """The hour; dots of a path are written as two underscores (`prices__hours=2`)."""
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return load_scenario("black-thursday").changed(CRASH_HOUR | paths)


def manifest_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return document


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, to see that nothing changed."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
