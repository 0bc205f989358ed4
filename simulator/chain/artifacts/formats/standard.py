"""Standard JSON output of solc and of Vyper, alone or in a build-info file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.documents import choose
from simulator.chain.artifacts.model import Artifact
from simulator.chain.artifacts.solc_output import (
    abi_of,
    artifact_of_solc,
    code_table,
    facts_of,
    hash_of,
)  # fmt: skip
from simulator.chain.artifacts.vyper_output import vyper_runtime, vyper_variables
from simulator.chain.layout import Structs, parse_vyper
from simulator.chain.layout.vyper_structs import structs_of_ast
from simulator.errors import InputError

Json = Mapping[str, Any]


def load(
    document: Json,
    path: Path,
    name: str | None,
    structs: Structs | None = None,
    request: Any = None,
) -> Artifact:
    """One contract of an output. request: the input it came from, where that is at hand."""
    file, contract, table = find(document, path, name)
    source_hash = _source_hash(request, file, path)
    if str(document.get("compiler", "")).startswith("vyper"):
        return _vyper(document, file, contract, table, path, source_hash, structs, request)
    facts = facts_of(document.get("sources"))
    artifact = artifact_of_solc(file, contract, table, facts, path, source_hash)
    return replace(artifact, evm_version=artifact.evm_version or _asked_version(request))


def find(document: Json, path: Path, name: str | None) -> tuple[str, str, Json]:
    """File, name and table of a contract in an output."""
    contracts = document["contracts"]
    if any(isinstance(table, Mapping) and "bin" in table for table in contracts.values()):
        rule = "is solc's --combined-json, which has no link references: use --standard-json"
        raise InputError("artifact", str(path), rule)
    tables = {
        f"{file}:{contract}": table
        for file, of_file in contracts.items()
        if isinstance(of_file, Mapping)
        for contract, table in of_file.items()
        if isinstance(table, Mapping)
    }
    errors = [e for e in document.get("errors", ()) if e.get("severity") == "error"]
    if not tables and errors:
        rule = f"is a compilation that failed: {words_of(errors)}"
        raise InputError("artifact", str(path), rule)
    chosen = choose(str(path), {name: _has_code(table) for name, table in tables.items()}, name)
    file, _, contract = chosen.rpartition(":")
    return file, contract, tables[chosen]


def words_of(errors: Sequence[Json]) -> str:
    """What a compiler says of its errors."""
    texts = [str(error.get("formattedMessage") or error.get("message")) for error in errors]
    return "; ".join(text.strip() for text in texts)


def _vyper(
    document: Json,
    file: str,
    name: str,
    table: Json,
    path: Path,
    source_hash: str,
    structs: Structs | None,
    request: Any,
) -> Artifact:
    where = f"{path}: contracts.{file}.{name}"
    layout = table.get("layout")
    described = {**structs_of_ast(_asts(document)), **(structs or {})}
    runtime = code_table(where, table, "deployedBytecode")["object"]
    return Artifact(
        name=name,
        abi=abi_of(where, table),
        creation=code_of(f"{where}.evm.bytecode", code_table(where, table, "bytecode")["object"]),
        runtime=vyper_runtime(f"{where}.evm.deployedBytecode", runtime, layout or {}),
        storage_layout=vyper_variables(layout or {}),
        source_hash=source_hash,
        path=path,
        layout=None if layout is None else parse_vyper(layout, described),
        evm_version=_asked_version(request),
        compiler=str(document["compiler"]).replace("-", " ", 1),
    )


def _asked_version(request: Any) -> str | None:
    settings = request.get("settings") if isinstance(request, Mapping) else None
    return settings.get("evmVersion") if isinstance(settings, Mapping) else None


def _asts(document: Json) -> list[Json]:
    sources = document.get("sources")
    tables = sources.values() if isinstance(sources, Mapping) else ()
    return [table["ast"] for table in tables if isinstance(table.get("ast"), Mapping)]


def _has_code(table: Json) -> bool:
    code = ((table.get("evm") or {}).get("bytecode") or {}).get("object")
    return code not in (None, "", "0x")


def _source_hash(request: Any, file: str, path: Path) -> str:
    sources = request.get("sources") if isinstance(request, Mapping) else None
    source = sources.get(file) if isinstance(sources, Mapping) else None
    if isinstance(source, Mapping) and isinstance(source.get("content"), str):
        return hash_of(source["content"])
    return hash_of(path.read_bytes())
