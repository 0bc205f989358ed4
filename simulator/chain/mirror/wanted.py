"""What is mirrored, and what a mirror does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.chain.base import Chain
from simulator.chain.columns import Receipts
from simulator.chain.layout import Columns, Keys
from simulator.errors import InputError
from simulator.types import Int1D


class Watched:
    """What to mirror: a path (see `StorageView`) and its columns of keys.

    name: what the mirror calls it, the path unless given. getter: the view function that tells the
    same where there is no layout, by name or signature; the path unless given.
    """

    __slots__ = ("getter", "keys", "name", "path")

    def __init__(self, path: str, *keys: Keys, name: str = "", getter: str = "") -> None:
        self.path = path
        self.keys = keys
        self.name = name or path
        self.getter = getter or path


class Mirror(Protocol):
    """Values of some entries as they were after the last `apply` or `reload`."""

    def columns(self, name: str) -> Columns:
        """Field -> column, a row per key. Columns may be views: take them anew after `apply`."""
        ...

    def apply(self, chain: Chain, receipts: Receipts) -> dict[str, Int1D]:
        """Take over what a batch changed; per name the rows that changed, ascending."""
        ...

    def reload(self, chain: Chain) -> None:
        """Read everything again: after a revert, and after anything that was no batch."""
        ...

    def verify(self, chain: Chain) -> list[str]:
        """Differences from what the chain says now, in words; empty if there is none."""
        ...


def distinct(wanted: Sequence[Watched]) -> Sequence[Watched]:
    """InputError if two have one name."""
    names = [item.name for item in wanted]
    for name in names:
        if names.count(name) > 1:
            raise InputError("name", name, "is taken: give each Watched a name of its own")
    return wanted
