"""Code as compilers write it: hex with placeholders, and lists of byte positions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.chain.artifacts.model import Code, Immutable, Link
from simulator.errors import InputError

_PLACEHOLDER = re.compile(r"__.{38}", re.DOTALL)


def code_of(
    field: str,
    text: object,
    links: object = None,
    immutables: object = None,
    names: Mapping[str, str] | None = None,
) -> Code:
    """Code from hex text (with or without 0x) and solc's reference tables.

    A placeholder that no link reference covers becomes a link of its own. names: AST id of an
    immutable -> its name. InputError names `field` for what is no hex and for positions outside.
    """
    if not isinstance(text, str):
        raise InputError(field, text, "must be hex text")
    digits = text.removeprefix("0x")
    found = list(_links(f"{field}: linkReferences", links))
    known = {link.start for link in found}
    for match in _PLACEHOLDER.finditer(digits):
        start, odd = divmod(match.start(), 2)
        if not odd and start not in known:
            found.append(Link(match.group().strip("_"), start))
    try:
        template = bytearray.fromhex(_PLACEHOLDER.sub("0" * 40, digits))
    except ValueError as error:
        raise InputError(field, text[:40], f"must be hex text: {error}") from None
    filled = tuple(_immutables(f"{field}: immutableReferences", immutables, names or {}))
    parts: list[Link | Immutable] = [*found, *filled]
    for part in parts:
        if part.start < 0 or part.length <= 0 or part.start + part.length > len(template):
            raise InputError(field, part, f"lies outside of the {len(template)} bytes of code")
        template[part.start : part.start + part.length] = bytes(part.length)
    return Code(bytes(template), tuple(found), filled)


def _links(field: str, tables: object) -> Iterator[Link]:
    for file, libraries in _table(field, tables):
        for name, places in _table(field, libraries):
            for start, length in _places(field, places):
                if length != 20:
                    raise InputError(field, length, "a library's address has 20 bytes")
                yield Link(f"{file}:{name}", start)


def _immutables(field: str, table: object, names: Mapping[str, str]) -> Iterator[Immutable]:
    for identifier, places in _table(field, table):
        for start, length in _places(field, places):
            yield Immutable(names.get(identifier, identifier), start, length)


def _table(field: str, table: object) -> Iterator[tuple[str, Any]]:
    if table is None:
        return
    if not isinstance(table, Mapping):
        raise InputError(field, table, "must be a table")
    yield from table.items()


def _places(field: str, places: object) -> Iterator[tuple[int, int]]:
    rows: list[Any] = places if isinstance(places, list) else [places]
    for place in rows:
        try:
            yield int(place["start"]), int(place["length"])
        except (KeyError, TypeError, ValueError):
            raise InputError(field, place, "must have the integers start and length") from None
