"""Eighteen events ship: complete, small, with their sources, and bridged exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from simulator.prices import Crash, bridge, load_crash
from simulator.prices.crash import built_in_folder, crash_names
from simulator.prices.facts import read_facts, read_toml
from simulator.prices.history import measure
from simulator.prices.history.figures import MOST_HOURS, PLAN
from simulator.resources import fixtures_folder

HEADLINE = (
    *("black-thursday", "may-2021", "sep-2021", "dec-2021", "luna-2022", "june-2022", "ftx-2022"),
    *("usdc-2023", "aug-2024", "feb-2025", "oct-2025", "feb-2026"),
)
FURTHER = ("crv-2022", "crv-2023", "aug-2023", "apr-2024", "apr-2025", "mango-2022")
LOWS = {  # measured when the data were collected
    "black-thursday": ("86", "2020-03-13T02", "3782.13", "2020-03-13T02"),
    "may-2021": ("1888", "2021-05-19T13", "30000", "2021-05-19T13"),
    "sep-2021": ("3005", "2021-09-07T15", "42843.05", "2021-09-07T15"),
    "dec-2021": ("3503.68", "2021-12-04T05", "42000.3", "2021-12-04T05"),
    "luna-2022": ("1800", "2022-05-12T05", "26700", "2022-05-12T05"),
    "june-2022": ("881.56", "2022-06-18T20", "17622", "2022-06-18T20"),
    "ftx-2022": ("1073.53", "2022-11-09T23", "15588", "2022-11-09T23"),
    "usdc-2023": ("1368.39", "2023-03-10T10", "19549.09", "2023-03-10T10"),
    "aug-2024": ("2112", "2024-08-05T01", "48888", "2024-08-05T06"),
    "feb-2025": ("2125.01", "2025-02-03T02", "91231", "2025-02-03T02"),
    "oct-2025": ("3400", "2025-10-10T21", "101516.5", "2025-10-10T21"),
    "feb-2026": ("1736.02", "2026-02-06T00", "59800", "2026-02-06T00"),
    "aug-2023": ("1550", "2023-08-17T21", "25166", "2023-08-17T21"),
    "apr-2024": ("2791.61", "2024-04-13T20", "59652.5", "2024-04-13T20"),
    "apr-2025": ("1385.05", "2025-04-09T01", "74508", "2025-04-07T07"),
}
EVENTS = (*HEADLINE, *FURTHER)


@pytest.fixture(params=EVENTS)
def crash(request: pytest.FixtureRequest) -> Crash:
    return load_crash(request.param, built_in_folder())


def test_the_events_are_the_twelve_and_six_more() -> None:
    assert sorted(EVENTS) == crash_names(built_in_folder())
    assert set(read_toml(built_in_folder() / PLAN)) == set(EVENTS)


def test_every_headline_event_has_both_majors() -> None:
    for event in HEADLINE:
        assert {"ETH", "BTC"} <= set(load_crash(event, built_in_folder()).series)


def test_no_series_is_longer_than_a_week_and_all_are_hours(crash: Crash) -> None:
    for name, series in crash.series.items():
        assert 72 <= len(series.times) <= MOST_HOURS and series.bar_seconds == 3600, name


def test_the_folder_holds_figures_and_nothing_else(crash: Crash) -> None:
    files = {path.name for path in crash.folder.iterdir()}
    assert files == {"crash.toml", "sources.toml", *(f"{name}.csv" for name in crash.series)}
    assert all(path.stat().st_size < 25_000 for path in crash.folder.iterdir())


def test_every_series_names_where_it_was_found(crash: Crash) -> None:
    for name, source in crash.sources.items():
        for found in source["source"].split("; "):
            where, _, commit = found.rpartition("@")
            assert "/" in where and ":" in where and len(commit) == 40, name
        assert source["venue"] in crash.venues and source["quote"] and source["checks"]
        first = datetime.fromtimestamp(int(crash.series[name].times[0]), UTC)
        assert source["start"] == f"{first:%Y-%m-%dT%H:%MZ}" and source["resolution"] == "1h"


@pytest.mark.parametrize("event", LOWS)
def test_the_lows_and_their_hours_are_the_measured_ones(event: str) -> None:
    crash = load_crash(event, built_in_folder())
    eth, eth_at, btc, btc_at = LOWS[event]
    for name, low, at in (("ETH", eth, eth_at), ("BTC", btc, btc_at)):
        found = measure(crash.series[name])
        assert found.low == Decimal(low)
        assert f"{datetime.fromtimestamp(found.low_at, UTC):%Y-%m-%dT%H}" == at


def test_measured_facts_are_those_of_the_figures(crash: Crash) -> None:
    facts = {fact.name: fact for fact in crash.facts}
    checked = 0
    for name, series in crash.series.items():
        stem, found = name.lower().replace("-", "_"), measure(series)
        figures = {"low": float(found.low), "high": float(found.high)}
        figures |= {"peak_to_low": found.peak_to_low, "worst_hour": found.worst_hour}
        figures |= {} if found.worst_day is None else {"worst_day": found.worst_day}
        for what, figure in figures.items():
            fact = facts.get(f"{stem}_{what}")
            if fact is not None and fact.confidence == "H":
                near = 0.0 if what in ("low", "high") else 5.1e-4
                assert float(fact.low) - near <= figure <= float(fact.high) + near, fact.name
                checked += 1
    assert checked >= 4


def test_every_fact_has_a_unit_a_source_and_no_open_question(crash: Crash) -> None:
    assert crash.facts and crash.shapes and crash.summary.endswith(".")
    for fact in (*crash.facts, *crash.parameters):
        assert fact.unit and fact.source and fact.low <= fact.high, fact.name
    for shape in crash.shapes:
        assert shape.sentence.endswith(".") and shape.source


def test_a_shape_about_a_common_low_is_true(crash: Crash) -> None:
    if "common_low" in {shape.name for shape in crash.shapes}:
        lows = {measure(crash.series[name]).low_at for name in ("ETH", "BTC")}
        assert len(lows) == 1
    elif crash.event in HEADLINE:
        assert crash.event == "aug-2024"


def test_the_bridge_hits_open_high_low_and_close_of_every_hour(crash: Crash) -> None:
    for name, series in crash.series.items():
        bars = series.ticks[:, None, :]
        for steps in (4, 300):
            path = bridge(bars, np.random.Generator(np.random.SFC64(7)), steps)
            by_hour = path.reshape(len(bars), steps)
            assert (by_hour[:, 0] == bars[:, 0, 0]).all(), name
            assert (by_hour.max(axis=1) == bars[:, 0, 1]).all(), name
            assert (by_hour.min(axis=1) == bars[:, 0, 2]).all(), name
            assert (by_hour[:, -1] == bars[:, 0, 3]).all(), name


def test_the_flash_wick_of_link_is_recorded_and_not_in_the_path() -> None:
    crash = load_crash("black-thursday", built_in_folder())
    source = crash.sources["LINK"]
    assert [(item["value"], item["field"]) for item in source["findings"]] == [("0.0001", "low")]
    (repair,) = source["repairs"]
    assert repair["way"] == "clip" and "flash wick" in repair["reason"]
    assert measure(crash.series["LINK"]).low == Decimal("1.36")


def test_outcomes_without_an_event_have_sources_too() -> None:
    document = read_toml(fixtures_folder() / "outcomes.toml")
    assert len(document) == 11
    for name, entry in document.items():
        assert entry["title"] and name not in EVENTS
        facts = read_facts(entry, f"outcomes.toml {name}", "facts")
        assert facts and all(fact.unit and fact.source for fact in facts)


SETS = sorted((fixtures_folder() / "parameters").glob("*.toml"))


@pytest.mark.parametrize("path", SETS, ids=[path.stem for path in SETS])
def test_every_parameter_says_where_it_was_read(path: Path) -> None:
    document = read_toml(path)
    assert document["name"] == path.stem and document["protocol"]
    for name, entry in document["parameters"].items():
        keys = {"value", "unit", "as_of", "source", "commit", "verified"}
        assert keys <= set(entry) <= {*keys, "note"}, name
        assert entry["unit"] and entry["as_of"] and entry["source"], name
        assert entry["verified"] in ("yes", "excerpt", "no"), name
        assert entry["verified"] != "yes" or entry["commit"] or "liquity" in entry["source"], name


def test_loan_to_value_lies_below_the_threshold_of_every_asset() -> None:
    core = read_toml(fixtures_folder() / "parameters" / "aave-v3-ethereum-core.toml")["parameters"]
    assert len(core) == 33 and core["WETH"]["value"]["ltv"] == Decimal("0.805")
    for name, entry in core.items():
        value = entry["value"]
        assert 0 <= value["ltv"] <= value["liquidation_threshold"] < 1, name
        # A seizure must not take more than the collateral that the threshold leaves.
        assert value["liquidation_threshold"] * (1 + value["liquidation_bonus"]) < 1, name
    for market in ("usdc", "weth", "usdt"):
        comet = read_toml(fixtures_folder() / "parameters" / f"compound-v3-{market}.toml")
        factors = [entry["value"] for entry in comet["parameters"].values()]
        pairs = [
            value
            for value in factors
            if isinstance(value, dict) and "borrow_collateral_factor" in value
        ]
        assert pairs
        for value in pairs:
            assert value["borrow_collateral_factor"] < value["liquidate_collateral_factor"]
