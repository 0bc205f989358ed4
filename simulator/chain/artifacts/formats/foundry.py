"""Foundry's `out/File.sol/Name.json`.

The storage layout is there only with `extra_output = ["storageLayout"]` in foundry.toml, and names
of immutables only with `ast = true`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.documents import choose, table
from simulator.chain.artifacts.model import Artifact
from simulator.chain.artifacts.solc_output import (
    abi_of,
    facts_of_asts,
    hash_of,
    metadata_of,
    solidity_layout,
    solidity_variables,
)  # fmt: skip
from simulator.errors import InputError


def load(document: Mapping[str, Any], path: Path, name: str | None) -> Artifact:
    """The contract of a file; InputError names what is missing."""
    where = str(path)
    metadata = document.get("rawMetadata") or document.get("metadata")
    settings, compiler = metadata_of(where, metadata)
    contract = _name(path, settings)
    if name is not None:
        choose(where, {contract: True}, name)
    creation, runtime = table(where, document, "bytecode"), document.get("deployedBytecode") or {}
    if "object" not in creation:
        raise InputError(f"{where}: bytecode.object", None, "is missing")
    layout = document.get("storageLayout")
    facts = facts_of_asts([document.get("ast")])
    return Artifact(
        name=contract.rpartition(":")[2],
        abi=abi_of(where, document),
        creation=code_of(f"{where}: bytecode", creation["object"], creation.get("linkReferences")),
        runtime=code_of(
            f"{where}: deployedBytecode",
            runtime.get("object", "0x"),
            runtime.get("linkReferences"),
            runtime.get("immutableReferences"),
            facts.immutables,
        ),
        storage_layout=solidity_variables(layout, facts),
        source_hash=hash_of(path.read_bytes()),
        path=path,
        layout=solidity_layout(layout, facts),
        evm_version=settings.get("evmVersion"),
        compiler=compiler,
    )


def _name(path: Path, settings: Mapping[str, Any]) -> str:
    """`file:Name`; of contracts with several versions the file is called `Name.0.8.20.json`."""
    target = settings.get("compilationTarget")
    if isinstance(target, Mapping) and len(target) == 1:
        return ":".join(str(part) for part in next(iter(target.items())))
    return f"{path.parent.name}:{path.name.partition('.')[0]}"
