"""GBM by its closed form, Merton by the series of its density, Kou by the Fourier series of it."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np

from simulator.prices.calibration.detection import find_jumps
from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.calibration.likelihood import coordinate, maximise, share
from simulator.prices.models import Gbm, Kou, Merton
from simulator.types import Float1D

_MOST_JUMPS_A_STEP = 10.0
"""In the mean; more are no jumps any longer."""
_MOST_TERMS = 1024
"""Of the cosine series."""


def calibrate_gbm(prices: Any, step_years: float) -> Fit[Gbm]:
    """Maximum likelihood: sigma^2 = var(r) / dt, drift = mean(r) / dt + sigma^2 / 2.

    Errors: sigma / sqrt(2 n), and sqrt(sigma^2 / (n dt) + sigma^4 / (2 n)) of the drift.
    """
    returns = checked_returns("gbm", prices, step_years)
    count = returns.size
    variance = float(returns.var()) / step_years
    drift = float(returns.mean()) / step_years + 0.5 * variance
    errors = (
        sqrt(variance / (count * step_years) + variance**2 / (2 * count)),
        sqrt(variance / (2 * count)),
    )
    sigma = sqrt(variance)
    likelihood = -0.5 * count * (log(2.0 * pi * variance * step_years) + 1.0)
    found = estimates("gbm", drift=(drift, errors[0]), sigma=(sigma, errors[1]))
    return Fit(Gbm(drift, sigma), found, "maximum likelihood", count, likelihood)


def calibrate_merton(prices: Any, step_years: float) -> Fit[Merton]:
    """Maximum likelihood with the density as a Poisson mixture of normals."""
    returns = checked_returns("merton", prices, step_years)

    def natural(x: Float1D) -> list[float]:
        return [x[0], np.exp(x[1]), np.exp(x[2]), x[3], np.exp(x[4])]

    def log_likelihood(values: Float1D) -> float:
        model = Merton(*map(float, values))
        return float(_merton_density(model, returns, step_years).sum())

    start, sizes = _start("merton", returns, step_years)
    spread = max(float(sizes.std()), float(returns.std()))
    sigma, intensity, mean = start[1], start[2], float(sizes.mean())
    starts = [
        [start[0], log(sigma), log(intensity), mean, log(spread)],
        [start[0], log(sigma), log(3.0 * intensity), mean, log(0.5 * spread)],
    ]
    scales = [_drift_scale(returns, step_years), 1.0, 1.0, spread, 1.0]
    best = maximise("merton", log_likelihood, natural, starts, scales)
    names = ("drift", "sigma", "intensity", "jump_mean", "jump_deviation")
    found = estimates("merton", **_pairs(names, best.values, best.errors))
    model = Merton(*map(float, best.values))
    method = "maximum likelihood (series)"
    return Fit(model, found, method, returns.size, best.log_likelihood)


def calibrate_kou(prices: Any, step_years: float) -> Fit[Kou]:
    """Maximum likelihood with the density as a cosine series of the characteristic function.

    Source of the series: Fang, Oosterlee (2008).
    """
    returns = checked_returns("kou", prices, step_years)
    centre = float(returns.mean())
    reach = 1.5 * float(np.abs(returns - centre).max()) + 12.0 * float(np.median(np.abs(returns)))
    start, sizes = _start("kou", returns, step_years)
    # The law of a step fades as exp(-sigma^2 dt u^2 / 2); half of the sigma found leaves room.
    highest = 7.5 / (0.5 * start[1] * sqrt(step_years))
    terms = min(_MOST_TERMS, int(2.0 * reach * highest / pi) + 1)
    waves = pi * np.arange(terms) / (2.0 * reach)
    cosines = np.cos(np.outer(returns - centre + reach, waves))

    def natural(x: Float1D) -> list[float]:
        return [x[0], np.exp(x[1]), np.exp(x[2]), share(x[3]), 1.0 + np.exp(x[4]), np.exp(x[5])]

    def log_likelihood(values: Float1D) -> float:
        model = Kou(*map(float, values))
        law = model.characteristic(waves, step_years)
        law = law * np.exp(1j * waves * (model.drift * step_years - centre + reach))
        weights = law.real / reach
        weights[0] *= 0.5
        density = cosines @ weights
        # The series is off by about 1e-12; a density below it is none that it can tell from 0.
        return float(np.log(np.maximum(density, 1e-12)).sum())

    sigma, intensity = start[1], start[2]
    up = sizes[sizes > 0]
    down = -sizes[sizes < 0]
    fallback = float(np.abs(sizes).mean())
    eta_up = 1.0 / float(up.mean() if up.size else fallback)
    eta_down = 1.0 / float(down.mean() if down.size else fallback)
    odds = (up.size + 0.5) / (sizes.size + 1.0)
    starts = [
        [
            start[0],
            log(sigma),
            log(rate * intensity),
            coordinate(odds),
            log(max(factor * eta_up - 1.0, 0.1)),
            log(factor * eta_down),
        ]
        for rate, factor in ((1.5, 1.5), (4.0, 2.5))
    ]
    scales = [_drift_scale(returns, step_years), 1.0, 1.0, 1.0, 1.0, 1.0]
    best = maximise("kou", log_likelihood, natural, starts, scales)
    names = ("drift", "sigma", "intensity", "up_probability", "eta_up", "eta_down")
    found = estimates("kou", **_pairs(names, best.values, best.errors))
    model = Kou(*map(float, best.values))
    method = "maximum likelihood (characteristic function)"
    return Fit(model, found, method, returns.size, best.log_likelihood)


def _merton_density(model: Merton, returns: Float1D, step_years: float) -> Float1D:
    """Log density of every return."""
    from scipy.special import gammaln, logsumexp

    mean = model.intensity * step_years
    if mean > _MOST_JUMPS_A_STEP:
        return np.array([-np.inf])
    # What is left out has a probability below 1e-12.
    n = np.arange(int(mean + 8.0 * sqrt(mean)) + 8)
    weights = n * log(mean) - mean - gammaln(n + 1)
    variance = model.sigma**2 * step_years + n * model.jump_deviation**2
    centre = model.log_drift * step_years + n * model.jump_mean
    normal = -0.5 * ((returns[:, None] - centre) ** 2 / variance + np.log(2.0 * pi * variance))
    density: Float1D = logsumexp(weights + normal, axis=1)
    return density


def _start(model: str, returns: Float1D, step_years: float) -> tuple[list[float], Float1D]:
    """Drift, sigma and intensity from what a threshold tells apart, and the sizes of the jumps."""
    at = find_jumps(returns)
    if at.size < 2:
        reason = f"{at.size} of {returns.size} returns stand out as jumps"
        raise CalibrationRefused(model, reason)
    calm = np.delete(returns, at)
    sigma = float(calm.std()) / sqrt(step_years)
    drift = float(returns.mean() / step_years + 0.5 * returns.var() / step_years)
    return [drift, sigma, at.size / (returns.size * step_years)], returns[at]


def _drift_scale(returns: Float1D, step_years: float) -> float:
    """The standard error of the drift, so that the search takes steps of its size."""
    return float(returns.std()) / sqrt(returns.size) / step_years


def _pairs(
    names: tuple[str, ...], values: Float1D, errors: Float1D
) -> dict[str, tuple[float, float]]:
    return {
        name: (float(value), float(error))
        for name, value, error in zip(names, values, errors, strict=True)
    }
