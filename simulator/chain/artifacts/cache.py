"""Compiled contracts on disk, by hash. A full cache folder or a missing one only costs time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VYPER, SOLIDITY = "vyper", "solidity"


def cache_folder(language: str = VYPER) -> Path:
    """Where compiled contracts are kept: UNDERWATER_CACHE, else the user's cache folder."""
    named = os.environ.get("UNDERWATER_CACHE")
    if named:
        return Path(named) / language
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "underwater" / language


def load(language: str, key: str) -> dict[str, Any] | None:
    """What was stored under a key (sha256, hex); None for nothing, or for a damaged entry."""
    try:
        path = cache_folder(language) / f"{key}.json"
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return document if isinstance(document, dict) and document.get("key") == key else None


def store(language: str, key: str, document: Mapping[str, Any]) -> None:
    """Keep a document under a key; an interrupted writing leaves nothing under it."""
    part = None
    try:
        folder = cache_folder(language)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, suffix=".part", delete=False
        ) as file:
            part = Path(file.name)
            json.dump({**document, "key": key}, file)
        os.replace(part, folder / f"{key}.json")
    except (OSError, RuntimeError):  # A cache that cannot be written costs seconds, not the run.
        if part is not None:
            part.unlink(missing_ok=True)
