"""A sweep on disk: runs.parquet, table.parquet, manifest.json, timings.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.experiment import QUANTILES, CellRow, Value, Vary
from simulator.recorder import Column, Recorder, TableRecord, TableSchema
from underwater.sweeps.metrics import KEYS
from underwater.sweeps.model import Sweep

if TYPE_CHECKING:
    from simulator.results import Json

RUNS: Final = "runs"
TABLE: Final = "table"

_COUNTS: Final = ("complete", "violated", "failed", "not_run")


def write_tables(folder: Path, sweep: Sweep) -> Mapping[str, TableRecord]:
    """Write both tables; equal sweeps give equal bytes, whatever the number of processes.

    A run that is not complete has NaN for its numbers and says why in `error`.
    """
    recorder = Recorder(folder, (_runs_schema(sweep.grid), _table_schema(sweep.grid)))
    for row in sweep.rows:
        values = _stored(sweep.grid, row.cell.values)
        numbers = (row.metrics[key] for key in KEYS)
        recorder.row(RUNS, (*values, row.seed, row.status, row.error, *numbers))
    for cell in sweep.table:
        values = _stored(sweep.grid, cell.cell.values)
        counts = (getattr(cell, name) for name in _COUNTS)
        shares = (cell.quantiles[key][name] for key in KEYS for name, _ in QUANTILES)
        recorder.row(TABLE, (*values, *counts, *shares, *_tail(sweep, cell)))
    return recorder.close()


def _runs_schema(grid: Sequence[Vary]) -> TableSchema:
    fixed = (Column("seed", "int64"), Column("status", "text"), Column("error", "text"))
    numbers = tuple(Column(key, "float64") for key in KEYS)
    return TableSchema(RUNS, (*_varied(grid), *fixed, *numbers))


def _table_schema(grid: Sequence[Vary]) -> TableSchema:
    counts = tuple(Column(name, "int64") for name in _COUNTS)
    quantiles = tuple(Column(f"{key}_{name}", "float64") for key in KEYS for name, _ in QUANTILES)
    tail = tuple(Column(name, "float64") for name in ("shortfall_var_95", "shortfall_es_95"))
    return TableSchema(TABLE, (*_varied(grid), *counts, *quantiles, *tail))


def _tail(sweep: Sweep, cell: CellRow) -> tuple[float, float]:
    """VaR and ES of bad debt at TAIL_LEVEL, quote; NaN without a complete run."""
    found = sweep.tail(cell)
    return (nan, nan) if found is None else (found.value_at_risk, found.expected_shortfall)


def _varied(grid: Sequence[Vary]) -> tuple[Column, ...]:
    """A column per varied path: numbers where all its values are numbers, else text."""
    return tuple(Column(vary.path, "float64" if vary.numeric else "text") for vary in grid)


def _stored(grid: Sequence[Vary], values: Sequence[tuple[str, Value]]) -> tuple[float | str, ...]:
    return tuple(
        float(value) if vary.numeric and isinstance(value, Decimal) else str(value)
        for vary, (_, value) in zip(grid, values, strict=True)
    )


def summary(sweep: Sweep) -> dict[str, Json]:
    """The JSON object of a sweep without its place on disk: what was asked, table and pairs."""
    return {
        "scenario": sweep.scenario.name,
        "status": sweep.status,
        "vary": {vary.path: [str(value) for value in vary.values] for vary in sweep.grid},
        "seeds": list(sweep.seeds),
        "engine": sweep.engine,
        "runs": len(sweep.rows),
        **{name: sweep.count(name.replace("_", " ")) for name in _COUNTS},
        "table": [
            {
                "values": {path: str(value) for path, value in row.cell.values},
                **{name: getattr(row, name) for name in _COUNTS},
                **{key: dict(row.quantiles[key]) for key in KEYS},
                "tail": None if (tail := sweep.tail(row)) is None else asdict(tail),
            }
            for row in sweep.table
        ],
        "pairs": [
            {
                "value": str(item.value),
                "against": str(item.against),
                "metric": item.metric,
                "pairs": item.pairs,
                "smaller": item.smaller,
                "equal": item.equal,
                "larger": item.larger,
            }
            for item in sweep.comparisons
        ],
        "errors": [
            {
                "values": {path: str(value) for path, value in row.cell.values},
                "seed": row.seed,
                "status": row.status,
                "error": row.error,
            }
            for row in sweep.rows
            if row.status in ("failed", "violated")
        ],
    }
