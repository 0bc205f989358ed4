"""Fields of a JSON file that some tool wrote, with errors that name file, field and rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.depth import DEEPEST_FILE, is_too_deep
from simulator.errors import InputError

Json = Mapping[str, Any]


def read_json(path: Path) -> Any:
    """The document of a file; InputError if it cannot be read or is no JSON."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("artifact", str(path), f"cannot be read: {error}") from None
    if is_too_deep(text.encode(), DEEPEST_FILE):
        raise InputError("artifact", str(path), "nests deeper than any compiler's output")
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError("artifact", str(path), f"is no JSON: {error}") from None


def table(where: str, document: Any, field: str) -> Json:
    """A field that must be a table."""
    value = document.get(field) if isinstance(document, Mapping) else None
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: {field}", value, "must be a table, and is missing or none")
    return value


def choose(where: str, names: Mapping[str, bool], name: str | None) -> str:
    """One of `file:Name` (each with whether it has code) by that, by `Name`, or the only one."""
    if name is None:
        with_code = [known for known, has_code in names.items() if has_code]
        matches = list(names) if len(names) == 1 else with_code
    else:
        matches = [known for known in names if name in (known, known.rpartition(":")[2])]
    if len(matches) == 1:
        return matches[0]
    them = ", ".join(sorted(matches or names)) or "none"
    if name is None:
        rule = f"must say which contract of {where}: {them}"
    elif matches:
        rule = f"could be several contracts of {where}: {them}"
    else:
        rule = f"is no contract of {where}, which has {them}"
    raise InputError("name", name, rule)
