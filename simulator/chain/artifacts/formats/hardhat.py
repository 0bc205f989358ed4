"""Artifacts of Hardhat 2 (`hh-sol-artifact-1`) and 3 (`hh3-artifact-1`), with their build-info.

The artifact has ABI and code. The storage layout, the names of immutables and what it was compiled
for are in the build-info: Hardhat 2 names it in `Name.dbg.json`, Hardhat 3 by `buildInfoId`, and
keeps input and output apart. Hardhat asks solc for the storage layout only if its configuration has
`outputSelection: {"*": {"*": ["storageLayout"]}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.documents import choose, read_json
from simulator.chain.artifacts.model import Artifact
from simulator.chain.artifacts.solc_output import (
    SourceFacts,
    abi_of,
    facts_of,
    hash_of,
    metadata_of,
    solidity_layout,
    solidity_variables,
)  # fmt: skip
from simulator.errors import InputError

Json = Mapping[str, Any]
BUILD_INFO = "build-info"


def load(document: Json, path: Path, name: str | None) -> Artifact:
    """The contract of a file; InputError names what is missing."""
    where = str(path)
    contract = str(document.get("contractName") or path.stem)
    file = str(document.get("inputSourceName") or document.get("sourceName") or "")
    if name is not None:
        names = {f"{document.get('sourceName', '')}:{contract}": True}
        choose(where, names, name)
    request, output, version = build_info(document, path)
    compiled = ((output.get("contracts") or {}).get(file) or {}).get(contract) or {}
    facts = facts_of(output.get("sources"))
    settings, compiler = metadata_of(where, compiled.get("metadata"))
    asked = (request.get("settings") or {}).get("evmVersion")
    return Artifact(
        name=contract,
        abi=abi_of(where, document),
        creation=code_of(
            f"{where}: bytecode", document["bytecode"], document.get("linkReferences")
        ),
        runtime=_runtime(document, where, compiled, facts),
        storage_layout=solidity_variables(compiled.get("storageLayout"), facts),
        source_hash=_source_hash(request, file, path),
        path=path,
        layout=solidity_layout(compiled.get("storageLayout"), facts),
        evm_version=settings.get("evmVersion") or asked,
        compiler=compiler or (f"solc {version}" if version else ""),
    )


def _runtime(document: Json, where: str, compiled: Json, facts: SourceFacts) -> Any:
    """Hardhat 2 has no immutable references of its own, but the output has."""
    deployed = (compiled.get("evm") or {}).get("deployedBytecode") or {}
    immutables = document.get("immutableReferences", deployed.get("immutableReferences"))
    return code_of(
        f"{where}: deployedBytecode",
        document.get("deployedBytecode", "0x"),
        document.get("deployedLinkReferences"),
        immutables,
        facts.immutables,
    )


def build_info(document: Json, path: Path) -> tuple[Json, Json, str]:
    """Input and output of the build and the compiler's version, empty where they are not beside
    the artifact."""
    debug, identifier = path.with_suffix(".dbg.json"), document.get("buildInfoId")
    if isinstance(identifier, str):
        folder = _build_folder(path)
        if folder is None:
            return {}, {}, ""
        request, output = folder / f"{identifier}.json", folder / f"{identifier}.output.json"
    elif debug.is_file():
        named = read_json(debug)
        relative = named.get("buildInfo") if isinstance(named, Mapping) else None
        if not isinstance(relative, str):
            raise InputError(f"{debug}: buildInfo", relative, "must be the path of a file")
        request = output = path.parent / relative
    else:
        return {}, {}, ""
    asked = read_json(request) if request.is_file() else {}
    answered = read_json(output) if output.is_file() and output != request else asked
    version = asked.get("solcLongVersion", "") if isinstance(asked, Mapping) else ""
    return _part(request, asked, "input"), _part(output, answered, "output"), str(version)


def _build_folder(path: Path) -> Path | None:
    for parent in path.resolve().parents:
        if (parent / BUILD_INFO).is_dir():
            return parent / BUILD_INFO
    return None


def _part(path: Path, document: Any, field: str) -> Json:
    if document == {}:
        return {}  # there is no such file
    part = document.get(field) if isinstance(document, Mapping) else None
    if not isinstance(part, Mapping):
        raise InputError(f"{path}: {field}", part, "must be a table")
    return part


def _source_hash(request: Json, file: str, path: Path) -> str:
    source = (request.get("sources") or {}).get(file) or {}
    content = source.get("content")
    return hash_of(content if isinstance(content, str) else path.read_bytes())
