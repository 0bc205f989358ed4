"""High and low of an interval of which only open and close are known.

For a Brownian motion of the log price from `open` to `close` with volatility sigma over dt years:

    P(max >= m) = exp(-2 ln(m / open) ln(m / close) / (sigma^2 dt)) for m above both, 1 otherwise,

and the mirror image for the minimum. Risk-spec section 30; the reflection principle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.risk.checks import broadcast, non_negative, positive, refuse
from simulator.types import AnyArray


class Extremes(NamedTuple):
    """float64 arrays of one shape, in quote."""

    high: AnyArray
    low: AnyArray


def probability_maximum_at_least(
    level: Any, open_price: Any, close_price: Any, sigma: Any, years: Any
) -> AnyArray:
    """P(max >= level) given both ends; 1 at and below the higher of them."""
    m, first, last, variance = _terms(level, open_price, close_price, sigma, years)
    above = m > np.maximum(first, last)
    return _probability(above, m, first, last, variance)


def probability_minimum_at_most(
    level: Any, open_price: Any, close_price: Any, sigma: Any, years: Any
) -> AnyArray:
    """P(min <= level) given both ends; 1 at and above the lower of them, 0 at a level of 0."""
    m, first, last, variance = _terms(level, open_price, close_price, sigma, years)
    below = m < np.minimum(first, last)
    return _probability(below, m, first, last, variance)


def extremes_from_uniforms(
    open_price: Any, close_price: Any, sigma: Any, years: Any, high_uniform: Any, low_uniform: Any
) -> Extremes:
    """The maximum with P(max >= high) = high_uniform, the minimum with P(min <= low) = low_uniform.

    ln high = (a + b + sqrt((a - b)^2 - 2 sigma^2 dt ln u)) / 2 of the log prices a and b. Small
    uniforms lie far out; 1 gives the higher (lower) end itself. Uniforms must be in (0, 1].
    """
    first, last, spread, high_u, low_u = broadcast(
        open_price=positive("open_price", open_price),
        close_price=positive("close_price", close_price),
        sigma=non_negative("sigma", sigma),
        high_uniform=_uniform("high_uniform", high_uniform),
        low_uniform=_uniform("low_uniform", low_uniform),
    )
    variance = np.square(spread) * non_negative("years", years)
    top, bottom = np.maximum(first, last), np.minimum(first, last)
    width = np.log(top) - np.log(bottom)
    # Measured from the ends, so that an extreme never lies inside of them.
    over = 0.5 * (np.sqrt(width**2 - 2.0 * variance * np.log(high_u)) - width)
    under = 0.5 * (np.sqrt(width**2 - 2.0 * variance * np.log(low_u)) - width)
    return Extremes(top * np.exp(np.maximum(over, 0.0)), bottom * np.exp(-np.maximum(under, 0.0)))


def sample_extremes(
    open_price: Any, close_price: Any, sigma: Any, years: Any, rng: np.random.Generator
) -> Extremes:
    """Draw high and low for every interval; each has its exact law given open and close.

    The two are drawn independently of each other. In truth a path that ran far up had less time to
    run down, so ranges come out a little too variable; no single extreme is biased.
    """
    shape = np.broadcast_shapes(*map(np.shape, (open_price, close_price, sigma, years)))
    uniforms = 1.0 - rng.random((2, *shape))
    return extremes_from_uniforms(open_price, close_price, sigma, years, *uniforms)


def _terms(
    level: Any, open_price: Any, close_price: Any, sigma: Any, years: Any
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
    m, first, last, spread, time = broadcast(
        level=non_negative("level", level),
        open_price=positive("open_price", open_price),
        close_price=positive("close_price", close_price),
        sigma=non_negative("sigma", sigma),
        years=non_negative("years", years),
    )
    return m, first, last, np.square(spread) * time


def _probability(
    beyond: AnyArray, m: AnyArray, first: AnyArray, last: AnyArray, variance: AnyArray
) -> AnyArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = -2.0 * (np.log(m) - np.log(first)) * (np.log(m) - np.log(last)) / variance
    # Without noise the path is the straight line between the two, and exponent is -inf.
    probability: AnyArray = np.exp(np.where(beyond, exponent, 0.0))
    return probability


def _uniform(name: str, values: Any) -> AnyArray:
    uniform = positive(name, values)
    refuse(name, uniform, uniform <= 1.0, "must be in (0, 1]")
    return uniform
