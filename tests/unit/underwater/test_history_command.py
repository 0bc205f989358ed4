"""`underwater history`: what it lists, shows and draws, and how it refuses a defective file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.prices.crash import built_in_folder, crash_names
from tests.unit.simulator.prices.history.made import (
    START,
    Row,
    bars,
    changed,
    generic,
    iso,
    klines,
    write_csv,
    write_json,
    zipped_klines,
)
from tests.unit.underwater.conftest import Answer

Command = Callable[..., Answer]
HEADLINE = {
    *("black-thursday", "may-2021", "sep-2021", "dec-2021", "luna-2022", "june-2022", "ftx-2022"),
    *("usdc-2023", "aug-2024", "feb-2025", "oct-2025", "feb-2026"),
}


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("UNDERWATER_DATA", str(folder))
    return folder


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_the_list_has_the_twelve_events_with_their_ids(underwater_command: Command) -> None:
    answer = underwater_command("history", "list", "--json")
    assert answer.code == 0 and answer.stderr == ""
    events = json.loads(answer.stdout)["events"]
    ids = [event["id"] for event in events]
    assert set(ids) >= HEADLINE and len(ids) == len(set(ids)) == 18
    first = events[0]
    assert first["id"] == "black-thursday" and first["start"] == "2020-03-11T00:00Z"
    assert first["hours"] == 72 and first["series"] == ["ETH", "BTC", "LINK"]
    assert first["origin"] == "ships" and first["peak_to_low"] == pytest.approx(0.577, abs=5e-4)


def test_the_list_for_people_has_a_line_per_event(underwater_command: Command) -> None:
    lines = underwater_command("history", "list").stdout.splitlines()
    assert len(lines) == 2 + 18
    assert re.match(r"black-thursday +2020-03-11 +72 +58 % +ETH, BTC, LINK +Black Thurs", lines[2])


def test_show_tells_series_facts_and_what_the_gate_did(underwater_command: Command) -> None:
    answer = underwater_command("history", "show", "black-thursday")
    assert answer.code == 0
    for words in (
        "3,782.13",
        "2020-03-13T02:00Z",
        "maker_zero_bid_share",
        "flash wick",
        "72 hours",
    ):
        assert words in answer.stdout
    document = json.loads(underwater_command("history", "show", "oct-2025", "--json").stdout)
    facts = {fact["name"]: fact for fact in document["facts"]}
    assert facts["hyperliquid_adl_fills"]["low"] == 34_983
    assert document["measures"][0]["low"] == 3400.0


@pytest.mark.parametrize("command", ["show", "plot"])
def test_an_event_that_is_not_there_is_refused(underwater_command: Command, command: str) -> None:
    answer = underwater_command("history", command, "oct-2024")
    assert answer.code == 2 and answer.stdout == ""
    assert "EVENT = 'oct-2024': must be one of apr-2024" in answer.stderr
    assert "did you mean" in answer.stderr and len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("event", crash_names(built_in_folder()))
def test_every_event_plots(underwater_command: Command, place: Path, event: str) -> None:
    answer = underwater_command("history", "plot", event)
    assert answer.code == 0 and answer.stdout == f"Page: {event}-prices.html\n"
    page = (place / f"{event}-prices.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "</html>" in page


def test_a_page_of_its_own_is_written_over_and_nothing_else(
    underwater_command: Command, place: Path
) -> None:
    (place / "notes.html").write_text("mine")
    answer = underwater_command("history", "plot", "may-2021", "--out", "notes.html")
    assert answer.code == 2 and (place / "notes.html").read_text() == "mine"
    assert (
        "--out = 'notes.html': is there already and was not made by history plot" in answer.stderr
    )
    for _ in range(2):
        answer = underwater_command("history", "plot", "may-2021", "--out", "a.html", "--json")
        assert json.loads(answer.stdout) == {"event": "may-2021", "page": "a.html"}
    for out, rule in (
        (".", "is a folder"),
        ("no/where.html", "must lie in a folder that is there"),
    ):
        answer = underwater_command("history", "plot", "may-2021", "--out", out)
        assert answer.code == 2 and rule in answer.stderr


def test_import_makes_an_event_that_lists_shows_plots_and_replays(
    underwater_command: Command, place: Path, wiring: Any
) -> None:
    klines(place, bars(180), name="FOOUSDT-1m.csv")
    klines(place, bars(180, base=60.0), name="BARUSDT-1m.csv")
    answer = underwater_command(
        "history", "import", "FOOUSDT-1m.csv", "BARUSDT-1m.csv", "--event", "mine"
    )
    assert answer.code == 0, answer.stderr
    assert "Replay: underwater replay mine" in answer.stdout and "180 of 1m" in answer.stdout
    listed = json.loads(underwater_command("history", "list", "--json").stdout)["events"]
    assert (listed[-1]["id"], listed[-1]["origin"], listed[-1]["hours"]) == ("mine", "imported", 3)
    assert underwater_command("history", "plot", "mine").code == 0
    for command in ("replay", "run"):
        answer = underwater_command(command, "mine", "--out", f"run-{command}")
        assert answer.code == 0, answer.stderr
        scenario = wiring.calls[-1][0]
        assert scenario.prices.event == "mine" and scenario.prices.hours == 3
        assert [market.series for market in scenario.markets] == ["FOO", "BAR"]


def test_an_import_without_a_name_gets_one(underwater_command: Command, place: Path) -> None:
    klines(place, bars(180))
    answer = underwater_command("history", "import", "FOOUSDT-*.csv", "--json")
    document = json.loads(answer.stdout)
    assert answer.code == 0 and document["event"] == "foo-2024-08-05" and document["imported"]


def test_check_only_looks(underwater_command: Command, place: Path, data_folder: Path) -> None:
    klines(place, bars(180))
    answer = underwater_command("history", "import", "FOOUSDT-1m-2024-08-05.csv", "--check")
    assert answer.code == 0 and "nothing was written" in answer.stdout
    assert kept(data_folder) == []


def crossed(rows: list[Row]) -> None:
    rows[4][2] = 5.0


def doubled(rows: list[Row]) -> None:
    rows.insert(5, list(rows[4]))


def wick(rows: list[Row]) -> None:
    rows[60][3] = 0.0001


def hole(rows: list[Row]) -> None:
    del rows[10:13]


def silent(rows: list[Row]) -> None:
    for row in rows:
        row[5] = 0


def thin(rows: list[Row]) -> None:
    for row in rows[20:60]:
        row[5] = 0


def frozen(rows: list[Row]) -> None:
    for row in rows[30:60]:
        row[1:5] = [rows[29][4]] * 4


def cents(rows: list[Row]) -> None:
    for row in rows[70:]:
        row[1:5] = [round(price * 100, 2) for price in row[1:5]]


def binance(change: Callable[[list[Row]], object]) -> Callable[[Path], Path]:
    return lambda folder: klines(folder, changed(change, 180))


def zoneless(folder: Path) -> Path:
    path = generic(folder, bars(180))
    path.write_text(path.read_text().replace("Z,", ","))
    return path


def shifted(folder: Path) -> Path:
    """Hours of ETH in March 2020, stamped in a zone eight hours ahead."""
    from simulator.prices import load_crash

    series = load_crash("black-thursday", built_in_folder()).series["ETH"]
    rows = [
        [iso(int(time) + 8 * 3600), *(price / 1e8 for price in prices), 1]
        for time, prices in zip(series.times, series.ticks.tolist(), strict=True)
    ]
    return write_csv(folder / "ETHUSDT-1h.csv", rows, "ts,open,high,low,close,volume")


def weeth_in_eth(folder: Path) -> Path:
    return klines(folder, bars(180, base=1.03), name="WEETHUSD-1m.csv")


def lone_point(folder: Path) -> Path:
    prices = [[(START + 300 * n) * 1000, 1 + 0.0002 * (n % 3)] for n in range(60)]
    prices[30][1] = 0.9715
    return write_json(folder / "USDCUSD.json", {"prices": prices})


def stale_book(folder: Path) -> Path:
    rows = []
    for number in range(60):
        for band in (-1, 1):
            depth = 17.65 if band < 0 and number >= 20 else 100 + number * 0.37 + band
            rows.append([iso(START + 30 * number), band, depth, depth * 110])
    return write_csv(folder / "FOOUSDT-bookDepth.csv", rows, "timestamp,percentage,depth,notional")


def cut_zip(folder: Path) -> Path:
    path = zipped_klines(folder)
    path.write_bytes(path.read_bytes()[:500])
    return path


def wrong_sum(folder: Path) -> Path:
    path = zipped_klines(folder)
    path.with_name(path.name + ".CHECKSUM").write_text(f"{'0' * 64}  {path.name}\n")
    return path


DEFECTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "crossed": (binance(crossed), r"FOOUSDT\S+ row 5 \(line 5\) high = '5.0': is below the low"),
    "duplicate": (binance(doubled), r"row 6 \(line 6\) time = '1722816240000': is the same time"),
    "outlier-print": (binance(wick), r"row 61 \(line 61\) low = '0.0001': is a factor of"),
    "gap": (binance(hole), r"row 11 \(line 11\) time = '1722816780000': 3 bars of 1m are missing"),
    "zero-volume": (binance(silent), r"row 1 \(line 1\) volume = '0': all 180 bars are without"),
    "thin": (binance(thin), r"row 21 \(line 21\) volume = '0': 22.2% of the bars are without"),
    "stale": (binance(frozen), r"row 31 \(line 31\) close = '\S+': stands still for 30 bars"),
    "unit": (binance(cents), r"row 71 \(line 71\) close = '\S+': is \S+ times above the close"),
    "time-zone": (zoneless, r"row 1 \(line 2\) time = '2024-08-05T00:00:00': has no zone"),
    "time-zone shifted": (shifted, r"row 1 \(line 2\) time = .*only when moved by -8 h"),
    "quote": (weeth_in_eth, r"row 1 \(line 1\) close = '\S+': is not between 50 and 60,000"),
    "unconfirmed": (lone_point, r"USDCUSD.json row 31 price = '0.9715': is 2.95% away"),
    "stale-book": (stale_book, r"row 41 \(line 42\) -1 % notional = '\S+': the bid side stands"),
    "damaged": (cut_zip, r"FOOUSDT\S+.zip = '\(zip\)': is damaged or cut short"),
    "checksum": (wrong_sum, r"zip.CHECKSUM = '0+': does not match the file"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defective_file_exits_2_names_the_place_and_imports_nothing(
    underwater_command: Command, place: Path, data_folder: Path, name: str
) -> None:
    make, told = DEFECTS[name]
    answer = underwater_command("history", "import", make(place).name, "--event", "mine")
    last = answer.stderr.splitlines()[-1]
    assert answer.code == 2 and answer.stdout == ""
    assert last.startswith("underwater: ") and re.search(told, last), last
    rule = name.split()[0]
    assert rule in ("damaged", "checksum") or f"[{rule}: " in last
    assert kept(data_folder) == []
    assert "mine" not in underwater_command("history", "list").stdout


def test_a_file_that_runs_backwards_is_sorted_and_told(
    underwater_command: Command, place: Path
) -> None:
    rows = [[t, low, high, o, c, v] for t, o, high, low, c, v in reversed(bars(180))]
    write_json(place / "FOO-USD-1m.json", rows)
    answer = underwater_command("history", "import", "FOO-USD-1m.json", "--event", "mine")
    assert answer.code == 0 and "order: FOO-USD-1m.json row 2 time" in answer.stderr


def test_with_json_a_refusal_has_the_findings_on_stdout(
    underwater_command: Command, place: Path
) -> None:
    klines(place, changed(wick, 180))
    answer = underwater_command("history", "import", "FOOUSDT-1m-2024-08-05.csv", "--json")
    report = json.loads(answer.stdout)
    assert answer.code == 2 and report["imported"] is False
    assert [(item["rule"], item["field"]) for item in report["findings"]] == [
        ("outlier-print", "low")
    ]


def test_a_repair_and_an_override_are_recorded_with_their_reason(
    underwater_command: Command, place: Path
) -> None:
    def both(rows: list[Row]) -> None:
        wick(rows)
        thin(rows)

    klines(place, changed(both, 180))
    answer = underwater_command(
        "history", "import", "FOOUSDT-1m-2024-08-05.csv", "--event", "mine",
        "--repair", "outlier-print=clip", "--override", "thin=it was a quiet night",
    )  # fmt: skip
    assert answer.code == 0, answer.stderr
    shown = underwater_command("history", "show", "mine").stdout
    assert "outlier-print=clip" in shown and "(it was a quiet night)" in shown
    assert "thin=override" in answer.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--format", "excel"), "--format = 'excel': must be one of auto"),
        (("--kind", "spot"), "--kind = 'spot': must be one of trade"),
        (("--zone", "Mars"), "--zone = 'Mars': must be a zone"),
        (("--resolution", "5 minutes"), "--resolution = '5 minutes': must be a length"),
        (("--bars", "2h"), "--bars = '2h': must be one of 1m"),
        (("--from", "2024-08-05"), "--from = '2024-08-05': needs a zone"),
        (("--from", "2024-08-05T00:30Z"), "must be a full hour in UTC"),
        (("--until", "noon"), "--until = 'noon': must be a time"),
        (("--expect", "5"), "--expect = '5': must be LOW:HIGH"),
        (("--expect", "9:5"), "must be LOW:HIGH"),
        (("--expect", "0:5"), "must be LOW:HIGH"),
        (("--repair", "wick"), "--repair = 'wick': must be RULE=WAY"),
        (("--override", "thin="), "an override needs a reason"),
        (("--event", "Mine!"), "--event = 'Mine!': must be small letters"),
        (("--event", "may-2021"), "is an event that ships"),
    ],
)
def test_an_option_that_is_none_is_refused(
    underwater_command: Command,
    place: Path,
    data_folder: Path,
    words: tuple[str, str],
    told: str,
) -> None:
    klines(place, bars(180))
    answer = underwater_command("history", "import", "FOOUSDT-1m-2024-08-05.csv", *words)
    assert answer.code == 2 and told in answer.stderr
    assert kept(data_folder) == []


def test_a_file_that_is_not_there_is_refused(underwater_command: Command) -> None:
    answer = underwater_command("history", "import", "nowhere.csv")
    assert answer.code == 2 and "FILE = 'nowhere.csv': is not a file" in answer.stderr


def test_feather_without_pyarrow_is_refused_with_the_extra(
    underwater_command: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (place / "ETH_USDT-1m.feather").write_bytes(b"ARROW1")
    answer = underwater_command("history", "import", "ETH_USDT-1m.feather")
    assert answer.code == 2 and "pip install 'underwater[feather]'" in answer.stderr
