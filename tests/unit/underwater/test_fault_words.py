"""Faults in words and rows, and the verdict on a run and its twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.scenario import Scenario, load_scenario
from underwater.faults import fault_rows, fault_texts, verdict


def with_faults(*faults: dict[str, object]) -> Scenario:
    changes = {"variants": {}, "prices.hours": 1, "faults": list(faults)}
    return load_scenario("black-thursday").changed(changes)


FREEZE: dict[str, object] = {"kind": "freeze", "start_block": 3, "blocks": 4}


def test_a_fault_says_what_it_is_whose_and_when() -> None:
    scenario = with_faults(
        FREEZE,
        {"kind": "outlier", "start_block": 9, "blocks": 1, "multiple": "0.5", "markets": ["BTC"]},
        {"kind": "sequencer_down", "start_block": 20, "blocks": 2, "grace_blocks": 5},
    )
    assert fault_texts(scenario) == [
        "freeze of ETH and BTC in blocks 3 to 6",
        "outlier of BTC in block 9 (multiple 0.5)",
        "sequencer down in blocks 20 to 21 (grace blocks 5)",
    ]


def test_a_fault_is_recorded_in_its_first_and_its_last_block() -> None:
    clamp = {"kind": "clamp", "start_block": 6, "blocks": 1, "minimum": "1.5", "markets": ["ETH"]}
    rows = fault_rows(with_faults(FREEZE, clamp))
    assert sorted(rows) == [3, 6]
    assert rows[3] == [("begins", 0, "freeze", "eth,btc", "{}")]
    assert [row[:4] for row in rows[6]] == [
        ("ends", 0, "freeze", "eth,btc"),
        ("begins", 1, "clamp", "eth"),
        ("ends", 1, "clamp", "eth"),
    ]
    assert json.loads(rows[6][1][4]) == {"minimum": "1.5", "maximum": None}
    assert fault_rows(with_faults()) == {}


def pair(faulty: float, twin: float, status: str = "complete") -> list[dict[str, object]]:
    return [
        {"variant": "base", "shortfall": faulty, "status": status},
        {"variant": "fault-free", "shortfall": twin},
    ]


@pytest.mark.parametrize(
    ("faulty", "twin", "words"),
    [
        (1234.5, 0.0, "The fault alone causes the shortfall of 1,234 USD"),
        (300.0, 100.0, "The fault adds 200 USD to a shortfall of 100 USD"),
        (0.0, 0.0, "changes nothing: with it and without it the shortfall is none"),
        (50.0, 50.0, "the shortfall is 50 USD"),
        (10.0, 40.0, "does not add to the shortfall: it is 10 USD, and 40 USD without it"),
    ],
)
def test_the_verdict_compares_a_run_with_its_twin(faulty: float, twin: float, words: str) -> None:
    assert words in verdict(pair(faulty, twin))


def test_there_is_no_verdict_without_a_whole_pair() -> None:
    assert verdict(pair(5.0, 0.0)[:1]) == "" == verdict(pair(5.0, 0.0)[1:])
    assert verdict(pair(5.0, 0.0, status="interrupted")) == ""


def test_the_command_runs_the_twin_by_itself_and_gives_the_verdict(tmp_path: Path) -> None:
    from underwater.cli import app

    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "fault-freeze"\nformat = 1\nname = "mine"\n'
        "[population]\naccounts = 40\n"
        '[sources]\n"population.accounts" = "assumed"\n'
    )
    done = CliRunner().invoke(app, ["run", str(path), "--json", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert [variant["variant"] for variant in told["variants"]] == ["base", "fault-free"]
    assert told["faults"] == ["freeze of ETH and BTC in blocks 300 to 449"]
    assert told["verdict"].startswith("The fault")
    alone = CliRunner().invoke(
        app, ["run", str(path), "--json", "--variant", "base", "--out", str(tmp_path / "alone")]
    )
    assert "verdict" not in json.loads(alone.stdout)
