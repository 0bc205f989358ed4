"""Hawkes jumps by the likelihood of their times; a broken peg by the likelihood of its pull."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import numpy as np

from simulator.prices.calibration.detection import find_jumps
from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.calibration.likelihood import Maximum, coordinate, maximise, share
from simulator.prices.models import Depeg, Hawkes
from simulator.prices.models.jumps import normal_jump_growth
from simulator.risk.checks import positive, refuse, sorted_up
from simulator.types import Float1D

_FEWEST_JUMPS = 20
_LEAST_GAIN = 3.0
"""Of log likelihood over independent arrivals, for two more parameters: 5 % by chi squared."""


def hawkes_log_likelihood(
    times: Float1D, horizon: float, base: float, excitation: float, decay: float
) -> float:
    """Of event times in (0, horizon]: sum of ln intensity(t_i) - integral of the intensity."""
    pull = 0.0
    total = 0.0
    before = 0.0
    for time in times.tolist():
        fading = exp(-decay * (time - before))
        pull *= fading
        total += log(base + excitation * pull)
        pull += 1.0
        before = time
    waned = -np.expm1(-decay * (horizon - times))
    return total - base * horizon - excitation / decay * float(waned.sum())


def calibrate_hawkes(prices: Any, step_years: float) -> Fit[Hawkes]:
    """Jumps by a threshold of five local deviations; their times by maximum likelihood.

    Refused with fewer than twenty jumps, or where they come no closer together than by chance.
    """
    returns = checked_returns("hawkes", prices, step_years)
    at = find_jumps(returns)
    if at.size < _FEWEST_JUMPS:
        reason = f"{at.size} returns stand out as jumps, it takes {_FEWEST_JUMPS}"
        raise CalibrationRefused("hawkes", reason)
    times = np.asarray((at + 1) * step_years, dtype=np.float64)
    horizon = returns.size * step_years
    rate = at.size / horizon
    best = fit_hawkes_times(times, horizon)
    base, excitation, decay = (float(value) for value in best.values)
    sizes = returns[at]
    calm = np.delete(returns, at)
    sigma = float(calm.std()) / sqrt(step_years)
    jump_mean, jump_deviation = float(sizes.mean()), float(sizes.std(ddof=1))
    growth = normal_jump_growth(jump_mean, jump_deviation)
    drift = float(calm.mean()) / step_years + 0.5 * sigma**2 + rate * growth
    errors = [float(error) for error in best.errors]
    mean_error = float(returns.std(ddof=1)) / sqrt(returns.size) / step_years
    found = estimates(
        "hawkes",
        drift=(drift, mean_error),
        sigma=(sigma, sigma / sqrt(2.0 * calm.size)),
        base=(base, errors[0]),
        excitation=(excitation, errors[1]),
        decay=(decay, errors[2]),
        jump_mean=(jump_mean, jump_deviation / sqrt(at.size)),
        jump_deviation=(jump_deviation, jump_deviation / sqrt(2.0 * (at.size - 1))),
    )
    model = Hawkes(drift, sigma, base, excitation, decay, jump_mean, jump_deviation)
    method = "threshold for jumps, maximum likelihood of their times"
    return Fit(model, found, method, returns.size, best.log_likelihood)


def fit_hawkes_times(times: Any, horizon: float) -> Maximum:
    """base, excitation and decay from event times in (0, horizon] alone, in their unit of time."""
    events = sorted_up("times", times)
    positive("horizon", horizon, ndim=0)
    if events.size < _FEWEST_JUMPS:
        reason = f"{events.size} events are too few, it takes {_FEWEST_JUMPS}"
        raise CalibrationRefused("hawkes", reason)
    refuse("times", events, (events > 0.0) & (events <= horizon), f"must be in (0, {horizon:g}]")
    rate = events.size / horizon

    def natural(x: Float1D) -> list[float]:
        decay = float(np.exp(x[2]))
        return [float(np.exp(x[0])), share(x[1]) * decay, decay]

    def log_likelihood(values: Float1D) -> float:
        return hawkes_log_likelihood(events, horizon, *map(float, values))

    starts = [
        [log(rate * (1.0 - n)), coordinate(n), log(factor * rate)]
        for n, factor in ((0.4, 0.3), (0.4, 3.0), (0.6, 30.0))
    ]
    best = maximise("hawkes", log_likelihood, natural, starts)
    alone = events.size * log(rate) - events.size
    if best.log_likelihood - alone < _LEAST_GAIN:
        reason = "the jumps come no closer together than independent ones"
        raise CalibrationRefused("hawkes", reason)
    return best


def calibrate_depeg(
    prices: Any, step_years: float, peg: float = 1.0, floor: float = 1e-4
) -> Fit[Depeg]:
    """kappa and sigma by maximum likelihood of the exact transition, jumps by a threshold.

    x' given x is normal(x e^{-kappa h}, sigma^2 (1 - e^{-2 kappa h}) / (2 kappa)); steps whose
    move from there stands out are jumps. Refused where nothing pulls the price to its peg.
    """
    returns = checked_returns("depeg", prices, step_years)
    positive("peg", peg, ndim=0)
    x = np.log(positive("prices", prices, ndim=1) / peg)
    slope = float(x[:-1] @ x[1:]) / float(x[:-1] @ x[:-1])
    at = find_jumps(x[1:] - min(slope, 1.0) * x[:-1])
    keep = np.delete(np.arange(returns.size), at)
    before, after = x[:-1][keep], x[1:][keep]
    fading = float(before @ after) / float(before @ before)
    if not 0.0 < fading < 1.0:
        reason = f"nothing pulls to the peg: a step keeps {fading:.4f} of a deviation"
        raise CalibrationRefused("depeg", reason)

    def natural(y: Float1D) -> list[float]:
        return [float(np.exp(y[0])), float(np.exp(y[1]))]

    def log_likelihood(values: Float1D) -> float:
        kappa, sigma = float(values[0]), float(values[1])
        variance = -(sigma**2) * np.expm1(-2.0 * kappa * step_years) / (2.0 * kappa)
        errors = after - exp(-kappa * step_years) * before
        return float(-0.5 * (errors @ errors / variance + errors.size * log(variance)))

    kappa = -log(fading) / step_years
    spread = float((after - fading * before).std()) / sqrt(step_years)
    best = maximise("depeg", log_likelihood, natural, [[log(kappa), log(spread)]])
    if best.values[0] < 2.0 * best.errors[0]:
        reason = f"kappa = {best.values[0]:.3g} is not told from 0 (error {best.errors[0]:.3g})"
        raise CalibrationRefused("depeg", reason)
    time = returns.size * step_years
    sizes = (x[1:] - fading * x[:-1])[at]
    count = at.size
    jump_mean = float(sizes.mean()) if count else 0.0
    jump_deviation = float(sizes.std(ddof=1)) if count > 1 else 0.0
    found = estimates(
        "depeg",
        kappa=(float(best.values[0]), float(best.errors[0])),
        sigma=(float(best.values[1]), float(best.errors[1])),
        intensity=(count / time, sqrt(max(count, 1)) / time),
        jump_mean=(jump_mean, jump_deviation / sqrt(max(count, 1))),
        jump_deviation=(jump_deviation, jump_deviation / sqrt(2.0 * max(count - 1, 1))),
    )
    model = Depeg(
        float(best.values[0]),
        float(best.values[1]),
        count / time,
        jump_mean,
        jump_deviation,
        peg,
        floor,
    )
    return Fit(model, found, "maximum likelihood, threshold for jumps", returns.size)
