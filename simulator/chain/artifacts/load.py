"""Loads what another tool has compiled, whichever of these it is.

| format | how it is recognised |
|---|---|
| solc standard JSON output | a table `contracts` |
| Vyper standard JSON output | the same, with `compiler` "vyper-..." |
| build-info of Hardhat and Foundry | a table `output` (Hardhat 3: the file `ID.output.json`) |
| Foundry `out/F.sol/N.json` | `bytecode` is a table with `object` |
| Hardhat 2 and 3 | `bytecode` is text |
| Ape `.build/__local__.json` | a table `contractTypes` |
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.artifacts.documents import read_json
from simulator.chain.artifacts.formats import ape, foundry, hardhat, standard
from simulator.chain.artifacts.model import Artifact
from simulator.chain.layout import Structs
from simulator.errors import InputError

APE_MANIFEST = "__local__.json"
BUILD_INFO = "build-info"
FORMATS = "solc or Vyper standard JSON output, Foundry, Hardhat 2 or 3, or Ape"


def load_artifact(
    path: Path | str, name: str | None = None, *, structs: Structs | None = None
) -> Artifact:
    """One contract of a file, or of a folder of artifacts (`out`, `artifacts`, `.build`).

    name: `Name` or `file:Name`, needed where there are several contracts. structs: members of
    Vyper's structs, which its layout does not describe. InputError says which file lacks which
    field, and how to make the tool write it.
    """
    path = Path(path)
    if path.is_dir():
        path = _in_folder(path, name)
    document = read_json(path)
    if isinstance(document, list):
        rule = "is an ABI alone: an artifact has `abi` and `bytecode`"
        raise InputError("artifact", str(path), rule)
    if not isinstance(document, Mapping):
        raise InputError("artifact", str(path), f"is none of {FORMATS}")
    return _recognised(document, path, name, structs)


def _recognised(
    document: Mapping[str, Any], path: Path, name: str | None, structs: Structs | None
) -> Artifact:
    if isinstance(document.get("contractTypes"), Mapping):
        return ape.load(document, path, name)
    if isinstance(document.get("contracts"), Mapping):
        return standard.load(document, path, name, structs)
    if isinstance(document.get("output"), Mapping):
        request = document.get("input", _input_beside(path))
        return standard.load(document["output"], path, name, structs, request)
    if isinstance(document.get("bytecode"), Mapping):
        return foundry.load(document, path, name)
    if isinstance(document.get("bytecode"), str):
        return hardhat.load(document, path, name)
    if isinstance(document.get("errors"), list):
        words = standard.words_of(document["errors"])
        raise InputError("artifact", str(path), f"is a compilation that failed: {words}")
    if str(document.get("_format", "")).startswith("hh3-sol-build-info"):
        rule = "is the input of a build; its contracts are in the file that ends with .output.json"
        raise InputError("artifact", str(path), rule)
    if isinstance(document.get("abi"), list):
        raise InputError(f"{path}: bytecode", document.get("bytecode"), "is missing")
    fields = ", ".join(list(document)[:8])
    raise InputError("artifact", str(path), f"is none of {FORMATS}; it has the fields {fields}")


def _input_beside(path: Path) -> Any:
    """Hardhat 3 keeps the input of `ID.output.json` in `ID.json`."""
    beside = path.with_name(path.name.replace(".output.json", ".json"))
    if beside == path or not beside.is_file():
        return None
    document = read_json(beside)
    return document.get("input") if isinstance(document, Mapping) else None


def _in_folder(folder: Path, name: str | None) -> Path:
    """The one file of a folder that can be meant."""
    for manifest in (folder / APE_MANIFEST, folder / ".build" / APE_MANIFEST):
        if manifest.is_file():
            return manifest
    if name is None:
        raise InputError("name", None, f"must say which contract of the folder {folder}")
    file, _, contract = name.rpartition(":")
    found = [
        path
        for path in sorted(folder.rglob(f"{contract}.json"))
        if BUILD_INFO not in path.parts and path.parent.as_posix().endswith(file)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError("artifact", str(folder), f"has no file {contract}.json" + (
            f" in a folder {file}" if file else "; was it built?"))  # fmt: skip
    them = ", ".join(str(path) for path in found)
    raise InputError("name", name, f"could be {them}: give that path, or file:Name")
