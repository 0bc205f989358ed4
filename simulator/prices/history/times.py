"""Times of any unit and zone to unix seconds. What cannot be read is told row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import numpy as np

from simulator.errors import InputError
from simulator.prices.history.findings import SHOWN_OFFENDERS, Finding
from simulator.prices.history.series import Raw
from simulator.types import Int1D

UNITS: Final = (
    ("s", 10**9, 1),
    ("ms", 10**12, 10**3),
    ("us", 10**15, 10**6),
    ("ns", 10**18, 10**9),
)
"""Name, smallest number (2001-09-09), parts of a second. Ten times as much is the year 2286
(nanoseconds end in 2262, with the 64 bits)."""
UNREADABLE: Final = np.int64(-1)
NEEDS_ZONE = "has no zone; say which with --zone UTC or --zone Europe/Berlin"


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """Unix seconds per row (UNREADABLE where there are none) and what was found on the way."""

    seconds: Int1D
    findings: tuple[Finding, ...]


def zone_of(option: str, name: str) -> tzinfo:
    """A time zone by its IANA name; InputError if there is none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(option, name, "must be a zone such as UTC or Europe/Berlin") from None


def read_times(raw: Raw, zone: tzinfo | None) -> ReadTimes:
    """Times of a file. `zone` is for texts that name none; a format may know its own.

    Numbers: the unit is inferred from the size of each number (1e9 s, 1e12 ms, 1e15 us, 1e18 ns),
    and a file with several units is told. Fractions of a second are cut off (99.9 % are closing
    times, which the grid rule finds). Texts: ISO 8601, blanks around them are taken away and told.
    """
    zone = zone or (UTC if raw.zone == "UTC" else None)
    column = raw.columns["time"]
    faults = _Faults(raw)
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return ReadTimes(_of_integers(column.astype(np.int64), faults), faults.findings())
    seconds = np.empty(len(column), dtype=np.int64)
    numbers: list[tuple[int, int]] = []
    for row, value in enumerate(column):
        seconds[row] = _one(row, value, zone, faults, numbers)
    if numbers:
        rows = np.array([row for row, _ in numbers])
        read = _of_integers(np.array([number for _, number in numbers]), faults, rows)
        seconds[rows] = read
    return ReadTimes(seconds, faults.findings())


class _Faults:
    """Rows at fault, by rule, in the order met."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.met: dict[tuple[str, str, str], list[int]] = {}

    def add(self, rule: str, severity: str, words: str, row: int) -> None:
        self.met.setdefault((rule, severity, words), []).append(row)

    def findings(self) -> tuple[Finding, ...]:
        made = []
        for (rule, severity, words), rows in self.met.items():
            places = tuple(self.raw.place(row) for row in rows[:SHOWN_OFFENDERS])
            value = str(self.raw.columns["time"][rows[0]])
            made.append(
                Finding(rule, severity, len(rows), places[0], "time", value, words, places)  # type: ignore[arg-type]
            )
        return tuple(made)


def _one(
    row: int,
    value: Any,
    zone: tzinfo | None,
    faults: _Faults,
    numbers: list[tuple[int, int]],
) -> int:
    """Seconds of one value; whole numbers are only collected, as their unit is found together."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        numbers.append((row, _bounded(int(value))))
        return int(UNREADABLE)
    text = str(value)
    stripped = text.strip()
    if stripped != text:
        faults.add("text", "note", "has blanks around it, which were taken away", row)
    if stripped.removeprefix("-").isdigit() and stripped.isascii():
        numbers.append((row, _bounded(int(stripped))))
        return int(UNREADABLE)
    whole, dot, fraction = stripped.partition(".")
    if dot and whole.isdigit() and fraction.isdigit() and stripped.isascii():
        numbers.append((row, _bounded(int(whole))))
        return int(UNREADABLE)
    if "e" in stripped.lower() and stripped.lower().replace("e", "").strip("+-.0123456789") == "":
        faults.add(
            "time", "defect", "is in scientific notation, which has lost its last digits", row
        )
        return int(UNREADABLE)
    return _of_text(row, stripped, zone, faults)


def _bounded(number: int) -> int:
    """Into 64 bits; what does not fit is in no unit anyway."""
    return number if -1 < number < 1 << 63 else -1


def _of_text(row: int, text: str, zone: tzinfo | None, faults: _Faults) -> int:
    shown = text.removesuffix(" UTC")
    try:
        time = datetime.fromisoformat(shown)
    except ValueError:
        faults.add("time", "defect", "is no time such as 2020-03-12T10:00Z or 1584007200", row)
        return int(UNREADABLE)
    if shown != text:
        time = time.replace(tzinfo=UTC)
    if time.tzinfo is None:
        if zone is None:
            faults.add("time-zone", "defect", NEEDS_ZONE, row)
            return int(UNREADABLE)
        time = _in_zone(row, time, zone, faults)
    return int(time.timestamp() // 1)


def _in_zone(row: int, time: datetime, zone: tzinfo, faults: _Faults) -> datetime:
    """A local time; one that the clock shows twice or never in the year is told."""
    local = time.replace(tzinfo=zone)
    back = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if back != time:
        faults.add("time-zone", "defect", f"does not exist in {zone}: the clock jumps over it", row)
    elif local.utcoffset() != local.replace(fold=1).utcoffset():
        faults.add("time-zone", "defect", f"is there twice in {zone}: the clock is set back", row)
    return local


def _of_integers(values: Int1D, faults: _Faults, rows: Int1D | None = None) -> Int1D:
    """Seconds of whole numbers by their size; several units in one file are told."""
    at = np.arange(len(values)) if rows is None else rows
    seconds = np.full(len(values), UNREADABLE, dtype=np.int64)
    used: list[tuple[int, str]] = []
    for name, smallest, parts in UNITS:
        mine = (values >= smallest) & (values // 10 < smallest)
        if mine.any():
            seconds[mine] = values[mine] // parts
            used.append((int(np.flatnonzero(mine)[0]), name))
    for row in np.flatnonzero(seconds == UNREADABLE).tolist():
        words = "is in no unit between seconds and nanoseconds since 1970 (2001 to 2286)"
        faults.add("time-unit", "defect", words, int(at[row]))
    if len(used) > 1:
        used.sort()
        names = " then ".join(name for _, name in used)
        faults.add("time-unit", "note", f"changes the unit: {names}", int(at[used[1][0]]))
    return seconds
