"""Reference contracts with one known bug each, kept as patches against the clean source.

`<id>.patch` is a unified diff of one file under contracts/. `<id>.toml` says what the bug is and
holds a script that breaks the mutant and not the reference: without it, it might be no bug at all.
The clean bytecode carries no switch; a mutant exists only as the patched copy that is made here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simulator.errors import InputError
from simulator.resources import contracts_folder

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def mutant_ids() -> tuple[str, ...]:
    """Ids of the mutants that have a patch, sorted."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.patch")))


def description(mutant_id: str) -> dict[str, Any]:
    """What `<id>.toml` says: title, class, properties that must break, and the breaking script."""
    path = Path(__file__).parent / f"{mutant_id}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_mutant(mutant_id: str, folder: Path) -> Path:
    """Write the patched contract into `folder` and return its path.

    Raises InputError for an unknown id and for a patch that does not fit the clean source.
    """
    if mutant_id not in mutant_ids():
        raise InputError("mutant", mutant_id, f"there is none; there are {', '.join(mutant_ids())}")
    patch = (Path(__file__).parent / f"{mutant_id}.patch").read_text(encoding="utf-8").splitlines()
    source = _source_of(patch, mutant_id)
    clean = source.read_text(encoding="utf-8").splitlines()
    target = folder / f"{mutant_id}-{source.name}"
    target.write_text("\n".join(apply_patch(clean, patch)) + "\n", encoding="utf-8")
    return target


def _source_of(patch: Sequence[str], mutant_id: str) -> Path:
    for line in patch:
        if line.startswith("+++ "):
            _, _, inside = line.split()[1].partition("contracts/")
            return contracts_folder() / inside
    raise InputError("mutant", mutant_id, "the patch names no file (no +++ line)")


def apply_patch(clean: Sequence[str], patch: Sequence[str]) -> list[str]:
    """The lines of `clean` with a unified diff applied exactly, at the places that it names.

    Raises InputError where a context or removed line differs: a mutant that drifted from its
    reference is no mutant of it.
    """
    result: list[str] = []
    position = 0
    for start, body in _hunks(patch):
        result.extend(clean[position:start])
        position = start
        for line in body:
            mark, text = line[:1], line[1:]
            if mark != "+":
                if position >= len(clean) or clean[position] != text:
                    raise InputError("patch", f"line {position + 1}", f"the source lacks {text!r}")
                position += 1
            if mark != "-":
                result.append(text)
    result.extend(clean[position:])
    return result


def _hunks(patch: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """(index of the first line, lines with their marks) of each hunk."""
    start, body = -1, list[str]()
    for line in patch:
        header = _HUNK.match(line)
        if header is not None:
            if start >= 0:
                yield start, body
            # An empty old side names the line before the insertion, any other its own first line.
            start, body = int(header.group(1)) - (header.group(2) != "0"), []
        elif start >= 0 and not line.startswith("\\"):
            body.append(line or " ")
    if start >= 0:
        yield start, body
