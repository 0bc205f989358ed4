"""The run in numbers, against amounts worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.recorder import Recorder, run_schemas
from simulator.results import load_run, write_manifest
from underwater.report import summary_rows, write_report
from underwater.report.data import load_data
from underwater.report.figures.windows import zoom_windows

WAD = 10**18


def hand_made(folder: Path) -> Path:
    """Three blocks of one market: two takeovers, one auto-deleveraging."""
    recorder = Recorder(folder, run_schemas(("eth",)))
    states = (
        # index, mark, size, insurance, shortfall, underwater, deficit
        (200, 200, 10, 100, 0, 0, 0),
        (150, 135, 8, 25, 0, 3, 5),
        (160, 160, 5, 40, 75, 1, 0),
    )
    for block, (index, mark, size, insurance, shortfall, under, deficit) in enumerate(states):
        market = (index * WAD, mark * WAD, size * WAD, 0, 0, 0, 0.0, 0.0, float(index))
        totals = (insurance * WAD, deficit * WAD, 0, shortfall * WAD, 0.0, under, under)
        counts = (4, 1, 0, 1_000, 20.0, 20.0 + 30.0 * block, 1, 0.0, 0.0)
        recorder.row("system", (block, 12 * block, *market, *totals, *counts))
    for amount, kind in ((300, "partial"), (400, "full")):
        row = (1, 12, "eth", "0xa", "0xb", kind, 2 * WAD, 135 * WAD, amount * WAD)
        recorder.row("liquidations", (*row, 7 * WAD, 3 * WAD, -5 * WAD, WAD, WAD, 0, 0))
    closed = (1, 12, "eth", "0xa", "0xc", -2 * WAD, 145 * WAD, 135 * WAD, 270 * WAD, 9 * WAD)
    recorder.row("adl", closed)
    recorder.close()
    write_manifest(folder, {"status": "complete", "variant": "base"})
    return folder


def test_the_numbers_of_a_run_made_by_hand(tmp_path: Path) -> None:
    [row] = summary_rows(load_run(hand_made(tmp_path)))
    expected = {
        "blocks": 3,
        "transactions": 12,
        "reverted": 3,
        "liquidations": 2,
        "liquidated_accounts": 1,
        "opening_open_interest": 2_000.0,
        "forced_notional": 970.0,
        "forced_share": 0.485,
        "adl_notional": 270.0,
        "adl_share": 0.135,
        "adl_cost": 20.0,
        "penalties": 14.0,
        "shortfall": 75.0,
        "shortfall_bp": 375.0,
        "insurance_start": 100.0,
        "insurance_minimum": 25.0,
        "insurance_minimum_share": 0.25,
        "insurance_paid": 11.0,
        "underwater_max": 3,
        "underwater_hour": 12 / 3600,
        "fixed_point_extra": 60.0,
        "fixed_point_extra_share": 0.03,
        "lowest_basis": -0.1,
        "open_interest_minimum": 0.4,
        "open_interest_end": 0.4,
        "socialised": 0.0,
        "deficit": 5.0,
        "deficit_end": 0.0,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_the_runs_own_opening_interest_is_the_denominator(tmp_path: Path) -> None:
    hand_made(tmp_path)
    write_manifest(tmp_path, {"variant": "base", "summary": {"opening_open_interest": "4000.0"}})
    [row] = summary_rows(load_run(tmp_path))
    assert row["shortfall_bp"] == pytest.approx(187.5)


def test_every_variant_gives_a_row(whole_run: Path) -> None:
    rows = summary_rows(load_run(whole_run))
    assert [row["variant"] for row in rows] == ["base", "no-impact", "unlimited-capital"]
    assert float(str(rows[0]["shortfall"])) > float(str(rows[1]["shortfall"])) > 0


def test_a_closer_look_lies_where_closures_crowd(whole_run: Path) -> None:
    windows = zoom_windows(load_data(whole_run))
    assert len(windows) == 2
    assert windows[0][0] < 34.5 < windows[0][1]
    assert windows[1][0] < 47.6 < windows[1][1]


def test_the_crash_file_may_name_the_closer_looks(make_run: Callable[..., Path]) -> None:
    crash = {"start": "2020-03-10T22:00:00Z", "zooms": [[36, 38], [49, 53.5], [900, 901]]}
    run = make_run(variants=("base",), crash=crash)
    assert zoom_windows(load_data(run)) == ((34.0, 36.0), (47.0, 51.5))


def test_a_short_run_has_no_closer_look(make_run: Callable[..., Path]) -> None:
    assert zoom_windows(load_data(make_run(blocks=300, variants=("base",)))) == ()


def test_who_could_not_withdraw_during_a_deficit_is_named(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, run_schemas(("eth",)))
    market = (WAD, WAD, WAD, 0, 0, 0, 0.0, 0.0, 1.0)
    totals = (0, 9 * WAD, 0, WAD, 0.0, 1, 1, 1, 1, 0, 1_000, 0.0, 0.0, 0, 0.0, 0.0)
    for block in (0, 1):
        recorder.row("system", (block, 12 * block, *market, *totals))
    recorder.row("liquidations", (1, 12, "eth", "0xa", "0xb", "full", *([WAD] * 9), 9 * WAD))
    recorder.row("reverts", (1, 0, "0xlast", "Withdraw", "balance", 30_000))
    recorder.row("reverts", (1, 1, "0xother", "Fill", "balance", 30_000))
    recorder.row("reverts", (1, 2, "0xearly", "Withdraw", "initial margin", 30_000))
    recorder.close()
    data = load_data(tmp_path)
    assert data.first.unpaid == ("0xlast",)
    assert "Withdrawals bounced for want of tokens: 0xlast." in write_report(tmp_path).read_text()


def test_a_known_event_has_its_own_closer_looks(make_run: Callable[..., Path]) -> None:
    crash = {"start": "2020-03-11T00:00:00+00:00", "event": "black-thursday"}
    run = make_run(variants=("base",), crash=crash)
    assert zoom_windows(load_data(run)) == ((34.0, 36.0), (47.0, 51.5))
