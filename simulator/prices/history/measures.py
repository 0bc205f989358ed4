"""What bars say of a crash by themselves: high, low, falls. Used for facts, lists and pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from simulator.prices.ohlc import TICKS_PER_UNIT, Ohlc
from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one series over all its bars. Shares are fractions, falls negative."""

    high: Decimal
    high_at: int
    """Open time of the bar, unix seconds."""
    low: Decimal
    low_at: int
    peak_to_low: float
    """Largest fall from a high to a later low, as a positive share of the high."""
    worst_hour: float
    """Hourly closes, close to close."""
    worst_day: float | None
    """24 hourly closes apart; None for a day or less."""


def measure(series: Ohlc) -> Measures:
    """High and low with their bars, the deepest fall, and the worst hour and day by closes.

    A high and a low of one bar do not count as a fall, because their order is not known.
    """
    high, low = series.ticks[:, 1], series.ticks[:, 2]
    high_at, low_at = int(high.argmax()), int(low.argmin())
    peak = np.maximum.accumulate(high)[:-1] if len(high) > 1 else high
    after = low[1:] if len(low) > 1 else low
    closes = hourly_closes(series)
    hour = closes[1:] / closes[:-1] - 1.0 if len(closes) > 1 else np.zeros(1)
    day = closes[24:] / closes[:-24] - 1.0 if len(closes) > 24 else None
    return Measures(
        high=Decimal(int(high[high_at])) / TICKS_PER_UNIT,
        high_at=int(series.times[high_at]),
        low=Decimal(int(low[low_at])) / TICKS_PER_UNIT,
        low_at=int(series.times[low_at]),
        peak_to_low=float((1.0 - after / peak).max()),
        worst_hour=float(hour.min()),
        worst_day=None if day is None else float(day.min()),
    )


def hourly_closes(series: Ohlc) -> Float1D:
    """The last close of each hour that is complete."""
    per_hour = 3600 // series.bar_seconds
    first = int(-series.times[0] % 3600) // series.bar_seconds
    closes: Float1D = series.ticks[first + per_hour - 1 :: per_hour, 3] / TICKS_PER_UNIT
    return closes
