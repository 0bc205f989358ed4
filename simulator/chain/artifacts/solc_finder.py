"""Finds a Solidity compiler: named, in $SOLC, of py-solc-x, of Foundry, or of npm.

Of several in one place the newest is taken that the sources' pragmas and the evmVersion allow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.chain.artifacts.versions import (
    SINCE,
    Version,
    parse_version,
    satisfies,
    text_of,
)  # fmt: skip
from simulator.errors import InputError, MissingComponentError

WRAPPER = Path(__file__).with_name("solc_wrapper.cjs")
VERSION_TIMEOUT_SECONDS = 60
HOW_TO_GET_ONE = (
    "`npm install solc@0.8.37` in this folder or one above it (node is needed), "
    "`solcx.install_solc()` of py-solc-x, `svm install` of Foundry, a `solc` on PATH or in $SOLC; "
    "or load what another tool compiled, with load_artifact"
)


@dataclass(frozen=True, slots=True)
class SolidityCompiler:
    """A command that answers `--standard-json`. origin: where it was found, in words."""

    command: tuple[str, ...]
    version: Version
    origin: str

    def __str__(self) -> str:
        return f"solc {text_of(self.version)} ({self.origin})"


def find_compiler(
    compiler: Path | str | None = None,
    *,
    pragmas: Sequence[str] = (),
    evm_version: str | None = None,
    folder: Path | None = None,
) -> SolidityCompiler:
    """The compiler to use.

    compiler: a path (of a native solc, of a script for node, or of an npm package's folder), or a
    version such as "0.8.19", which is then searched for everywhere. folder: where looking for
    node_modules begins, beside the current one. A compiler named by path or by $SOLC is taken as it
    is. InputError if that is not there, MissingComponentError with what was found otherwise.
    """
    wanted = None if compiler is None else _whole(str(compiler))
    if compiler is not None and wanted is None:
        return _at(Path(compiler).expanduser(), "compiler", "given")
    named = os.environ.get("SOLC")
    if named and wanted is None:
        return _at(Path(named).expanduser(), "SOLC", "$SOLC")
    seen: list[SolidityCompiler] = []
    for search in (_solcx, _foundry, _on_path, lambda: _npm(folder)):
        candidates = sorted(search(), key=lambda found: found.version, reverse=True)
        for found in candidates:
            if _suits(found.version, wanted, pragmas, evm_version):
                return found
        seen += candidates
    raise MissingComponentError(_nothing(wanted, pragmas, evm_version, seen))


def _whole(text: str) -> Version | None:
    """The version that a text is, not only contains."""
    version = parse_version(text)
    return version if version is not None and text.lstrip("v") == text_of(version) else None


def _suits(
    version: Version, wanted: Version | None, pragmas: Sequence[str], evm_version: str | None
) -> bool:
    if wanted is not None:
        return version == wanted
    new_enough = version >= SINCE.get(evm_version or "", (0, 0, 0))
    return new_enough and all(satisfies(version, pragma) for pragma in pragmas)


def _nothing(
    wanted: Version | None,
    pragmas: Sequence[str],
    evm_version: str | None,
    seen: Sequence[SolidityCompiler],
) -> str:
    needs = [f"version {text_of(wanted)}"] if wanted is not None else sorted(set(pragmas))
    if evm_version in SINCE and wanted is None:
        needs.append(f"{evm_version} (solc {text_of(SINCE[evm_version])} or newer)")
    found = ", ".join(map(str, seen)) or "none"
    return (
        f"no Solidity compiler for {', '.join(needs) or 'these sources'}; found: {found}. "
        f"Ways to get one: {HOW_TO_GET_ONE}"
    )


# --- the places ------------------------------------------------------------------------------


def _at(path: Path, field: str, origin: str) -> SolidityCompiler:
    if path.is_dir() and (path / "package.json").is_file():
        command = _wrapped(path)
        if command is None:
            raise MissingComponentError(f"{path} needs node, which is not on PATH")
        return _asked(command, field, origin)
    if not path.is_file():
        found = shutil.which(str(path))
        if found is None:
            raise InputError(field, str(path), "is no compiler: there is no such file")
        path = Path(found)
    if path.suffix in (".js", ".cjs"):
        node = _node()
        if node is None:
            raise MissingComponentError(f"{path} needs node, which is not on PATH")
        return _asked((node, str(path)), field, origin)
    return _asked((str(path),), field, origin)


def _asked(command: tuple[str, ...], field: str, origin: str) -> SolidityCompiler:
    """The compiler with the version that it says itself."""
    try:
        answer = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=False,
            timeout=VERSION_TIMEOUT_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(field, " ".join(command), f"cannot be run: {error}") from None
    version = parse_version(answer.stdout)
    if answer.returncode or version is None:
        words = (answer.stderr or answer.stdout).strip()[:300]
        raise InputError(field, " ".join(command), f"answers --version with: {words or 'nothing'}")
    return SolidityCompiler(command, version, origin)


def _solcx() -> Iterator[SolidityCompiler]:
    """`solc-v0.8.20` in ~/.solcx or $SOLCX_BINARY_PATH: a program, or a folder with one."""
    folder = Path(os.environ.get("SOLCX_BINARY_PATH") or _home() / ".solcx")
    for path in _listed(folder, "solc-v*"):
        version = parse_version(path.name)
        programs = [path] if path.is_file() else [path / "solc", path / "solc.exe"]
        for program in programs:
            if version is not None and _runs(program):
                yield SolidityCompiler((str(program),), version, "py-solc-x")


def _foundry() -> Iterator[SolidityCompiler]:
    """`0.8.20/solc-0.8.20` in the folders that svm has used."""
    data = Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local" / "share")
    mac = _home() / "Library" / "Application Support"
    for folder in (_home() / ".svm", data / "svm", mac / "svm"):
        for path in _listed(folder, "*/solc-*"):
            version = parse_version(path.name)
            if version is not None and _runs(path):
                yield SolidityCompiler((str(path),), version, "Foundry")


def _on_path() -> Iterator[SolidityCompiler]:
    program = shutil.which("solc")
    if program is not None:
        try:
            yield _asked((program,), "solc on PATH", "PATH")
        except InputError:
            return  # something else of that name; an npm package may still do


def _npm(folder: Path | None) -> Iterator[SolidityCompiler]:
    """Packages called solc in node_modules, aliases (`solc-0.8.19`) included."""
    seen = set()
    for base in _bases(folder):
        for package in _listed(base, "solc*/package.json"):
            version, command = _version_of(package), _wrapped(package.parent)
            if version is None or command is None or package.resolve() in seen:
                continue
            seen.add(package.resolve())
            yield SolidityCompiler(command, version, "npm")


def _bases(folder: Path | None) -> Iterator[Path]:
    """Folders of packages: of the current folder, the sources' and this file's, and those above."""
    for start in (Path.cwd(), folder, WRAPPER.parent):
        if start is not None:
            for parent in (start.resolve(), *start.resolve().parents):
                yield parent / "node_modules"
    for named in os.environ.get("NODE_PATH", "").split(os.pathsep):
        if named:
            yield Path(named)


def _version_of(package: Path) -> Version | None:
    try:
        document = json.loads(package.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or document.get("name") != "solc":
        return None
    return parse_version(str(document.get("version")))


def _wrapped(package: Path) -> tuple[str, ...] | None:
    node = _node()
    if node is None:
        return None
    return (node, str(WRAPPER), "--package", str(package.resolve()))


def _node() -> str | None:
    return shutil.which("node")


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def _listed(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
