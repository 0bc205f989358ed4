"""Rows, quantiles and pairs of a sweep."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.experiment import (
    Cell,
    RunRow,
    Status,
    checked_cells,
    compare,
    parse_grid,
    run_experiment,
    summarise,
)
from simulator.scenario import Scenario, load_scenario

METRICS = ("shortfall",)
BASE = load_scenario("black-thursday")


def cell(index: int, **values: str) -> Cell:
    return Cell(index, tuple(values.items()), BASE)


def row(
    where: Cell, seed: int, shortfall: float, status: Status = "complete", error: str = ""
) -> RunRow:
    return RunRow(where, seed, status, error, {"shortfall": shortfall})


def test_rows_are_the_same_for_one_and_two_processes(
    tasks: ModuleType, black_thursday: Scenario
) -> None:
    grid = parse_grid(["parameters.maintenance_margin=0.03:0.05:0.01"])
    cells = checked_cells(black_thursday, grid)
    one, two = (
        run_experiment(cells, seeds=range(1, 5), measure=tasks.measure, metrics=METRICS, jobs=jobs)
        for jobs in (1, 2)
    )
    assert [(item.cell.label, item.seed) for item in one][:5] == [
        *((cells[0].label, seed) for seed in (1, 2, 3, 4)),
        (cells[1].label, 1),
    ]
    assert repr(one) == repr(two)
    assert repr(summarise(one, METRICS)) == repr(summarise(two, METRICS))


def test_a_failed_run_is_counted_beside_the_quantiles(
    tasks: ModuleType, black_thursday: Scenario
) -> None:
    cells = checked_cells(black_thursday, parse_grid(["parameters.maintenance_margin=0.04,0.05"]))
    rows = run_experiment(cells, seeds=range(1, 4), measure=tasks.measure, metrics=METRICS, jobs=2)
    whole, torn = summarise(rows, METRICS)
    assert (whole.complete, whole.failed) == (3, 0)
    assert (torn.complete, torn.failed) == (2, 1)
    assert torn.quantiles["shortfall"]["median"] == pytest.approx(0.075)
    assert "no luck" in rows[5].error and math.isnan(rows[5].metrics["shortfall"])


def test_a_run_with_violations_is_not_measured(tasks: ModuleType, black_thursday: Scenario) -> None:
    cells = checked_cells(black_thursday, parse_grid(["variant=base"]))
    (only,) = run_experiment(cells, seeds=[1], measure=tasks.violating, metrics=METRICS)
    assert (only.status, only.error) == ("violated", "PERP-01 in block 7")


def test_a_run_without_the_numbers_is_failed(tasks: ModuleType, black_thursday: Scenario) -> None:
    cells = checked_cells(black_thursday, parse_grid(["variant=base"]))
    (only,) = run_experiment(cells, seeds=[1], measure=tasks.silent, metrics=METRICS)
    assert (only.status, only.error) == ("failed", "the run gave no number for shortfall")


def test_no_seeds_are_refused(tasks: ModuleType, black_thursday: Scenario) -> None:
    cells = checked_cells(black_thursday, parse_grid(["variant=base"]))
    with pytest.raises(InputError, match="seeds = 0"):
        run_experiment(cells, seeds=[], measure=tasks.measure, metrics=METRICS)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
def test_quantiles_are_those_of_the_complete_runs(values: list[float]) -> None:
    where = cell(0, variant="base")
    rows = [row(where, seed, value) for seed, value in enumerate(values)]
    rows.append(row(where, 99, math.nan, "failed", "broken"))
    (found,) = summarise(rows, METRICS)
    expected = np.quantile(values, [0.05, 0.5, 0.95])
    shares = found.quantiles["shortfall"]
    assert [shares["low"], shares["median"], shares["high"]] == pytest.approx(list(expected))
    assert (found.complete, found.failed) == (len(values), 1)


def test_a_cell_without_a_complete_run_has_no_quantiles() -> None:
    (found,) = summarise([row(cell(0, variant="base"), 1, math.nan, "failed", "x")], METRICS)
    assert math.isnan(found.quantiles["shortfall"]["median"])


def test_pairs_are_counted_seed_by_seed() -> None:
    base, calm = cell(0, variant="base"), cell(1, variant="no-impact")
    rows = [row(base, seed, value) for seed, value in ((1, 10.0), (2, 5.0), (3, 0.0))]
    rows += [row(calm, seed, value) for seed, value in ((1, 1.0), (2, 6.0), (3, 0.0))]
    (found,) = compare(rows, "variant", "base", METRICS)
    assert (found.value, found.against) == ("no-impact", "base")
    assert (found.pairs, found.smaller, found.equal, found.larger) == (3, 1, 1, 1)


def test_a_pair_with_a_failed_run_is_not_counted() -> None:
    base, calm = cell(0, variant="base"), cell(1, variant="no-impact")
    rows = [row(base, 1, 10.0), row(base, 2, math.nan, "failed", "x")]
    rows += [row(calm, 1, 1.0), row(calm, 2, 1.0)]
    (found,) = compare(rows, "variant", "base", METRICS)
    assert (found.pairs, found.smaller) == (1, 1)


def test_pairs_share_everything_but_the_variant() -> None:
    cells = [
        cell(index, variant=name, size=size)
        for index, (name, size) in enumerate(
            (name, size) for name in ("no-impact", "base") for size in ("s", "l")
        )
    ]
    rows = [row(where, 1, float(value)) for where, value in zip(cells, (1, 9, 2, 8), strict=True)]
    (found,) = compare(rows, "variant", "base", METRICS)
    assert (found.pairs, found.smaller, found.larger) == (2, 1, 1)
