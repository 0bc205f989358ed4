"""Checks of rows and their order: order, duplicates, numbers, crossed bars, the grid, gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.prices.history.findings import SHOWN_OFFENDERS, Finding
from simulator.prices.history.gate.settings import Gate
from simulator.prices.history.gate.told import at_fault, found
from simulator.prices.history.series import Series, resolution_words, time_words
from simulator.types import Bool1D, Int1D


def check_order(series: Series, gate: Gate) -> list[Finding]:
    """Rows that are earlier than the one before them."""
    back = np.flatnonzero(np.diff(series.times) < 0) + 1
    falling = len(back) == len(series) - 1
    words = "the file runs backwards in time; sorted" if falling else "is out of order; sorted"
    return found(series, "order", back, "time", words, "note")


def sort(series: Series, gate: Gate, way: str) -> Series:
    """In order of time; rows of equal time keep their order in the file."""
    return series.kept(np.argsort(series.times, kind="stable"))


def check_duplicate(series: Series, gate: Gate) -> list[Finding]:
    """Rows whose time was there before; whether they differ is said."""
    again = np.flatnonzero(np.diff(series.times) == 0) + 1
    if not len(again):
        return []
    differ = ~np.all(series.prices[again] == series.prices[again - 1], axis=1)
    words = f"is the same time as {series.place(int(again[0]) - 1)}"
    words += ", with other prices" if differ[0] else ", with the same prices"
    if 0 < differ.sum() < len(again):
        words += f"; {int(differ.sum()):,} of these rows have other prices"
    return found(series, "duplicate", again, "time", words)


def drop_duplicates(series: Series, gate: Gate, way: str) -> Series:
    """One row per time: the first or the last."""
    same = np.diff(series.times) == 0
    keep = np.ones(len(series), dtype=bool)
    if way == "last":
        keep[:-1] = ~same
    else:
        keep[1:] = ~same
    return series.kept(keep)


def _no_prices(series: Series) -> Bool1D:
    with np.errstate(invalid="ignore"):
        good = np.isfinite(series.prices) & (series.prices > 0)
    bad: Bool1D = np.logical_not(good.all(axis=1))
    return bad


def check_price(series: Series, gate: Gate) -> list[Finding]:
    """Prices that are no finite numbers above zero."""
    rows = np.flatnonzero(_no_prices(series))
    if not len(rows):
        return []
    first = series.prices[rows[0]]
    column = int(np.argmin(np.isfinite(first) & (np.nan_to_num(first, nan=-1.0) > 0)))
    value = first[column]
    words = "is not a number" if not np.isfinite(value) else "must be above zero"
    return found(series, "not-a-price", rows, at_fault(series, int(rows[0]), column), words)


def drop_no_prices(series: Series, gate: Gate, way: str) -> Series:
    """Without the rows that have a price which is none."""
    return series.kept(~_no_prices(series))


def _crossed(series: Series) -> Bool1D:
    opening, high, low, close = series.prices.T
    low_body, high_body = np.minimum(opening, close), np.maximum(opening, close)
    crossed: Bool1D = (high < low) | (low > low_body) | (high < high_body)
    return crossed


def check_crossed(series: Series, gate: Gate) -> list[Finding]:
    """High below low, or open or close outside of them."""
    rows = np.flatnonzero(_crossed(series))
    if not len(rows):
        return []
    row = int(rows[0])
    opening, high, low = series.prices[row, :3].tolist()
    shown = [series.shown(row, name) for name in ("open", "high", "low", "close")]
    if high < low:
        field, words = "high", f"is below the low {shown[2]}"
    elif not low <= opening <= high:
        field, words = "open", f"is outside of low {shown[2]} to high {shown[1]}"
    else:
        field, words = "close", f"is outside of low {shown[2]} to high {shown[1]}"
    return found(series, "crossed", rows, field, words)


def uncross(series: Series, gate: Gate, way: str) -> Series:
    """Widen high and low until they contain all four, or leave the rows out."""
    if way == "drop":
        return series.kept(~_crossed(series))
    prices = series.prices.copy()
    prices[:, 1], prices[:, 2] = series.prices.max(axis=1), series.prices.min(axis=1)
    return replace(series, prices=prices)


def check_grid(series: Series, gate: Gate) -> list[Finding]:
    """Bars that open between two multiples of the resolution."""
    if not series.resolution:
        return []
    rest = series.times % series.resolution
    rows = np.flatnonzero(rest)
    size = resolution_words(series.resolution)
    closing = len(rows) == len(series) and bool(np.all(rest == series.resolution - 1))
    words = f"is no whole multiple of {size}"
    if closing:
        words += "; all times end a second before one, so they are closing times"
    return found(series, "grid", rows, "time", words)


def to_grid(series: Series, gate: Gate, way: str) -> Series:
    """Closing times to opening times, or only the rows that lie on the grid."""
    if way == "shift":
        return replace(series, times=series.times + 1 - series.resolution)
    return series.kept(series.times % series.resolution == 0)


def check_resolution(series: Series, gate: Gate) -> list[Finding]:
    """Steps that are usually shorter than the declared resolution, or never as short as it."""
    if not series.resolution or len(series) < 3:
        return []
    steps = np.diff(series.times)
    usual = int(np.median(steps))
    longer = steps.min() > series.resolution and not series.sparse
    if usual >= series.resolution and not longer:
        return []
    words = f"bars are {resolution_words(usual)} apart, not {resolution_words(series.resolution)}"
    return found(series, "resolution", [1], "time", words)


def _gaps(series: Series) -> tuple[Int1D, Int1D]:
    """Rows after a gap, and how many bars are missing before each."""
    if not series.resolution:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    missing = np.diff(series.times) // series.resolution - 1
    rows = np.flatnonzero(missing > 0) + 1
    return rows, missing[rows - 1]


def check_gap(series: Series, gate: Gate) -> list[Finding]:
    """Bars that are missing; a venue that leaves out bars without trades is only told."""
    rows, missing = _gaps(series)
    if not len(rows):
        return []
    first = int(rows[0])
    after = time_words(int(series.times[first - 1]) + series.resolution)
    longest = int(missing.max())
    words = (
        f"{int(missing.sum()):,} bars of {resolution_words(series.resolution)} are missing in "
        f"{len(rows):,} gaps, the longest of {longest:,}; the first from {after} on"
    )
    places = tuple(series.place(int(row)) for row in rows[:SHOWN_OFFENDERS])
    severity = "warning" if series.sparse else "defect"
    value = series.shown(first, "time")
    return [Finding("gap", severity, len(rows), places[0], "time", value, words, places)]  # type: ignore[arg-type]


def fill(series: Series, gate: Gate, way: str) -> Series:
    """Flat bars at the last close, without volume, in gaps of at most N bars."""
    most = int(way.partition(":")[2])
    rows, missing = _gaps(series)
    short = missing <= most
    if not short.any():
        return series
    before = np.repeat(rows[short] - 1, missing[short])
    places = np.concatenate([np.arange(1, count + 1) for count in missing[short].tolist()])
    times = np.concatenate([series.times, series.times[before] + places * series.resolution])
    flat = np.repeat(series.prices[before, 3:], 4, axis=1)
    prices = np.concatenate([series.prices, flat])
    volume = series.volume
    if volume is not None:
        volume = np.concatenate([volume, np.zeros(len(before))])
    origin = np.concatenate([series.origin, np.full(len(before), -1)])
    filled = replace(series, times=times, prices=prices, volume=volume, origin=origin)
    return filled.kept(np.argsort(times, kind="stable"))


def check_unfinished(series: Series, gate: Gate) -> list[Finding]:
    """A last bar that was still running when the file was read."""
    if not gate.now or not series.resolution or not len(series):
        return []
    rows = np.flatnonzero(series.times + series.resolution > gate.now)
    ends = time_words(int(series.times[-1]) + series.resolution)
    return found(series, "unfinished", rows, "time", f"ends only at {ends}; left out", "note")


def drop_unfinished(series: Series, gate: Gate, way: str) -> Series:
    """Without the bars that are not over."""
    return series.kept(series.times + series.resolution <= gate.now)
