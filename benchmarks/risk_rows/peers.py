"""Other tools for the same rows, each None where it is not installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

NAMES = ("polars", "numba")


def find(name: str) -> Any:
    """The module, or None."""
    return import_module(name) if find_spec(name) else None


def absent() -> list[str]:
    """A line for each that is missing."""
    return [
        f"{name} is not installed, so it is not compared: pip install {name}"
        for name in NAMES
        if find_spec(name) is None
    ]
