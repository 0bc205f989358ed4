"""Order-book depth and funding files: no prices, but with defects of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simulator.errors import InputError
from simulator.prices.history.findings import RULES, SHOWN_OFFENDERS, Finding, Repair
from simulator.prices.history.gate.assembly import as_floats
from simulator.prices.history.gate.settings import Gate
from simulator.prices.history.series import Raw
from simulator.prices.history.times import UNREADABLE, read_times
from simulator.types import AnyArray, Float2D, Int1D

REPEATS: Final = 10
"""Snapshots with one and the same notional in the nearest band: amounts of ten digits never repeat
in a book that moves; the corrupt one of 2025-10-10 repeats a value 512 times."""
PERCENT_RATE: Final = 0.005
"""A median funding rate above it is a percentage written as if it were a fraction."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are no prices: bands of a book (negative bid, positive ask) or funding rates."""

    symbol: str
    kind: str
    venue: str
    times: Int1D
    names: tuple[str, ...]
    values: Float2D
    raws: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class TableInspection:
    """A table after the gate."""

    table: Table
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    unsolved: tuple[Finding, ...]

    def refuse(self) -> None:
        """Raise InputError for the first defect that stands."""
        if self.unsolved:
            raise self.unsolved[0].error()


def inspect_table(symbol: str, raws: Sequence[Raw], gate: Gate) -> TableInspection:
    """Look at depth or funding files of one symbol; nothing is raised for a defect of the data."""
    findings: list[Finding] = []
    parts = []
    for raw in raws:
        read = read_times(raw, gate.zone)
        findings += read.findings
        parts.append(_wide(raw, read.seconds) if raw.kind == "depth" else _rates(raw, read.seconds))
    names = parts[0][1]
    if any(part[1] != names for part in parts):
        raise InputError(f"{symbol} files", "(columns)", "must have the same columns")
    times = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[2] for part in parts])
    order = np.argsort(times, kind="stable")
    table = Table(symbol, raws[0].kind, raws[0].venue, times, names, values, tuple(raws))
    rows = np.concatenate([part[3] for part in parts])
    checks = _book if table.kind == "depth" else _funding
    met = checks(table, rows)
    findings += met
    repairs: list[Repair] = []
    unsolved = [item for item in findings if item.severity == "defect" and item not in met]
    for finding in met:
        table = _settled(table, finding, gate, repairs, unsolved)
    table = replace(table, times=table.times[order], values=table.values[order])
    return TableInspection(table, tuple(findings), tuple(repairs), tuple(unsolved))


def _settled(
    table: Table,
    finding: Finding,
    gate: Gate,
    repairs: list[Repair],
    unsolved: list[Finding],
) -> Table:
    rule = RULES[finding.rule]
    if finding.rule == "stale-book" and gate.repairs.get(finding.rule) == "drop":
        repairs.append(Repair(rule.name, "drop", finding.count, rule.repairs["drop"]))
        return _without_side(table, finding)
    if rule.may_stand and finding.rule in gate.overrides:
        what = f"left as it is: {finding.words}"
        reason = gate.overrides[finding.rule]
        repairs.append(Repair(rule.name, "override", finding.count, what, reason))
    else:
        unsolved.append(finding)
    return table


def _without_side(table: Table, finding: Finding) -> Table:
    bid = finding.field.startswith("-")
    mine = np.array([name.startswith("-") == bid for name in table.names])
    stale = _stale_rows(table, _nearest(table, bid))
    values = table.values.copy()
    values[int(stale[0]) :, mine] = np.nan
    return replace(table, values=values)


def _band(name: str) -> str:
    """`notional_m5pct` -> -5, `-5.00` -> -5; empty for another column."""
    found = re.fullmatch(r"notional_([mp])(\d+(?:\.\d+)?)pct", name)
    if found:
        return ("-" if found[1] == "m" else "") + found[2]
    return ""


def _wide(raw: Raw, seconds: Int1D) -> tuple[Int1D, tuple[str, ...], Float2D, AnyArray]:
    """Times, bands, notional per band, and the row in which each of these stands."""
    bands = {name: _band(name) for name in raw.columns if _band(name)}
    if bands:
        values = np.stack([as_floats(raw.columns[name]) for name in bands], axis=1)
        rows = np.repeat(np.arange(raw.rows)[:, None], len(bands), axis=1)
        return seconds, tuple(bands.values()), values, rows
    sides = as_floats(raw.columns["percentage"])
    known = sorted({value for value in sides.tolist() if np.isfinite(value)})
    if len(known) != len({*sides.tolist()}):
        row = int(np.flatnonzero(~np.isfinite(sides))[0])
        value = raw.columns["percentage"][row]
        raise InputError(f"{raw.name} row {row + 1} percentage", value, "must be a number")
    times, first, place = np.unique(seconds, return_index=True, return_inverse=True)
    values = np.full((len(times), len(known)), np.nan)
    rows = np.repeat(first[:, None], len(known), axis=1)
    column = np.searchsorted(known, sides)
    values[place, column] = as_floats(raw.columns["notional"])
    rows[place, column] = np.arange(raw.rows)
    return times, tuple(f"{value:g}" for value in known), values, rows


def _rates(raw: Raw, seconds: Int1D) -> tuple[Int1D, tuple[str, ...], Float2D, AnyArray]:
    if "rate" not in raw.columns:
        raise InputError(f"{raw.name} columns", ", ".join(raw.columns), "needs a column rate")
    return seconds, ("rate",), as_floats(raw.columns["rate"])[:, None], np.arange(raw.rows)[:, None]


def _nearest(table: Table, bid: bool) -> int:
    """Column of the band nearest to the middle on one side; -1 if the side is not there."""
    numbers = [float(name) for name in table.names]
    mine = [place for place, value in enumerate(numbers) if (value < 0) == bid]
    return min(mine, key=lambda place: abs(numbers[place])) if mine else -1


def _stale_rows(table: Table, column: int) -> AnyArray:
    """Snapshots whose nearest band holds a notional that comes again and again."""
    values = table.values[:, column]
    finite = np.isfinite(values)
    unique, counts = np.unique(values[finite], return_counts=True)
    return np.flatnonzero(finite & np.isin(values, unique[counts >= REPEATS]))


def _book(table: Table, rows: AnyArray) -> list[Finding]:
    found = []
    for bid in (True, False):
        column = _nearest(table, bid)
        stale = _stale_rows(table, column) if column >= 0 else np.array([], dtype=np.int64)
        if len(stale):
            side = "bid" if bid else "ask"
            value = table.values[stale[0], column]
            average = _average(table, int(rows[stale[0], column]))
            words = (
                f"the {side} side stands still: {len(stale):,} of {len(table.times):,} snapshots "
                f"repeat an amount in the nearest band{average}"
            )
            name = f"{table.names[column]} % notional"
            found.append(_finding(table, "stale-book", rows[stale, column], name, value, words))
    bad = np.flatnonzero(~(table.values >= 0).all(axis=1) & (table.times != UNREADABLE))
    if len(bad):
        column = int(np.argmin(table.values[bad[0]] >= 0))
        words = "must be a number and not below zero"
        name, value = table.names[column], table.values[bad[0], column]
        found.append(_finding(table, "not-a-price", rows[bad, column], name, value, words))
    return found


def _average(table: Table, row: int) -> str:
    """At which average price the first stale block stands, where the file has quantities."""
    raw = table.raws[0]
    if "depth" not in raw.columns or row >= raw.rows:
        return ""
    depth, notional = as_floats([raw.columns[name][row] for name in ("depth", "notional")]).tolist()
    return f", at an average price of {notional / depth:,.10g}" if depth > 0 else ""


def _funding(table: Table, rows: AnyArray) -> list[Finding]:
    rates, rows = table.values[:, 0], rows[:, 0]
    found = []
    bad = np.flatnonzero(~np.isfinite(rates))
    if len(bad):
        found.append(
            _finding(table, "not-a-price", rows[bad], "rate", rates[bad[0]], "is not a number")
        )
    again = np.flatnonzero(np.diff(np.sort(table.times)) == 0)
    if len(again):
        words = "a time is there twice"
        found.append(
            _finding(table, "duplicate", rows[again], "time", table.times[again[0]], words)
        )
    usual = float(np.nanmedian(np.abs(rates))) if len(rates) > len(bad) else 0.0
    if usual > PERCENT_RATE:
        words = f"the usual rate is {usual:g} an interval: a percentage, not a fraction"
        found.append(_finding(table, "unit", rows[:1], "rate", rates[0], words))
    return found


def _finding(
    table: Table, rule: str, rows: AnyArray, field: str, value: Any, words: str
) -> Finding:
    raw = table.raws[0]
    places = [raw.place(min(int(row), raw.rows - 1)) for row in rows[:SHOWN_OFFENDERS]]
    return Finding(rule, "defect", len(rows), places[0], field, f"{value}", words, tuple(places))
