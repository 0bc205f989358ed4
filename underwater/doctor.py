"""`underwater doctor`: what is installed, which engine runs, what is missing, how to get it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, TypeAlias

from underwater import console

State: TypeAlias = Literal["ok", "optional", "missing"]

LOWEST_PYTHON: Final = (3, 11)
LOWEST_CARGO: Final = (1, 91)
LOWEST_FREE_BYTES: Final = 500 * 10**6
"""A demo of three variants writes some 50 MB; below this a full disk is likely."""

_NEEDED: Final = ("numpy", "pydantic", "duckdb", "vyper", "plotly", "jinja2", "rich", "typer")
_USED_LATER: Final = ("pandas", "scipy", "hypothesis", "web3", "eth-abi")

_RESTORE: Final = "run `make demo` or `make test` again: both complete the set-up"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `optional`: missing, but a run goes without it."""

    name: str
    state: State
    found: str
    remedy: str = ""


def doctor(*, as_json: bool) -> int:
    """Print every check; 0 if a run is possible, else 2."""
    checks = examine()
    possible = all(check.state != "missing" for check in checks)
    if as_json:
        console.print_json({"possible": possible, "checks": [_entry(check) for check in checks]})
    else:
        _print(checks, possible)
    return 0 if possible else 2


def examine() -> list[Check]:
    """Every check, in the order of the printed table."""
    packages = [_package(name, "missing") for name in _NEEDED]
    later = [_package(name, "optional") for name in _USED_LATER]
    return [
        _python(),
        *packages,
        *later,
        *_engines(),
        _folder("fixtures", "scenarios/black-thursday.toml", "crashes/black-thursday/crash.toml"),
        _folder("contracts", "perps/MatchedPerp.vy"),
        _compile_cache(),
        _solidity(),
        _history(),
        _disk(),
    ]


def _python() -> Check:
    found = f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    if sys.version_info[:2] >= LOWEST_PYTHON:
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, "install Python 3.11 or newer")


def _package(name: str, otherwise: State) -> Check:
    try:
        return Check(name, "ok", version(name))
    except PackageNotFoundError:
        return Check(name, otherwise, "not installed", _RESTORE)


def _engines() -> list[Check]:
    fast, slow = _fast_engine(), _slow_engine()
    if fast.state == "ok" or slow.state == "ok":
        return [fast, slow]
    return [fast, slow, Check("an engine", "missing", "neither engine is there", _RESTORE)]


def _fast_engine() -> Check:
    name = "engine revm"
    try:
        import underwater_evm
    except ImportError as error:
        found = "not built" if isinstance(error, ModuleNotFoundError) else f"does not load: {error}"
        return Check(name, "optional", f"{found}; {_cargo()}", _engine_remedy())
    forks = getattr(underwater_evm, "HARDFORKS", None) or getattr(underwater_evm, "hardforks", ())
    names = forks() if callable(forks) else forks
    known = f", hardforks {', '.join(map(str, names))}" if names else ""
    return Check(name, "ok", f"{_version_of('underwater-evm', underwater_evm)}{known}")


def _version_of(distribution: str, module: object) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return str(getattr(module, "__version__", "version unknown"))


def _slow_engine() -> Check:
    name = "engine pyevm (slow)"
    if find_spec("eth") is None:
        return Check(name, "optional", "py-evm is not installed", _RESTORE)
    return Check(name, "ok", _package("py-evm", "optional").found)


def _cargo() -> str:
    cargo = cargo_version()
    return f"cargo {'.'.join(map(str, cargo))}" if cargo else "no cargo found"


def _engine_remedy() -> str:
    cargo = cargo_version()
    build = "then `make demo` builds the engine"
    if cargo is None:
        return f"install Rust {LOWEST_CARGO[0]}.{LOWEST_CARGO[1]} or newer (rustup), {build}"
    if cargo < LOWEST_CARGO:
        return f"update Rust to {LOWEST_CARGO[0]}.{LOWEST_CARGO[1]} or newer, {build}"
    return "`make demo` builds it"


def cargo_version() -> tuple[int, ...] | None:
    """Version of the cargo on the path, or None."""
    cargo = shutil.which("cargo")
    if cargo is None:
        return None
    try:
        answer = subprocess.run(
            [cargo, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found else None


def _folder(name: str, *needed: str) -> Check:
    from simulator import resources

    find: Callable[[], Path] = getattr(resources, f"{name}_folder")
    folder = find()
    missing = [path for path in needed if not (folder / path).is_file()]
    if missing:
        remedy = "the installation is not whole: get the project again"
        return Check(name, "missing", f"{', '.join(missing)} not in {folder}", remedy)
    return Check(name, "ok", str(folder))


def _compile_cache() -> Check:
    try:
        from simulator.chain.artifacts import cache_folder
    except ImportError:
        return Check("compile cache", "optional", "unknown")
    folder = cache_folder()
    if not folder.is_dir():
        return Check("compile cache", "ok", f"empty (the first run compiles, some 10 s): {folder}")
    return Check("compile cache", "ok", f"{len(list(folder.iterdir()))} entries in {folder}")


def _solidity() -> Check:
    from simulator.chain.artifacts import find_compiler
    from simulator.errors import UnderwaterError

    name = "Solidity compiler"
    try:
        found = find_compiler()
    except UnderwaterError as error:
        return Check(name, "optional", "none", str(error))
    return Check(name, "ok", str(found))


def _history() -> Check:
    from simulator.resources import fixtures_folder

    beside = fixtures_folder().parent.parent / "shared" / "history"
    folder = Path(os.environ.get("UNDERWATER_HISTORY", beside))
    if folder.is_dir():
        return Check("history data", "ok", str(folder))
    remedy = "only tests on finer data need it; set UNDERWATER_HISTORY to its folder"
    return Check("history data", "optional", "not found", remedy)


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    found = f"{free / 1e9:,.1f} GB free in the current folder"
    if free >= LOWEST_FREE_BYTES:
        return Check("disk", "ok", found)
    return Check("disk", "optional", found, "free at least 0.5 GB, or a run may stop half-way")


def _entry(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "state": check.state,
        "found": check.found,
        "remedy": check.remedy,
    }


def _print(checks: list[Check], possible: bool) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        console.print_result(f"{check.state:<8}  {check.name:<{width}}  {check.found}")
    remedies = [check for check in checks if check.remedy]
    if remedies:
        console.print_result("")
    for check in remedies:
        console.print_result(f"To get {check.name}: {check.remedy}.")
    verdict = "A run is possible." if possible else "No run is possible until that is there."
    console.print_result(f"\n{verdict}")
