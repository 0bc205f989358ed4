"""Compiles Vyper sources in process and caches the result.

The compiler is exact (one version, pinned), so the cache key is: its version, the reference path,
the text, and every file of the contracts folder that the text could import. A full cache folder or
a missing one only costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import CompileError, InputError, MissingComponentError
from simulator.resources import contracts_folder

VYPER_VERSION = "0.4.3"
CACHE_FORMAT = 1
MAX_RUNTIME_SIZE = 24_576
"""Bytes of deployed code that a real chain accepts (EIP-170)."""


@dataclass(frozen=True, slots=True)
class StorageVariable:
    """Where the compiler put a variable: its first slot, its type as text, its slot count."""

    slot: int
    type: str
    slots: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    abi: as the compiler gives it. bytecode: creation code, constructor arguments not included.
    source_hash: sha256 (hex) of the contract's own text. path: the file the text came from.
    """

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    runtime_size: int
    storage_layout: Mapping[str, StorageVariable]
    source_hash: str
    path: Path


def compile_contract(reference: str, replacement: Path | None = None) -> Artifact:
    """Compile `contracts/<reference>`, or `replacement` in its place, relative imports included.

    Raises InputError if the file cannot be read, CompileError with the compiler's own words.
    """
    path = replacement or contracts_folder() / reference
    text = _read(path)
    key = _cache_key(reference, text)
    document = _load(key)
    if document is None:
        document = _compile(reference, text, path)
        _store(key, document)
    return _artifact(document, text, path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("contract", str(path), f"cannot be read: {error}") from None


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.vy*")) if path.suffix in (".vy", ".vyi"))


def _cache_key(reference: str, text: str) -> str:
    digest = hashlib.sha256(f"{CACHE_FORMAT} {VYPER_VERSION} {reference}\n{text}".encode())
    folder = contracts_folder()
    for path in _sources(folder):
        name = path.relative_to(folder).as_posix()
        if name != reference:
            digest.update(f"\n{name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled contracts are kept: UNDERWATER_CACHE, else the user's cache folder."""
    named = os.environ.get("UNDERWATER_CACHE")
    if named:
        return Path(named) / "vyper"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "underwater" / "vyper"


def _load(key: str) -> dict[str, Any] | None:
    try:
        document = json.loads((cache_folder() / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return document if isinstance(document, dict) and document.get("key") == key else None


def _store(key: str, document: dict[str, Any]) -> None:
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, suffix=".part", delete=False
        ) as file:
            json.dump({**document, "key": key}, file)
        os.replace(file.name, folder / f"{key}.json")
    except (OSError, RuntimeError):
        return  # A cache that cannot be written costs seconds, not the run.


def _compile(reference: str, text: str, path: Path) -> dict[str, Any]:
    compiler = _import_compiler()
    from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle

    folder = contracts_folder().resolve()
    target = folder / reference
    # The text is handed over under the reference's path, wherever it came from.
    source = FileInput(source_id=-1, path=target, resolved_path=target, contents=text)
    bundle = FilesystemInputBundle([folder])
    try:
        return dict(
            compiler.compile_from_file_input(
                source,
                input_bundle=bundle,
                output_formats=["abi", "bytecode", "bytecode_runtime", "layout"],
            )
        )
    except Exception as error:  # the compiler raises many types, some of them its own bugs
        words = str(error).strip() or type(error).__name__
        # The compiler knows the text under the reference's path; its owner knows it under his.
        words = re.sub(rf"[^\s\"]*{re.escape(reference)}", str(path), words)
        raise CompileError(f"{path} does not compile: {words}") from error


def _import_compiler() -> Any:
    try:
        import vyper
        from vyper import compiler
    except ImportError:
        raise MissingComponentError(
            f"vyper is not installed: pip install vyper=={VYPER_VERSION}"
        ) from None
    if vyper.__version__ != VYPER_VERSION:
        raise MissingComponentError(
            f"vyper {vyper.__version__} is installed, the contracts need {VYPER_VERSION}: "
            f"pip install vyper=={VYPER_VERSION}"
        )
    return compiler


def _artifact(document: Mapping[str, Any], text: str, path: Path) -> Artifact:
    layout = {
        name: StorageVariable(int(entry["slot"]), str(entry["type"]), int(entry["n_slots"]))
        for name, entry in document["layout"].get("storage_layout", {}).items()
    }
    return Artifact(
        name=path.stem,
        abi=tuple(document["abi"]),
        bytecode=bytes.fromhex(document["bytecode"].removeprefix("0x")),
        runtime_size=len(document["bytecode_runtime"].removeprefix("0x")) // 2,
        storage_layout=layout,
        source_hash=hashlib.sha256(text.encode()).hexdigest(),
        path=path,
    )
