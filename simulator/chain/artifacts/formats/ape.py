"""Ape's manifest `.build/__local__.json` (EthPM 3).

It has no storage layout and no immutable references, so positions cannot be read from storage and
run-time code with immutables cannot be told from other code: deploy it. What it was compiled for
is in `compilers`, if anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.codes import code_of
from simulator.chain.artifacts.documents import choose, table
from simulator.chain.artifacts.model import Artifact, Code, Link
from simulator.chain.artifacts.solc_output import abi_of, hash_of
from simulator.errors import InputError

Json = Mapping[str, Any]


def load(document: Json, path: Path, name: str | None) -> Artifact:
    """One contract of a manifest; InputError names what is missing."""
    contracts = table(str(path), document, "contractTypes")
    names = {
        f"{contract.get('sourceId') or ''}:{key}": bool(contract.get("deploymentBytecode"))
        for key, contract in contracts.items()
    }
    chosen = choose(str(path), names, name)
    source, _, key = chosen.rpartition(":")
    contract = contracts[key]
    where = f"{path}: contractTypes.{key}"
    version, compiler = _compiler(document, key)
    return Artifact(
        name=key,
        abi=abi_of(where, contract),
        creation=_code(where, contract, "deploymentBytecode", needed=True),
        runtime=_code(where, contract, "runtimeBytecode", needed=False),
        storage_layout={},
        source_hash=_source_hash(document, source, path),
        path=path,
        evm_version=version,
        compiler=compiler,
    )


def _code(where: str, contract: Json, field: str, *, needed: bool) -> Code:
    part = contract.get(field)
    if not isinstance(part, Mapping) or not isinstance(part.get("bytecode"), str):
        if needed:
            rule = "is missing: an interface, or a contract that Ape skipped"
            raise InputError(f"{where}.{field}.bytecode", part, rule)
        return Code(b"")
    code = code_of(f"{where}.{field}", part["bytecode"])
    named = [
        Link(str(entry.get("name")), int(offset), int(entry.get("length", 20)))
        for entry in part.get("linkReferences") or ()
        for offset in entry.get("offsets", ())
    ]
    starts = {link.start for link in named}
    others = [link for link in code.links if link.start not in starts]
    for link in named:
        if link.start + link.length > len(code.template):
            raise InputError(f"{where}.{field}.linkReferences", link, "lies outside of the code")
    return Code(code.template, (*named, *others), code.immutables)


def _compiler(document: Json, key: str) -> tuple[str | None, str]:
    for compiler in document.get("compilers") or ():
        if key in (compiler.get("contractTypes") or ()):
            settings = compiler.get("settings") or {}
            version = settings.get("evmVersion") or settings.get("evm_version")
            return version, f"{compiler.get('name')} {compiler.get('version')}"
    return None, ""


def _source_hash(document: Json, source: str, path: Path) -> str:
    entry = (document.get("sources") or {}).get(source)
    content = entry.get("content") if isinstance(entry, Mapping) else entry
    if isinstance(content, Mapping):  # EthPM's lines by number
        content = "\n".join(content.values())
    return hash_of(content if isinstance(content, str) else path.read_bytes())
