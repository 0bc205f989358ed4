"""The page of a sweep: its table, its picture, and what failed."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from simulator.experiment import RunRow, checked_cells, parse_grid
from simulator.scenario import load_scenario
from underwater.report.page import plotly_script
from underwater.report.sweep import write_sweep_report
from underwater.sweeps.metrics import KEYS
from underwater.sweeps.model import Sweep

GRIDS = (
    ("variant=base,no-impact",),
    ("parameters.maintenance_margin=0.03:0.05:0.01",),
    ("parameters.maintenance_margin=0.03:0.04:0.01", "variant=base,no-impact"),
)


def made_up(vary: tuple[str, ...], failing: bool = False) -> Sweep:
    """Three seeds of every cell; with `failing`, seed 2 of the second cell fails."""
    scenario = load_scenario("black-thursday")
    grid = parse_grid(list(vary))
    rows = []
    for cell in checked_cells(scenario, grid):
        for seed in (1, 2, 3):
            failed = failing and cell.index == 1 and seed == 2
            numbers = {key: float(10 * (cell.index + 1) + seed) for key in KEYS}
            error = "out of memory" if failed else ""
            rows.append(RunRow(cell, seed, "failed" if failed else "complete", error, numbers))
    return Sweep.of(scenario, grid, (1, 2, 3), "revm", tuple(rows))


@pytest.mark.parametrize("vary", GRIDS)
def test_a_sweep_becomes_one_offline_page(tmp_path: Path, vary: tuple[str, ...]) -> None:
    sweep = made_up(vary)
    path = write_sweep_report(tmp_path, sweep)
    page = path.read_text(encoding="utf-8")
    own = page.replace(plotly_script(), "")
    assert "http" not in own and "url(" not in own
    assert path.stat().st_size < 7_000_000
    assert own.count("<tr>") == 1 + len(sweep.table)
    again = tmp_path / "again"
    again.mkdir()
    assert write_sweep_report(again, made_up(vary)).read_text(encoding="utf-8") == page


@pytest.mark.parametrize("vary", GRIDS)
def test_plotly_accepts_the_picture(tmp_path: Path, vary: tuple[str, ...]) -> None:
    import json

    page = write_sweep_report(tmp_path, made_up(vary)).read_text(encoding="utf-8")
    found = re.search(r'id="figures">(.*?)</script>', page)
    assert found is not None
    [figure] = json.loads(found[1])["figures"]
    import_module("plotly.graph_objects").Figure(data=figure["traces"], layout=figure["layout"])


def test_failed_runs_are_counted_and_in_no_figure(tmp_path: Path) -> None:
    sweep = made_up(GRIDS[0], failing=True)
    page = write_sweep_report(tmp_path, sweep).read_text(encoding="utf-8")
    assert "1 of 6 runs failed or violated a property" in page
    assert "out of memory" in page
    assert "22" not in re.findall(r'"y":\[([0-9.,]+)\]', page)
