"""Checks of how large prices are: unit jumps, outlier prints, decimals, quote currency, zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from simulator.prices.history.findings import Finding
from simulator.prices.history.gate.settings import (
    NEIGHBOURS,
    OUTLIER_FACTOR,
    UNIT_JUMP,
    Gate,
    Reference,
)
from simulator.prices.history.gate.told import at_fault, found
from simulator.prices.history.series import Series
from simulator.types import Bool1D, Bool2D, Float1D, Float2D, Int1D

DOLLARS: Final = frozenset({"USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI"})
BANDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "BTC": (1_000.0, 1_000_000.0),
        "WBTC": (1_000.0, 1_000_000.0),
        "ETH": (50.0, 50_000.0),
        "WSTETH": (50.0, 60_000.0),
        "STETH": (50.0, 50_000.0),
        "WEETH": (50.0, 60_000.0),
        "EZETH": (50.0, 60_000.0),
        "RSETH": (50.0, 60_000.0),
        "USDC": (0.5, 1.5),
        "USDT": (0.5, 1.5),
        "DAI": (0.5, 1.5),
    }
)
"""Widest prices in dollars, assumed (2017 to 2026 with room); a ratio to ETH lies outside."""

TICK: Final = 1e-8
_HOURS_TRIED: Final = 14
_UNIT_TOLERANCE: Final = 0.12
"""In decades: how near a factor must be to a power of ten to be a mistaken unit."""
_QUOTE_TOLERANCE: Final = 0.10
"""Median distance to the shipped series of the same hours; basis and venue differ by far less."""


def _neighbours(values: Float1D) -> Float1D:
    """Median of the bars around each, without itself."""
    padded = np.pad(values.astype(np.float64), NEIGHBOURS, constant_values=np.nan)
    windows = sliding_window_view(padded, 2 * NEIGHBOURS + 1).copy()
    windows[:, NEIGHBOURS] = np.nan
    medians: Float1D = np.nanmedian(windows, axis=1)
    return medians


def _factor(one: Float1D, other: Float1D) -> Float1D:
    """How many times the larger is the smaller."""
    factor: Float1D = np.maximum(one, other) / np.minimum(one, other)
    return factor


def _off(series: Series) -> Bool2D:
    """bool[n, 3]: the bar as a whole, its high, its low is an outlier print."""
    off = np.zeros((len(series), 3), dtype=bool)
    if len(series) < 4:
        return off
    opening, high, low, close = series.prices.T
    # Where trading goes on a bar opens near the close before it: a print that is off as a whole
    # lies beyond the close before and the open after, which agree with each other, and beyond the
    # bars around it, without which the bar beside a print at an end would be one, too.
    before = np.insert(close[:-1], 0, opening[1])
    after = np.append(opening[1:], close[-2])
    sides = (before, after, _neighbours(close))
    beyond = np.min([_factor(side, body) for side in sides for body in (opening, close)], axis=0)
    off[:, 0] = (beyond > OUTLIER_FACTOR) & (_factor(before, after) < OUTLIER_FACTOR)
    body_low, body_high = np.minimum(opening, close), np.maximum(opening, close)
    off[:, 1] = (high > OUTLIER_FACTOR * body_high) & (high > OUTLIER_FACTOR * _neighbours(high))
    off[:, 2] = (OUTLIER_FACTOR * low < body_low) & (OUTLIER_FACTOR * low < _neighbours(low))
    off[off[:, 0], 1:] = False
    return off


def check_outlier(series: Series, gate: Gate) -> list[Finding]:
    """A low or high far beyond its body and its neighbours, or a whole bar far from them."""
    off = _off(series)
    rows = np.flatnonzero(off.any(axis=1))
    if not len(rows):
        return []
    row = int(rows[0])
    which = int(np.argmax(off[row]))
    column = (3, 1, 2)[which]
    body = series.prices[row, 3] if which else _neighbours(series.prices[:, 3])[row]
    value = float(series.prices[row, column])
    factor = max(body / value, value / body)
    of = "its own close" if which else "the bars around it"
    shown = f"{factor:,.0f}" if factor >= 1000 else f"{factor:.4g}"
    words = f"is a factor of {shown} away from {of} ({body:.10g})"
    return found(series, "outlier-print", rows, at_fault(series, row, column), words)


def clip_outliers(series: Series, gate: Gate, way: str) -> Series:
    """A low becomes the lower of open and close, a high the higher one; or the row goes."""
    off = _off(series)
    if way == "drop":
        return series.kept(np.flatnonzero(~off.any(axis=1)))
    prices = series.prices.copy()
    bodies = prices[:, [0, 3]]
    prices[:, 1] = np.where(off[:, 1], bodies.max(axis=1), prices[:, 1])
    prices[:, 2] = np.where(off[:, 2], bodies.min(axis=1), prices[:, 2])
    for row in np.flatnonzero(off[:, 0]).tolist():
        prices[row] = prices[row - 1, 3] if row else series.prices[1, 0]
    return replace(series, prices=prices)


def _steps(series: Series) -> Float1D:
    """log10 of close over the close before, 0 for the first."""
    logs = np.log10(series.prices[:, 3])
    return np.concatenate([[0.0], np.diff(logs)])


def _jumps(steps: Float1D) -> Bool1D:
    """Steps by 20 times and more that do not come back at once: those are outlier prints."""
    back = np.log10(OUTLIER_FACTOR)
    returns = np.abs(steps[1:] + steps[:-1]) < back
    lone = np.append(returns, False) | np.insert(returns, 0, False)
    jumps: Bool1D = (np.abs(steps) >= np.log10(UNIT_JUMP)) & ~lone
    return jumps


def check_unit(series: Series, gate: Gate) -> list[Finding]:
    """Closes that jump by 20 times and stay there, or lie a power of ten off as a whole."""
    steps = _steps(series)
    rows = np.flatnonzero(_jumps(steps))
    if len(rows):
        row = int(rows[0])
        words = f"is {10.0 ** abs(steps[row]):,.4g} times {'above' if steps[row] > 0 else 'below'}"
        words += f" the close before it ({series.prices[row - 1, 3]:.10g})"
        return found(series, "unit", rows, at_fault(series, row, 3), words)
    off = _whole_unit(series, gate)
    if off is None:
        return []
    power, words = off
    shown = f"is 10^{power} times what {words}"
    return found(series, "unit", [0], at_fault(series, 0, 3), shown)


def _whole_unit(series: Series, gate: Gate) -> tuple[int, str] | None:
    """The power of ten by which the whole series is off, and what says so."""
    for reference in gate.references:
        ratios = _ratios(series, reference)
        if not len(ratios):
            continue
        decades = float(np.log10(np.median(ratios)))
        power = round(decades)
        if power and abs(decades - power) < _UNIT_TOLERANCE:
            return power, f"{reference.name} says"
    if gate.expected is not None:
        middle = float(np.log10(np.median(series.prices[:, 3])))
        low, high = np.log10(gate.expected[0]), np.log10(gate.expected[1])
        for power in (*range(1, 19), *range(-1, -19, -1)):
            if not low <= middle <= high and low <= middle - power <= high:
                return power, f"--expect {gate.expected[0]:g}:{gate.expected[1]:g} says"
    return None


def scale(series: Series, gate: Gate, way: str) -> Series:
    """Divide by the power of ten of each jump, and by that of the whole."""
    steps = _steps(series)
    jumps = np.where(_jumps(steps), np.round(steps), 0.0)
    level = np.cumsum(jumps)
    values, counts = np.unique(level, return_counts=True)
    level -= values[np.argmax(counts)]
    scaled = replace(series, prices=_tidy(series.prices / 10.0 ** level[:, None]))
    off = _whole_unit(scaled, gate)
    if off is None:
        return scaled
    return replace(scaled, prices=_tidy(scaled.prices / 10.0 ** off[0]))


def _tidy(prices: Float2D) -> Float2D:
    """12 significant digits, so that 1.2 / 10 is 0.12 and no longer."""
    texts = np.char.mod("%.12g", prices)
    return np.asarray(texts, dtype=np.float64)


def check_precision(series: Series, gate: Gate) -> list[Finding]:
    """Prices with more than 8 decimals."""
    rows = np.flatnonzero(_too_fine(series.prices).any(axis=1))
    if not len(rows):
        return []
    column = int(np.argmax(_too_fine(series.prices[rows[:1]])[0]))
    words = "has more than 8 decimals, the finest tick of a run"
    return found(series, "precision", rows, at_fault(series, int(rows[0]), column), words)


def _too_fine(prices: Float2D) -> Bool2D:
    """Whether a price is no whole number of ticks, up to the 16 digits that a float has."""
    fine: Bool2D = np.abs(prices - np.round(prices, 8)) > np.spacing(prices) * 2
    return fine


def round_prices(series: Series, gate: Gate, way: str) -> Series:
    """To 8 decimals, half to even; a price is at least one tick."""
    return replace(series, prices=np.maximum(np.round(series.prices, 8), TICK))


def check_quote(series: Series, gate: Gate) -> list[Finding]:
    """Prices outside of the declared or usual size, or away from the shipped series."""
    asset, close = series.symbol.partition("-")[0].upper(), series.prices[:, 3]
    band, said = gate.expected, "--expect"
    if band is None and (not series.quote or series.quote in DOLLARS):
        band, said = BANDS.get(asset), f"a price of {asset} in {series.quote or 'dollars'}"
    if band is not None:
        rows = np.flatnonzero((close < band[0]) | (close > band[1]))
        words = f"is not between {band[0]:,g} and {band[1]:,g} as {said} must be"
        if len(rows):
            return found(series, "quote", rows, at_fault(series, int(rows[0]), 3), words)
    for reference in gate.references:
        ratios = _ratios(series, reference)
        if len(ratios) and abs(float(np.median(ratios)) - 1.0) > _QUOTE_TOLERANCE:
            words = f"the median distance to {reference.name} is {np.median(ratios) - 1.0:+.1%}"
            return found(series, "quote", [0], at_fault(series, 0, 3), words)
    return []


def check_zone(series: Series, gate: Gate) -> list[Finding]:
    """A series that fits the shipped one only when moved by whole hours."""
    for reference in gate.references:
        shift = _best_shift(series, reference)
        if shift:
            words = f"fits {reference.name} only when moved by {shift:+d} h: its times are not UTC"
            return found(series, "time-zone", [0], "time", words)
    return []


def shift_zone(series: Series, gate: Gate, way: str) -> Series:
    """Moved by the hours at which it fits the shipped series."""
    shifts = [_best_shift(series, reference) for reference in gate.references]
    hours = next((shift for shift in shifts if shift), 0)
    return replace(series, times=series.times + hours * 3600)


def _best_shift(series: Series, reference: Reference) -> int:
    """Hours to add to the series so that it fits best; 0 unless another fits far better."""
    errors = {}
    for hours in range(-_HOURS_TRIED, _HOURS_TRIED + 1):
        ratios = _ratios(series, reference, hours)
        if len(ratios) >= 12:
            errors[hours] = float(np.median(np.abs(np.log(ratios))))
    if 0 not in errors:
        return 0
    best = min(errors, key=lambda hours: (errors[hours], abs(hours)))
    return best if errors[best] < 0.1 * errors[0] else 0


def _ratios(series: Series, reference: Reference, hours: int = 0) -> Float1D:
    """Close of the series over close of the reference, hour by hour where both have one."""
    times, closes = hourly_closes(series)
    _, mine, theirs = np.intersect1d(times + 3600 * hours, reference.times, return_indices=True)
    ratios: Float1D = closes[mine] / reference.closes[theirs]
    return ratios


def hourly_closes(series: Series) -> tuple[Int1D, Float1D]:
    """Last close of each hour."""
    hours = series.times // 3600 * 3600
    last: Bool1D = np.append(np.diff(hours) != 0, True) if len(hours) else np.zeros(0, dtype=bool)
    return hours[last], series.prices[last, 3]


def distance_words(series: Series, reference: Reference) -> str:
    """How far the hourly closes are from the reference; empty where no hours are common."""
    ratios = _ratios(series, reference)
    if not len(ratios):
        return ""
    away = np.abs(ratios - 1.0) * 1e4
    return (
        f"{len(ratios)} hours in common with {reference.name}: closes differ by "
        f"{np.median(away):.1f} bp (median), {away.max():.0f} bp (most)"
    )
