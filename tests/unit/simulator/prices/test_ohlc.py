"""A series is read exactly or refused with file, row, field, value and rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.prices.ohlc import Ohlc, read_ohlc

HEADER = "ts,open,high,low,close\n"
FIRST = "2020-03-12T10:00Z,167.97,168.89,125,132.91\n"
SECOND = "2020-03-12T11:00Z,132.91,150,123,136.59\n"


def read(folder: Path, text: str) -> Ohlc:
    event = folder / "some-event"
    event.mkdir(exist_ok=True)
    (event / "ETH.csv").write_text(text, encoding="utf-8")
    return read_ohlc(event / "ETH.csv", "ETH")


def test_prices_become_exact_ticks(tmp_path: Path) -> None:
    series = read(tmp_path, HEADER + FIRST + SECOND)
    assert series.ticks[0].tolist() == [16797000000, 16889000000, 12500000000, 13291000000]
    assert series.times.tolist() == [1584007200, 1584010800]
    assert series.symbol == "ETH" and series.hours == 2


def test_a_volume_column_is_allowed(tmp_path: Path) -> None:
    series = read(tmp_path, "ts,open,high,low,close,volume\n2020-03-12T10:00Z,2,3,1,2,77\n")
    assert series.ticks.tolist() == [[200000000, 300000000, 100000000, 200000000]]


def test_eight_decimals_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    series = read(tmp_path, HEADER + "2022-05-13T00:00Z,0.00004001,0.00004002,4e-5,0.00004001\n")
    assert series.ticks[0].tolist() == [4001, 4002, 4000, 4001]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 = '': must begin with ts,open,high,low,close"),
        ("time,open,high,low,close\n", "must begin with ts,open,high,low,close"),
        (HEADER, "needs at least one hour"),
        (
            HEADER + FIRST + "2020-03-12T11:00Z,1,2\n",
            "row 2 (line 3) = '2020-03-12T11:00Z,1,2': must have 5",
        ),
        (HEADER + FIRST + "\n", "row 2 (line 3) = '': must have 5 fields"),
        (HEADER + "yesterday,2,3,1,2\n", "row 1 (line 2) ts = 'yesterday': must be a time"),
        (HEADER + "2020-03-12T10:00,2,3,1,2\n", "ts = '2020-03-12T10:00': needs a zone"),
        (HEADER + "2020-03-12T10:30Z,2,3,1,2\n", "ts = '2020-03-12T10:30Z': must be a full hour"),
        (HEADER + FIRST + FIRST, "row 2 (line 3) ts = '2020-03-12T10:00Z': is there twice"),
        (
            HEADER + SECOND + FIRST,
            "ts = '2020-03-12T10:00Z': is out of order; expected 2020-03-12T12:00Z",
        ),
        (
            HEADER + FIRST + "2020-03-12T14:00Z,2,3,1,2\n",
            "leaves a gap of 3 hours; expected 2020-03-12T11:00Z",
        ),
        (HEADER + "2020-03-12T10:00Z,0,3,1,2\n", "open = '0': must be above zero"),
        (HEADER + "2020-03-12T10:00Z,2,3,-1,2\n", "low = '-1': must be above zero"),
        (HEADER + "2020-03-12T10:00Z,2,3,1,x\n", "close = 'x': must be a decimal number"),
        (HEADER + "2020-03-12T10:00Z,2,nan,1,2\n", "high = 'nan': must be a decimal number"),
        (
            HEADER + "2020-03-12T10:00Z,2,3,1,2.000000001\n",
            "close = '2.000000001': must have at most 8",
        ),
        (HEADER + "2020-03-12T10:00Z,2,1,3,2\n", "high = '1': must not be below low 3"),
        (HEADER + "2020-03-12T10:00Z,4,3,1,2\n", "open = '4': must lie between low 1 and high 3"),
        (
            HEADER + "2020-03-12T10:00Z,2,3,1,0.5\n",
            "close = '0.5': must lie between low 1 and high 3",
        ),
        (HEADER + "2020-03-12T10:00Z,2,1e12,1,2\n", "high = '1e12': must be at most 90071992"),
    ],
)
def test_a_defect_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(tmp_path, text)
    assert "some-event/ETH.csv" in str(refusal.value)
    assert message in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file is missing"):
        read_ohlc(tmp_path / "event" / "ETH.csv", "ETH")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ETH.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read_ohlc(tmp_path / "ETH.csv", "ETH")


def test_a_window_is_cut_by_time_whatever_the_zone(tmp_path: Path) -> None:
    series = read(tmp_path, HEADER + FIRST + SECOND)
    start = datetime(2020, 3, 12, 12, tzinfo=timezone(timedelta(hours=1)))
    assert series.window(start, 1).ticks.tolist() == [series.ticks[1].tolist()]


@pytest.mark.parametrize(
    ("start", "hours", "message"),
    [
        (datetime(2020, 3, 12, 9, tzinfo=UTC), 1, "start = '2020-03-12T09:00Z'"),
        (datetime(2020, 3, 12, 12, tzinfo=UTC), 1, "start = '2020-03-12T12:00Z'"),
        (datetime(2020, 3, 12, 10, 30, tzinfo=UTC), 1, "must be a full hour"),
        (datetime(2020, 3, 12, 10, tzinfo=UTC), 3, "hours = 3: must be 1 to 2"),
        (datetime(2020, 3, 12, 10, tzinfo=UTC), 0, "hours = 0: must be 1 to 2"),
    ],
)
def test_hours_outside_of_the_series_are_refused(
    tmp_path: Path, start: datetime, hours: int, message: str
) -> None:
    series = read(tmp_path, HEADER + FIRST + SECOND)
    with pytest.raises(InputError) as refusal:
        series.window(start, hours)
    assert message in str(refusal.value)
    assert "ETH covers 2020-03-12T10:00Z to 2020-03-12T12:00Z" in str(refusal.value)
