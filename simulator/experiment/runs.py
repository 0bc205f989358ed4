"""A sweep: every cell of a grid with every seed, measured by a function that is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from simulator.errors import InputError
from simulator.experiment.pool import Outcome, run_tasks
from simulator.experiment.table import RunRow
from simulator.experiment.vary import Cell
from simulator.scenario import Scenario

Measure: TypeAlias = Callable[[Scenario, int, str], Mapping[str, object]]
"""(scenario, seed, chain) -> numbers by name; a picklable top-level function."""


def run_experiment(
    cells: Sequence[Cell],
    *,
    seeds: Sequence[int],
    measure: Measure,
    metrics: Sequence[str],
    chain: str = "auto",
    jobs: int = 1,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[RunRow, ...]:
    """A row per cell and seed, cells slowest: the same rows whatever the number of jobs.

    Cells share their seeds, so that two of them differ in the varied values and in nothing else.
    """
    if not seeds:
        raise InputError("seeds", len(seeds), "must be at least 1")
    pairs = [(cell, seed) for cell in cells for seed in seeds]
    tasks = [(cell.scenario, seed, chain) for cell, seed in pairs]
    outcomes = run_tasks(measure, tasks, jobs=jobs, stop=stop, progress=progress)
    return tuple(
        _row(cell, seed, outcome, metrics)
        for (cell, seed), outcome in zip(pairs, outcomes, strict=True)
    )


def _row(cell: Cell, seed: int, outcome: Outcome, metrics: Sequence[str]) -> RunRow:
    values = outcome.value if isinstance(outcome.value, Mapping) else {}
    status, error = outcome.status, outcome.error
    violations = values.get("violations")
    if status == "complete" and isinstance(violations, Sequence) and violations:
        status, error = "violated", "; ".join(str(item) for item in violations)
    missing = [name for name in metrics if not isinstance(values.get(name), (int, float))]
    if status == "complete" and missing:
        status, error = "failed", f"the run gave no number for {', '.join(missing)}"
    numbers = {name: _number(values.get(name)) for name in metrics}
    return RunRow(cell, seed, status, error, numbers)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
