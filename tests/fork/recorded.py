"""Where the recorded state of mainnet lies, which is kept beside the project."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "aave-v3-uniswap-v3-19471508.json"


def recorded_state() -> Path:
    """The file: named by UNDERWATER_MAINNET, else beside the checkout."""
    named = os.environ.get("UNDERWATER_MAINNET")
    beside = Path(__file__).resolve().parents[3] / "shared" / "mainnet"
    path = Path(named) if named else beside
    return path / NAME if path.is_dir() else path
