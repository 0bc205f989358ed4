"""Data beside the project: tests that need it skip with a reason when it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def history() -> Path:
    """Folder of crash-window market data (UNDERWATER_HISTORY, else ../shared/history)."""
    given = os.environ.get("UNDERWATER_HISTORY")
    folder = Path(given) if given else PROJECT.parent / "shared" / "history"
    if not (folder / "manifest.json").is_file():
        pytest.skip(f"no crash-window data at {folder}; set UNDERWATER_HISTORY to its folder")
    return folder
