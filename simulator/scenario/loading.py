"""Scenarios and parameter sets from TOML files, checked before anything else happens."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from simulator.errors import InputError
from simulator.resources import fixtures_folder
from simulator.scenario.model import FAULT_FREE, Scenario, to_document, validated


def parse_scenario(document: Mapping[str, Any], origin: str = "") -> Scenario:
    """Check a document (as tomllib gives it, floats as Decimal), its variants and its sources.

    Raises InputError with the file, the dotted field, the value and the rule.
    """
    scenario = validated(_with_twin(_with_parameter_set(_extended(dict(document)))), origin)
    prefix = f"{origin}: " if origin else ""
    for name in scenario.variants:
        try:
            scenario.changed({"variant": name})
        except InputError as error:
            field = f"{prefix}variants.{name}: {error.field}"
            raise InputError(field, error.value, error.rule) from None
    fields = _leaves(to_document(scenario))
    for path in scenario.sources:
        if path not in fields:
            raise InputError(f"{prefix}sources", path, "there is no such field to have a source")
    return scenario


def _extended(document: dict[str, Any]) -> dict[str, Any]:
    """On top of the shipped scenario that `extends` names; what is written here wins.

    Sections merge field by field, lists are replaced, and variants are the file's own.
    """
    name = document.pop("extends", None)
    if name is None:
        return document
    if name not in scenario_names():
        rule = f"there is no such scenario; there are {', '.join(scenario_names())}"
        raise InputError("extends", name, rule)
    model = _extended(read_document(scenario_path(str(name))))
    model.pop("variants", None)
    return _merged(model, document)


def _with_twin(document: dict[str, Any]) -> dict[str, Any]:
    """A scenario with faults has a twin without them."""
    given = document.get("variants", {})
    if not document.get("faults") or not isinstance(given, dict):
        return document
    return document | {"variants": {FAULT_FREE: {"faults": []}} | given}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _leaves(value: object, path: str = "") -> set[str]:
    """Dotted paths of all values of a document; lists count as one value."""
    if not isinstance(value, dict):
        return {path}
    found: set[str] = set()
    for key, item in value.items():
        found |= _leaves(item, f"{path}.{key}" if path else str(key))
    return found


def _with_parameter_set(document: dict[str, Any]) -> dict[str, Any]:
    """Fill `parameters` from the named set in fixtures/parameters; what is written here wins."""
    given = document.get("parameters")
    if not isinstance(given, dict) or "set" not in given:
        return document
    overrides = {key: value for key, value in given.items() if key != "set"}
    values, sources = load_parameter_set(str(given["set"]))
    document["parameters"] = values | overrides
    inherited = {f"parameters.{key}": text for key, text in sources.items() if key not in overrides}
    document["sources"] = inherited | dict(document.get("sources", {}))
    return document


def load_parameter_set(name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and sources of fixtures/parameters/<name>.toml."""
    folder = fixtures_folder() / "parameters"
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(item.stem for item in folder.glob("*.toml")))
        raise InputError("parameters.set", name, f"there is no such set; there are {known}")
    entries = _read_toml(path).get("parameters", {})
    values = {key: entry["value"] for key, entry in entries.items()}
    sources = {key: str(entry["source"]) for key, entry in entries.items()}
    return values, sources


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError("scenario", str(path), f"is not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InputError("scenario", str(path), "is not UTF-8 text") from None


def scenario_names() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(path.stem for path in (fixtures_folder() / "scenarios").glob("*.toml"))


def scenario_path(name_or_path: str) -> Path:
    """The file of a scenario given by name or by path; InputError if there is none."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = fixtures_folder() / "scenarios" / f"{name_or_path}.toml"
    if path.suffix != ".toml" and shipped.is_file():
        return shipped
    rule = f"is neither a file nor a scenario; there are {', '.join(scenario_names())}"
    raise InputError("scenario", name_or_path, rule)


def read_document(path: Path) -> dict[str, Any]:
    """The TOML document of a scenario or finding; InputError if empty or malformed."""
    document = _read_toml(path)
    if not document:
        raise InputError("scenario", str(path), "the file is empty")
    return document


def load_scenario(name_or_path: str) -> Scenario:
    """Read and check a scenario by name (fixtures/scenarios) or file."""
    path = scenario_path(name_or_path)
    return parse_scenario(read_document(path), origin=path.name)


def parse_decimal(field: str, text: str) -> Decimal:
    """A finite Decimal from user text; InputError otherwise."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise InputError(field, text, "must be a number") from None
    if not value.is_finite():
        raise InputError(field, text, "must be a finite number")
    return value
