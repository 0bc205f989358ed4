"""What the price benchmark measures is what it says; nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks.price_rows import measure
from benchmarks.price_rows.results import ROWS, document, lines
from simulator.prices import Grid, empty_paths, gbm_paths, generator

RATES = {
    "normals": [100e6, 110e6, 90e6],
    "gbm": [80e6, 77e6, 81e6],
    "gbm_antithetic": [140e6] * 3,
    "gbm_fresh": [70e6] * 3,
    "numpy_plain": [40e6] * 3,
}


def test_a_ratio_is_the_median_over_the_rounds() -> None:
    assert measure.ratio(RATES, "gbm", "normals") == pytest.approx(0.8)
    assert measure.ratio(RATES, "gbm", "numba") is None
    assert measure.ratio(RATES, "numba", "gbm") is None


def test_the_promised_key_and_the_absent_peer_are_in_the_document() -> None:
    answer = document(RATES, ["no numba"], "a machine")
    assert answer["gbm_vs_normals"] == pytest.approx(0.8) and answer["gbm_vs_numba"] is None
    assert answer["limits"] == {"gbm_vs_normals": {"at_least": 0.65, "aim": 0.85}}
    assert answer["cells_per_second"]["gbm"] == 80e6  # type: ignore[index]


def test_verdicts_at_their_limits() -> None:
    row = next(row for row in ROWS if row.key == "gbm_vs_normals")
    assert [row.verdict(figure) for figure in (0.85, 0.849, 0.65, 0.649)] == [
        "aim",
        "limit",
        "limit",
        "MISSED",
    ]
    text = "\n".join(lines(RATES, ["no numba"], "a machine"))
    assert "0.80 x" in text and "no numba" in text


def test_every_way_fills_as_many_cells_as_it_counts() -> None:
    assert measure.CELLS == measure.PATHS * measure.STEPS
    grid = Grid(10, 20, 1 / 8760)
    out = empty_paths(grid)
    out[:] = 0.0
    gbm_paths(measure.GBM, 100.0, grid, generator(1), out=out)
    assert (out > 0).all()
