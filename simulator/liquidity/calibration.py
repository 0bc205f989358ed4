"""Curves and habits of a market from what was measured of it, with standard errors.

Every fit is a straight line through logarithms by ordinary least squares; errors of the
coefficients are those of homoscedastic residuals. A fit that the data cannot decide is refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.liquidity.curves import PowerCurve
from simulator.risk.checks import finite, positive, renamed, same_shape
from simulator.types import AnyArray, Float1D


class PowerFit(NamedTuple):
    """y = exp(logarithm) x^exponent."""

    logarithm: float
    exponent: float
    logarithm_error: float
    """Standard errors; NaN with two points, which leave nothing to judge by."""
    exponent_error: float
    residuals: Float1D
    """ln y less the fit, in the order of the rows."""
    r_squared: float


def fit_power(x: Any, y: Any) -> PowerFit:
    """Log-log least squares of y on x, both [n >= 2] and above 0, x not all the same.

    For average slippage on size, depth on distance, or anything else that goes by a power.
    """
    sizes, values = positive("x", x, ndim=1), positive("y", y, ndim=1)
    same_shape(x=sizes, y=values)
    return _line("x", np.log(sizes), np.log(values))


def _line(name: str, across: Float1D, up: Float1D) -> PowerFit:
    """Least squares of up on across; `name` is what must differ."""
    if len(across) < 2 or np.ptp(across) == 0.0:
        raise InvalidArgument(name, len(across), "must hold at least two different values")
    centred = across - across.mean()
    spread = float(centred @ centred)
    slope = float(centred @ up) / spread
    intercept = float(up.mean() - slope * across.mean())
    residuals: Float1D = up - intercept - slope * across
    squares, degrees = float(residuals @ residuals), len(across) - 2
    variance = squares / degrees if degrees else float("nan")
    total = float(np.square(up - up.mean()).sum())
    return PowerFit(
        logarithm=intercept,
        exponent=slope,
        logarithm_error=(variance * (1.0 / len(across) + across.mean() ** 2 / spread)) ** 0.5,
        exponent_error=(variance / spread) ** 0.5,
        residuals=residuals,
        r_squared=1.0 - squares / total if total > 0.0 else 1.0,
    )


def depth_curve(distance: Any, depth: Any) -> PowerCurve:
    """The curve of a book with `depth` base within relative distances [n >= 2] of its mid.

    Depth goes as distance^g, fitted; so X used up stands at d(X) = (X / exp(a))^(1 / g). Both must
    rise. Measured up to the largest depth.
    """
    far, held = positive("distance", distance, ndim=1), positive("depth", depth, ndim=1)
    with renamed(x="distance", y="depth"):
        fit = fit_power(far, held)
    if fit.exponent <= 0.0:
        raise InvalidArgument("depth", held.tolist(), "must grow with the distance")
    power = 1.0 / fit.exponent
    return PowerCurve(float(np.exp(-fit.logarithm * power)), power, float(held.max()))


def fit_thinning(volatility: Any, depth: Any) -> PowerFit:
    """How depth falls with volatility: depth = exp(a) volatility^(-exponent), both [n >= 2].

    The exponent is that of `Venue.thinning_exponent`, so it is turned to be above 0 for a book that
    thins. Refused if depth grows with volatility.
    """
    with renamed(x="volatility", y="depth"):
        fit = fit_power(volatility, depth)
    if fit.exponent > 0.0:
        raise InvalidArgument("depth", fit.exponent, "must not grow with volatility")
    return fit._replace(exponent=-fit.exponent)


def fit_half_life(elapsed: Any, missing: Any) -> tuple[float, float]:
    """Half-life and its standard error, from the depth still missing after a shock.

    elapsed [n >= 2] in any one unit, not all the same; missing [n] above 0: full
    depth less depth. ln missing falls on a straight line; the error is that of its slope carried
    over. Refused if it does not fall.
    """
    times, short = finite("elapsed", elapsed, ndim=1), positive("missing", missing, ndim=1)
    same_shape(elapsed=times, missing=short)
    fit = _line("elapsed", times, np.log(short))
    if fit.exponent >= 0.0:
        raise InvalidArgument("missing", fit.exponent, "must fall with time")
    half_life = float(np.log(2.0)) / -fit.exponent
    return half_life, half_life * fit.exponent_error / -fit.exponent


class CoefficientFit(NamedTuple):
    """Y of the square-root law."""

    coefficient: float
    error: float
    """Standard error; NaN with one row."""
    rows: int


def fit_square_root(
    impact: Any, daily_volatility: Any, quantity: Any, daily_volume: Any
) -> CoefficientFit:
    """Y of impact = Y sigma sqrt(Q / V) as the geometric mean over rows [n >= 1], all above 0.

    The exponent is held at one half; `fit_power` of impact / sigma on Q / V says whether it is.
    """
    moved, wild = positive("impact", impact, ndim=1), positive("daily_volatility", daily_volatility)
    size, volume = positive("quantity", quantity), positive("daily_volume", daily_volume)
    same_shape(impact=moved, daily_volatility=wild, quantity=size, daily_volume=volume)
    if not len(moved):
        raise InvalidArgument("impact", [], "must hold at least one row")
    logs: AnyArray = np.log(moved / (wild * np.sqrt(size / volume)))
    coefficient = float(np.exp(logs.mean()))
    deviation = float(logs.std(ddof=1)) if len(logs) > 1 else float("nan")
    return CoefficientFit(coefficient, coefficient * deviation / len(logs) ** 0.5, len(logs))
