"""From files to an event: whole or not at all, found beside the events that ship."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.errors import InputError, RecordError
from simulator.prices import Crash, bridge, crash_names, load_crash
from simulator.prices.crash import data_folder as current_data_folder
from simulator.prices.history import (
    Gate,
    Order,
    event_files,
    look,
    place_of,
    usual_name,
    write_event,
)
from simulator.prices.history.store import price_text
from tests.unit.simulator.prices.history.made import (
    HOUR,
    MINUTE,
    START,
    bars,
    changed,
    klines,
    write_csv,
    write_json,
)


def do_import(order: Order, again: bool = False) -> Crash:
    return write_event(place_of(order.event, again), event_files(order, look(order)))


def order(folder: Path, *files: str, event: str = "made-up", **more: Any) -> Order:
    gate = Gate(**{key: more.pop(key) for key in ("repairs", "overrides", "zone") if key in more})
    return Order(event, files or (str(klines(folder, bars(180))),), gate=gate, **more)


def everything_in(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_an_imported_event_is_found_beside_those_that_ship(
    tmp_path: Path, data_folder: Path
) -> None:
    crash = do_import(order(tmp_path))
    assert crash.event == "made-up" and crash.folder == data_folder / "crashes" / "made-up"
    assert {"made-up", "black-thursday"} <= set(crash_names())
    assert load_crash("made-up").hashes == load_crash("made-up", crash.folder.parent).hashes
    assert everything_in(data_folder / "crashes") == [
        *("made-up", "made-up/FOO.csv", "made-up/crash.toml", "made-up/sources.toml"),
    ]


def test_its_bars_are_the_files_to_the_last_digit(tmp_path: Path) -> None:
    rows = bars(180)
    crash = do_import(order(tmp_path))
    series = crash.series["FOO"]
    assert series.bar_seconds == MINUTE and series.hours == 3 == crash.hours
    expected = [[int(Decimal(str(price)) * 10**8) for price in row[1:5]] for row in rows]
    assert series.ticks.tolist() == expected
    assert series.times.tolist() == [row[0] for row in rows]


def test_hours_and_the_bridge_follow_finer_bars(tmp_path: Path) -> None:
    crash = do_import(order(tmp_path))
    hourly = crash.bars(("FOO",), crash.start, 3)
    fine = crash.bars(("FOO",), crash.start, 3, MINUTE)
    assert hourly.shape == (3, 1, 4) and fine.shape == (180, 1, 4)
    assert hourly[1, 0].tolist() == [
        *(fine[60, 0, 0], fine[60:120, 0, 1].max(), fine[60:120, 0, 2].min(), fine[119, 0, 3])
    ]
    assert crash.finest_bars(("FOO",), 300) == MINUTE
    assert crash.finest_bars(("FOO",), 240) == MINUTE
    assert crash.finest_bars(("FOO",), 239) == HOUR
    path = bridge(fine, np.random.Generator(np.random.SFC64(1)), 5).reshape(180, 5)
    assert (path.max(axis=1) == fine[:, 0, 1]).all() and (path.min(axis=1) == fine[:, 0, 2]).all()


@pytest.mark.parametrize(
    ("blocks", "seconds"),
    [(300, 60), (120, 120), (60, 240), (20, 720), (8, 1800), (4, 3600), (3, 3600), (1, 3600)],
)
def test_a_bar_has_at_least_four_blocks(tmp_path: Path, blocks: int, seconds: int) -> None:
    assert do_import(order(tmp_path)).finest_bars(("FOO",), blocks) == seconds


def test_two_series_of_different_bars_are_replayed_at_the_longer(tmp_path: Path) -> None:
    first = str(klines(tmp_path, bars(180)))
    second = str(klines(tmp_path, bars(36, 300, base=99.0), name="BARUSDT-5m.csv"))
    crash = do_import(order(tmp_path, first, second))
    assert crash.finest_bars(("FOO", "BAR"), 300) == 300
    both = crash.bars(("FOO", "BAR"), crash.start, 3, 300)
    assert both.shape == (36, 2, 4)
    minutes = crash.bars(("FOO",), crash.start, 3, MINUTE)[:5, 0]
    assert both[0, 0].tolist() == [
        *(minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[4, 3])
    ]


def test_the_record_says_where_it_came_from_and_what_was_done(tmp_path: Path) -> None:
    def wick(rows: list[Any]) -> None:
        rows[60][3] = 0.0001
        for row in rows[100:]:
            row[5] = 0.0

    path = klines(tmp_path, changed(wick, 180))
    told = order(
        tmp_path,
        str(path),
        repairs={"outlier-print": "clip"},
        overrides={"thin": "a quiet night"},
        title="A made-up night",
        venue="Nowhere",
    )
    crash = do_import(told)
    source = crash.sources["FOO"]
    assert crash.title == "A made-up night" and crash.venues == ("Nowhere",)
    assert source["quote"] == "USDT" and source["resolution"] == "1m" and source["kind"] == "trade"
    assert path.name in source["source"] and "SHA-256" in source["source"]
    assert [item["rule"] for item in source["findings"]] == ["outlier-print", "thin"]
    assert [(item["rule"], item["way"]) for item in source["repairs"]] == [
        *(("outlier-print", "clip"), ("thin", "override")),
    ]
    assert [item["reason"] for item in crash.overrides] == ["a quiet night"]
    facts = {fact.name: fact for fact in crash.facts}
    assert facts["foo_low"].low == Decimal(str(min(row[3] for row in bars(180))))


def test_a_defect_leaves_nothing_behind(tmp_path: Path, data_folder: Path) -> None:
    def crossed(rows: list[Any]) -> None:
        rows[4][2] = 0.5

    with pytest.raises(InputError, match=r"row 5 \(line 5\) high = '0.5'"):
        do_import(order(tmp_path, str(klines(tmp_path, changed(crossed)))))
    assert everything_in(data_folder) == []


def test_one_bad_file_of_two_imports_neither(tmp_path: Path, data_folder: Path) -> None:
    good = str(klines(tmp_path, bars(180)))
    bad = str(klines(tmp_path, bars(180)[::2], name="BARUSDT-1m.csv"))
    with pytest.raises(InputError, match=r"BARUSDT-1m.csv"):
        do_import(order(tmp_path, good, bad))
    assert everything_in(data_folder) == []


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    made = order(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match="No space left on device"):
        do_import(made)
    assert everything_in(data_folder / "crashes") == []


def test_an_event_that_is_there_is_only_replaced_where_told(
    tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_import(order(tmp_path))
    other = order(tmp_path, str(klines(tmp_path, bars(180, base=20.0))))
    with pytest.raises(InputError, match="--event = 'made-up': is there already"):
        do_import(other)
    real, calls = os.rename, []

    def fails_once(source: Any, target: Any) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "rename", fails_once)
    with pytest.raises(RecordError, match="Input/output error"):
        do_import(other, again=True)
    assert load_crash("made-up").series["FOO"].ticks[0, 0] < 11 * 10**8
    monkeypatch.setattr(os, "rename", real)
    do_import(other, again=True)
    assert load_crash("made-up").series["FOO"].ticks[0, 0] > 15 * 10**8
    assert [name for name in everything_in(data_folder / "crashes") if "/" not in name] == [
        "made-up"
    ]


@pytest.mark.parametrize("name", ["", "Made Up", "../x", "a/b", "-x", "x" * 65, "é"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, data_folder: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"--event = .*must be small letters"):
        do_import(order(tmp_path, event=name))
    assert everything_in(data_folder) == []


def test_the_name_of_an_event_that_ships_is_taken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'black-thursday': is an event that ships"):
        do_import(order(tmp_path, event="black-thursday"), again=True)


def test_the_window_is_what_all_series_cover_in_full_hours(tmp_path: Path) -> None:
    first = str(klines(tmp_path, bars(200, start=START + 10 * MINUTE)))
    second = str(klines(tmp_path, bars(300), name="BARUSDT-1m.csv"))
    crash = do_import(order(tmp_path, first, second))
    assert (crash.start.hour, crash.hours) == (1, 2)
    assert all(series.hours == 2 for series in crash.series.values())


@pytest.mark.parametrize(
    ("start", "end", "field", "rule"),
    [
        (START - HOUR, None, "--from", "must lie inside the data"),
        (START + 3 * HOUR, None, "--from", "must lie inside the data"),
        (None, START + 4 * HOUR, "--until", "must lie inside the data"),
        (START + HOUR, START + HOUR, "--until", "and after 2024-08-05T01:00Z"),
    ],
)
def test_a_window_outside_of_the_data_is_refused(
    tmp_path: Path, start: int | None, end: int | None, field: str, rule: str
) -> None:
    with pytest.raises(InputError) as refusal:
        do_import(order(tmp_path, start=start, end=end))
    assert refusal.value.field == field and rule in refusal.value.rule


def test_a_window_inside_the_data_cuts(tmp_path: Path) -> None:
    crash = do_import(order(tmp_path, start=START + HOUR, end=START + 2 * HOUR))
    assert crash.hours == 1 and crash.start.hour == 1 and len(crash.series["FOO"].times) == 60


def test_files_without_a_common_hour_are_refused(tmp_path: Path) -> None:
    first = str(klines(tmp_path, bars(60)))
    second = str(klines(tmp_path, bars(60, start=START + HOUR), name="BARUSDT-1m.csv"))
    with pytest.raises(InputError, match="must have a full hour in common"):
        do_import(order(tmp_path, first, second))
    with pytest.raises(InputError, match="must have a full hour in common"):
        do_import(order(tmp_path, str(klines(tmp_path, bars(59)))))


def test_longer_bars_are_made_where_told(tmp_path: Path) -> None:
    crash = do_import(order(tmp_path, bar_seconds=300))
    assert crash.series["FOO"].bar_seconds == 300 and len(crash.series["FOO"].times) == 36
    five = str(klines(tmp_path, bars(36, 300), name="FOOUSDT-5m.csv"))
    with pytest.raises(InputError, match="FOO bars = '3m': must be a multiple of 5m"):
        do_import(order(tmp_path, five, event="other", bar_seconds=180))


@pytest.mark.parametrize(("step", "shown"), [(2 * HOUR, "2h"), (4 * HOUR, "4h"), (24 * HOUR, "1d")])
def test_bars_longer_than_an_hour_cannot_be_replayed(tmp_path: Path, step: int, shown: str) -> None:
    rows = bars(48, step, start=START - START % step)
    path = str(klines(tmp_path, rows, name="FOOUSDT.csv"))
    with pytest.raises(InputError, match=f"FOO bars = '{shown}': must be one of 1m, 3m, 5m"):
        do_import(order(tmp_path, path))


def test_bars_that_no_run_knows_become_the_next_longer(tmp_path: Path) -> None:
    path = str(klines(tmp_path, bars(720, 30), name="FOOUSDT.csv"))
    assert do_import(order(tmp_path, path)).series["FOO"].bar_seconds == 60
    path = str(klines(tmp_path, bars(60, 600), name="FOOUSDT.csv"))
    assert do_import(order(tmp_path, path, event="b")).series["FOO"].bar_seconds == 1800


def test_a_gap_that_an_override_leaves_is_no_bar(tmp_path: Path) -> None:
    def hole(rows: list[Any]) -> None:
        del rows[10:13]

    path = str(klines(tmp_path, changed(hole, 180)))
    told = order(tmp_path, path, overrides={"gap": "the venue stood"})
    with pytest.raises(
        InputError, match=r"FOO time = '2024-08-05T00:10Z': 3 bars of 1m are missing"
    ):
        do_import(told)
    crash = do_import(replace(told, bar_seconds=HOUR))
    assert "1 bars are made of fewer than 60" in " ".join(crash.sources["FOO"]["checks"])


def test_points_become_hours(tmp_path: Path) -> None:
    prices = [[(START + 300 * n + 17) * 1000, 10 + n % 7] for n in range(60)]
    path = str(write_json(tmp_path / "FOOUSD.json", {"prices": prices}))
    crash = do_import(order(tmp_path, path))
    assert crash.series["FOO"].ticks[0].tolist() == [
        10 * 10**8, 16 * 10**8, 10 * 10**8, 14 * 10**8,
    ]  # fmt: skip


def test_symbols_come_from_the_command_the_name_and_the_kind(tmp_path: Path) -> None:
    spot = str(klines(tmp_path, bars(180), name="ETHUSDT-1m.csv"))
    perp = [[row[0] * 1000, *row[1:]] for row in bars(180)]
    perpetual = str(write_json(tmp_path / "ETH_USDT_USDT-1m-futures.json", perp))
    mark = str(write_json(tmp_path / "ETH_USDT_USDT-1m-mark.json", perp))
    own = "WIF=" + str(klines(tmp_path, bars(180), name="prices.csv"))
    looked = look(order(tmp_path, spot, perpetual, mark, own, event="x"))
    assert [item.symbol for item in looked] == ["ETH", "ETH-perp", "ETH-mark", "WIF"]
    alone = look(order(tmp_path, perpetual))
    assert [item.symbol for item in alone] == ["ETH"]
    with pytest.raises(InputError, match=r"FILE = 'prices.csv': does not say what it is the price"):
        look(order(tmp_path, str(tmp_path / "prices.csv")))


def test_patterns_name_many_files_and_leave_checksums_out(tmp_path: Path) -> None:
    klines(tmp_path, bars(60), name="FOOUSDT-1m-2024-08-05.csv")
    klines(tmp_path, bars(60, start=START + HOUR), name="FOOUSDT-1m-2024-08-06.csv")
    looked = look(order(tmp_path, str(tmp_path / "FOOUSDT-1m-*")))
    assert [len(item.raws) for item in looked] == [2]
    with pytest.raises(InputError, match="is not a file, and no file matches it"):
        look(order(tmp_path, str(tmp_path / "BAR*.csv")))


def test_depth_and_funding_lie_beside_the_prices(tmp_path: Path) -> None:
    prices = str(klines(tmp_path, bars(180)))
    rows = [[(START + 28_800 * n) * 1000, 8, 0.0001 * n] for n in range(3)]
    header = "calc_time,funding_interval_hours,last_funding_rate"
    funding = str(write_csv(tmp_path / "FOOUSDT-fundingRate-2024-08.csv", rows, header))
    crash = do_import(order(tmp_path, prices, funding))
    assert list(crash.series) == ["FOO"] and list(crash.sources) == ["FOO", "FOO-funding"]
    kept = (crash.folder / "FOO-funding.csv").read_text().splitlines()
    assert kept == [
        *("ts,rate", "2024-08-05T00:00:00Z,0", "2024-08-05T08:00:00Z,0.0001"),
        "2024-08-05T16:00:00Z,0.0002",
    ]
    with pytest.raises(InputError, match="needs at least one series of prices beside it"):
        do_import(order(tmp_path, funding, event="y"))


def test_a_usual_name_says_series_and_first_day(tmp_path: Path) -> None:
    assert usual_name(look(order(tmp_path))) == "foo-2024-08-05"


def test_the_data_folder_is_named_or_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert current_data_folder() == tmp_path / "data"
    monkeypatch.delenv("UNDERWATER_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert current_data_folder() == tmp_path / "xdg" / "underwater"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert current_data_folder() == tmp_path / "home" / ".local" / "share" / "underwater"


def test_without_a_home_the_events_that_ship_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("UNDERWATER_DATA")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert "black-thursday" in crash_names()
    with pytest.raises(InputError, match="there is no home folder for it; name one in"):
        place_of("x", False)


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (200.74, "200.74"),
        (125.0, "125"),
        (4e-05, "0.00004"),
        (1e16, "10000000000000000"),
        (0.1, "0.1"),
    ],
)
def test_a_price_is_written_as_the_venue_wrote_it(price: float, text: str) -> None:
    assert price_text(price) == text


def test_an_unknown_resolution_in_an_events_sources_is_refused(tmp_path: Path) -> None:
    crash = do_import(order(tmp_path))
    path = crash.folder / "sources.toml"
    path.write_text(path.read_text().replace('resolution = "1m"', 'resolution = "7m"'))
    assert tomllib.loads(path.read_text())["FOO"]["resolution"] == "7m"
    with pytest.raises(InputError, match=r"sources.toml FOO.resolution = '7m': must be one of 1m"):
        load_crash("made-up")
