"""Where a run may write: numbered folders that two processes never share."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Final

from simulator.errors import InputError
from simulator.recorder.shards import SHARD_FOLDER

_SIGNS_OF_A_RUN: Final = ("manifest.json", "report.html", "timings.json", "*.parquet", SHARD_FOLDER)


def claim_run_folder(runs: Path, stem: str) -> Path:
    """Make and return `runs/<stem>-<n>` for the first free n from 1; safe against other runs."""
    runs.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        folder = runs / f"{stem}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("count() does not end")


def claim_out(path: Path) -> Path:
    """Make the folder that the user named, unless it holds a run; a refusal writes nothing."""
    if path.exists() and not path.is_dir():
        raise InputError("out", str(path), "is a file; name a folder")
    if path.is_dir() and _holds_a_run(path):
        raise InputError("out", str(path), "already holds a run; name another folder")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _holds_a_run(path: Path) -> bool:
    return any(
        any(folder.glob(sign))
        for folder in (path, *(child for child in path.iterdir() if child.is_dir()))
        for sign in _SIGNS_OF_A_RUN
    )
