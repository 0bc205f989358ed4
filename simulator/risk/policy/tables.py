"""Dated tables of rules, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from simulator.errors import InvalidArgument
from simulator.resources import fixtures_folder


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """What one jurisdiction asks for one kind of client between two dates, both included."""

    jurisdiction: str
    client: str
    first_day: date
    last_day: date | None
    """None while in force."""
    source: str
    verified: bool
    """Whether the source itself was read."""
    caps: Mapping[str, Fraction]
    """Asset class -> notional per unit of margin at opening; a class without one is not capped."""
    close_out_share: Fraction | None
    """Positions are closed when equity <= this share of the required margin (inclusive)."""
    negative_balance_protection: bool
    """A client cannot owe more than the account holds."""
    banned: frozenset[str]
    """Asset classes that may not be offered at all."""

    def in_force(self, day: date) -> bool:
        """First and last day included."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def minimum_margin_share(self, asset_class: str) -> Fraction | None:
        """1 / cap; None for a class without a cap."""
        cap = self.caps.get(asset_class)
        return None if cap is None else 1 / cap


@dataclass(frozen=True, slots=True)
class PolicyTables:
    """All tables of a file, and the jurisdictions that it only names."""

    tables: tuple[PolicyTable, ...]
    named_only: Mapping[str, str]
    """Jurisdiction -> the text that was not opened."""


def load_policy_tables(path: Path | None = None) -> PolicyTables:
    """Read tables; without a path those shipped in fixtures/regulation/leverage.toml.

    Raises InvalidArgument for a missing or wrong field, a cap below or at 0, a period that ends
    before it begins, and two tables of a jurisdiction and client that overlap.
    """
    file = path or fixtures_folder() / "regulation" / "leverage.toml"
    document = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Fraction)
    tables = tuple(
        _table(entry, f"tables[{index}]") for index, entry in enumerate(document.get("tables", []))
    )
    _refuse_overlaps(tables)
    named = {entry["jurisdiction"]: entry["source"] for entry in document.get("named_only", [])}
    return PolicyTables(tables, named)


def policy_table(
    tables: PolicyTables, jurisdiction: str, day: date, client: str = "retail"
) -> PolicyTable:
    """The table in force on a day. Raises InvalidArgument if there is none."""
    if isinstance(day, datetime) or not isinstance(day, date):
        raise InvalidArgument("day", day, "must be a date without a time")
    if jurisdiction in tables.named_only:
        text = tables.named_only[jurisdiction]
        raise InvalidArgument("jurisdiction", jurisdiction, f"is named only, without rules: {text}")
    own = [
        table
        for table in tables.tables
        if table.jurisdiction == jurisdiction and table.client == client
    ]
    if not own:
        known = ", ".join(sorted({table.jurisdiction for table in tables.tables}))
        rule = f"has no table for {client} clients; there are {known}"
        raise InvalidArgument("jurisdiction", jurisdiction, rule)
    for table in own:
        if table.in_force(day):
            return table
    rule = f"no table of {jurisdiction} for {client} clients is in force on that day"
    raise InvalidArgument("day", day.isoformat(), rule)


def _table(entry: Mapping[str, Any], place: str) -> PolicyTable:
    last = _field(entry, place, "to")
    caps = {name: Fraction(cap) for name, cap in _field(entry, place, "caps").items()}
    share = entry.get("close_out_share")
    table = PolicyTable(
        jurisdiction=_field(entry, place, "jurisdiction"),
        client=_field(entry, place, "client"),
        first_day=_day(_field(entry, place, "from"), f"{place}.from"),
        last_day=None if last == "" else _day(last, f"{place}.to"),
        source=_field(entry, place, "source"),
        verified=_field(entry, place, "verified") == "yes",
        caps=caps,
        close_out_share=None if share is None else Fraction(share),
        negative_balance_protection=_field(entry, place, "negative_balance_protection"),
        banned=frozenset(_field(entry, place, "banned")),
    )
    for name, cap in caps.items():
        if cap <= 0:
            raise InvalidArgument(f"{place}.caps.{name}", str(cap), "must be above 0")
    if table.close_out_share is not None and not 0 <= table.close_out_share <= 1:
        value = str(table.close_out_share)
        raise InvalidArgument(f"{place}.close_out_share", value, "must be in [0, 1]")
    if table.last_day is not None and table.last_day < table.first_day:
        rule = "must not be before its first day"
        raise InvalidArgument(f"{place}.to", table.last_day.isoformat(), rule)
    return table


def _field(entry: Mapping[str, Any], place: str, name: str) -> Any:
    if name not in entry:
        raise InvalidArgument(f"{place}.{name}", None, "is missing")
    return entry[name]


def _day(value: object, place: str) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidArgument(place, value, "must be a date such as 2018-08-01")
    return value


def _refuse_overlaps(tables: tuple[PolicyTable, ...]) -> None:
    for at, table in enumerate(tables):
        for other in tables[:at]:
            same = (table.jurisdiction, table.client) == (other.jurisdiction, other.client)
            if same and (other.in_force(table.first_day) or table.in_force(other.first_day)):
                value = f"{table.jurisdiction}, {table.client}"
                raise InvalidArgument(f"tables[{at}]", value, "overlaps an earlier table")
