"""Many runs as one table: quantiles over seeds per cell, failed runs beside them, and pairs.

A quantile over a handful of seeds is what it is: with four seeds the 5 % and 95 % lines are close
to the smallest and the largest run. The number of runs behind each is part of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.experiment.pool import Status
from simulator.experiment.vary import Cell, Value

QUANTILES: Final = (("low", 0.05), ("median", 0.5), ("high", 0.95))


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a sweep: its cell, its seed, how it ended and what it measured."""

    cell: Cell
    seed: int
    status: Status
    error: str
    metrics: Mapping[str, float]

    @property
    def measured(self) -> bool:
        """Whether it ran to its end, so that its numbers may enter a quantile."""
        return self.status == "complete"


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell over all seeds: counts of runs, and the quantiles of each metric by name."""

    cell: Cell
    complete: int
    violated: int
    failed: int
    not_run: int
    quantiles: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of one varied value against another, over runs paired by seed."""

    path: str
    value: Value
    against: Value
    metric: str
    pairs: int
    smaller: int
    equal: int

    @property
    def larger(self) -> int:
        return self.pairs - self.smaller - self.equal


def summarise(rows: Sequence[RunRow], metrics: Sequence[str]) -> tuple[CellRow, ...]:
    """A row per cell, in the order of the grid; NaN where no run of the cell was complete."""
    cells = {row.cell.index: row.cell for row in rows}
    return tuple(
        _cell_row(cell, [row for row in rows if row.cell.index == index], metrics)
        for index, cell in sorted(cells.items())
    )


def _cell_row(cell: Cell, rows: Sequence[RunRow], metrics: Sequence[str]) -> CellRow:
    statuses = [row.status for row in rows]
    measured = [row for row in rows if row.measured]
    return CellRow(
        cell,
        complete=statuses.count("complete"),
        violated=statuses.count("violated"),
        failed=statuses.count("failed"),
        not_run=statuses.count("not run"),
        quantiles={
            metric: _quantiles(np.array([row.metrics[metric] for row in measured]))
            for metric in metrics
        },
    )


def _quantiles(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    if not len(values):
        return {name: float("nan") for name, _ in QUANTILES}
    return {name: float(np.quantile(values, share)) for name, share in QUANTILES}


def compare(
    rows: Sequence[RunRow], path: str, against: Value, metrics: Sequence[str]
) -> tuple[Comparison, ...]:
    """Every other value of `path` against one, run by run with everything else the same."""
    values = list(dict.fromkeys(_value_of(row, path) for row in rows))
    base = {_others(row, path): row for row in rows if _value_of(row, path) == against}
    found = []
    for value in values:
        if value == against:
            continue
        twins = [row for row in rows if _value_of(row, path) == value]
        pairs = [(row, base[_others(row, path)]) for row in twins if _others(row, path) in base]
        whole = [(one, other) for one, other in pairs if one.measured and other.measured]
        for metric in metrics:
            numbers = [(one.metrics[metric], other.metrics[metric]) for one, other in whole]
            found.append(
                Comparison(
                    path,
                    value,
                    against,
                    metric,
                    pairs=len(numbers),
                    smaller=sum(one < other for one, other in numbers),
                    equal=sum(one == other for one, other in numbers),
                )
            )
    return tuple(found)


def _value_of(row: RunRow, path: str) -> Value:
    return dict(row.cell.values)[path]


def _others(row: RunRow, path: str) -> tuple[object, ...]:
    return (row.seed, *(pair for pair in row.cell.values if pair[0] != path))
