"""A finished (or interrupted) sweep: what was asked and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.experiment import CellRow, Comparison, RunRow, Value, Vary, compare, summarise
from simulator.risk import TailRisk, tail_risk
from simulator.scenario import BASE_VARIANT, Scenario
from underwater.sweeps.metrics import KEYS, MECHANISM

VARIANT = "variant"
TAIL_LEVEL = 0.95
LOSS = "shortfall"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One grid over seeds 1..n of one scenario."""

    scenario: Scenario
    grid: tuple[Vary, ...]
    seeds: tuple[int, ...]
    engine: str
    rows: tuple[RunRow, ...]
    table: tuple[CellRow, ...]
    comparisons: tuple[Comparison, ...]
    """Variants against base, or the first one; empty unless `variant` is varied."""

    @staticmethod
    def of(
        scenario: Scenario,
        grid: Sequence[Vary],
        seeds: Sequence[int],
        engine: str,
        rows: tuple[RunRow, ...],
    ) -> Sweep:
        """Summarise the rows of an experiment."""
        against = _against(grid)
        metrics = tuple(key for key, _ in MECHANISM)
        return Sweep(
            scenario,
            tuple(grid),
            tuple(seeds),
            engine,
            rows,
            summarise(rows, KEYS),
            () if against is None else compare(rows, VARIANT, against, metrics),
        )

    def count(self, status: str) -> int:
        """Runs that ended so."""
        return sum(row.status == status for row in self.rows)

    def tail(self, row: CellRow) -> TailRisk | None:
        """VaR and ES of a cell's bad debt over the horizon; None without a complete run."""
        runs = [run for run in self.rows if run.cell.index == row.cell.index]
        losses = np.array([run.metrics[LOSS] for run in runs if run.measured])
        if not len(losses):
            return None
        horizon = f"{self.scenario.prices.hours} h"
        failed = len(runs) - len(losses)
        return tail_risk(losses, TAIL_LEVEL, horizon, "bad debt, quote", failed)

    @property
    def status(self) -> str:
        """`interrupted`, `violated`, `failed` (no run complete) or `complete`."""
        if self.count("violated"):
            return "violated"
        if self.count("not run"):
            return "interrupted"
        return "complete" if self.count("complete") else "failed"


def _against(grid: Sequence[Vary]) -> Value | None:
    """What the variants are compared with: base if it is among them, else the first one."""
    for vary in grid:
        if vary.path == VARIANT:
            return BASE_VARIANT if BASE_VARIANT in vary.values else vary.values[0]
    return None
