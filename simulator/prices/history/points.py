"""Ratios of two series of single points, which mean something only where the points are aligned."""

from __future__ import annotations

import numpy as np

from simulator.errors import InputError
from simulator.prices.history.series import Series, time_words
from simulator.types import Float1D, Int1D

LEAST_ALIGNED = 0.9
"""Share of the points of the shorter series that need a partner."""


def aligned_ratio(
    above: Series, below: Series, within_seconds: int = 60, least: float = LEAST_ALIGNED
) -> tuple[Int1D, Float1D]:
    """Times and close of `above` / close of `below`, point by point.

    Each point of `above` is paired with the nearest point of `below` at most `within_seconds`
    away. Raises InputError when fewer than the share `least` of the shorter series find a partner:
    ratios of points that are minutes apart are artefacts of the movement in between.
    """
    if not len(above) or not len(below):
        raise InputError(f"{above.symbol} / {below.symbol}", "(no points)", "needs points of both")
    place = np.clip(np.searchsorted(below.times, above.times), 1, max(1, len(below) - 1))
    left, right = np.minimum(place - 1, len(below) - 1), np.minimum(place, len(below) - 1)
    to_left = np.abs(above.times - below.times[left])
    to_right = np.abs(above.times - below.times[right])
    nearest = np.where(to_left <= to_right, left, right)
    close = np.minimum(to_left, to_right) <= within_seconds
    shorter = min(len(above), len(below))
    if close.sum() < least * shorter:
        first = int(np.argmin(close))
        raise InputError(
            f"{above.place(first)} time",
            time_words(int(above.times[first])),
            f"only {int(close.sum()):,} of {shorter:,} points have one of {below.symbol} within "
            f"{within_seconds} s; ratios of points that are not aligned are refused",
        )
    ratio: Float1D = above.prices[close, 3] / below.prices[nearest[close], 3]
    return above.times[close], ratio
