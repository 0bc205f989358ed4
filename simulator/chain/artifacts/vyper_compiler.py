"""Compiles Vyper sources in process and caches the result.

The compiler is exact (one version, pinned), so a cache key is its version, the text and everything
that the text could import.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simulator.chain.artifacts import cache
from simulator.chain.artifacts.model import Artifact
from simulator.chain.artifacts.vyper_output import artifact_of_vyper
from simulator.errors import CompileError, InputError, MissingComponentError
from simulator.resources import contracts_folder

VYPER_VERSION = "0.4.3"
CACHE_FORMAT = 2
DEFAULT_EVM_VERSION = "cancun"
"""Unless the source has a pragma: the compiler's own default is newer than the default world."""


def compile_contract(reference: str, replacement: Path | None = None) -> Artifact:
    """Compile `contracts/<reference>`, or `replacement` in its place, relative imports included.

    Raises InputError if the file cannot be read, CompileError with the compiler's own words.
    """
    path = replacement or contracts_folder() / reference
    text = _read(path)
    key = _cache_key(reference, text)
    document = cache.load(cache.VYPER, key)
    if document is None:
        document = _compile(reference, text, path)
        cache.store(cache.VYPER, key, document)
    return artifact_of_vyper(document, text, path)


def compile_vyper(
    path: Path | str, *, evm_version: str | None = None, search_paths: Sequence[Path | str] = ()
) -> Artifact:
    """Compile any Vyper file. Imports are looked for beside it, then in `search_paths`.

    evm_version: None for the source's own pragma, else cancun. Raises InputError if the file cannot
    be read, CompileError with the compiler's own words (also where pragma and argument differ).
    """
    path = Path(path)
    text = _read(path)
    _import_compiler()
    from vyper.compiler.input_bundle import FileInput

    target = path.resolve()
    source = FileInput(source_id=-1, path=target, resolved_path=target, contents=text)
    folders = [*map(Path, search_paths), target.parent]
    try:
        data = _prepared(source, folders, evm_version)
        parts = f"{CACHE_FORMAT} {VYPER_VERSION} {data.settings} {target.name} {data.integrity_sum}"
        key = hashlib.sha256(parts.encode()).hexdigest()
        document = cache.load(cache.VYPER, key)
        if document is None:
            document = _outputs(data)
            cache.store(cache.VYPER, key, document)
    except Exception as error:  # the compiler raises many types, some of them its own bugs
        raise CompileError(f"{path} does not compile: {_words(error)}") from error
    return artifact_of_vyper(document, text, path)


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


def _compile(reference: str, text: str, path: Path) -> dict[str, Any]:
    _import_compiler()
    from vyper.compiler.input_bundle import FileInput

    folder = contracts_folder().resolve()
    target = folder / reference
    # The text is handed over under the reference's path, wherever it came from.
    source = FileInput(source_id=-1, path=target, resolved_path=target, contents=text)
    try:
        return _outputs(_prepared(source, [folder], None))
    except Exception as error:  # the compiler raises many types, some of them its own bugs
        # The compiler knows the text under the reference's path; its owner knows it under his.
        words = re.sub(rf"[^\s\"]*{re.escape(reference)}", str(path), _words(error))
        raise CompileError(f"{path} does not compile: {words}") from error


def _prepared(source: Any, folders: Sequence[Path], evm_version: str | None) -> Any:
    """The compiler's work on one file, which it does when asked for a part of it."""
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.compiler.phases import CompilerData
    from vyper.compiler.settings import Settings

    bundle = FilesystemInputBundle(list(folders))
    data = CompilerData(source, bundle, settings=Settings(evm_version=evm_version))
    if data.settings.evm_version is None:
        data = CompilerData(source, bundle, settings=Settings(evm_version=DEFAULT_EVM_VERSION))
    return data


def _outputs(data: Any) -> dict[str, Any]:
    from vyper.compiler import outputs_from_compiler_data
    from vyper.compiler.settings import anchor_settings

    from simulator.chain.artifacts.vyper_types import exact_types

    formats = ["abi", "bytecode", "bytecode_runtime", "layout"]
    outputs = dict(outputs_from_compiler_data(data, formats))
    with anchor_settings(data.settings):
        types, structs = exact_types(data.compilation_target)
    evm_version = data.settings.evm_version
    return {**outputs, "types": types, "structs": structs, "evm_version": evm_version}


def _words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


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
