"""Each defect is named with file, row, field, value and rule; repaired where told; else refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.prices.history import RULES, Gate, Inspection, Reference, inspect, read_file
from simulator.prices.history.findings import parse_override, parse_repair
from tests.unit.simulator.prices.history.made import (
    HOUR,
    MINUTE,
    START,
    Row,
    bars,
    changed,
    generic,
    klines,
    write_csv,
)

Change = Callable[[list[Row]], object]


def seen(folder: Path, rows: list[Row], symbol: str = "FOO", **gate: Any) -> Inspection:
    return inspect(symbol, [read_file(klines(folder, rows))], Gate(**gate))


def crossing(rows: list[Row]) -> None:
    rows[4][2], rows[4][3] = rows[4][3], rows[4][2]


def fat_finger(rows: list[Row]) -> None:
    rows[4][4] = 10.5


def repeated(rows: list[Row]) -> None:
    rows.insert(5, list(rows[4]))


def repeated_with_others(rows: list[Row]) -> None:
    rows.insert(5, [rows[4][0], *rows[9][1:]])


def a_wick(rows: list[Row]) -> None:
    rows[60][3] = 0.0001


def a_spire(rows: list[Row]) -> None:
    rows[60][2] = 900.0


def a_lone_bar(rows: list[Row]) -> None:
    rows[60][1:5] = [0.5, 0.6, 0.4, 0.5]


def cents(rows: list[Row]) -> None:
    for row in rows[70:]:
        row[1:5] = [round(price * 100, 4) for price in row[1:5]]


def a_hole(rows: list[Row]) -> None:
    del rows[10:13]


def no_volume(rows: list[Row]) -> None:
    for row in rows:
        row[5] = 0.0


def mostly_empty(rows: list[Row]) -> None:
    for row in rows[20:40]:
        row[5] = 0.0


def standing(rows: list[Row]) -> None:
    for row in rows[30:50]:
        row[1:5] = [rows[29][4]] * 4


def zero(rows: list[Row]) -> None:
    rows[4][3] = 0


def too_fine(rows: list[Row]) -> None:
    rows[4][4] = 10.0123456789
    rows[4][2], rows[4][3] = 10.2, 9.8


def closing_times(rows: list[Row]) -> None:
    for row in rows:
        row[0] += MINUTE - 1


def half_a_minute(rows: list[Row]) -> None:
    rows[7][0] += 30


DEFECTS: list[tuple[str, Change, str, str, str]] = [
    # rule, defect, place, field, words
    ("crossed", crossing, "row 5 (line 5)", "high", "is below the low"),
    ("crossed", fat_finger, "row 5 (line 5)", "close", "is outside of low"),
    ("duplicate", repeated, "row 6 (line 6)", "time", "with the same prices"),
    ("duplicate", repeated_with_others, "row 6 (line 6)", "time", "with other prices"),
    ("outlier-print", a_wick, "row 61 (line 61)", "low", "away from its own close"),
    ("outlier-print", a_spire, "row 61 (line 61)", "high", "away from its own close"),
    ("outlier-print", a_lone_bar, "row 61 (line 61)", "close", "away from the bars around it"),
    ("unit", cents, "row 71 (line 71)", "close", "times above the close before it"),
    ("gap", a_hole, "row 11 (line 11)", "time", "3 bars of 1m are missing in 1 gaps"),
    ("zero-volume", no_volume, "row 1 (line 1)", "volume", "so they are no trades"),
    ("thin", mostly_empty, "row 21 (line 21)", "volume", "16.7% of the bars are without trades"),
    ("stale", standing, "row 31 (line 31)", "close", "stands still for 20 bars"),
    ("not-a-price", zero, "row 5 (line 5)", "low", "must be above zero"),
    ("precision", too_fine, "row 5 (line 5)", "close", "more than 8 decimals"),
    ("grid", closing_times, "row 1 (line 1)", "time", "so they are closing times"),
    ("grid", half_a_minute, "row 8 (line 8)", "time", "is no whole multiple of 1m"),
]


@pytest.mark.parametrize(
    ("rule", "defect", "place", "field", "words"),
    DEFECTS,
    ids=[f"{entry[0]}-{entry[1].__name__}" for entry in DEFECTS],
)
def test_a_defect_is_refused_with_file_row_field_value_and_rule(
    tmp_path: Path, rule: str, defect: Change, place: str, field: str, words: str
) -> None:
    rows = changed(defect)
    found = seen(tmp_path, rows)
    finding = found.unsolved[0]
    assert finding.rule == rule and finding.severity == "defect"
    assert finding.place == f"FOOUSDT-1m-2024-08-05.csv {place}"
    assert finding.field == field and words in finding.words
    row = int(place.split()[1]) - 1
    column = {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}[field]
    shown = rows[row][column] * 1000 if field == "time" else rows[row][column]
    assert finding.value == str(shown)
    with pytest.raises(InputError) as refusal:
        found.refuse()
    told = str(refusal.value)
    assert told.startswith(f"{finding.place} {field} = {finding.value!r}: ")
    assert f"[{rule}: {RULES[rule].sentence}" in told
    for way in RULES[rule].repairs:
        assert f"--repair {rule}={way}" in told
    assert (f"--override {rule}=REASON" in told) == RULES[rule].may_stand


def test_a_calm_series_has_no_finding(tmp_path: Path) -> None:
    found = seen(tmp_path, bars())
    found.refuse()
    assert found.findings == () and found.repairs == ()


@pytest.mark.parametrize(
    ("rule", "defect", "way"),
    [
        ("crossed", crossing, "widen"),
        ("duplicate", repeated, "first"),
        ("duplicate", repeated_with_others, "first"),
        ("duplicate", repeated, "last"),
        ("outlier-print", a_lone_bar, "clip"),
        ("unit", cents, "scale"),
        ("zero-volume", no_volume, "mark"),
        ("zero-volume", no_volume, "index"),
        ("grid", closing_times, "shift"),
        ("precision", too_fine, "round"),
    ],
)
def test_a_repair_that_is_told_is_made_and_recorded(
    tmp_path: Path, rule: str, defect: Change, way: str
) -> None:
    found = seen(tmp_path, changed(defect), repairs={rule: way})
    found.refuse()
    (repair,) = found.repairs
    assert (repair.rule, repair.way) == (rule, way) and repair.count >= 1
    assert [finding.rule for finding in found.findings] == [rule]
    assert len(found.series) == 120
    assert found.series.times.tolist() == [row[0] for row in bars()]


def test_scaling_brings_the_very_figures_back(tmp_path: Path) -> None:
    found = seen(tmp_path, changed(cents), repairs={"unit": "scale"})
    assert found.series.prices.tolist() == [row[1:5] for row in bars()]


def test_widening_keeps_open_and_close_and_takes_the_outermost(tmp_path: Path) -> None:
    found = seen(tmp_path, changed(fat_finger), repairs={"crossed": "widen"})
    opening, high, low, close = found.series.prices[4].tolist()
    plain = bars()[4]
    assert (opening, high, low, close) == (plain[1], 10.5, plain[3], 10.5)


def test_first_and_last_choose_between_rows_of_one_time(tmp_path: Path) -> None:
    rows = changed(repeated_with_others)
    first = seen(tmp_path, rows, repairs={"duplicate": "first"}).series.prices[4].tolist()
    last = seen(tmp_path, rows, repairs={"duplicate": "last"}).series.prices[4].tolist()
    assert first == rows[4][1:5] and last == rows[5][1:5] and first != last


def test_a_wick_is_clipped_to_the_body(tmp_path: Path) -> None:
    rows = changed(a_wick)
    found = seen(tmp_path, rows, repairs={"outlier-print": "clip"})
    found.refuse()
    assert found.series.prices[60, 2] == min(rows[60][1], rows[60][4])
    found = seen(tmp_path, changed(a_spire), repairs={"outlier-print": "clip"})
    assert found.series.prices[60, 1] == max(rows[60][1], rows[60][4])


def test_a_whole_bar_that_is_off_becomes_flat_at_the_close_before(tmp_path: Path) -> None:
    rows = changed(a_lone_bar)
    found = seen(tmp_path, rows, repairs={"outlier-print": "clip"})
    assert found.series.prices[60].tolist() == [rows[59][4]] * 4


@pytest.mark.parametrize(("factor", "flagged"), [(1.99, False), (2.01, True)])
def test_a_print_is_off_from_a_factor_of_two_on(
    tmp_path: Path, factor: float, flagged: bool
) -> None:
    rows = bars()
    rows[60][3] = (
        round(min(rows[60][1], rows[60][4]) / factor / 1.02, 6)
        if flagged
        else round(min(rows[60][1], rows[60][4]) / factor, 6)
    )
    found = seen(tmp_path, rows)
    assert bool(found.unsolved) == flagged


def test_a_fall_that_stays_is_no_outlier(tmp_path: Path) -> None:
    rows = bars()
    rows[60][3], rows[60][4] = 3.0, 3.2
    for row in rows[61:]:
        row[1:5] = [round(price * 0.32, 4) for price in row[1:5]]
    rows[61][1] = 3.2
    rows[61][2] = max(rows[61][2], 3.2)
    found = seen(tmp_path, rows)
    assert found.unsolved == ()


@pytest.mark.parametrize(("most", "left"), [(2, True), (3, False), (10, False)])
def test_a_gap_is_filled_flat_up_to_the_length_that_is_told(
    tmp_path: Path, most: int, left: bool
) -> None:
    rows = changed(a_hole)
    found = seen(tmp_path, rows, repairs={"gap": f"fill:{most}"})
    assert bool(found.unsolved) == left
    if not left:
        assert found.series.times.tolist() == [row[0] for row in bars()]
        assert found.series.prices[10:13].tolist() == [[rows[9][4]] * 4] * 3
        assert found.series.volume is not None and found.series.volume[10:13].tolist() == [0] * 3
        assert found.series.place(11) == "FOO filled bar 2024-08-05T00:11Z"


def test_dropping_a_row_leaves_a_gap_that_is_told(tmp_path: Path) -> None:
    for rule, defect in (("crossed", crossing), ("not-a-price", zero), ("outlier-print", a_wick)):
        found = seen(tmp_path, changed(defect), repairs={rule: "drop"})
        assert [finding.rule for finding in found.unsolved] == ["gap"]
        found = seen(tmp_path, changed(defect), repairs={rule: "drop", "gap": "fill:1"})
        found.refuse()
        assert len(found.series) == 120


@pytest.mark.parametrize(
    ("rule", "defect"),
    [
        ("outlier-print", a_wick),
        ("zero-volume", no_volume),
        ("thin", mostly_empty),
        ("stale", standing),
        ("gap", a_hole),
    ],
)
def test_an_override_keeps_the_data_and_its_reason(
    tmp_path: Path, rule: str, defect: Change
) -> None:
    rows = changed(defect)
    found = seen(tmp_path, rows, overrides={rule: "I looked at it"})
    found.refuse()
    (record,) = found.repairs
    assert (record.rule, record.way, record.reason) == (rule, "override", "I looked at it")
    assert found.series.prices.tolist() == [row[1:5] for row in rows]
    assert found.series.kind == "trade"


def test_what_no_engine_could_replay_cannot_be_overridden(tmp_path: Path) -> None:
    for rule, defect in (("crossed", crossing), ("duplicate", repeated), ("not-a-price", zero)):
        found = seen(tmp_path, changed(defect), overrides={rule: "please"})
        with pytest.raises(InputError, match=rule):
            found.refuse()


def test_one_defect_does_not_hide_the_others(tmp_path: Path) -> None:
    def everything(rows: list[Row]) -> None:
        for change in (a_wick, crossing, a_hole, repeated):
            change(rows)

    found = seen(tmp_path, changed(everything))
    # a_hole comes before repeated, which doubles row 5: both are there
    assert {finding.rule for finding in found.unsolved} == {
        *("outlier-print", "crossed", "gap", "duplicate")
    }
    with pytest.raises(InputError, match="; also: crossed, outlier-print, gap"):
        found.refuse()


def test_a_count_says_how_many_rows_are_like_the_first(tmp_path: Path) -> None:
    def many(rows: list[Row]) -> None:
        for number in range(20, 50):
            rows[number][2] = 9.0

    (finding,) = seen(tmp_path, changed(many)).unsolved
    assert finding.count == 30 and len(finding.offenders) == 10
    with pytest.raises(InputError, match=r"\(29 more rows like it\)"):
        seen(tmp_path, changed(many)).refuse()


@given(st.permutations(range(30)))
def test_rows_in_any_order_give_the_same_series(order: list[int]) -> None:
    from tempfile import TemporaryDirectory

    rows = bars(30)
    with TemporaryDirectory() as folder:
        found = seen(Path(folder), [rows[number] for number in order])
    found.refuse()
    assert found.series.times.tolist() == [row[0] for row in rows]
    assert found.series.prices.tolist() == [row[1:5] for row in rows]
    in_order = order == sorted(order)
    assert [finding.rule for finding in found.findings] == ([] if in_order else ["order"])


def test_a_mark_series_has_no_volume_and_that_is_right(tmp_path: Path) -> None:
    path = klines(tmp_path, changed(no_volume), name="FOOUSDT-1m-mark.csv")
    found = inspect("FOO", [read_file(path)], Gate())
    found.refuse()
    assert found.series.kind == "mark" and found.findings == ()


def test_a_series_without_a_volume_column_is_no_mark_in_disguise(tmp_path: Path) -> None:
    found = inspect("FOO", [read_file(generic(tmp_path, bars(volume=None)))], Gate())
    found.refuse()
    assert found.series.volume is None and found.series.kind == "trade"


@pytest.mark.parametrize(("empty", "severity"), [(6, "warning"), (7, "defect")])
def test_a_thin_series_is_refused_from_five_percent_on(
    tmp_path: Path, empty: int, severity: str
) -> None:
    rows = bars()
    for row in rows[:empty]:
        row[5] = 0.0
    (finding,) = seen(tmp_path, rows).findings
    assert finding.rule == "thin" and finding.severity == severity and finding.count == empty


@pytest.mark.parametrize(("length", "flagged"), [(11, False), (12, True)])
def test_a_price_is_stale_after_twelve_bars(tmp_path: Path, length: int, flagged: bool) -> None:
    rows = bars()
    for row in rows[30 : 30 + length]:
        row[1:5] = [rows[29][4]] * 4
    assert bool(seen(tmp_path, rows).unsolved) == flagged


def test_bars_without_trades_are_thin_and_not_stale(tmp_path: Path) -> None:
    rows = changed(standing)
    for row in rows[30:50]:
        row[5] = 0.0
    assert [finding.rule for finding in seen(tmp_path, rows).unsolved] == ["thin"]


@pytest.mark.parametrize(
    ("now", "kept"), [(START + 120 * MINUTE, 120), (START + 120 * MINUTE - 1, 119)]
)
def test_a_bar_that_is_not_over_is_left_out_and_told(tmp_path: Path, now: int, kept: int) -> None:
    found = seen(tmp_path, bars(), now=now)
    found.refuse()
    assert len(found.series) == kept
    assert [finding.rule for finding in found.findings] == ["unfinished"] * (120 - kept)


def test_a_declared_resolution_must_be_that_of_the_bars(tmp_path: Path) -> None:
    path = klines(tmp_path, bars())
    with pytest.raises(InputError, match=r"time = .*bars are 1m apart, not 5m.*; also: grid"):
        inspect("FOO", [read_file(path)], Gate(resolution=300)).refuse()
    wide = klines(tmp_path, bars(20, 300), name="FOOUSDT-1m.csv")
    with pytest.raises(InputError, match="bars are 5m apart, not 1m"):
        inspect("FOO", [read_file(wide)], Gate()).refuse()


def hourly(base: float = 10.0, start: int = START, count: int = 48) -> list[Row]:
    """A path that never repeats, so that only one shift fits."""
    rng = np.random.Generator(np.random.SFC64(1))
    closes = base * np.exp(np.cumsum(rng.normal(0, 0.01, count + 1)))
    return [
        [
            start + n * HOUR,
            o := round(closes[n], 4),
            max(o, c := round(closes[n + 1], 4)),
            min(o, c),
            c,
            5,
        ]
        for n in range(count)
    ]


def reference(rows: list[Row]) -> Reference:
    times = np.array([row[0] for row in rows])
    return Reference("FOO of somewhere", times, np.array([row[4] for row in rows], dtype=float))


def compared(folder: Path, rows: list[Row], known: list[Row], **gate: Any) -> Inspection:
    path = klines(folder, rows, name="FOOUSDT-1h.csv")
    return inspect("FOO", [read_file(path)], Gate(references=(reference(known),), **gate))


def test_the_shipped_series_of_the_same_hours_confirms(tmp_path: Path) -> None:
    found = compared(tmp_path, hourly(), hourly())
    found.refuse()
    (note,) = found.findings
    assert note.severity == "note" and "48 hours in common" in note.words and "0.0 bp" in note.words


@pytest.mark.parametrize("hours", [-9, -1, 2, 8])
def test_a_series_of_another_zone_is_told_and_moved(tmp_path: Path, hours: int) -> None:
    moved = [[row[0] + hours * HOUR, *row[1:]] for row in hourly()]
    found = compared(tmp_path, moved, hourly())
    assert found.unsolved[0].rule == "time-zone"
    assert f"moved by {-hours:+d} h" in found.unsolved[0].words
    found = compared(tmp_path, moved, hourly(), repairs={"time-zone": "shift"})
    found.refuse()
    assert found.series.times.tolist() == [row[0] for row in hourly()]
    found = compared(tmp_path, moved, hourly(), overrides={"time-zone": "another venue"})
    found.refuse()


@pytest.mark.parametrize("power", [-3, 2, 8])
def test_a_whole_series_in_another_unit_is_told_and_scaled(tmp_path: Path, power: int) -> None:
    wrong = [[row[0], *(round(p * 10.0**power, 9) for p in row[1:5]), row[5]] for row in hourly()]
    found = compared(tmp_path, wrong, hourly())
    assert found.unsolved[0].rule == "unit" and f"10^{power} times" in found.unsolved[0].words
    found = compared(tmp_path, wrong, hourly(), repairs={"unit": "scale", "precision": "round"})
    found.refuse()
    assert np.allclose(found.series.prices, [row[1:5] for row in hourly()], rtol=1e-4)


def test_a_series_in_another_quote_is_told(tmp_path: Path) -> None:
    euros = [[row[0], *(round(p * 0.8, 4) for p in row[1:5]), row[5]] for row in hourly()]
    found = compared(tmp_path, euros, hourly())
    assert [finding.rule for finding in found.unsolved] == ["quote"]
    assert "-20.0%" in found.unsolved[0].words
    found = compared(tmp_path, euros, hourly(), overrides={"quote": "it is in euros"})
    found.refuse()


def test_a_ratio_among_dollar_prices_is_told(tmp_path: Path) -> None:
    rows = [[row[0], *(round(p / 9.6, 4) for p in row[1:5]), row[5]] for row in hourly()]
    path = klines(tmp_path, rows, name="WEETHUSD-1h.csv")
    found = inspect("WEETH", [read_file(path)], Gate())
    (finding,) = found.unsolved
    assert finding.rule == "quote" and "is not between 50 and 60,000" in finding.words
    inspect("WEETH", [read_file(path)], Gate(), quote="ETH").refuse()


def test_expected_prices_are_held_to(tmp_path: Path) -> None:
    seen(tmp_path, bars(), expected=(9.0, 11.0)).refuse()
    (finding,) = seen(tmp_path, bars(), expected=(11.0, 20.0)).unsolved
    assert finding.rule == "quote" and "as --expect must be" in finding.words
    found = seen(tmp_path, bars(), expected=(900.0, 1100.0))
    assert found.unsolved[0].rule == "unit"
    found = seen(tmp_path, bars(), expected=(900.0, 1100.0), repairs={"unit": "scale"})
    found.refuse()
    assert found.series.prices[0, 0] == pytest.approx(bars()[0][1] * 100)


def points(folder: Path, prices: list[float]) -> Inspection:
    rows = [[START + 300 * n, price] for n, price in enumerate(prices)]
    path = write_csv(folder / "USDCUSD.csv", rows, "ts,price")
    return inspect("USDC", [read_file(path)], Gate())


def test_a_lone_point_without_a_second_is_told(tmp_path: Path) -> None:
    prices = [1.0 + 0.0002 * (n % 3) for n in range(40)]
    points(tmp_path, prices).refuse()
    prices[20] = 0.9715
    (finding,) = points(tmp_path, prices).unsolved
    assert finding.rule == "unconfirmed" and finding.place == "USDCUSD.csv row 21 (line 22)"
    assert finding.field == "price" and finding.value == "0.9715"
    prices[21] = 0.9720
    points(tmp_path, prices).refuse()


def test_files_of_one_symbol_must_fit_together(tmp_path: Path) -> None:
    first = read_file(klines(tmp_path, bars(60)))
    rest = read_file(klines(tmp_path, bars(60, start=START + HOUR), name="FOOUSDT-1m-b.csv"))
    found = inspect("FOO", [first, rest], Gate())
    found.refuse()
    assert len(found.series) == 120
    assert found.series.place(60) == "FOOUSDT-1m-b.csv row 1 (line 1)"
    other = read_file(klines(tmp_path, bars(60, 300), name="FOOUSDT-5m.csv"))
    with pytest.raises(InputError, match="FOO files = '60, 300': must have one resolution"):
        inspect("FOO", [first, other], Gate())


def test_times_that_cannot_be_read_can_be_dropped(tmp_path: Path) -> None:
    rows = bars()
    path = generic(tmp_path, rows)
    path.write_text(path.read_text().replace("2024-08-05T00:07:00Z", "soon"))
    with pytest.raises(InputError, match=r"row 8 \(line 9\) time = 'soon': is no time"):
        inspect("FOO", [read_file(path)], Gate()).refuse()
    found = inspect("FOO", [read_file(path)], Gate(repairs={"time": "drop", "gap": "fill:1"}))
    found.refuse()
    assert [repair.rule for repair in found.repairs] == ["time", "gap"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wick=clip", "must be RULE=WAY with a rule of time, "),
        ("thin=drop", "must be RULE=WAY with a rule of"),
        ("crossed=clip", "crossed can be repaired by widen, drop"),
        ("gap=fill", "gap can be repaired by fill:N"),
        ("gap=fill:", "fill needs the most bars in a row"),
        ("gap=fill:0", "fill needs the most bars in a row"),
        ("gap=fill:-3", "fill needs the most bars in a row"),
        ("crossed", "crossed can be repaired by"),
        ("crossed=widen:3", "crossed can be repaired by"),
    ],
)
def test_a_repair_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_repair("--repair", text)
    assert message in str(refusal.value) and repr(text) in str(refusal.value)


def test_repairs_and_overrides_that_are_some() -> None:
    assert parse_repair("--repair", "gap=fill:3") == ("gap", "fill:3")
    assert parse_repair("--repair", "crossed=widen") == ("crossed", "widen")
    assert parse_override("--override", "thin=a = b ") == ("thin", "a = b")


@pytest.mark.parametrize("text", ["thin", "thin=", "thin=  ", "crossed=because", "=why"])
def test_an_override_needs_a_rule_that_may_stand_and_a_reason(text: str) -> None:
    with pytest.raises(InputError, match="--override = "):
        parse_override("--override", text)


def test_every_rule_of_the_catalogue_says_what_must_hold() -> None:
    for name, rule in RULES.items():
        assert rule.name == name and rule.sentence and all(rule.repairs.values())
