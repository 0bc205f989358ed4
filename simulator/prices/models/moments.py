"""Moments: of simulated paths, and of models by their characteristic function."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, pi

import numpy as np

from simulator.prices.models.interface import HasCharacteristic
from simulator.prices.models.merton import Cumulants
from simulator.risk.checks import positive
from simulator.types import AnyArray, Float3D

_RADIUS = 0.2
"""Of the circle around 0: inside every strip in which the models have exponential moments."""
_POINTS = 32


@dataclass(frozen=True, slots=True)
class PathMoments:
    """Of one asset at the last step of its paths, and of all its steps."""

    mean: float
    """Price, in quote; `mean_error` is its standard error."""
    mean_error: float
    deviation: float
    median: float
    low: float
    """5 % of the paths end below."""
    high: float
    """95 % of the paths end below."""
    log_mean: float
    """Of ln(S_T / S_0), as the three that follow."""
    log_deviation: float
    skewness: float
    excess_kurtosis: float
    step_volatility: float
    """Root mean square of the log returns of the steps, per square root of a year."""
    step_excess_kurtosis: float
    """Of the log returns of the steps."""
    median_drawdown: float
    """The largest fall from a high of each path, and its median over the paths."""
    worst_drawdown: float
    """The same, exceeded by 5 % of the paths."""


def path_moments(prices: Float3D, spot: float, step_years: float, asset: int = 0) -> PathMoments:
    """Measure float64[paths, steps, assets]."""
    positive("spot", spot, ndim=0)
    series = np.log(prices[:, :, asset] / spot)
    last = prices[:, -1, asset]
    ends = series[:, -1]
    steps = np.diff(series, axis=1, prepend=0.0)
    highest = np.maximum(np.maximum.accumulate(series, axis=1), 0.0)
    falls = -np.expm1((series - highest).min(axis=1))
    low, median, high = (float(value) for value in np.quantile(last, (0.05, 0.5, 0.95)))
    count = len(last)
    deviation = float(last.std(ddof=1)) if count > 1 else 0.0
    return PathMoments(
        mean=float(last.mean()),
        mean_error=deviation / count**0.5,
        deviation=deviation,
        median=median,
        low=low,
        high=high,
        log_mean=float(ends.mean()),
        log_deviation=float(ends.std(ddof=1)) if count > 1 else 0.0,
        skewness=_standardised(ends, 3),
        excess_kurtosis=_standardised(ends, 4) - 3.0,
        step_volatility=float(np.sqrt((steps**2).mean() / step_years)),
        step_excess_kurtosis=_standardised(steps, 4) - 3.0,
        median_drawdown=float(np.median(falls)),
        worst_drawdown=float(np.quantile(falls, 0.95)),
    )


def _standardised(values: AnyArray, power: int) -> float:
    """E[(x - m)^n] / s^n; NaN where nothing varies."""
    centred = values - values.mean()
    variance = float((centred**2).mean())
    # What is left of a constant is rounding.
    scale = float(np.abs(values).max(initial=0.0))
    if variance <= (1e-14 * scale) ** 2:
        return float("nan")
    return float((centred**power).mean() / variance ** (power / 2))


def log_cumulants(model: HasCharacteristic, years: float) -> Cumulants:
    """Cumulants of ln(S_T / S_0) over `years`, from the characteristic function.

    kappa_n = n! / (2 pi r^n) times the integral of K(r e^{it}) e^{-int}, K(s) = ln E[e^{sX}]; the
    trapezium rule converges geometrically on a circle. Absolute error about 1e-11.
    """
    angles = 2.0 * pi * np.arange(_POINTS) / _POINTS
    points = _RADIUS * np.exp(1j * angles)
    generating = np.log(model.characteristic(-1j * points, years))
    one, two, three, four = (
        factorial(n) / _RADIUS**n * float((generating * np.exp(-1j * n * angles)).mean().real)
        for n in (1, 2, 3, 4)
    )
    return Cumulants(model.drift * years + one, two, three, four)
