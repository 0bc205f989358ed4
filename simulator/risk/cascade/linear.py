"""The cascade under linear impact: indexed once, then every path by one binary search, no rounds.

P = p (1 - k Q), floored at 0. Sorted by trigger downwards, position j goes (given all before it)
iff p <= b_j = t_j / (1 - k Q_j-1), so the least fixed point ends at the first j with p > b_j: how
many of the running minima of b are >= p. The greatest ends at the last j with
p <= t_j / (1 - k Q_j): how many of the running maxima from the end are >= p.

A path that floats cannot tell from a threshold is decided on the decimals as they were written, so
91 x (1 - 0.001 x 40) meets a trigger of 87.36.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.cascade.exact import ExactRecount, LinearFunction, tolerance
from simulator.risk.cascade.triggers import (
    CascadePaths,
    FragilityBand,
    TriggerBook,
    bad_debt,
    run_rounds,
    trigger_book,
)
from simulator.risk.checks import non_negative
from simulator.types import Float1D, Float2D, Int1D


@dataclass(frozen=True, slots=True)
class LinearCascade:
    """A book indexed for one strength of impact; made by `index_linear_cascade`."""

    book: TriggerBook
    impact: LinearFunction
    least_bound: Float1D
    """[n], rising: running minima of t_j / (1 - k Q_j-1), lowered by the rounding error: at or
    below it a position surely goes. Infinite where the price is at 0."""
    greatest_bound: Float1D
    """[n], rising: running maxima from the end of t_j / (1 - k Q_j), raised by the rounding error:
    above it a position surely stays."""


@dataclass(frozen=True, slots=True)
class BookTotals:
    """Many books, many paths: each [paths, books]."""

    price: Float2D
    sold: Float2D
    bad_debt: Float2D


def index_linear_cascade(
    trigger: Any, quantity: Any, impact: LinearFunction, debt: Any = None
) -> LinearCascade:
    """Index n positions (arguments of `trigger_book`) for linear impact."""
    book = trigger_book(trigger, quantity, debt)
    slope, error = impact.impact_per_unit, tolerance(len(book), impact.impact_per_unit)
    block = np.empty((2, len(book)))
    least, greatest = block
    # Both from the lowest trigger up, so the least one is written in reverse.
    _bounds(book.rising, book.sold[-2::-1], slope, error, least)
    np.minimum.accumulate(least[::-1], out=least[::-1])
    _bounds(book.rising, book.sold[:0:-1], slope, -error, greatest)
    np.maximum.accumulate(greatest, out=greatest)
    return LinearCascade(book, impact, least, greatest)


def _bounds(
    rising: Float1D, sold: Float1D, slope: float, error: float, bounds: Float1D
) -> None:  # fmt: skip
    """Write the shocked prices at or below which the triggers are met with `sold` sold, all [n]."""
    np.multiply(sold, -slope, out=bounds)
    bounds += 1.0 + error
    gone = int(np.searchsorted(bounds, 0.0, side="right"))
    with np.errstate(over="ignore"):
        np.divide(rising[gone:], bounds[gone:], out=bounds[gone:])
    bounds[:gone] = np.inf


def linear_cascade(
    index: LinearCascade, shocked_price: Any, *, greatest: bool = False
) -> CascadePaths:
    """The least (or greatest) fixed point of every path, shocked_price [paths] at least 0."""
    shocked = non_negative("shocked_price", shocked_price, ndim=1)
    book, size = index.book, len(index.book)
    sequence = np.argsort(shocked)
    price = shocked[sequence]
    bound = index.greatest_bound if greatest else index.least_bound
    count = size - np.searchsorted(bound, price, side="left")
    sold = book.sold[count]
    final = index.impact(price, sold)
    doubtful = _doubtful(index, price, final, count, greatest)
    if len(doubtful):
        exact = ExactRecount(index.book, index.impact)
        search = exact.greatest if greatest else exact.least
        values, first, inverse = np.unique(price[doubtful], return_index=True, return_inverse=True)
        begins = count[doubtful][first]
        pairs = zip(values.tolist(), begins.tolist(), strict=True)
        count[doubtful] = np.array([search(value, begin) for value, begin in pairs])[inverse]
        sold = book.sold[count]
        final = index.impact(price, sold)
    back = np.empty_like(sequence)
    back[sequence] = np.arange(len(sequence))
    return CascadePaths(
        shocked_price=shocked,
        price=final[back],
        count=count[back],
        sold=sold[back],
        bad_debt=bad_debt(book, final, count)[back],
    )


def linear_cascade_rounds(
    index: LinearCascade,
    shocked_price: Any,
    *,
    greatest: bool = False,
    keep_price_path: bool = False,
) -> CascadePaths:
    """The same fixed points with the rounds that lead to them counted (and their prices kept)."""
    shocked = non_negative("shocked_price", shocked_price, ndim=1)
    exact = ExactRecount(index.book, index.impact)
    return run_rounds(
        index.book, index.impact, shocked, greatest, keep_price_path, exact.recount
    )  # fmt: skip


def linear_fragility_band(index: LinearCascade, shocked_price: Any) -> FragilityBand:
    """Least and greatest fixed point of every path; the engine's answer is the least."""
    return FragilityBand(
        linear_cascade(index, shocked_price),
        linear_cascade(index, shocked_price, greatest=True),
    )


def cascade_books(indices: Sequence[LinearCascade], shocked_price: Any) -> BookTotals:
    """Least fixed points of several books that do not touch each other.

    shocked_price [paths, books], a column per index. Books that share an asset: see contagion.
    """
    shocked = non_negative("shocked_price", shocked_price, ndim=2)
    if shocked.shape[1] != len(indices):
        rule = f"must have a column per index, {len(indices)}"
        raise InvalidArgument("shocked_price", f"array of shape {shocked.shape}", rule)
    price, sold, losses = (np.zeros(shocked.shape) for _ in range(3))
    for column, index in enumerate(indices):
        paths = linear_cascade(index, shocked[:, column])
        price[:, column], sold[:, column] = paths.price, paths.sold
        losses[:, column] = paths.bad_debt
    return BookTotals(price, sold, losses)


def _doubtful(
    index: LinearCascade, shocked: Float1D, final: Float1D, count: Int1D, greatest: bool
) -> Int1D:
    """Paths whose bound was met only within the rounding error.

    Least: all before `count` surely go, and the next one stays unless it is too near. Greatest:
    all from `count` on surely stay, and the last one goes unless it is too near.
    """
    trigger = index.book.rising[::-1]
    slack = shocked * tolerance(len(trigger), index.impact.impact_per_unit)
    if greatest:
        at = np.flatnonzero(count > 0)
        return at[final[at] > trigger[count[at] - 1] - slack[at]]
    at = np.flatnonzero(count < len(trigger))
    return at[final[at] <= trigger[count[at]] + slack[at]]
