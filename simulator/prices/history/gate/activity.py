"""Checks of whether anything was traded: volume, empty bars, standing prices, lone points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.prices.history.findings import Finding
from simulator.prices.history.gate.settings import NEIGHBOURS, STALE_BARS, THIN_SHARE, Gate
from simulator.prices.history.gate.told import at_fault, found
from simulator.prices.history.series import Series, runs
from simulator.types import Bool1D

_LONE_SHARE = 0.01
_LONE_TIMES = 10.0


def check_volume(series: Series, gate: Gate) -> list[Finding]:
    """Trade bars without any volume at all: mark or index prices under the name of trades."""
    if series.kind != "trade" or series.volume is None or not len(series):
        return []
    if np.any(series.volume > 0):
        return []
    words = f"all {len(series):,} bars are without volume, so they are no trades"
    return found(series, "zero-volume", np.arange(len(series)), "volume", words)


def as_mark(series: Series, gate: Gate, way: str) -> Series:
    """The same prices under their own name: mark or index."""
    return replace(series, kind=way)


def check_thin(series: Series, gate: Gate) -> list[Finding]:
    """The share of bars without trades and the longest run of them."""
    if series.kind != "trade" or series.volume is None or not len(series):
        return []
    empty = ~(series.volume > 0)
    if empty.all() or not empty.any():
        return []
    longest = max(last - first for first, last in runs(empty))
    share = float(empty.mean())
    words = f"{share:.1%} of the bars are without trades, the longest run has {longest:,}"
    severity = "defect" if share > THIN_SHARE else "warning"
    return found(series, "thin", np.flatnonzero(empty), "volume", words, severity)  # type: ignore[arg-type]


def _standing(series: Series) -> Bool1D:
    """Bars whose four prices are all the close before them, although there were trades."""
    if len(series) < 2:
        return np.zeros(len(series), dtype=bool)
    flat: Bool1D = (series.prices == series.prices[:, 3:]).all(axis=1)
    flat[1:] &= series.prices[1:, 3] == series.prices[:-1, 3]
    flat[0] = False
    if series.volume is not None:
        flat &= ~(series.volume == 0) | bool(np.all(series.volume == 0))
    return flat


def check_stale(series: Series, gate: Gate) -> list[Finding]:
    """Twelve bars and more at one price, with volume: a feed that stands still."""
    long_runs = [(a, b) for a, b in runs(_standing(series)) if b - a >= STALE_BARS]
    if not long_runs:
        return []
    rows = np.concatenate([np.arange(first, last) for first, last in long_runs])
    longest = max(last - first for first, last in long_runs)
    words = f"stands still for {longest:,} bars in a row"
    return found(series, "stale", rows, at_fault(series, int(rows[0]), 3), words)


def check_unconfirmed(series: Series, gate: Gate) -> list[Finding]:
    """A single point away from the points on both sides, which no other point confirms."""
    if series.kind != "point" or len(series) < 2 * NEIGHBOURS + 1:
        return []
    logs = np.log(series.prices[:, 3])
    before, after = logs[1:-1] - logs[:-2], logs[1:-1] - logs[2:]
    usual = np.median(np.abs(np.diff(logs)))
    away = np.minimum(np.abs(before), np.abs(after))
    lone = (np.sign(before) == np.sign(after)) & (away > max(_LONE_SHARE, _LONE_TIMES * usual))
    rows = np.flatnonzero(lone) + 1
    if not len(rows):
        return []
    share = float(away[rows[0] - 1])
    words = f"is {np.expm1(share):.2%} away from the points before and after it"
    return found(series, "unconfirmed", rows, at_fault(series, int(rows[0]), 3), words)
