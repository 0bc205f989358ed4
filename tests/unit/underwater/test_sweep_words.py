"""What a sweep of variants says about the volume of forced closures."""

from __future__ import annotations

import pytest

from simulator.experiment import RunRow, Status, Vary, checked_cells
from simulator.scenario import load_scenario
from underwater.sweeps.metrics import KEYS
from underwater.sweeps.model import Sweep
from underwater.sweeps.words import explanation, table_text

SCENARIO = load_scenario("black-thursday")
GRID = (Vary("variant", ("no-impact", "base")),)


def sweep(shares: dict[str, float], statuses: dict[str, Status] | None = None) -> Sweep:
    cells = checked_cells(SCENARIO, GRID)
    rows = []
    for cell in cells:
        name = str(cell.values[0][1])
        numbers = dict.fromkeys(KEYS, 1.0) | {"forced_share": shares[name]}
        rows.append(RunRow(cell, 1, (statuses or {}).get(name, "complete"), "torn", numbers))
    return Sweep.of(SCENARIO, GRID, [1], "revm", tuple(rows))


@pytest.mark.parametrize(
    ("twin", "said"),
    [
        (0.60, "The volume of forced closures is not smaller (median 60.0 % in no-impact"),
        (
            0.50,
            "The volume of forced closures is little smaller (median 50.0 % in no-impact",
        ),
        (0.30, "The volume of forced closures: median 30.0 % in no-impact against 55.0 %"),
    ],
)
def test_the_words_follow_the_numbers(twin: float, said: str) -> None:
    lines = list(explanation(sweep({"base": 0.55, "no-impact": twin})))
    assert any(line.startswith(said) for line in lines)
    blames_the_index = any("the fall of the index" in line for line in lines)
    assert blames_the_index == (twin > 0.4)


def test_variants_are_compared_with_base_wherever_it_stands() -> None:
    comparisons = sweep({"base": 0.55, "no-impact": 0.5}).comparisons
    assert {(item.value, item.against) for item in comparisons} == {("no-impact", "base")}


def test_without_a_whole_pair_nothing_is_said_about_the_volume() -> None:
    torn = sweep({"base": 0.55, "no-impact": 0.5}, {"base": "failed"})
    lines = list(explanation(torn))
    assert not any("volume of forced closures" in line for line in lines)
    assert any(
        "1 of 2 runs failed" in line and "variant=base, seed 1: torn" in line for line in lines
    )
    assert table_text(torn).splitlines()[-1].split() == ["base", "0", "1", *["-"] * 6]


def test_the_tail_of_bad_debt_is_told_with_level_horizon_and_failed_runs() -> None:
    (_, cell) = checked_cells(SCENARIO, GRID)
    losses = [0.0, 100.0, 200.0, 300.0]
    rows = [
        RunRow(cell, seed, "complete", "", dict.fromkeys(KEYS, 1.0) | {"shortfall": loss})
        for seed, loss in enumerate(losses, 1)
    ]
    rows.append(RunRow(cell, 5, "failed", "torn", dict.fromkeys(KEYS, float("nan"))))
    found = Sweep.of(SCENARIO, GRID, [1, 2, 3, 4, 5], "revm", tuple(rows))
    tail = found.tail(found.table[0])
    assert tail is not None
    assert (tail.value_at_risk, tail.expected_shortfall) == (300.0, 300.0)
    assert (tail.samples, tail.failed, tail.horizon) == (4, 1, "72 h")
    lines = list(explanation(found))
    at = next(at for at, line in enumerate(lines) if line.startswith("Bad debt over 72 h"))
    assert "95 % VaR / ES over seeds" in lines[at]
    assert lines[at + 1].endswith("300 / 300 (4 runs, 1 failed)")
