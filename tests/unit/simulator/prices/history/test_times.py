"""A time is read in its unit and zone, or its row is told."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.prices.history.series import Raw
from simulator.prices.history.times import ReadTimes, read_times, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def read(*values: object, zone: tzinfo | None = None, format_zone: str = "") -> ReadTimes:
    lines = list(range(2, len(values) + 2))
    raw = Raw("a.csv", {"time": list(values)}, lines=lines, zone=format_zone)
    return read_times(raw, zone)


@given(
    st.integers(10**9, 9 * 10**9),
    st.sampled_from([1, 10**3, 10**6, 10**9]),
    st.booleans(),
    st.integers(0, 10**9),
)
def test_a_number_gives_its_seconds_in_whatever_unit(
    seconds: int, parts: int, as_text: bool, rest: int
) -> None:
    number = seconds * parts + rest % parts
    found = read(str(number) if as_text else number)
    assert found.seconds.tolist() == [seconds] and found.findings == ()
    column = np.array([number], dtype=np.int64)
    assert read_times(Raw("a", {"time": column}), None).seconds.tolist() == [seconds]


@pytest.mark.parametrize("number", [0, -1, 999_999_999, 10**10, 10**11, 10**14, 10**19, 10**30])
def test_a_number_outside_of_every_unit_is_told(number: int) -> None:
    found = read(1_722_816_000, number)
    (finding,) = found.findings
    assert finding.rule == "time-unit" and finding.severity == "defect"
    assert finding.place == "a.csv row 2 (line 3)" and finding.value == str(number)
    assert found.seconds.tolist() == [1_722_816_000, -1]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-08-05T00:00:00Z", 1_722_816_000),
        ("2024-08-05 00:00:00+00:00", 1_722_816_000),
        ("2024-08-05T02:00+02:00", 1_722_816_000),
        ("2024-08-05 00:00:00 UTC", 1_722_816_000),
        ("2024-08-05T00:00:59.999Z", 1_722_816_059),
        ("1722816000.75", 1_722_816_000),
    ],
)
def test_texts_with_a_zone(text: str, seconds: int) -> None:
    found = read(text)
    assert found.seconds.tolist() == [seconds] and found.findings == ()


def test_a_blank_in_front_is_taken_away_and_told() -> None:
    found = read("2024-08-05T00:00Z", " 2024-08-05T00:01Z", " 1722816120")
    assert found.seconds.tolist() == [1_722_816_000, 1_722_816_060, 1_722_816_120]
    (note,) = found.findings
    assert (note.rule, note.severity, note.count) == ("text", "note", 2)
    assert note.place == "a.csv row 2 (line 3)"


def test_a_text_without_a_zone_needs_one_and_takes_it() -> None:
    found = read("2024-08-05 00:00:00", "2024-08-05 01:00:00")
    (finding,) = found.findings
    assert finding.rule == "time-zone" and finding.count == 2 and "--zone" in finding.words
    assert (found.seconds == -1).all()
    assert read("2024-08-05 00:00:00", zone=UTC).seconds.tolist() == [1_722_816_000]
    assert read("2024-08-05 00:00:00", zone=BERLIN).seconds.tolist() == [1_722_808_800]
    assert read("2024-08-05 00:00:00", format_zone="UTC").seconds.tolist() == [1_722_816_000]


def test_hours_that_a_clock_skips_or_repeats_are_told() -> None:
    skipped = read("2024-03-31 02:30:00", "2024-03-31 03:30:00", zone=BERLIN)
    assert [finding.words for finding in skipped.findings] == [
        "does not exist in Europe/Berlin: the clock jumps over it"
    ]
    twice = read("2024-10-27 01:30:00", "2024-10-27 02:30:00", zone=BERLIN)
    (finding,) = twice.findings
    assert finding.count == 1 and "is there twice in Europe/Berlin" in finding.words
    assert read("2024-10-27 02:30:00", zone=UTC).findings == ()


@pytest.mark.parametrize("text", ["1.72281E+12", "1e9", "1.722816e9"])
def test_scientific_notation_has_lost_digits(text: str) -> None:
    (finding,) = read(text).findings
    assert finding.rule == "time" and "scientific notation" in finding.words


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00Z", "05/08/2024", "None"])
def test_what_is_no_time_is_told(text: str) -> None:
    found = read(text)
    (finding,) = (item for item in found.findings if item.severity == "defect")
    assert finding.rule == "time" and found.seconds.tolist() == [-1]


def test_a_zone_that_is_none_is_refused() -> None:
    assert zone_of("--zone", "utc") is UTC
    assert str(zone_of("--zone", "Europe/Berlin")) == "Europe/Berlin"
    for name in ("Mars/Base", "", "../etc"):
        with pytest.raises(InputError, match=r"--zone = .*must be a zone such as UTC"):
            zone_of("--zone", name)
