"""solc's standard JSON output as artifacts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.model import Artifact, StorageVariable
from simulator.chain.layout import StorageLayout, parse_solidity
from simulator.errors import InputError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What only the AST knows.

    immutables: id -> name; user_types: name -> what it is made of; owners: id of a state variable
    -> the contract that declares it, where several variables have its name.
    """

    immutables: Mapping[str, str] = field(default_factory=dict)
    user_types: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


def facts_of(sources: object) -> SourceFacts:
    """From the ASTs in the `sources` of an output, as far as they are there."""
    tables = sources.values() if isinstance(sources, Mapping) else ()
    return facts_of_asts([table.get("ast") for table in tables if isinstance(table, Mapping)])


def facts_of_asts(asts: list[Any]) -> SourceFacts:
    """Immutables that share a name with another variable are `Contract.name`."""
    places: dict[str, list[tuple[str, str]]] = {}
    immutable, user_types = set(), {}
    for node, contract in (found for ast in asts for found in _nodes(ast, "")):
        kind = node.get("nodeType")
        if kind == "UserDefinedValueTypeDefinition":
            made_of = node["underlyingType"]["typeDescriptions"]["typeString"]
            user_types[str(node.get("canonicalName") or node["name"])] = str(made_of)
        elif kind == "VariableDeclaration":
            places.setdefault(str(node["name"]), []).append((contract, str(node["id"])))
            if node.get("mutability") == "immutable":
                immutable.add(str(node["id"]))
    immutables, owners = {}, {}
    for name, declared in places.items():
        for contract, identifier in declared:
            if len(declared) > 1:
                owners[identifier] = contract
            if identifier in immutable:
                immutables[identifier] = name if len(declared) == 1 else f"{contract}.{name}"
    return SourceFacts(immutables, user_types, owners)


def _nodes(node: object, contract: str) -> Iterator[tuple[Json, str]]:
    """Nodes of a source and of its contracts, not of functions."""
    for part in node.get("nodes", ()) if isinstance(node, Mapping) else ():
        if part.get("nodeType") == "ContractDefinition":
            yield from _nodes(part, str(part["name"]))
        else:
            yield part, contract


def artifact_of_solc(
    file: str,
    name: str,
    contract: Json,
    facts: SourceFacts,
    path: Path,
    source_hash: str,
) -> Artifact:
    """One contract of an output; InputError names the field that is missing."""
    where = f"{path}: contracts.{file}.{name}"
    creation, runtime = (
        code_table(where, contract, "bytecode"),
        code_table(where, contract, "deployedBytecode"),
    )
    settings, compiler = metadata_of(where, contract.get("metadata"))
    layout = contract.get("storageLayout")
    return Artifact(
        name=name,
        abi=abi_of(where, contract),
        creation=code_of(
            f"{where}.evm.bytecode", creation["object"], creation.get("linkReferences")
        ),
        runtime=code_of(
            f"{where}.evm.deployedBytecode",
            runtime["object"],
            runtime.get("linkReferences"),
            runtime.get("immutableReferences"),
            facts.immutables,
        ),
        storage_layout=solidity_variables(layout, facts),
        source_hash=source_hash,
        path=path,
        layout=solidity_layout(layout, facts),
        evm_version=settings.get("evmVersion"),
        compiler=compiler,
    )


def abi_of(where: str, document: Json) -> tuple[Json, ...]:
    """The field `abi`, or InputError."""
    abi = document.get("abi")
    if not isinstance(abi, list):
        raise InputError(
            f"{where}.abi", abi, "must be a list: ask the compiler for the output `abi`"
        )
    return tuple(abi)


def metadata_of(where: str, metadata: Any) -> tuple[Json, str]:
    """Settings and compiler of solc's metadata (text or table); empty where there is none."""
    if isinstance(metadata, str) and metadata:
        try:
            metadata = json.loads(metadata)
        except ValueError as error:
            raise InputError(f"{where}.metadata", metadata[:60], f"is no JSON: {error}") from None
    if not isinstance(metadata, Mapping) or not metadata:
        return {}, ""
    version = (metadata.get("compiler") or {}).get("version", "")
    return metadata.get("settings") or {}, f"solc {version}".strip()


def solidity_layout(layout: Json | None, facts: SourceFacts) -> StorageLayout | None:
    """None where the compiler was not asked for it."""
    return None if layout is None else parse_solidity(layout, facts.user_types, facts.owners)


def solidity_variables(layout: Json | None, facts: SourceFacts) -> dict[str, StorageVariable]:
    """Slot, type and slot count of each variable; several may share a slot."""
    parsed = solidity_layout(layout, facts)
    if parsed is None:
        return {}
    return {
        name: StorageVariable(variable.slot, variable.type.text, variable.type.slots)
        for name, variable in parsed.variables.items()
    }


def hash_of(text: str | bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def code_table(where: str, contract: Json, kind: str) -> Json:
    """`evm.bytecode` or `evm.deployedBytecode` with its `object`, or InputError."""
    evm = contract.get("evm")
    code = evm.get(kind) if isinstance(evm, Mapping) else None
    if not isinstance(code, Mapping) or "object" not in code:
        rule = f"is missing: ask the compiler for the output `evm.{kind}`"
        raise InputError(f"{where}.evm.{kind}.object", None, rule)
    return code
