"""A Solidity file with everything it imports, so that a compilation is a function of its input."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.chain.artifacts.versions import without_comments
from simulator.errors import CompileError, InputError

_STRING = r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_IMPORT = re.compile(
    # What is no import but a string is taken whole, so that nothing in it looks like one.
    rf"""\bimport\b(?:[^"';]*?\bfrom)?\s*(?P<path>{_STRING})|{_STRING}"""
)
PROJECT_MARKS = (
    "foundry.toml", "hardhat.config.js", "hardhat.config.ts", "hardhat.config.cjs", "package.json",
    "remappings.txt", "ape-config.yaml", ".git",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remapping:
    """`context:prefix=target`, as solc reads it."""

    context: str
    prefix: str
    target: str

    def __str__(self) -> str:
        context = f"{self.context}:" if self.context else ""
        return f"{context}{self.prefix}={self.target}"


def parse_remappings(texts: Sequence[str]) -> list[Remapping]:
    """InputError for a text without `=`."""
    parsed = []
    for text in texts:
        left, equals, target = text.strip().partition("=")
        context, colon, prefix = left.rpartition(":")
        if not equals or not prefix:
            raise InputError("remappings", text, "must be [context:]prefix=target")
        parsed.append(Remapping(context if colon else "", prefix, target))
    return parsed


def remapped(remappings: Sequence[Remapping], importer: str, name: str) -> str:
    """The longest context wins, then the longest prefix, then the last of equals."""
    best, best_length = None, (-1, -1)
    for remapping in remappings:
        length = (len(remapping.context), len(remapping.prefix))
        fits = importer.startswith(remapping.context) and name.startswith(remapping.prefix)
        if fits and length >= best_length:
            best, best_length = remapping, length
    return name if best is None else best.target + name[len(best.prefix) :]


def project_folder(path: Path) -> Path:
    """The nearest folder above with a project's mark, else the file's own."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in PROJECT_MARKS):
            return candidate
    return folder


def gather(path: Path, folder: Path, remappings: Sequence[Remapping]) -> tuple[str, dict[str, str]]:
    """Name of the file as a source unit, and the text of each unit it needs by name.

    Names are relative to `folder`; what is not there is looked for in its node_modules and lib.
    InputError if the file cannot be read, CompileError for an import that cannot be found.
    """
    target, folder = path.resolve(), folder.resolve()
    try:
        name = target.relative_to(folder).as_posix()
    except ValueError:
        raise InputError("folder", str(folder), f"must hold the file {path}") from None
    try:
        texts = {name: target.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("contract", str(path), f"cannot be read: {error}") from None
    waiting = [name]
    while waiting:
        importer = waiting.pop()
        for imported in imports_of(importer, texts[importer], remappings):
            if imported not in texts:
                texts[imported] = _find(folder, importer, imported)
                waiting.append(imported)
    return name, texts


def imports_of(importer: str, text: str, remappings: Sequence[Remapping]) -> list[str]:
    """Source units that a text imports. Only paths that begin with a dot are relative."""
    names = []
    for match in _IMPORT.finditer(without_comments(text)):
        if match["path"] is None:
            continue
        name = match["path"][1:-1]
        if name.startswith(("./", "../")):
            name = posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
        names.append(remapped(remappings, importer, name))
    return names


def _find(folder: Path, importer: str, name: str) -> str:
    places = [folder / name, folder / "node_modules" / name, folder / "lib" / name]
    for place in places:
        if place.is_file():
            try:
                return place.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CompileError(f"{place}, imported by {importer}: {error}") from None
    raise CompileError(
        f"{importer} imports {name!r}, which is not in {folder}, its node_modules or its lib: "
        f"give folder=... or remappings=['prefix=target/']"
    )


def units_of(sources: Mapping[str, str]) -> dict[str, str]:
    """Sources given as text; InputError if one is no text or has no name."""
    for name, text in sources.items():
        if not isinstance(name, str) or not name or not isinstance(text, str):
            raise InputError("sources", name, "must be text by a name such as 'Vault.sol'")
    if not sources:
        raise InputError("sources", "{}", "must not be empty")
    return dict(sources)
