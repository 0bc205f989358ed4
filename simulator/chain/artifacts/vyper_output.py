"""What Vyper writes, in process or as standard JSON, as an artifact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.model import Artifact, Code, Immutable, StorageVariable
from simulator.chain.layout import Structs, parse_vyper
from simulator.chain.layout.vyper import flat_entries
from simulator.errors import InputError

Json = Mapping[str, Any]
COMPILER = "vyper"


def artifact_of_vyper(document: Json, text: str, path: Path) -> Artifact:
    """An artifact from the outputs of one compilation in process."""
    layout = _with_types(document["layout"], document["types"])
    return Artifact(
        name=path.stem,
        abi=tuple(document["abi"]),
        creation=code_of("bytecode", document["bytecode"]),
        runtime=vyper_runtime("bytecode_runtime", document["bytecode_runtime"], layout),
        storage_layout=vyper_variables(layout),
        source_hash=hashlib.sha256(text.encode()).hexdigest(),
        path=path,
        layout=parse_vyper(layout, _pairs(document["structs"])),
        evm_version=document["evm_version"],
        compiler=COMPILER,
    )


def vyper_variables(layout: Json) -> dict[str, StorageVariable]:
    """Slot, type and slot count of each variable of a `layout` output."""
    return {
        name: StorageVariable(int(entry["slot"]), str(entry["type"]), int(entry["n_slots"]))
        for name, entry in flat_entries(layout.get("storage_layout", {}))
    }


def vyper_runtime(field: str, text: object, layout: Json) -> Code:
    """Run-time code with the section of immutables that the constructor appends to it."""
    code = code_of(field, text)
    size = len(code.template)
    parts = []
    for name, entry in flat_entries(layout.get("code_layout", {})):
        if not isinstance(entry, Mapping) or not {"offset", "length"} <= set(entry):
            raise InputError(f"code_layout.{name}", entry, "must have offset and length")
        parts.append(Immutable(name, size + int(entry["offset"]), int(entry["length"])))
    end = max((part.start + part.length for part in parts), default=size)
    return Code(code.template + bytes(end - size), code.links, tuple(parts))


def _with_types(layout: Json, types: Mapping[str, str]) -> Json:
    entries = {
        name: {**entry, "type": types.get(name, entry["type"])}
        for name, entry in flat_entries(layout.get("storage_layout", {}))
    }
    return {**layout, "storage_layout": entries}


def _pairs(structs: Mapping[str, Any]) -> Structs:
    """From a JSON cache the pairs of name and type come back as lists."""
    return {
        name: [(str(member), str(kind)) for member, kind in members]
        for name, members in structs.items()
    }
