"""Implied volatility: bracketed Newton on the out-of-the-money side of the normalised price.

With s = σ·√T, x = −|ln(F/K)| and β the out-of-the-money price over √(asset·cash) (asset S·e^{−qT},
cash K·e^{−rT}), the root of
    b(s) = e^{x/2}·N(x/s + s/2) − e^{−x/2}·N(x/s − s/2) = β
is sought. Below the inflection s = √(2·|x|) the logarithm of b is matched, above it b itself: both
are concave there, so Newton approaches from one side; a bracket catches the rest. (The split is
that of Jäckel, "Let's be rational", 2015; the iteration is plain Newton.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative
from simulator.risk.options import option_price_bounds
from simulator.types import AnyArray

_STEPS = 200
"""Newton needs below 10, bisection alone about 60; reaching this many would be a mistake."""
_WIDEST = 128.0
"""s beyond which every price is its upper bound in float64."""
_ROOT_TWO = np.sqrt(2.0)
_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)


def implied_volatility(
    price: Any,
    is_call: Any,
    spot: Any,
    strike: Any,
    years: Any,
    rate: Any,
    dividend_yield: Any,
) -> AnyArray:
    """Volatility per square root of a year that gives the price, float64 of the common shape.

    0 at the lower bound, inf at the upper one. NaN where any volatility gives the same price:
    T <= 0, or spot or strike 0. The result is as good as the price: a rounding of the price by
    one unit moves it by that unit / vega, so |σ − σ'| < 1e−8 on a round trip needs a time value
    that is not lost in a deep in-the-money price.
    Raises InvalidArgument for a price outside the closed interval `option_price_bounds`.
    """
    low, high = option_price_bounds(is_call, spot, strike, years, rate, dividend_yield)
    paid, low, high, s, k, t, r, q = broadcast(
        price=finite("price", price),
        low=low,
        high=high,
        spot=non_negative("spot", spot),
        strike=non_negative("strike", strike),
        years=finite("years", years),
        rate=finite("rate", rate),
        dividend_yield=finite("dividend_yield", dividend_yield),
    )
    _refuse_outside(paid, low, high)
    result = np.where(paid == low, 0.0, np.inf)
    result[low == high] = np.nan
    inside = (paid > low) & (paid < high)
    if inside.any():
        left = t[inside]
        log_asset = np.log(s[inside]) - q[inside] * left
        log_cash = np.log(k[inside]) - r[inside] * left
        time_value = paid[inside] - low[inside]
        level = np.log(time_value) - 0.5 * (log_asset + log_cash)
        result[inside] = _deviation(level, -np.abs(log_asset - log_cash)) / np.sqrt(left)
    return result


def _refuse_outside(price: AnyArray, low: AnyArray, high: AnyArray) -> None:
    outside = (price < low) | (price > high)
    if outside.any():
        at = tuple(int(index) for index in np.argwhere(outside)[0])
        place = f"price[{', '.join(map(str, at))}]" if at else "price"
        rule = f"must lie within the arbitrage bounds [{low[at]!r}, {high[at]!r}]"
        raise InvalidArgument(place, float(price[at]), rule)


def _deviation(level: AnyArray, x: AnyArray) -> AnyArray:
    """s with ln b(s) = level, float64[n]; inf where only the upper bound is that near."""
    turn = np.sqrt(-2.0 * x)
    at_turn = _log_price(np.maximum(turn, 1e-300), x)
    below = (level < at_turn) & (turn > 0.0)
    low, high = np.where(below, 0.0, turn), np.where(below, turn, _WIDEST)
    guess = np.where(below, turn, np.maximum(turn, 1e-3))
    active = np.arange(len(level))
    for _ in range(_STEPS):
        s, goal = guess[active], level[active]
        logarithm = _log_price(s, x[active])
        gap = np.where(below[active], logarithm - goal, np.exp(logarithm) - np.exp(goal))
        low[active] = np.where(gap < 0.0, s, low[active])
        high[active] = np.where(gap > 0.0, s, high[active])
        new = s - gap / _slope(s, x[active], below[active], logarithm)
        left, right = low[active], high[active]
        new = np.where((new > left) & (new < right), new, 0.5 * (left + right))
        new = np.where(gap == 0.0, s, new)
        guess[active] = new
        active = active[np.abs(new - s) > 4e-16 * new]
        if not len(active):
            break
    return np.where(high == _WIDEST, np.where(guess < _WIDEST / 2, guess, np.inf), guess)


def _log_price(s: AnyArray, x: AnyArray) -> AnyArray:
    """ln b(s) for x <= 0 without cancellation in the far tail, float64[n]."""
    from scipy.special import erfcx, ndtr

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        h, t = x / s, s / 2.0
        tail = erfcx(-(h + t) / _ROOT_TWO) - erfcx(-(h - t) / _ROOT_TWO)
        far = -0.5 * (h * h + t * t) + np.log(0.5 * tail)
        near = np.log(np.exp(x / 2.0) * ndtr(h + t) - np.exp(-x / 2.0) * ndtr(h - t))
    price: AnyArray = np.where(h + t < 0.0, far, near)
    return price


def _slope(s: AnyArray, x: AnyArray, below: AnyArray, logarithm: AnyArray) -> AnyArray:
    """Derivative of ln b where `below`, else of b, kept off zero."""
    h, t = x / s, s / 2.0
    exponent = -0.5 * (h * h + t * t) - np.where(below, logarithm, 0.0)
    slope: AnyArray = np.maximum(np.exp(np.minimum(exponent, 700.0)) / _ROOT_TWO_PI, 1e-300)
    return slope
