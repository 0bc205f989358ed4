"""The locked requirements: every pin has a hash, and no pin says where it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?P<marker>[^\\]*)\\$")


def pins(lock: Path) -> set[tuple[str, str]]:
    """Pairs of a distribution and its version; `--universal` may list one twice, by marker."""
    found = map(PIN.match, lock.read_text(encoding="utf-8").splitlines())
    return {(pin["name"], pin["version"]) for pin in found if pin}


def requirements(*extras: str) -> list[str]:
    """The direct dependencies as written in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    chosen: list[str] = [*project["dependencies"]]
    for extra in extras:
        chosen += project["optional-dependencies"][extra]
    return chosen


def test_there_is_a_lock_for_the_core_and_one_for_development() -> None:
    assert {lock.name for lock in LOCKS} >= {"core.lock", "dev.lock"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_carries_a_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert len(entries) >= len(pins(lock)) > 50
    for entry in entries:
        assert PIN.match(entry.splitlines()[0]), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--(index|extra-index|find-links|trusted)", text, re.MULTILINE)


def test_development_runs_on_the_versions_of_the_core() -> None:
    assert pins(ROOT / "requirements/core.lock") <= pins(ROOT / "requirements/dev.lock")


@pytest.mark.parametrize("extras", [(), ("dev",)], ids=["core", "dev"])
def test_every_direct_dependency_is_in_its_lock(extras: tuple[str, ...]) -> None:
    lock = ROOT / "requirements" / ("dev.lock" if extras else "core.lock")
    locked = {name for name, _ in pins(lock)}
    named = {re.split(r"[<>=!~]", line)[0].lower() for line in requirements(*extras)}
    assert named <= locked


@pytest.mark.parametrize("requirement", requirements("dev", "ui", "cluster", "garch", "ape"))
def test_every_direct_dependency_has_a_floor(requirement: str) -> None:
    assert re.search(r"(>=|==)\d", requirement), "else a lowest lock resolves to something ancient"
