"""`underwater sweep`: the same files for any number of processes, failed runs counted, pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.unit.underwater.conftest import Answer

Command = Callable[..., Answer]

SWEEP = ("sweep", "black-thursday")
MARGINS = ("--vary", "parameters.maintenance_margin=0.03:0.05:0.01")
VARIANTS = ("--vary", "variant=base,no-impact")


def test_one_and_two_processes_write_the_same_bytes(
    underwater_command: Command, place: Path
) -> None:
    for jobs in ("1", "2"):
        answer = underwater_command(
            *SWEEP, *MARGINS, "--seeds", "4", "--jobs", jobs, "--out", f"jobs{jobs}"
        )
        assert answer.code == 0
    for name in ("runs.parquet", "table.parquet", "manifest.json", "report.html"):
        assert (place / "jobs1" / name).read_bytes() == (place / "jobs2" / name).read_bytes()


def test_a_row_per_value_and_seed_and_a_row_per_value(
    underwater_command: Command, place: Path
) -> None:
    connection = duckdb.connect()
    assert underwater_command(*SWEEP, *MARGINS, "--seeds", "4", "--jobs", "2").code == 0
    folder = place / "runs" / "black-thursday-sweep-1"
    margin = '"parameters.maintenance_margin"'
    runs = connection.execute(
        f"SELECT {margin}, seed, status FROM '{folder}/runs.parquet'"
    ).fetchall()
    assert runs == [(m, s, "complete") for m in (0.03, 0.04, 0.05) for s in (1, 2, 3, 4)]
    table = connection.execute(
        f"SELECT {margin}, complete, failed, shortfall_median FROM '{folder}/table.parquet'"
    ).fetchall()
    assert [(row[0], row[1], row[2]) for row in table] == [(m, 4, 0) for m in (0.03, 0.04, 0.05)]
    assert table[0][3] == 0.03 * 2.5 * 1e4 * 2


def test_a_second_sweep_gets_its_own_folder(underwater_command: Command, place: Path) -> None:
    for _ in range(2):
        assert underwater_command(*SWEEP, *VARIANTS, "--jobs", "1").code == 0
    assert sorted(path.name for path in (place / "runs").iterdir()) == [
        "black-thursday-sweep-1",
        "black-thursday-sweep-2",
    ]


def test_failed_runs_are_counted_beside_the_quantiles(underwater_command: Command) -> None:
    answer = underwater_command(*SWEEP, "--vary", "population.accounts=12,13", "--jobs", "2")
    assert answer.code == 0
    assert "1 of 2 runs failed and are in no quantile" in answer.stdout
    assert "population.accounts=13, seed 1: accounts = 13: bad luck" in answer.stdout


def test_a_sweep_without_a_complete_run_is_exit_2(underwater_command: Command) -> None:
    answer = underwater_command(*SWEEP, "--vary", "population.accounts=13", "--json")
    value = json.loads(answer.stdout)
    assert answer.code == 2
    assert (value["status"], value["failed"]) == ("failed", 1)
    assert value["table"][0]["shortfall"]["median"] is None


def test_variants_are_compared_pair_by_pair(underwater_command: Command) -> None:
    answer = underwater_command(*SWEEP, *VARIANTS, "--seeds", "5", "--jobs", "2")
    assert answer.code == 0
    expected = (
        "no-impact against base: smaller shortfall in 5, ADL in 5, "
        "accounts under water in 0 (equal in 5), the fixed point's extra in 5, of 5 seed pairs."
    )
    assert expected in answer.stdout
    assert "The volume of forced closures is not smaller" in answer.stdout
    assert "the fall of the index, the same in every variant" in answer.stdout


def test_json_is_one_object_with_table_and_pairs(underwater_command: Command) -> None:
    answer = underwater_command(*SWEEP, *VARIANTS, "--seeds", "2", "--jobs", "1", "--json")
    value = json.loads(answer.stdout)
    assert value["run_dir"] == "runs/black-thursday-sweep-1"
    assert [row["values"] for row in value["table"]] == [
        {"variant": "base"},
        {"variant": "no-impact"},
    ]
    assert {pair["metric"] for pair in value["pairs"]} == {
        *("shortfall", "adl_notional", "underwater_max", "fixed_point_extra")
    }
