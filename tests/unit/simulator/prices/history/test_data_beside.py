"""A pass over all market data beside the project finds exactly what is known to be wrong."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from simulator.prices.crash import built_in_folder, load_crash
from simulator.prices.facts import read_toml
from simulator.prices.history import Gate, Inspection, inspect, read_file
from simulator.prices.history.aggregate import Bars, aggregate
from simulator.prices.history.figures import PLAN, make_figures
from simulator.prices.history.gate.book import inspect_table

KNOWN_DEFECTS = {
    "black_thursday_2020__LINKUSDT_30m.parquet": "outlier-print",
    "usdc_2023__BINANCEUS_BTCUSDC_1m.parquet": "thin",
    "usdc_2023__KRAKEN_BTCUSDC_1m.parquet": "gap",
    "oct_2025__BTCUSDT_PERP_BOOKDEPTH_30s.parquet": "stale-book",
}
KNOWN_WARNINGS = {
    "crv_2023__CRVUSDT_3m.parquet",
    "crv_2023__CRVUSDT_5m.parquet",
    "crv_short_2022__CRVUSDT_3m.parquet",
    "ftx_2022__YFIUSDT_5m.parquet",
    "usdc_2023__AAVEUSDT_5m.parquet",
    "usdc_2023__BINANCEUS_BTCUSDT_1m.parquet",
    "usdc_2023__BINANCEUS_BTCUSD_1m.parquet",
}
SAME_HOURS = [
    ("black_thursday_2020__ETHUSDT_5m", "black_thursday_2020__ETHUSDT_1h"),
    ("black_thursday_2020__BTCUSDT_30m", "black_thursday_2020__BTCUSDT_1h"),
    ("may_2021__ETHUSDT_5m", "may_2021__ETHUSDT_1h"),
    ("sep_2021__ETHUSDT_30m", "sep_2021__ETHUSDT_1h"),
    ("dec_2021__ETHUSDT_1h_src2", "dec_2021__ETHUSDT_1h"),
    ("crv_2023__CRVUSDT_3m", "crv_2023__CRVUSDT_5m"),
    ("ftx_2022__ETHUSDT_5m_src2", "ftx_2022__ETHUSDT_5m"),
    ("apr_2024__ETHUSDT_PERP_5m", "apr_2024__ETHUSDT_PERP_15m"),
    ("feb_2025__ETHUSDT_PERP_5m", "feb_2025__ETHUSDT_PERP_15m"),
]


@pytest.fixture(scope="module")
def files(history: Path) -> dict[str, Mapping[str, Any]]:
    document = json.loads((history / "manifest.json").read_text(encoding="utf-8"))
    return {entry["file"]: entry for entry in document["files"] if entry["kind"] != "derived"}


@pytest.fixture(scope="module")
def series(history: Path, files: dict[str, Mapping[str, Any]]) -> dict[str, Inspection]:
    return {
        name: inspect(name, [read_file(history / name)], Gate())
        for name, entry in files.items()
        if entry["kind"] == "ohlcv"
    }


def test_the_defects_are_the_known_ones_and_no_others(
    history: Path, files: dict[str, Mapping[str, Any]], series: dict[str, Inspection]
) -> None:
    found = {name: [item.rule for item in seen.unsolved] for name, seen in series.items()}
    for name, entry in files.items():
        if entry["kind"] != "ohlcv":
            seen = inspect_table(name, [read_file(history / name)], Gate())
            found[name] = [item.rule for item in seen.unsolved]
    assert {name: rules for name, rules in found.items() if rules} == {
        name: [rule] for name, rule in KNOWN_DEFECTS.items()
    }
    warned = {
        name
        for name, seen in series.items()
        if any(item.severity == "warning" for item in seen.findings)
    }
    assert warned == KNOWN_WARNINGS


def test_the_corrupt_bid_side_begins_when_it_is_known_to(history: Path) -> None:
    name = "oct_2025__BTCUSDT_PERP_BOOKDEPTH_30s.parquet"
    seen = inspect_table("BTC-depth", [read_file(history / name)], Gate())
    (finding,) = seen.unsolved
    assert finding.field == "-1 % notional" and "the bid side" in finding.words
    # row 1861 is the snapshot of 15:30:42; 952 of the 984 corrupt ones repeat an amount exactly
    assert finding.place.endswith("row 1861") and finding.count == 952


def test_mark_bars_under_a_trade_name_are_told(history: Path) -> None:
    for name in ("oct_2025__BTCUSDT_MARKorINDEX_5m", "oct_2025__BTCUSD_COINM_MARKorINDEX_1m"):
        raw = read_file(history / f"{name}.parquet", kind="trade")
        (finding,) = inspect("BTC", [raw], Gate()).unsolved
        assert finding.rule == "zero-volume"


def hours(series: dict[str, Inspection], name: str) -> Bars:
    return aggregate(series[f"{name}.parquet"].series, 3600)


@pytest.mark.parametrize(("one", "other"), SAME_HOURS)
def test_two_sources_give_the_same_hours(
    series: dict[str, Inspection], one: str, other: str
) -> None:
    first, second = hours(series, one), hours(series, other)
    assert first.times.tolist() == second.times.tolist()
    assert first.prices.tolist() == second.prices.tolist()
    assert first.volume is not None and second.volume is not None
    # Sums of the same amounts in another order.
    assert np.allclose(first.volume, second.volume, rtol=1e-12)


def test_hours_are_those_of_the_table_beside_the_data(
    history: Path, series: dict[str, Inspection]
) -> None:
    with (history / "hourly_ohlc.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted: dict[str, list[list[float]]] = {}
    for row in rows:
        prices = [float(row[name]) for name in ("open", "high", "low", "close")]
        wanted.setdefault(row["source_file"], []).append(prices)
    assert len(wanted) == 83
    for name, hourly in wanted.items():
        found = aggregate(series[name].series, 3600)
        # The table has eight significant digits.
        assert np.allclose(found.prices, hourly, rtol=1e-7, atol=0.0), name


def test_the_figures_that_ship_are_made_from_the_data(history: Path, tmp_path: Path) -> None:
    told = make_figures(history, tmp_path)
    plan = read_toml(built_in_folder() / PLAN)
    assert len(told) == sum(len(event["series"]) for event in plan.values())
    for event in plan:
        for made in sorted((tmp_path / event).iterdir()):
            shipped = built_in_folder() / event / made.name
            assert made.read_bytes() == shipped.read_bytes(), f"{event}/{made.name}"


def test_the_implied_dollar_is_that_of_the_derived_file(history: Path) -> None:
    derived = duckdb.execute(
        "select min(usdc_usd_implied_binanceus) from read_parquet(?) "
        "where usdc_usd_implied_binanceus is not null "
        "group by date_trunc('hour', ts) order by date_trunc('hour', ts)",
        [str(history / "usdc_2023__USDCUSD_implied_1m.parquet")],
    ).fetchall()
    low = load_crash("usdc-2023").series["USDC"].ticks[:, 2] / 1e8
    assert np.allclose(low, [row[0] for row in derived], atol=6e-9)
