"""What is known of a day, read from crash.toml: ranges with their source, and shapes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator.errors import InputError

CONFIDENCES = ("H", "M", "L")


@dataclass(frozen=True, slots=True)
class Fact:
    """A published or measured figure as a range; low equals high where one figure is known."""

    name: str
    low: Decimal
    high: Decimal
    unit: str
    confidence: str
    """H measured or computed from data, M press, forum or one primary text, L secondary."""
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A sentence about order, delay or concentration that a replay can be held against."""

    name: str
    sentence: str
    source: str


def read_toml(path: Path) -> dict[str, Any]:
    """The document with exact decimals; InputError if it is missing or malformed."""
    shown = f"{path.parent.name}/{path.name}"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise InputError(shown, path.name, "the file is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(shown, path.name, f"is not valid TOML: {error}") from None


def text_field(table: object, place: str, name: str) -> str:
    """A text of a table; InputError if it is absent or of another kind."""
    value = table.get(name) if isinstance(table, Mapping) else None
    if not isinstance(value, str):
        raise InputError(f"{place}.{name}", value, "must be a text")
    return value


def read_facts(document: Mapping[str, Any], place: str, section: str) -> tuple[Fact, ...]:
    """The tables `section.<name>` with low, high, unit, confidence, source and note."""
    entries = document.get(section, {}).items()
    return tuple(_fact(entry, f"{place} {section}.{name}", name) for name, entry in entries)


def read_shapes(document: Mapping[str, Any], place: str) -> tuple[Shape, ...]:
    """The tables `shapes.<name>` with sentence and source."""
    shapes = []
    for name, entry in document.get("shapes", {}).items():
        here = f"{place} shapes.{name}"
        sentence, source = (text_field(entry, here, key) for key in ("sentence", "source"))
        shapes.append(Shape(name, sentence, source))
    return tuple(shapes)


def _fact(entry: object, place: str, name: str) -> Fact:
    low, high = _number(entry, place, "low"), _number(entry, place, "high")
    if high < low:
        raise InputError(f"{place}.high", str(high), f"must not be below low {low}")
    confidence = text_field(entry, place, "confidence")
    if confidence not in CONFIDENCES:
        raise InputError(f"{place}.confidence", confidence, "must be H, M or L")
    unit, source, note = (text_field(entry, place, key) for key in ("unit", "source", "note"))
    return Fact(name, low, high, unit, confidence, source, note)


def _number(table: object, place: str, name: str) -> Decimal:
    value = table.get(name) if isinstance(table, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError(f"{place}.{name}", value, "must be a number")
    return Decimal(value)
