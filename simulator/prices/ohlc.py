"""Open, high, low and close of one series by the hour (or finer), read exactly and checked.

Prices are integer ticks of 1e-8 of the quote: decimal text becomes an integer without passing
through a float, so what the venue printed is what goes on chain.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from simulator.errors import InputError
from simulator.types import Int1D, Int2D
from simulator.units import decimal_to_integer

PRICE_DECIMALS = 8
TICKS_PER_UNIT = 10**PRICE_DECIMALS
BAR_SECONDS = 3600
COLUMNS = ("ts", "open", "high", "low", "close")
LARGEST_TICKS = 2**53
"""Above it a tick count is no longer exact as a float, which the bridge relies on."""


@dataclass(frozen=True, slots=True)
class Ohlc:
    """Consecutive bars of one series: hours in what ships, perhaps finer in what a user imports."""

    symbol: str
    times: Int1D
    """int64[bars], open time of the bar in unix seconds, `bar_seconds` apart."""
    ticks: Int2D
    """int64[bars, 4]: open, high, low, close in ticks of 1e-8."""
    bar_seconds: int = BAR_SECONDS
    """Divides an hour."""

    @property
    def hours(self) -> int:
        """Whole hours from the first bar on."""
        return len(self.times) * self.bar_seconds // BAR_SECONDS

    def window(self, start: datetime, hours: int) -> Ohlc:
        """The bars from `start` on; InputError if they are not all there."""
        first, asked = int(self.times[0]), int(start.timestamp())
        last = first + len(self.times) * self.bar_seconds
        covered = f"{self.symbol} covers {time_text(first)} to {time_text(last)}"
        if asked % BAR_SECONDS or not first <= asked < last:
            raise InputError(
                "start", time_text(asked), f"must be a full hour of the series; {covered}"
            )
        most = (last - asked) // BAR_SECONDS
        if hours < 1 or hours > most:
            raise InputError("hours", hours, f"must be 1 to {most} from that start; {covered}")
        offset, per_hour = (asked - first) // self.bar_seconds, BAR_SECONDS // self.bar_seconds
        part = slice(offset, offset + hours * per_hour)
        return Ohlc(self.symbol, self.times[part], self.ticks[part], self.bar_seconds)

    def longer(self, bar_seconds: int) -> Ohlc:
        """Bars of a multiple of this length: first, max, min, last; the caller sees to the length.

        The series must begin and end at whole multiples, as a window does.
        """
        count = bar_seconds // self.bar_seconds
        if count == 1:
            return self
        groups = self.ticks.reshape(-1, count, 4)
        highest, lowest = groups[:, :, 1].max(axis=1), groups[:, :, 2].min(axis=1)
        ticks = np.stack([groups[:, 0, 0], highest, lowest, groups[:, -1, 3]], axis=1)
        return Ohlc(self.symbol, self.times[::count], ticks, bar_seconds)


def time_text(seconds: int) -> str:
    """Unix seconds as the time format of the fixtures, such as 2020-03-12T10:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def parse_time(field: str, text: str) -> int:
    """Unix seconds of an ISO time with a zone; InputError otherwise."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(field, text, "must be a time such as 2020-03-12T10:00Z") from None
    if time.tzinfo is None:
        raise InputError(field, text, "needs a zone, such as 2020-03-12T10:00Z")
    return int(time.timestamp())


def read_ohlc(path: Path, symbol: str, bar_seconds: int = BAR_SECONDS) -> Ohlc:
    """Read `ts,open,high,low,close` (more columns are allowed and ignored) and check every row.

    Raises InputError naming file, row (the header is line 1), field, value and rule: missing or
    empty file, wrong header, times not a bar (an hour) apart, price not a positive decimal of at
    most 8 places, high below low, open or close outside of [low, high].
    """
    shown = f"{path.parent.name}/{path.name}"
    rows = list(csv.reader(io.StringIO(_text(path, shown))))
    if not rows or tuple(rows[0][: len(COLUMNS)]) != COLUMNS:
        header = ",".join(rows[0]) if rows else ""
        raise InputError(f"{shown} line 1", header, f"must begin with {','.join(COLUMNS)}")
    if len(rows) == 1:
        raise InputError(shown, "(no rows)", "needs at least one hour")
    times = np.empty(len(rows) - 1, dtype=np.int64)
    ticks = np.empty((len(rows) - 1, 4), dtype=np.int64)
    for index, row in enumerate(rows[1:]):
        place = f"{shown} row {index + 1} (line {index + 2})"
        if len(row) != len(rows[0]):
            raise InputError(place, ",".join(row), f"must have {len(rows[0])} fields")
        previous = int(times[index - 1]) if index else None
        times[index] = _checked_time(place, row[0], previous, bar_seconds)
        ticks[index] = _checked_prices(place, row[1:5])
    times.flags.writeable = False
    ticks.flags.writeable = False
    return Ohlc(symbol, times, ticks, bar_seconds)


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(shown, str(path.name), "the file is missing") from None
    except UnicodeDecodeError:
        raise InputError(shown, str(path.name), "is not UTF-8 text") from None


def _checked_time(place: str, text: str, previous: int | None, bar_seconds: int) -> int:
    field = f"{place} ts"
    time = parse_time(field, text)
    if time % bar_seconds:
        bar = "hour" if bar_seconds == BAR_SECONDS else f"multiple of {bar_seconds} s"
        raise InputError(field, text, f"must be a full {bar}")
    if previous is None or time == previous + bar_seconds:
        return time
    expected = time_text(previous + bar_seconds)
    if time == previous:
        raise InputError(field, text, f"is there twice; expected {expected}")
    if time < previous:
        raise InputError(field, text, f"is out of order; expected {expected}")
    missing = (time - previous) // bar_seconds - 1
    bars = "hours" if bar_seconds == BAR_SECONDS else "bars"
    raise InputError(field, text, f"leaves a gap of {missing} {bars}; expected {expected}")


def _checked_prices(place: str, texts: list[str]) -> list[int]:
    prices = []
    for name, text in zip(COLUMNS[1:], texts, strict=True):
        field = f"{place} {name}"
        price = decimal_to_integer(text, PRICE_DECIMALS, field)
        if price <= 0:
            raise InputError(field, text, "must be above zero")
        if price > LARGEST_TICKS:
            raise InputError(field, text, f"must be at most {LARGEST_TICKS // TICKS_PER_UNIT}")
        prices.append(price)
    opening, high, low, close = prices
    if high < low:
        raise InputError(f"{place} high", texts[1], f"must not be below low {texts[2]}")
    for name, text, price in (("open", texts[0], opening), ("close", texts[3], close)):
        if not low <= price <= high:
            rule = f"must lie between low {texts[2]} and high {texts[1]}"
            raise InputError(f"{place} {name}", text, rule)
    return prices
