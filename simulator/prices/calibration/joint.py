"""Correlations between assets in calm and in crisis, and the block length of a bootstrap."""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.models import (
    Bootstrap,
    Correlation,
    CrisisCorrelation,
    StressIndicator,
    correlation_matrix,
    log_returns_of,
    politis_white,
    sample_correlation,
)
from simulator.prices.models.bootstrap import CIRCULAR, STATIONARY
from simulator.risk.checks import one_of
from simulator.types import Float2D

_FEWEST = 30
_REPLICATES = 100
_SEED = 20_080_102


class CorrelationFit(NamedTuple):
    """A sample correlation and the standard error (1 - r^2) / sqrt(n - 1) of its entries."""

    correlation: Correlation
    errors: Float2D
    observations: int


class CrisisFit(NamedTuple):
    """Both matrices, and the rule with which a simulation switches between them."""

    calm: CorrelationFit
    crisis: CorrelationFit
    rule: CrisisCorrelation


def calibrate_correlation(prices: Any) -> CorrelationFit:
    """Of the log returns of prices float64[steps + 1, assets]."""
    return _fit("correlation", log_returns_of(prices))


def calibrate_crisis(
    prices: Any,
    step_years: float,
    indicator: str,
    threshold: float,
    *,
    window: int = 24,
    asset: int = 0,
) -> CrisisFit:
    """Correlations apart for the steps that begin in stress and those that do not.

    Refused where either has fewer than 30 steps.
    """
    returns = log_returns_of(prices)
    nothing = correlation_matrix(np.eye(returns.shape[1]))
    rule = CrisisCorrelation(nothing, nothing, indicator, threshold, window, asset)
    watch = StressIndicator(rule, 1, step_years)
    on = np.empty(len(returns), dtype=np.bool_)
    for step, value in enumerate(returns[:, asset]):
        on[step] = watch.on()[0]
        watch.update(np.array([value]))
    calm, crisis = _fit("calm correlation", returns[~on]), _fit("crisis correlation", returns[on])
    matrices = (calm.correlation, crisis.correlation)
    rule = CrisisCorrelation(*matrices, indicator, threshold, window, asset)
    return CrisisFit(calm, crisis, rule)


def calibrate_bootstrap(prices: Any, step_years: float, kind: str = STATIONARY) -> Fit[Bootstrap]:
    """The block length of Politis and White for the squares of the log returns.

    The squares, because the memory of returns is in their size. Its standard error comes from
    resampling the series in blocks of twice that length.
    """
    one_of("kind", kind, (STATIONARY, CIRCULAR))
    returns = checked_returns("bootstrap", prices, step_years)
    squares = returns**2

    def length(values: Any) -> float:
        found = politis_white(values)
        return found.stationary if kind == STATIONARY else found.circular

    block = length(squares)
    rng = np.random.default_rng(_SEED)
    size = max(1, min(round(2.0 * block), returns.size // 2))
    lengths = []
    for _ in range(_REPLICATES):
        starts = rng.integers(0, returns.size, -(-returns.size // size))
        rows = (starts[:, None] + np.arange(size)).ravel()[: returns.size] % returns.size
        lengths.append(length(squares[rows]))
    found = estimates("bootstrap", block=(block, float(np.std(lengths, ddof=1))))
    return Fit(Bootstrap(block, kind), found, "Politis and White (2004, 2009)", returns.size)


def _fit(name: str, returns: Float2D) -> CorrelationFit:
    count = len(returns)
    if count < _FEWEST:
        raise CalibrationRefused(name, f"{count} returns are too few, it takes {_FEWEST}")
    found = correlation_matrix(sample_correlation(returns))
    return CorrelationFit(found, (1.0 - found.matrix**2) / sqrt(count - 1), count)
