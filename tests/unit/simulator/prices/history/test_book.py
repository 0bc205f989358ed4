"""Depth and funding files: a side that stands still is named, and can be left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.prices.history import Gate, read_file
from simulator.prices.history.gate.book import REPEATS, TableInspection, inspect_table
from tests.unit.simulator.prices.history.made import START, iso, write_csv

HEADER = "timestamp,percentage,depth,notional"
BANDS = (-2, -1, 1, 2)


def depth_file(folder: Path, stale_from: int | None = None, stale_side: int = -1) -> Path:
    """60 snapshots of four bands; from one on the nearest band of a side is one old block."""
    rows = []
    for number in range(60):
        time = iso(START + 30 * number)[:-1].replace("T", " ")
        for band in BANDS:
            depth = 100.0 * abs(band) + number * 0.37 + band
            notional = depth * (100.0 + band)
            if stale_from is not None and number >= stale_from and band == stale_side:
                depth, notional = 17.65, 17.65 * 121.363
            rows.append([time, band, round(depth, 4), round(notional, 4)])
    return write_csv(folder / "FOOUSDT-bookDepth-2025-10-10.csv", rows, HEADER)


def seen(path: Path, gate: Gate | None = None) -> TableInspection:
    return inspect_table("FOO-depth", [read_file(path)], gate or Gate())


def test_a_book_that_moves_has_no_finding(tmp_path: Path) -> None:
    found = seen(depth_file(tmp_path))
    found.refuse()
    assert found.findings == () and found.table.names == ("-2", "-1", "1", "2")
    assert found.table.values.shape == (60, 4) and found.table.times[1] - found.table.times[0] == 30


@pytest.mark.parametrize(("side", "name"), [(-1, "bid"), (1, "ask")])
def test_a_corrupt_side_is_named_with_its_first_row(tmp_path: Path, side: int, name: str) -> None:
    found = seen(depth_file(tmp_path, 40, side))
    (finding,) = found.unsolved
    assert finding.rule == "stale-book" and finding.count == 20
    row = 40 * 4 + 1 + BANDS.index(side)
    assert finding.place == f"FOOUSDT-bookDepth-2025-10-10.csv row {row} (line {row + 1})"
    assert (
        finding.field == f"{side} % notional" and f"the {name} side stands still" in finding.words
    )
    with pytest.raises(InputError, match="20 of 60 snapshots"):
        found.refuse()


def test_the_average_price_of_the_stale_block_is_told(tmp_path: Path) -> None:
    (finding,) = seen(depth_file(tmp_path, 40)).unsolved
    assert "at an average price of 121.36" in finding.words


@pytest.mark.parametrize(("count", "flagged"), [(REPEATS - 1, False), (REPEATS, True)])
def test_a_repeated_amount_is_stale_from_ten_times_on(
    tmp_path: Path, count: int, flagged: bool
) -> None:
    assert bool(seen(depth_file(tmp_path, 60 - count)).unsolved) == flagged


@pytest.mark.parametrize("side", [-1, 1])
def test_the_side_is_left_out_from_there_on_where_told(tmp_path: Path, side: int) -> None:
    found = seen(depth_file(tmp_path, 40, side), Gate(repairs={"stale-book": "drop"}))
    found.refuse()
    mine = np.array([(band < 0) == (side < 0) for band in BANDS])
    assert np.isnan(found.table.values[40:, mine]).all()
    assert np.isfinite(found.table.values[:40]).all()
    assert np.isfinite(found.table.values[:, ~mine]).all()
    assert found.repairs[0].way == "drop"


def test_a_stale_side_can_stay_for_a_reason(tmp_path: Path) -> None:
    found = seen(depth_file(tmp_path, 40), Gate(overrides={"stale-book": "ask side only"}))
    found.refuse()
    assert found.repairs[0].reason == "ask side only"


def test_a_leading_blank_in_a_time_is_taken_away(tmp_path: Path) -> None:
    path = depth_file(tmp_path)
    lines = path.read_text().splitlines()
    lines[9] = " " + lines[9]
    path.write_text("\n".join(lines))
    found = seen(path)
    found.refuse()
    assert [finding.rule for finding in found.findings] == ["text"] and len(found.table.times) == 60


def test_an_amount_below_zero_is_refused(tmp_path: Path) -> None:
    path = depth_file(tmp_path)
    lines = path.read_text().splitlines()
    lines[6] = ",".join([*lines[6].split(",")[:3], "-5"])
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="must be a number and not below zero"):
        seen(path).refuse()


def funding_file(folder: Path, rates: list[object], step: int = 28_800) -> Path:
    rows = [[(START + step * n) * 1000, 8, rate] for n, rate in enumerate(rates)]
    header = "calc_time,funding_interval_hours,last_funding_rate"
    return write_csv(folder / "FOOUSDT-fundingRate-2025-10.csv", rows, header)


def test_funding_rates_are_read(tmp_path: Path) -> None:
    found = seen(funding_file(tmp_path, [1e-4, -2e-5, 7.672e-05]))
    found.refuse()
    assert found.table.values[:, 0].tolist() == [1e-4, -2e-5, 7.672e-05]


@pytest.mark.parametrize(
    ("rates", "rule"),
    [(["0.01", "0.02", "0.01"], "unit"), (["0.0001", "x", "0.0001"], "not-a-price")],
)
def test_defective_funding_is_refused(tmp_path: Path, rates: list[object], rule: str) -> None:
    with pytest.raises(InputError, match=rf"\[{rule}: "):
        seen(funding_file(tmp_path, rates)).refuse()
    with pytest.raises(InputError, match=r"\[duplicate: "):
        seen(funding_file(tmp_path, [1e-4, 1e-4], step=0)).refuse()
