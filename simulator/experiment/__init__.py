"""Many runs: what is varied, over local processes, as one table.

    grid = parse_grid(["parameters.maintenance_margin=0.03:0.08:0.01"])
    cells = checked_cells(scenario, grid)       # refuses a bad value before any run
    rows = run_experiment(cells, seeds=range(1, 5), measure=measure, metrics=("shortfall",), jobs=2)
    table = summarise(rows, ("shortfall",))

Knows neither agents nor audits: `measure` is given.
"""

from simulator.experiment.pool import Outcome, Status, run_tasks
from simulator.experiment.runs import Measure, run_experiment
from simulator.experiment.table import (
    QUANTILES,
    CellRow,
    Comparison,
    RunRow,
    compare,
    summarise,
)
from simulator.experiment.vary import Cell, Value, Vary, checked_cells, parse_grid, parse_vary

__all__ = [
    "QUANTILES",
    "Cell",
    "CellRow",
    "Comparison",
    "Measure",
    "Outcome",
    "RunRow",
    "Status",
    "Value",
    "Vary",
    "checked_cells",
    "compare",
    "parse_grid",
    "parse_vary",
    "run_experiment",
    "run_tasks",
    "summarise",
]
