"""Refuses to load when another distribution owns one of our top-level names.

The names `simulator`, `agents` and `audits` belong to nobody; openai-agents installs `agents` too.
pip says nothing then and leaves a mixture. Two looks tell: where a name comes from (sees a
foreign package that is found first), and whose RECORD lists it (sees files overwritten in place).

Only what is already loaded at start is imported here: `importlib.metadata` alone takes longer
than the whole help text may.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

OWNED_NAMES = ("simulator", "agents", "audits")


def refuse_foreign_packages(home: str) -> None:
    """Raise ImportError unless `home`, the folder that holds `underwater/`, owns all names."""
    for name in OWNED_NAMES:
        origin = _origin(name)
        if origin is None or not _same_folder(os.path.dirname(os.path.dirname(origin)), home):
            raise ImportError(_sentence(name, origin, _owner_beside(name, origin)))
    for name, owner in _foreign_owners(home):
        raise ImportError(_sentence(name, _origin(name), owner))


def _origin(name: str) -> str | None:
    """Path of the file that `import name` would run; None if there is none."""
    try:
        spec = find_spec(name)
    except ValueError:  # somebody put a module without a spec in its place
        return None
    return spec.origin if spec is not None and spec.has_location else None


def _same_folder(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _foreign_owners(folder: str) -> Iterator[tuple[str, str]]:
    """Pairs of an owned name and a distribution other than ours whose RECORD lists it."""
    for entry in _distributions(folder):
        if entry.split("-", 1)[0] == "underwater":
            continue
        record = _read_record(os.path.join(folder, entry))
        for name in OWNED_NAMES:
            start = f"{name}/".encode()
            if record.startswith(start) or b"\n" + start in record:
                yield name, entry.removesuffix(".dist-info")


def _distributions(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    except OSError:  # imported from a zip file
        return []


def _read_record(distribution: str) -> bytes:
    try:
        with open(os.path.join(distribution, "RECORD"), "rb") as file:
            return file.read()
    except OSError:  # packages of an operating system often come without one
        return b""


def _owner_beside(name: str, origin: str | None) -> str | None:
    """The distribution that lists `name`, looked up beside the file itself."""
    if origin is None:
        return None
    owners = _foreign_owners(os.path.dirname(os.path.dirname(origin)))
    return next((owner for owned, owner in owners if owned == name), None)


def _sentence(name: str, origin: str | None, owner: str | None) -> str:
    where = f"comes from {origin}" if origin else "is not there"
    whose = f" and belongs to {owner}" if owner else ""
    return (
        f"underwater needs the top-level name '{name}' for itself, but it {where}{whose}: "
        "give underwater a virtual environment of its own, or remove the other package and "
        "reinstall underwater."
    )
