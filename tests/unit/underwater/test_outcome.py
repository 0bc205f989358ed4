"""The summary of a run: fixed names, plain units, and one sentence when it did not end well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.engine import Ending
from simulator.scenario import load_scenario
from underwater.outcome import RunSummary, summarise
from underwater.tally import Tally

WAD = 10**18
SCENARIO = load_scenario("black-thursday").changed({"variant": "no-impact"})
OPEN_INTEREST = 1000.0


def summary_of(
    tally: Tally, ending: Ending | None = None, open_interest: float = OPEN_INTEREST
) -> RunSummary:
    ending = ending or Ending("complete", 21_600)
    return summarise(SCENARIO, 7, "revm", open_interest, tally, ending)


def test_money_is_in_quote_and_shares_are_of_the_opening_open_interest() -> None:
    tally = Tally(
        takeover_notional=200 * WAD,
        adl_notional=40 * WAD,
        close_out_notional=10 * WAD,
        from_insurance=3 * WAD,
        adl_draw=2 * WAD,
        socialised=WAD,
        deficit=WAD // 2,
        insurance_start=4 * WAD,
        insurance_minimum=WAD,
        fixed_point_extra_max=20.0,
    )
    values = summary_of(tally).values
    expected = {
        "forced_notional": 250.0,
        "forced_share": 0.25,
        "adl_notional": 40.0,
        "adl_share": 0.04,
        "close_out_notional": 10.0,
        "insurance_used": 3.0,
        "adl_draw": 2.0,
        "socialised": 1.0,
        "deficit": 0.5,
        "shortfall": 6.5,
        "shortfall_bp": 65.0,
        "insurance_start": 4.0,
        "insurance_minimum": 1.0,
        "fixed_point_extra": 0.02,
        "opening_open_interest": 1000.0,
    }
    assert {name: values[name] for name in expected} == expected


def test_a_summary_says_what_was_run() -> None:
    values = summary_of(Tally(transactions=5, reverted=2, not_included=1, gas_used=9)).values
    assert (values["scenario"], values["variant"]) == ("black-thursday", "no-impact")
    assert (values["seed"], values["engine"], values["blocks"]) == (7, "revm", 21_600)
    counts = [values[name] for name in ("transactions", "reverted", "not_included", "gas_used")]
    assert counts == [5, 2, 1, 9]
    json.dumps(values)


def test_a_complete_run_has_nothing_to_say() -> None:
    summary = summary_of(Tally())
    assert (summary.status, summary.message) == ("complete", "")
    assert summary.values["violations"] == []


def test_a_violation_is_told_with_scenario_variant_and_seed() -> None:
    summary = summary_of(Tally(), Ending("violated", 12, "PERP-02: 5 missing in block 11"))
    assert summary.message == (
        "PERP-02: 5 missing in block 11 (scenario black-thursday, variant no-impact, seed 7)"
    )
    assert summary.values["violations"] == [summary.message]
    assert summary.values["blocks"] == 12


def test_an_interruption_says_how_far_it_got() -> None:
    summary = summary_of(Tally(), Ending("interrupted", 12))
    assert summary.message.startswith("interrupted after 12 of 21600 blocks (no-impact)")
    assert summary.values["violations"] == []


def test_a_fault_keeps_its_own_words() -> None:
    summary = summary_of(Tally(), Ending("interrupted", 12, "no space left"))
    assert summary.message == "no space left"


@pytest.mark.parametrize("name", ["forced_share", "shortfall_bp", "adl_share", "fixed_point_extra"])
def test_without_open_interest_shares_of_nothing_are_nothing(name: str) -> None:
    assert summary_of(Tally(), open_interest=0.0).values[name] == 0.0


def test_a_summary_learns_its_folder_without_forgetting_anything() -> None:
    summary = summary_of(Tally())
    placed = summary.into(Path("runs/here"))
    assert placed.values == {"run_dir": "runs/here", **summary.values}
    assert "run_dir" not in summary.values
