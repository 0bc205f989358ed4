"""Bars to longer bars, left-closed: first, max, min, last, sum. A missing bar stays missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.prices.history.series import Series
from simulator.types import Float1D, Float2D, Int1D


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of one length, and how complete each is."""

    seconds: int
    times: Int1D
    prices: Float2D
    volume: Float1D | None
    parts: Int1D
    """How many bars (or points) of the source each is made of."""
    whole: int
    """How many a complete one is made of; 0 where that is not known."""

    def missing(self) -> Int1D:
        """Open times of the bars that are not there, between the first and the last."""
        if not len(self.times):
            return self.times
        every = np.arange(self.times[0], self.times[-1] + self.seconds, self.seconds)
        return np.setdiff1d(every, self.times)

    def between(self, start: int, end: int) -> Bars:
        """The bars that open from `start` on and before `end`."""
        keep = (self.times >= start) & (self.times < end)
        volume = None if self.volume is None else self.volume[keep]
        return Bars(
            self.seconds, self.times[keep], self.prices[keep], volume, self.parts[keep], self.whole
        )


def aggregate(series: Series, seconds: int) -> Bars:
    """Bars of `seconds` from shorter ones or from points; those without any part are missing."""
    opens = series.times // seconds * seconds
    starts = np.flatnonzero(np.diff(opens, prepend=opens[:1] - 1))
    ends = np.append(starts[1:], len(opens)) - 1
    prices = np.stack(
        [
            series.prices[starts, 0],
            np.maximum.reduceat(series.prices[:, 1], starts),
            np.minimum.reduceat(series.prices[:, 2], starts),
            series.prices[ends, 3],
        ],
        axis=1,
    )
    volume = None if series.volume is None else np.add.reduceat(series.volume, starts)
    parts = ends - starts + 1
    whole = seconds // series.resolution if series.resolution else 0
    return Bars(seconds, opens[starts], prices, volume, parts, whole)
