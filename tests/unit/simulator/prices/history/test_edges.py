"""The limits themselves: what lies exactly on one, just inside, and just outside."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.prices import Ohlc
from simulator.prices.history import Gate, Inspection, Reference, inspect, measure, read_file
from simulator.prices.history.aggregate import aggregate
from simulator.prices.history.findings import Finding, parse_repair
from simulator.prices.history.gate.book import inspect_table
from simulator.prices.history.measures import hourly_closes
from simulator.prices.history.reading.names import parse_resolution, split_pair
from simulator.prices.history.series import resolution_words, runs, time_words
from tests.unit.simulator.prices.history.made import (
    HOUR,
    MINUTE,
    START,
    Row,
    bars,
    generic,
    klines,
    write_csv,
)


def flat(count: int = 60, price: float = 10.0, step: int = MINUTE) -> list[Row]:
    """Bars that tick up and down by a cent, so that only what a test changes stands out."""
    return [
        [START + n * step, price, price + 0.01, price - 0.01, price, 5 + n % 2]
        for n in range(count)
    ]


def seen(folder: Path, rows: list[Row], name: str = "FOOUSDT-1m.csv", **gate: Any) -> Inspection:
    return inspect("FOO", [read_file(klines(folder, rows, name=name))], Gate(**gate))


def rules(found: Inspection) -> list[str]:
    return [finding.rule for finding in found.unsolved]


@pytest.mark.parametrize(("low", "flagged"), [(5.0, False), (4.9999, True), (9.0, False)])
def test_a_low_at_exactly_half_is_no_outlier(tmp_path: Path, low: float, flagged: bool) -> None:
    rows = flat()
    rows[30][3] = low
    for row in rows:  # the neighbours' lows are their bodies
        row[3] = min(row[3], 10.0) if row is rows[30] else 10.0
    assert rules(seen(tmp_path, rows)) == (["outlier-print"] if flagged else [])


@pytest.mark.parametrize(("high", "flagged"), [(20.0, False), (20.0001, True)])
def test_a_high_at_exactly_double_is_no_outlier(tmp_path: Path, high: float, flagged: bool) -> None:
    rows = flat()
    for row in rows:
        row[2] = 10.0
    rows[30][2] = high
    assert rules(seen(tmp_path, rows)) == (["outlier-print"] if flagged else [])


@pytest.mark.parametrize("side", [2, 3])
def test_a_wick_needs_both_its_body_and_its_neighbours(tmp_path: Path, side: int) -> None:
    """A bar with a long wick among bars with long wicks is a market, alone it is a print."""
    rows = flat()
    for row in rows[20:45]:
        row[side] = 30.0 if side == 2 else 3.0
    found = seen(tmp_path, rows).unsolved
    assert not any("row 33 " in place for finding in found for place in finding.offenders)
    assert sum(finding.count for finding in found) <= 2
    rows = flat()
    rows[30][side] = 30.0 if side == 2 else 3.0
    (finding,) = seen(tmp_path, rows).unsolved
    assert finding.field == ("high" if side == 2 else "low") and "own close (10)" in finding.words


@pytest.mark.parametrize("place", [0, 1, 30, 58, 59])
def test_a_print_is_found_wherever_it_stands(tmp_path: Path, place: int) -> None:
    rows = flat()
    rows[place][1:5] = [3.0, 3.1, 2.9, 3.0]
    (finding,) = seen(tmp_path, rows).unsolved
    assert finding.rule == "outlier-print" and f"row {place + 1} " in finding.place
    assert finding.count == 1 and "the bars around it (10)" in finding.words
    repaired = seen(tmp_path, rows, repairs={"outlier-print": "clip"})
    repaired.refuse()
    assert repaired.series.prices[place].tolist() == [10.0] * 4


@pytest.mark.parametrize(
    ("price", "flagged"), [(5.0, False), (4.99, True), (20.0, False), (20.1, True)]
)
def test_a_bar_at_exactly_half_or_double_is_no_print(
    tmp_path: Path, price: float, flagged: bool
) -> None:
    rows = flat()
    rows[30][1:5] = [price] * 4
    assert rules(seen(tmp_path, rows)) == (["outlier-print"] if flagged else [])


@pytest.mark.parametrize(("count", "flagged"), [(3, False), (4, True)])
def test_three_bars_are_too_few_to_judge(tmp_path: Path, count: int, flagged: bool) -> None:
    rows = flat(count)
    rows[1][1:5] = [3.0, 3.1, 2.9, 3.0]
    assert rules(seen(tmp_path, rows)) == (["outlier-print"] if flagged else [])


def test_a_print_of_which_only_part_is_off_is_none(tmp_path: Path) -> None:
    rows = flat()
    rows[30][1:5] = [10.0, 10.1, 3.0, 3.1]  # falls inside the bar, and opens high again
    (finding,) = seen(tmp_path, rows).unsolved[:1] or (None,)
    assert finding is None
    rows[31][1], rows[31][3] = 3.1, 3.1  # falls and rises, trade by trade
    assert rules(seen(tmp_path, rows)) == []


@pytest.mark.parametrize(
    ("factor", "flagged"), [(19.9, False), (20.0, True), (1 / 19.9, False), (1 / 20.1, True)]
)
def test_a_jump_that_stays_is_a_unit_from_twenty_times_on(
    tmp_path: Path, factor: float, flagged: bool
) -> None:
    rows = flat()
    for row in rows[30:]:
        row[1:5] = [round(price * factor, 8) for price in row[1:5]]
    found = seen(tmp_path, rows)
    assert rules(found) == (["unit"] if flagged else [])
    if flagged:
        assert "row 31 " in found.unsolved[0].place and found.unsolved[0].count == 1
        assert ("above" if factor > 1 else "below") in found.unsolved[0].words


@pytest.mark.parametrize(("first", "last"), [(0, 20), (40, 60), (20, 35)])
@pytest.mark.parametrize("power", [2, -2, 4])
def test_the_larger_part_of_a_series_decides_the_unit(
    tmp_path: Path, first: int, last: int, power: int
) -> None:
    rows = flat()
    for row in rows[first:last]:
        row[1:5] = [round(price * 10.0**power, 8) for price in row[1:5]]
    found = seen(tmp_path, rows, repairs={"unit": "scale"})
    found.refuse()
    assert found.series.prices.tolist() == [row[1:5] for row in flat()]


def test_a_whole_series_that_is_off_is_told_at_its_first_row(tmp_path: Path) -> None:
    (finding, *_) = seen(tmp_path, flat(), expected=(900.0, 1100.0)).unsolved
    assert finding.place == "FOOUSDT-1m.csv row 1 (line 1)" and finding.value == "10.0"
    assert finding.words == "is 10^-2 times what --expect 900:1100 says"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ((10.0, 11.0), []),
        ((9.0, 10.0), []),
        ((10.01, 11.0), ["quote"]),
        ((9.0, 9.99), ["quote"]),
        ((100.0, 200.0), ["unit", "quote"]),
        ((50.0, 100.0), ["unit", "quote"]),
    ],
)
def test_expected_prices_include_their_ends(
    tmp_path: Path, expected: tuple[float, float], found: list[str]
) -> None:
    assert rules(seen(tmp_path, flat(), expected=expected)) == found


def walk(count: int, seed: int = 3) -> list[Row]:
    rng = np.random.Generator(np.random.SFC64(seed))
    closes = np.round(10 * np.exp(np.cumsum(rng.normal(0, 0.02, count + 1))), 4).tolist()
    return [
        [START + n * HOUR, a, round(max(a, b) + 0.01, 4), round(min(a, b) - 0.01, 4), b, 5]
        for n, (a, b) in enumerate(pairwise(closes))
    ]


def against(folder: Path, rows: list[Row], known: list[Row], **gate: Any) -> Inspection:
    times, closes = np.array([row[0] for row in known]), np.array([row[4] for row in known])
    reference = Reference("FOO of x", times, closes)
    return seen(folder, rows, "FOOUSDT-1h.csv", references=(reference,), **gate)


@pytest.mark.parametrize(("common", "flagged"), [(11, False), (12, True)])
def test_a_zone_is_judged_by_twelve_common_hours(
    tmp_path: Path, common: int, flagged: bool
) -> None:
    known = walk(40)
    moved = [[row[0] + HOUR, *row[1:]] for row in known[:common]]
    assert rules(against(tmp_path, moved, known)) == (["time-zone"] if flagged else [])


@pytest.mark.parametrize(("hours", "flagged"), [(14, True), (-14, True), (15, False)])
def test_zones_are_tried_up_to_fourteen_hours(tmp_path: Path, hours: int, flagged: bool) -> None:
    known = walk(60)
    moved = [[row[0] + hours * HOUR, *row[1:]] for row in known]
    assert ("time-zone" in rules(against(tmp_path, moved, known))) == flagged


@pytest.mark.parametrize(
    ("factor", "found"),
    [
        (1.099, []),
        (1.101, ["quote"]),
        (0.901, []),
        (0.899, ["quote"]),
        (7.0, ["quote"]),
        (9.0, ["unit"]),
    ],
)
def test_a_median_distance_of_a_tenth_is_another_quote(
    tmp_path: Path, factor: float, found: list[str]
) -> None:
    rows = [[row[0], *(round(p * factor, 6) for p in row[1:5]), 5] for row in walk(40)]
    assert rules(against(tmp_path, rows, walk(40)))[:1] == found


def test_without_common_hours_nothing_is_compared(tmp_path: Path) -> None:
    known = [[row[0] - 10**6, *row[1:]] for row in walk(40)]
    found = against(tmp_path, [[row[0], *(9 * p for p in row[1:5]), 5] for row in walk(40)], known)
    assert found.findings == ()


def test_a_missing_zone_cannot_be_overridden_but_a_repeated_hour_can(tmp_path: Path) -> None:
    path = generic(tmp_path, bars(60))
    path.write_text(path.read_text().replace("Z,", ","))
    reason = {"time-zone": "I know it"}
    with pytest.raises(InputError, match="has no zone"):
        inspect("FOO", [read_file(path)], Gate(overrides=reason)).refuse()
    rows = [[f"2024-10-27 02:{n:02}:00", *row[1:]] for n, row in enumerate(bars(60))]
    path = write_csv(tmp_path / "FOOUSDT-1m.csv", rows, "ts,open,high,low,close,volume")
    berlin = ZoneInfo("Europe/Berlin")
    with pytest.raises(InputError, match="is there twice in Europe/Berlin"):
        inspect("FOO", [read_file(path)], Gate(zone=berlin)).refuse()
    found = inspect("FOO", [read_file(path)], Gate(zone=berlin, overrides=reason))
    found.refuse()
    assert [(repair.rule, repair.reason) for repair in found.repairs] == [
        ("time-zone", "I know it")
    ]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (4, 10.02, "is outside of low 9.99 to high 10.01"),
        (4, 9.98, "is outside of low 9.99 to high 10.01"),
        (1, 10.02, "is outside of low 9.99 to high 10.01"),
        (1, 9.98, "is outside of low 9.99 to high 10.01"),
        (2, 9.98, "is below the low 9.99"),
    ],
)
def test_crossed_bars_are_told_by_the_field_at_fault(
    tmp_path: Path, field: int, value: float, words: str
) -> None:
    rows = flat()
    rows[4][field] = value
    (finding,) = seen(tmp_path, rows).unsolved
    assert finding.rule == "crossed" and finding.words == words and finding.count == 1
    assert finding.field == ("time", "open", "high", "low", "close")[field]


def test_prices_on_the_edges_of_a_bar_are_good(tmp_path: Path) -> None:
    rows = flat()
    for opening, high, low, close in ((9.99, 10.01, 9.99, 10.01), (10.01, 10.01, 9.99, 9.99)):
        rows[4][1:5] = [opening, high, low, close]
        assert rules(seen(tmp_path, rows)) == []


def test_a_time_that_is_there_three_times_leaves_one_row(tmp_path: Path) -> None:
    rows = flat()
    other = [rows[4][0], 10.0, 10.02, 9.98, 10.01, 1]
    rows[5:5] = [list(rows[4]), other]
    (finding,) = seen(tmp_path, rows).unsolved
    assert finding.count == 2 and finding.place.endswith("row 6 (line 6)")
    assert (
        "is the same time as FOOUSDT-1m.csv row 5 (line 5), with the same prices" in finding.words
    )
    assert "1 of these rows have other prices" in finding.words
    for way, expected in (("first", flat()[4][1:5]), ("last", other[1:5])):
        found = seen(tmp_path, rows, repairs={"duplicate": way})
        found.refuse()
        assert len(found.series) == 60 and found.series.prices[4].tolist() == expected


def test_only_gaps_that_are_short_enough_are_filled(tmp_path: Path) -> None:
    rows = flat()
    del rows[40:45]
    del rows[20:22]
    found = seen(tmp_path, rows, repairs={"gap": "fill:2"})
    (left,) = found.unsolved
    assert left.count == 1 and "5 bars of 1m are missing in 1 gaps" in left.words
    assert "the first from 2024-08-05T00:40Z on" in left.words
    assert len(found.series) == 55
    found = seen(tmp_path, rows)
    assert "7 bars of 1m are missing in 2 gaps, the longest of 5" in found.unsolved[0].words


@pytest.mark.parametrize("number", [1, 100_000])
def test_a_fill_has_limits_that_are_included(number: int) -> None:
    assert parse_repair("--repair", f"gap=fill:{number}") == ("gap", f"fill:{number}")
    with pytest.raises(InputError, match="fill needs the most bars"):
        parse_repair("--repair", "gap=fill:100001")


def test_closing_times_are_told_only_where_all_are(tmp_path: Path) -> None:
    rows = flat()
    for row in rows:
        row[0] += MINUTE - 1
    assert "closing times" in seen(tmp_path, rows).unsolved[0].words
    rows[0][0] -= MINUTE - 1
    (finding, *_) = seen(tmp_path, rows).unsolved
    assert finding.rule == "grid" and "closing times" not in finding.words and finding.count == 59


@pytest.mark.parametrize(("decimals", "flagged"), [(8, False), (9, True)])
def test_eight_decimals_are_fine(tmp_path: Path, decimals: int, flagged: bool) -> None:
    rows = flat(price=0.5)
    rows[4][4] = float(f"0.50{'1' * (decimals - 2)}")
    assert rules(seen(tmp_path, rows)) == (["precision"] if flagged else [])
    tiny = [[row[0], *(4e-9 * p for p in row[1:5]), 5] for row in flat(price=1.0)]
    found = seen(tmp_path, tiny, repairs={"precision": "round"})
    assert (found.series.prices == 1e-8).all()


@pytest.mark.parametrize(("count", "flagged"), [(12, False), (13, True)])
def test_thirteen_points_are_enough_for_a_lone_one(
    tmp_path: Path, count: int, flagged: bool
) -> None:
    rows = [[START + 300 * n, 0.97 if n == 5 else 1.0 + 0.0001 * (n % 2)] for n in range(count)]
    path = write_csv(tmp_path / "USDCUSD.csv", rows, "ts,price")
    found = inspect("USDC", [read_file(path)], Gate())
    assert rules(found) == (["unconfirmed"] if flagged else [])


@pytest.mark.parametrize(("away", "flagged"), [(0.0099, False), (0.0102, True), (-0.0102, True)])
def test_a_lone_point_is_one_percent_away(tmp_path: Path, away: float, flagged: bool) -> None:
    rows = [[START + 300 * n, 1.0 + away if n == 9 else 1.0] for n in range(20)]
    path = write_csv(tmp_path / "USDCUSD.csv", rows, "ts,price")
    assert rules(inspect("USDC", [read_file(path)], Gate())) == (["unconfirmed"] if flagged else [])
    lively = [[START + 300 * n, 1.0 + 0.002 * (n % 2) + (away if n == 9 else 0)] for n in range(20)]
    path = write_csv(tmp_path / "USDCUSD.csv", lively, "ts,price")
    assert rules(inspect("USDC", [read_file(path)], Gate())) == []


@pytest.mark.parametrize(("rate", "flagged"), [(0.005, False), (0.0051, True), (-0.0051, True)])
def test_a_usual_funding_rate_above_half_a_percent_is_a_percentage(
    tmp_path: Path, rate: float, flagged: bool
) -> None:
    rows = [[(START + 28_800 * n) * 1000, 8, rate] for n in range(3)]
    header = "calc_time,funding_interval_hours,last_funding_rate"
    path = write_csv(tmp_path / "FOOUSDT-fundingRate.csv", rows, header)
    assert bool(inspect_table("FOO", [read_file(path)], Gate()).unsolved) == flagged


def test_a_ccxt_file_may_have_a_header(tmp_path: Path) -> None:
    rows = [[row[0] * 1000, *row[1:]] for row in flat()]
    path = write_csv(tmp_path / "FOO_USDT-1m.csv", rows, "when,o,h,l,c,v")
    found = inspect("FOO", [read_file(path, "ccxt")], Gate())
    found.refuse()
    assert found.series.times.tolist() == [row[0] for row in flat()]
    assert found.series.place(0) == "FOO_USDT-1m.csv row 1 (line 2)"


def test_bars_are_first_highest_lowest_last_and_the_sum(tmp_path: Path) -> None:
    rows = bars(180)
    made = aggregate(seen(tmp_path, rows).series, HOUR)
    assert made.times.tolist() == [START, START + HOUR, START + 2 * HOUR]
    assert made.parts.tolist() == [60, 60, 60] and made.whole == 60 and made.volume is not None
    for hour in range(3):
        part = rows[60 * hour : 60 * hour + 60]
        highest, lowest = max(row[2] for row in part), min(row[3] for row in part)
        assert made.prices[hour].tolist() == [part[0][1], highest, lowest, part[-1][4]]
        assert made.volume[hour] == sum(row[5] for row in part)


@pytest.mark.parametrize(
    ("gone", "missing"), [((60, 120), [1]), ((60, 240), [1, 2, 3]), ((61, 120), [])]
)
def test_an_hour_without_any_bar_is_missing(
    tmp_path: Path, gone: tuple[int, int], missing: list[int]
) -> None:
    rows = bars(300)
    del rows[slice(*gone)]
    made = aggregate(seen(tmp_path, rows, overrides={"gap": "x"}).series, HOUR)
    assert made.missing().tolist() == [START + HOUR * hour for hour in missing]
    cut = made.between(START + 2 * HOUR, START + 4 * HOUR)
    assert all(START + 2 * HOUR <= time < START + 4 * HOUR for time in cut.times)


def ohlc(closes: list[int], start: int = START, seconds: int = HOUR) -> Ohlc:
    ticks = np.array([[c, c + 1, c - 1, c] for c in closes], dtype=np.int64) * 10**8
    return Ohlc("FOO", start + seconds * np.arange(len(closes)), ticks, seconds)


def test_a_fall_counts_from_a_high_to_a_later_low_only() -> None:
    assert measure(ohlc([10, 99, 50])).peak_to_low == pytest.approx(1 - 49 / 100)
    assert measure(ohlc([10, 20, 99])).peak_to_low == pytest.approx(1 - 19 / 11)
    assert measure(ohlc([50])).peak_to_low == pytest.approx(1 - 49 / 51)
    found = measure(ohlc([50, 40, 60, 30]))
    assert (int(found.high), int(found.low)) == (61, 29)
    assert (found.high_at, found.low_at) == (START + 2 * HOUR, START + 3 * HOUR)
    assert found.worst_hour == pytest.approx(-0.5) and found.worst_day is None


@pytest.mark.parametrize(("hours", "day"), [(24, None), (25, 24.0), (26, 12.5)])
def test_a_worst_day_needs_more_than_a_day(hours: int, day: float | None) -> None:
    found = measure(ohlc([n + 1 for n in range(hours)]))
    assert found.worst_day == (None if day is None else pytest.approx(day - 0.5 * (hours == 26)))


def test_hourly_closes_are_those_of_complete_hours() -> None:
    fine = ohlc(list(range(2, 32)), START + 1800, 300)  # half an hour, two hours
    assert hourly_closes(fine).tolist() == [19, 31]
    assert hourly_closes(ohlc([5, 6])).tolist() == [5, 6]


def test_words_for_lengths_times_pairs_and_runs() -> None:
    shown = [resolution_words(seconds) for seconds in (30, 60, 90, 300, 3600, 5400, 86_400, 0)]
    assert shown == ["30s", "1m", "90s", "5m", "1h", "90m", "1d", "0s"]
    assert [parse_resolution(text) for text in ("30s", "5m", "1h", "1d", "5", "m5", "5M")] == [
        *(30, 300, 3600, 86_400, 0, 0, 0)
    ]
    assert time_words(START) == "2024-08-05T00:00Z" and time_words(START + 1).endswith("00:01Z")
    assert split_pair("AUSDT") == ("", "") and split_pair("ABUSDT") == ("AB", "USDT")
    assert split_pair("black_thursday_2020__LINKUSDT_30m") == ("LINK", "USDT")
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.array([False, False])) == []


def test_a_finding_says_how_many_more_there_are() -> None:
    one = Finding("gap", "defect", 1, "a row 1", "time", "x", "is off")
    assert one.line() == "defect gap: a row 1 time = x: is off"
    assert "more" not in str(one.error())
    two = Finding("gap", "defect", 2, "a row 1", "time", "x", "is off")
    assert two.line().endswith("is off (and 1 more)")
    assert "is off (1 more rows like it)" in str(two.error())
    assert two.record()["count"] == 2 and two.record()["offenders"] == []


def test_the_distance_to_the_shipped_series_is_told_in_basis_points(tmp_path: Path) -> None:
    rows = [[row[0], *(round(p * 1.002, 8) for p in row[1:5]), 5] for row in walk(40)]
    rows[7][1:5] = [round(p * 0.99, 8) for p in walk(40)[7][1:5]]
    (note,) = against(tmp_path, rows, walk(40)).findings
    assert note.severity == "note" and note.place.endswith("row 1 (line 1)")
    assert note.words == (
        "40 hours in common with FOO of x: closes differ by 20.0 bp (median), 100 bp (most)"
    )


def test_mark_prices_can_be_stale_although_they_have_no_volume(tmp_path: Path) -> None:
    rows = flat()
    for row in rows:
        row[5] = 0
    for row in rows[20:40]:
        row[1:5] = [10.0] * 4
    found = seen(tmp_path, rows, "FOOUSDT-1m-mark.csv")
    assert rules(found) == ["stale"] and found.unsolved[0].count == 20
    rows[30][4] = rows[30][2] = 10.005
    assert rules(seen(tmp_path, rows, "FOOUSDT-1m-mark.csv")) == []


def test_a_gap_is_a_defect_in_every_format_but_those_that_leave_bars_out(tmp_path: Path) -> None:
    from tests.unit.simulator.prices.history.made import write_json

    rows = [[row[0] * 1000, *row[1:]] for n, row in enumerate(flat()) if n != 20]
    path = write_json(tmp_path / "FOO_USDT-1m.json", rows)
    assert rules(inspect("FOO", [read_file(path)], Gate())) == ["gap"]
    assert rules(inspect("FOO", [read_file(generic(tmp_path, flat()[:9] + flat()[10:]))])) == [
        "gap"
    ]


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "FOOUSDT-1m.csv", [[1, 2]], "ts,low")
    with pytest.raises(InputError, match=r"needs the columns open, high, close \(or price\)"):
        read_file(path)


@pytest.mark.parametrize(("others", "told"), [(0, ""), (1, "1 of these rows"), (2, "")])
def test_duplicates_say_how_many_have_other_prices(tmp_path: Path, others: int, told: str) -> None:
    rows = flat()
    double = [list(rows[4]), list(rows[9])]
    for row in double[:others]:
        row[4] = 10.005
    rows[10:10] = double[1:]
    rows[5:5] = double[:1]
    (finding,) = seen(tmp_path, rows).unsolved
    assert finding.count == 2 and ("of these rows" in finding.words) == bool(told)
    assert told in finding.words
    assert ("with other prices" in finding.words) == (others > 0)


def test_a_series_without_prices_names_its_file(tmp_path: Path) -> None:
    header = "calc_time,funding_interval_hours,last_funding_rate"
    path = write_csv(tmp_path / "FOOUSDT-fundingRate.csv", [[START * 1000, 8, 1e-4]], header)
    with pytest.raises(
        InputError, match=r"FOOUSDT-fundingRate.csv = 'funding': is no price series"
    ):
        inspect("FOO", [read_file(path)], Gate())
    with pytest.raises(InputError, match=r"FOOUSDT-1m.csv columns = .*: needs a column price"):
        inspect("FOO", [read_file(generic(tmp_path, flat()), kind="point")], Gate())


def test_a_resolution_that_nothing_tells_must_be_said(tmp_path: Path) -> None:
    path = klines(tmp_path, flat(1), name="FOOUSDT.csv")
    with pytest.raises(
        InputError, match=r"FOO resolution = '\(unknown\)': say it with --resolution"
    ):
        inspect("FOO", [read_file(path)], Gate())
    inspect("FOO", [read_file(path)], Gate(resolution=60)).refuse()
    rows = [row for n, row in enumerate(flat()) if n % 7 != 3]
    found = inspect("FOO", [read_file(klines(tmp_path, rows, name="FOOUSDT.csv"))], Gate())
    assert found.series.resolution == 60 and rules(found) == ["gap"]


@pytest.mark.parametrize(("count", "flagged"), [(2, False), (3, True)])
def test_a_resolution_is_judged_by_three_bars(tmp_path: Path, count: int, flagged: bool) -> None:
    rows = flat(count, step=300)
    assert ("resolution" in rules(seen(tmp_path, rows))) == flagged
    assert rules(seen(tmp_path, flat(count))) == []


@pytest.mark.parametrize(("body", "around", "flagged"), [
    (10.0, 10.4, False), (10.4, 10.0, False), (10.2, 10.2, True),
])  # fmt: skip
@pytest.mark.parametrize("side", [2, 3])
def test_body_and_neighbours_count_each_for_themselves(
    tmp_path: Path, body: float, around: float, flagged: bool, side: int
) -> None:
    """A wick of exactly 2 against one of them, and of more against the other, is none."""
    base, wick = (10.0, 5.0) if side == 3 else (10.0, 20.0)
    shown = [base * base / value if side == 2 else value for value in (body, around)]
    rows = [[START + n * MINUTE, *([shown[1]] * 4), 5] for n in range(13)]
    rows[6][1:5] = [shown[0]] * 4
    rows[6][side] = wick
    rows[6][2], rows[6][3] = max(rows[6][1:5]), min(rows[6][1:5])
    assert ("outlier-print" in rules(seen(tmp_path, rows))) == flagged


def test_rows_off_the_grid_can_be_left_out(tmp_path: Path) -> None:
    rows = flat()
    rows.insert(8, [rows[7][0] + 30, *rows[7][1:]])
    found = seen(tmp_path, rows, repairs={"grid": "drop"})
    found.refuse()
    assert found.series.times.tolist() == [row[0] for row in flat()]
    assert [repair.count for repair in found.repairs] == [1]


def test_a_wide_book_is_read_like_a_long_one(tmp_path: Path) -> None:
    names = ["ts", "notional_m2pct", "notional_m1pct", "notional_p1pct", "notional_p2pct"]
    rows = [[START + 30 * n, 200.0 + n, 100.5 + n, 101.5 + n, 202.0 + n] for n in range(30)]
    path = write_csv(tmp_path / "FOOUSDT-bookDepth.csv", rows, ",".join(names))
    found = inspect_table("FOO", [read_file(path)], Gate())
    found.refuse()
    assert found.table.names == ("-2", "-1", "1", "2") and found.table.kind == "depth"
    assert found.table.values.tolist() == [row[1:] for row in rows]
    for row in rows[12:25]:
        row[3] = 77.0
    path = write_csv(tmp_path / "FOOUSDT-bookDepth.csv", rows, ",".join(names))
    (finding,) = inspect_table("FOO", [read_file(path)], Gate()).unsolved
    assert finding.place.endswith("row 13 (line 14)") and finding.field == "1 % notional"
    assert finding.words.endswith("13 of 30 snapshots repeat an amount in the nearest band")


def test_a_number_in_json_may_be_missing_or_no_number(tmp_path: Path) -> None:
    from tests.unit.simulator.prices.history.made import write_json

    for value in (None, True, [1], "1_0", float("nan")):
        rows: list[list[Any]] = [[row[0] * 1000, *row[1:]] for row in flat()]
        rows[4][2] = value
        found = inspect("FOO", [read_file(write_json(tmp_path / "FOO_USDT-1m.json", rows))], Gate())
        (finding,) = [item for item in found.unsolved if item.rule == "not-a-price"]
        assert finding.place == "FOO_USDT-1m.json row 5" and finding.field == "high"
    for document in ([["a", 1, 2]], [{"t": 1}], ["x"], [7], {"prices": 5}, [[1, 2, 3, 4, 5]]):
        with pytest.raises(InputError, match="must be a list of rows"):
            read_file(write_json(tmp_path / "FOO_USDT-1m.json", document))


def test_funding_columns_may_come_with_others(tmp_path: Path) -> None:
    rows = [[(START + 28_800 * n) * 1000, 8, 1e-4, "x"] for n in range(3)]
    header = "calc_time,funding_interval_hours,last_funding_rate,note"
    found = read_file(write_csv(tmp_path / "FOOUSDT.csv", rows, header))
    assert found.kind == "funding" and found.format == "binance"
    header, plain = "calc_time,last_funding_rate", [[row[0], row[2]] for row in rows]
    found = read_file(write_csv(tmp_path / "FOOUSDT.csv", plain, header))
    assert found.kind == "funding" and found.zone == "UTC"


def test_marks_of_kraken_and_ccxt_are_named_by_their_files(tmp_path: Path) -> None:
    rows = [[*row, 4] for row in flat()]
    kraken = read_file(write_csv(tmp_path / "FOOUSD_1-mark.csv", rows))
    assert (kraken.format, kraken.kind, kraken.sparse) == ("kraken", "mark", True)
    plain = read_file(write_csv(tmp_path / "FOOUSD_1.csv", rows))
    assert (plain.kind, plain.resolution) == ("trade", 60)
    wrong = write_csv(tmp_path / "FOOUSD_1.csv", [row[:5] for row in rows])
    with pytest.raises(InputError, match=r"row 1 \(line 1\) = .*must have 7 fields"):
        read_file(wrong, "kraken")


def test_a_bar_that_ends_at_this_moment_is_over(tmp_path: Path) -> None:
    found = seen(tmp_path, flat(), now=START + 59 * MINUTE)
    assert len(found.series) == 59 and found.findings[0].count == 1
    assert found.findings[0].words == "ends only at 2024-08-05T01:00Z; left out"


def test_minutes_are_compared_by_the_last_close_of_each_hour(tmp_path: Path) -> None:
    rows = flat(24 * 60)
    for row in rows:  # a price of its own for every hour, met only in its last minute
        row[1:5] = [10.0] * 4
        if row[0] % HOUR == HOUR - MINUTE:
            row[1:5] = [10.0 + (row[0] // HOUR * 7) % 5 / 10] * 4
    known = [[START + hour * HOUR, 0, 0, 0, rows[60 * hour + 59][4]] for hour in range(24)]
    times, closes = np.array([row[0] for row in known]), np.array([row[4] for row in known])
    reference = Reference("FOO of x", times, closes)
    found = seen(tmp_path, rows, references=(reference,), overrides={"stale": "made"})
    assert "24 hours in common" in found.findings[-1].words
    assert "0.0 bp (median), 0 bp (most)" in found.findings[-1].words
