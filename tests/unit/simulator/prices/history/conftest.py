"""A data folder of its own for every test, and the helper that looks at files."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where imported events go in this test; nobody's own events are seen."""
    folder = tmp_path / "data"
    monkeypatch.setenv("UNDERWATER_DATA", str(folder))
    return folder
