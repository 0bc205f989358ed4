"""An event is complete, its facts have a source, and a broken one is refused by name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.prices import Crash, crash_names, load_crash
from simulator.resources import fixtures_folder

EVENT = "black-thursday"


@pytest.fixture(scope="module")
def crash() -> Crash:
    return load_crash(EVENT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder of crashes that holds a copy of one event, free to be broken."""
    shutil.copytree(fixtures_folder() / "crashes" / EVENT, tmp_path / EVENT)
    return tmp_path


def change(path: Path, edit: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = edit(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def test_black_thursday_replays_72_hours_of_eth_and_btc(crash: Crash) -> None:
    assert crash.start == datetime(2020, 3, 11, tzinfo=UTC)
    assert crash.end == datetime(2020, 3, 14, tzinfo=UTC)
    assert crash.hours == 72
    assert list(crash.series) == ["ETH", "BTC", "LINK"]
    assert crash.bars(("ETH", "BTC"), crash.start, 72).shape == (72, 2, 4)


def test_the_lows_are_those_of_the_facts(crash: Crash) -> None:
    facts = {fact.name: fact for fact in crash.facts}
    for symbol, name in (("ETH", "eth_low"), ("BTC", "btc_low")):
        low = Decimal(int(crash.series[symbol].ticks[:, 2].min())) / 10**8
        assert facts[name].low == facts[name].high == low


def test_peak_to_low_and_worst_hour_are_those_of_the_facts(crash: Crash) -> None:
    facts = {fact.name: fact for fact in crash.facts}
    for symbol, name in (("ETH", "eth_peak_to_low"), ("BTC", "btc_peak_to_low")):
        ticks = crash.series[symbol].ticks
        fall = 1 - ticks[:, 2].min() / ticks[:, 1].max()
        assert fall == pytest.approx(float(facts[name].low), abs=5e-4)
    close = crash.series["ETH"].ticks[:, 3]
    worst = (close[1:] / close[:-1] - 1).min()
    assert worst == pytest.approx(float(facts["eth_worst_hour"].low), abs=5e-4)
    day = (close[24:] / close[:-24] - 1).min()
    assert day == pytest.approx(float(facts["eth_worst_day"].high), abs=5e-4)


def test_both_make_their_low_in_the_hour_of_the_shape(crash: Crash) -> None:
    hours = {int(crash.series[name].ticks[:, 2].argmin()) for name in ("ETH", "BTC")}
    assert hours == {50}
    assert "common_low" in {shape.name for shape in crash.shapes}


def test_every_fact_and_parameter_has_a_unit_a_confidence_and_a_source(crash: Crash) -> None:
    assert crash.facts and crash.parameters and crash.shapes
    for fact in (*crash.facts, *crash.parameters):
        assert fact.unit and fact.source and fact.confidence in "HML" and fact.low <= fact.high
    assert all(shape.sentence and shape.source for shape in crash.shapes)


def test_every_series_names_its_source_down_to_the_commit(crash: Crash) -> None:
    for symbol in crash.series:
        source = crash.sources[symbol]
        assert "@" in source["source"] and len(source["source"].rpartition("@")[2]) == 40
        assert source["venue"] in crash.venues and source["checks"]


def test_the_hashes_cover_every_file(crash: Crash) -> None:
    folder = fixtures_folder() / "crashes" / EVENT
    assert sorted(crash.hashes) == sorted(path.name for path in folder.iterdir())
    assert all(len(digest) == 64 for digest in crash.hashes.values())


def test_every_event_that_ships_loads() -> None:
    assert EVENT in crash_names()
    for event in crash_names():
        assert load_crash(event).event == event


@pytest.mark.parametrize("event", ["white-thursday", "", "../crashes/black-thursday", "."])
def test_an_unknown_event_is_refused_with_the_known_ones(event: str) -> None:
    with pytest.raises(InputError, match=r"event = .*must be one of .*black-thursday"):
        load_crash(event)


def test_an_unknown_series_is_refused_with_the_known_ones(crash: Crash) -> None:
    with pytest.raises(InputError, match="series = 'DOGE': black-thursday has ETH, BTC, LINK"):
        crash.bars(("ETH", "DOGE"), crash.start, 1)


@pytest.mark.parametrize("file", ["ETH.csv", "sources.toml"])
def test_a_missing_file_is_refused(copy: Path, file: str) -> None:
    (copy / EVENT / file).unlink()
    with pytest.raises(InputError, match=f"{file} = .*the file is missing"):
        load_crash(EVENT, copy)


def test_a_broken_row_is_named_through_the_loader(copy: Path) -> None:
    change(copy / EVENT / "BTC.csv", lambda text: text.replace("5550", "9550"))
    with pytest.raises(InputError, match=r"black-thursday/BTC.csv row 35 \(line 36\) high"):
        load_crash(EVENT, copy)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("crash.toml", 'confidence = "H"', 'confidence = "X"', "must be H, M or L"),
        ("crash.toml", "high = 86.00", "high = 85.00", "must not be below low 86.00"),
        ("crash.toml", "low = 86.00", 'low = "86"', "facts.eth_low.low = '86': must be a number"),
        ("crash.toml", 'title = "', 'titel = "', "crash.toml.title = None: must be a text"),
        ("crash.toml", "venues = [", "venues = [3, ", "must be a list of names"),
        ("crash.toml", "2020-03-14T00:00Z", "2020-03-10T00:00Z", "start before end"),
        ("crash.toml", "[window]", "[window", "is not valid TOML"),
        ("sources.toml", 'file = "ETH.csv"', 'file = "../ETH.csv"', "without folders"),
        ("sources.toml", 'file = "ETH.csv"', "file = 3", "must be a text"),
    ],
)
def test_a_malformed_description_is_refused(
    copy: Path, file: str, old: str, new: str, message: str
) -> None:
    change(copy / EVENT / file, lambda text: text.replace(old, new, 1))
    with pytest.raises(InputError) as refusal:
        load_crash(EVENT, copy)
    assert message in str(refusal.value)
