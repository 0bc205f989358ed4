"""Compiles Solidity with whatever compiler is at hand, and caches the result.

A compilation is a function of its input (sources with all imports, settings) and of the compiler's
version, and these are the key of the cache. evmVersion is always set, because the compiler's own
default moves, and looked for again in the metadata.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulator.chain.artifacts import cache
from simulator.chain.artifacts.model import Artifact
from simulator.chain.artifacts.solc_finder import SolidityCompiler, find_compiler
from simulator.chain.artifacts.solc_output import (
    SourceFacts,
    artifact_of_solc,
    facts_of,
    hash_of,
    metadata_of,
)  # fmt: skip
from simulator.chain.artifacts.solidity_sources import (
    gather,
    parse_remappings,
    project_folder,
    units_of,
)  # fmt: skip
from simulator.chain.artifacts.versions import pragmas_of, text_of
from simulator.errors import CompileError, InputError

CACHE_FORMAT = 1
TIMEOUT_SECONDS = 600
OUTPUTS = (
    "abi", "metadata", "storageLayout",
    "evm.bytecode.object", "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object", "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
)  # fmt: skip


def compile_solidity(
    path_or_sources: Path | str | Mapping[str, str],
    *,
    compiler: Path | str | None = None,
    evm_version: str = "cancun",
    optimizer_runs: int | None = 200,
    via_ir: bool = False,
    remappings: Sequence[str] = (),
    folder: Path | str | None = None,
) -> dict[str, Artifact]:
    """All contracts of a file and its imports (or of sources given as text) by name.

    Contracts of one name are `file:Name`. compiler: a path or a version, see `find_compiler`.
    optimizer_runs: None switches the optimizer off. remappings: `[context:]prefix=target`. folder:
    what names of sources and remappings are relative to; None for the nearest folder above with a
    project's mark, such as foundry.toml or package.json.

    Raises InputError for files and options, CompileError with the compiler's own words,
    MissingComponentError if there is no compiler, with the ways to get one.
    """
    if isinstance(path_or_sources, Mapping):
        root, path, sources = None, Path(next(iter(path_or_sources), "")), units_of(path_or_sources)
    else:
        path = Path(path_or_sources)
        root = Path(folder) if folder is not None else project_folder(path)
        _, sources = gather(path, root, parse_remappings(remappings))
    chosen = find_compiler(
        compiler, pragmas=pragmas_of(sources.values()), evm_version=evm_version, folder=root
    )
    request = _request(sources, evm_version, optimizer_runs, via_ir, remappings)
    document = _compiled(chosen, request, str(path))
    return _artifacts(document, sources, path)


def _request(
    sources: Mapping[str, str],
    evm_version: str,
    optimizer_runs: int | None,
    via_ir: bool,
    remappings: Sequence[str],
) -> dict[str, Any]:
    if optimizer_runs is not None and not 0 <= optimizer_runs < 1 << 32:
        raise InputError("optimizer_runs", optimizer_runs, "must be 0 to 4294967295, or None")
    settings: dict[str, Any] = {
        "evmVersion": evm_version,
        "optimizer": {"enabled": optimizer_runs is not None, "runs": optimizer_runs or 0},
        "remappings": [str(remapping) for remapping in parse_remappings(remappings)],
        "outputSelection": {"*": {"*": list(OUTPUTS), "": ["ast"]}},
    }
    if via_ir:  # compilers before 0.8.13 do not know the word
        settings["viaIR"] = True
    units = {name: {"content": text} for name, text in sorted(sources.items())}
    return {"language": "Solidity", "sources": units, "settings": settings}


def _compiled(chosen: SolidityCompiler, request: Mapping[str, Any], what: str) -> dict[str, Any]:
    text = json.dumps(request, sort_keys=True)
    key = hash_of(f"{CACHE_FORMAT} {text_of(chosen.version)}\n{text}")
    document = cache.load(cache.SOLIDITY, key)
    if document is None:
        document = _checked(_run(chosen, text, what), request, chosen, what)
        cache.store(cache.SOLIDITY, key, document)
    return document


def _run(chosen: SolidityCompiler, text: str, what: str) -> dict[str, Any]:
    try:
        answer = subprocess.run(
            [*chosen.command, "--standard-json"], input=text.encode(), capture_output=True,
            check=False, timeout=TIMEOUT_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise CompileError(f"{what}: {chosen} cannot be run: {error}") from None
    try:
        document = json.loads(answer.stdout)
        if not isinstance(document, dict):
            raise ValueError("no JSON object")
    except ValueError as error:
        words = (answer.stderr or answer.stdout).decode(errors="replace").strip()[:500]
        raise CompileError(f"{what}: {chosen} answers with no JSON ({error}): {words}") from None
    return document


def _checked(
    document: Mapping[str, Any], request: Mapping[str, Any], chosen: SolidityCompiler, what: str
) -> dict[str, Any]:
    """What is kept of an answer. Errors come first: with them there may be no contracts at all."""
    errors = [error for error in document.get("errors", ()) if error.get("severity") == "error"]
    if errors:
        words = "\n".join(
            str(error.get("formattedMessage") or error.get("message")).strip() for error in errors
        )
        raise CompileError(f"{what} does not compile with {chosen}: {words}")
    contracts = document.get("contracts", {})
    wanted = request["settings"]["evmVersion"]
    for file, name, contract in _each(contracts):
        if not contract["evm"]["bytecode"]["object"]:
            continue
        told = metadata_of(f"{file}:{name}", contract.get("metadata"))[0].get("evmVersion")
        if told != wanted:
            raise CompileError(f"{what}: {chosen} compiled {name} for {told}, not for {wanted}")
    facts = facts_of(document.get("sources"))
    return {
        "contracts": contracts,
        "immutables": dict(facts.immutables),
        "user_types": dict(facts.user_types),
        "owners": dict(facts.owners),
    }


def _artifacts(
    document: Mapping[str, Any], sources: Mapping[str, str], path: Path
) -> dict[str, Artifact]:
    facts = SourceFacts(document["immutables"], document["user_types"], document["owners"])
    contracts = list(_each(document["contracts"]))
    names = Counter(name for _, name, _ in contracts)
    artifacts = {}
    for file, name, contract in contracts:
        key = name if names[name] == 1 else f"{file}:{name}"
        source_hash = hash_of(sources[file])
        artifacts[key] = artifact_of_solc(file, name, contract, facts, path, source_hash)
    if not artifacts:
        raise CompileError(f"{path}: there is no contract in these sources")
    return artifacts


def _each(contracts: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [
        (file, name, contract)
        for file, of_file in contracts.items()
        for name, contract in of_file.items()
    ]
