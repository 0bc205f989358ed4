"""Prices that positions are valued and filled at: index, mark, and the fill price of a skew."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray, Float1D


def skew_fill_price(oracle_price: Any, size: Any, skew: Any, skew_scale: Any) -> AnyArray:
    """oracle price x (1 + (skew + size / 2) / skew scale): the mean of the prices before and after.

    skew is the market's before the trade, size the signed change. A skew scale of 0 means no
    premium. Source: Synthetix v3 AsyncOrder.calculateFillPrice.
    """
    scale = non_negative("skew_scale", skew_scale)
    middle = np.asarray(finite("skew", skew) + finite("size", size) / 2)
    premium = np.divide(
        middle, scale, out=np.zeros(np.broadcast(middle, scale).shape), where=scale > 0.0
    )
    return np.asarray(non_negative("oracle_price", oracle_price) * (1.0 + premium))


def weighted_median(values: Any, weights: Any) -> float:
    """The smallest value whose cumulative weight reaches half of the total (the lower median).

    values [m] finite, weights [m] >= 0 with a positive sum. With a cumulative weight of exactly
    half the smaller of the two candidates is taken.
    """
    points = finite("values", values, ndim=1)
    mass = non_negative("weights", weights, ndim=1)
    if mass.shape != points.shape:
        rule = f"must have the shape of values, {points.shape}"
        raise InvalidArgument("weights", f"array of shape {mass.shape}", rule)
    if not mass.sum() > 0.0:
        raise InvalidArgument("weights", mass.tolist(), "must have a positive sum")
    order = np.argsort(points, kind="stable")
    reached = np.cumsum(mass[order])
    return float(points[order][np.searchsorted(reached, reached[-1] / 2, side="left")])


def index_price(
    prices: Any,
    ages_seconds: Any,
    maximum_age_seconds: float,
    maximum_deviation: float,
    weights: Any = None,
) -> float:
    """Median of venues that are fresh and near to the others; NaN if none is fresh.

    prices, ages_seconds [m]. A venue is dropped if its age is above maximum_age_seconds, then if
    its distance from the fresh venues' median is above maximum_deviation of that median; the age
    and the deviation themselves are allowed. weights [m]: the weighted median (stakes), as
    `weighted_median` breaks ties; without them the middle, or the mean of the two middle ones.
    """
    quotes, ages = positive("prices", prices, ndim=1), non_negative("ages_seconds", ages_seconds)
    mass = None if weights is None else non_negative("weights", weights, ndim=1)
    kept = ages <= non_negative("maximum_age_seconds", maximum_age_seconds, ndim=0)
    nearby = non_negative("maximum_deviation", maximum_deviation, ndim=0)
    if mass is not None:
        kept = kept & (mass > 0.0)
    if not kept.any():
        return float("nan")
    centre = _median(quotes, mass, kept)
    kept = kept & (np.abs(quotes - centre) <= nearby * centre)
    return _median(quotes, mass, kept) if kept.any() else centre


def mark_from_basis(index: Any, basis: Any) -> AnyArray:
    """index + EMA of the basis (mid - index); see `ema`."""
    return np.asarray(positive("index", index) + finite("basis", basis))


def ema(samples: Any, time_steps: Any, time_constant: float) -> float:
    """Exponential mean: each step keeps e ** (-dt / time constant) of what was there.

    samples [m], time_steps [m - 1] between them; the first sample starts it.
    """
    values = finite("samples", samples, ndim=1)
    constant = positive("time_constant", time_constant, ndim=0)
    kept = np.exp(-non_negative("time_steps", time_steps, ndim=1) / constant)
    if len(values) != len(kept) + 1:
        raise InvalidArgument("time_steps", len(kept), f"must be {len(values) - 1} of them")
    result = float(values[0])
    for value, old in zip(values[1:].tolist(), kept.tolist(), strict=True):
        result = old * result + (1.0 - old) * value
    return result


def mark_of_three(first: Any, second: Any, third: Any) -> AnyArray:
    """Median of three: of bid, ask and last trade; or (Perp curie) of the market price, its
    30-minute TWAP, and index + 15-minute TWAP of the premium."""
    stacked = np.stack(
        np.broadcast_arrays(
            positive("first", first), positive("second", second), positive("third", third)
        )
    )
    return np.asarray(np.median(stacked, axis=0))


def _median(quotes: Float1D, mass: AnyArray | None, kept: AnyArray) -> float:
    if mass is None:
        return float(np.median(quotes[kept]))
    return weighted_median(quotes[kept], mass[kept])
