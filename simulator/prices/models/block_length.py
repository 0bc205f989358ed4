"""The block length that serves a series best, after Politis and White.

    M = 2 m, m the smallest lag after which K = max(5, sqrt(log10 n)) autocorrelations in a row lie
    within 2 sqrt(log10(n) / n); w(t) = 1 up to 1/2, then 2 (1 - t), 0 from 1 on;
    G = sum over |k| <= M of w(|k| / M) |k| R(k), g = sum of w(|k| / M) R(k), R the autocovariance;
    L = (2 G^2 / D)^(1/3) n^(1/3), D = 2 g^2 (stationary) or 4/3 g^2 (circular)

L lies in [1, min(3 sqrt n, n / 3)]. Sources: Politis, White (2004), Patton, Politis, White (2009).
"""

from __future__ import annotations

from math import ceil, log10, sqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite
from simulator.types import Float1D

_FEWEST = 20
"""Values; below, the lags that the rule looks at do not exist."""


class BlockLength(NamedTuple):
    """In steps."""

    stationary: float
    circular: float


def politis_white(series: Any) -> BlockLength:
    """The best block lengths for the mean of float64[steps]; InvalidArgument if it does not vary.

    For volatility clustering, give the squares or absolute values of returns.
    """
    values = finite("series", series, ndim=1)
    count = values.size
    if count < _FEWEST:
        raise InvalidArgument("series", f"{count} values", f"must have at least {_FEWEST}")
    covariance = _autocovariances(values, ceil(sqrt(count)) + _run(count))
    if covariance[0] <= 0.0 or np.ptp(values) == 0.0:
        raise InvalidArgument("series", float(values[0]), "must not be the same everywhere")
    lags = np.arange(1, min(2 * _cutoff(covariance, count), covariance.size - 1) + 1)
    weight = np.minimum(1.0, 2.0 * (1.0 - lags / lags[-1]))
    slope = 2.0 * float((weight * lags * covariance[lags]).sum())
    spectrum = covariance[0] + 2.0 * float((weight * covariance[lags]).sum())
    largest = ceil(min(3.0 * sqrt(count), count / 3.0))

    def best(share: float) -> float:
        # A spectrum of 0 means that nothing but the bound is known of the length.
        if spectrum == 0.0:
            return float(largest)
        length = (2.0 * slope**2 / (share * spectrum**2) * count) ** (1.0 / 3.0)
        return float(min(max(length, 1.0), largest))

    return BlockLength(best(2.0), best(4.0 / 3.0))


def _run(count: int) -> int:
    return max(5, ceil(sqrt(log10(count))))


def _autocovariances(values: Float1D, most: int) -> Float1D:
    centred = values - values.mean()
    count = values.size
    lags = range(min(most, count - 1) + 1)
    return np.array([centred[lag:] @ centred[: count - lag] / count for lag in lags])


def _cutoff(covariance: Float1D, count: int) -> int:
    """m: the smallest lag, at least 1, that a whole run of insignificant ones follows."""
    small = np.abs(covariance[1:] / covariance[0]) < 2.0 * sqrt(log10(count) / count)
    run = _run(count)
    for lag in range(small.size - run + 1):
        if small[lag : lag + run].all():
            return max(lag, 1)
    # No run ends: the last lag that matters.
    return int(np.flatnonzero(~small)[-1]) + 1 if not small.all() else 1
