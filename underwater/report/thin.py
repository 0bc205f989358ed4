"""Fewer points, the same picture: what is thrown away cannot be seen, extremes are kept."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np

from simulator.types import AnyArray, Float1D, Int1D

Line: TypeAlias = tuple[Float1D, Float1D]
"""x and y of a drawn line."""


def thin(x: AnyArray, y: AnyArray, buckets: int = 700) -> Line:
    """A line through the lowest and highest point of each of `buckets` runs of equal length.

    Keeps the first and the last point and every extreme, at most 2 x buckets + 2 points.
    """
    if len(x) <= 2 * buckets:
        return np.asarray(x), np.asarray(y)
    edges = np.linspace(0, len(x), buckets + 1).astype(np.int64)
    kept = {0, len(x) - 1}
    for first, last in pairwise(edges.tolist()):
        part = y[first:last]
        kept.add(int(first + np.argmin(part)))
        kept.add(int(first + np.argmax(part)))
    order = np.array(sorted(kept))
    return np.asarray(x)[order], np.asarray(y)[order]


def steps(x: AnyArray, y: AnyArray, buckets: int = 700) -> Line:
    """A staircase reduced to the points where it changes, then thinned like any line."""
    if len(x) <= 2:
        return np.asarray(x), np.asarray(y)
    moved = np.flatnonzero(np.diff(y)) + 1
    order = np.unique(np.concatenate([[0], moved, [len(x) - 1]]))
    return thin(np.asarray(x)[order], np.asarray(y)[order], buckets)


def sums_per_bin(hours: AnyArray, amounts: AnyArray, edges: Float1D) -> Float1D:
    """Sum of the amounts that fall into each bin; the last bin includes its end."""
    if not len(hours):
        return np.zeros(len(edges) - 1)
    return np.histogram(hours, bins=edges, weights=amounts)[0]


def largest_per_bin(hours: AnyArray, values: AnyArray, edges: Float1D) -> Float1D:
    """Largest value in each bin, 0 where there is none."""
    largest = np.zeros(len(edges) - 1)
    place = bin_of(hours, edges)
    inside = (place >= 0) & (place < len(largest))
    np.maximum.at(largest, place[inside], np.asarray(values, dtype=np.float64)[inside])
    return largest


def bin_of(hours: AnyArray, edges: Float1D) -> Int1D:
    """Number of the bin of each value; a value exactly at the end belongs to the last bin."""
    place = np.searchsorted(edges, hours, side="right") - 1
    return np.where(np.asarray(hours) == edges[-1], len(edges) - 2, place).astype(np.int64)


def bin_edges(first: float, last: float, minutes: float) -> Float1D:
    """Edges of bins of so many minutes from `first` on that reach `last`."""
    width = minutes / 60
    count = max(1, int(np.ceil((last - first) / width - 1e-9)))
    return np.asarray(first + width * np.arange(count + 1))


def nice_minutes(hours: float, bins: int = 90) -> float:
    """A round number of minutes that cuts this many hours into roughly `bins` bins."""
    wanted = hours * 60 / bins
    choices = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 360.0)
    return min(choices, key=lambda minutes: abs(np.log(minutes / max(wanted, 1e-9))))


def spoken(minutes: float) -> str:
    """A number of minutes after "each": "minute" or "15 minutes"."""
    return "minute" if minutes == 1 else f"{minutes:g} minutes"
