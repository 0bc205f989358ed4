"""Findings from row numbers: shared by all checks."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.prices.history.findings import SHOWN_OFFENDERS, Finding, Severity
from simulator.prices.history.series import PRICE_FIELDS, Series
from simulator.types import AnyArray


def found(
    series: Series,
    rule: str,
    rows: AnyArray | Sequence[int],
    field: str,
    words: str,
    severity: Severity = "defect",
) -> list[Finding]:
    """One finding for all rows at fault, or none for no rows."""
    numbers = [int(row) for row in rows]
    if not numbers:
        return []
    places = tuple(series.place(row) for row in numbers[:SHOWN_OFFENDERS])
    value = series.shown(numbers[0], field)
    return [Finding(rule, severity, len(numbers), places[0], field, value, words, places)]


def at_fault(series: Series, row: int, column: int) -> str:
    """Name of a price field; `price` for points."""
    return "price" if series.kind == "point" else PRICE_FIELDS[column]
