"""Regime switching by maximum likelihood of Hamilton's filter, started by EM."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np

from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.calibration.likelihood import coordinate, maximise, share
from simulator.prices.models import Regimes
from simulator.types import Float1D, Float2D

_EM_ROUNDS = 100
_LEAST_GAIN = 7.0
"""Four more parameters; the likelihood ratio has no chi-squared law where they mean nothing, and
twice the gain of one regime's data seldom exceeds 14."""


def calibrate_regimes(prices: Any, step_years: float) -> Fit[Regimes]:
    """Two regimes, the calm one first; the chain starts from its stationary law.

    Estimates are named drift_0, drift_1, sigma_0, sigma_1, leave_0, leave_1, the last two as
    probabilities per step. Refused where the two cannot be told apart.
    """
    returns = checked_returns("regimes", prices, step_years)
    means, deviations, leave = _expectation_maximisation(returns)

    def natural(x: Float1D) -> list[float]:
        sigmas = np.exp(x[2:4])
        drifts = x[:2]
        return [*drifts, *sigmas, share(x[4]), share(x[5])]

    def log_likelihood(values: Float1D) -> float:
        drifts, sigmas, leaving = values[:2], values[2:4], values[4:]
        centre = (drifts - 0.5 * sigmas**2) * step_years
        return _filter(returns, centre, sigmas * sqrt(step_years), leaving)

    sigmas = deviations / sqrt(step_years)
    drifts = means / step_years + 0.5 * sigmas**2
    start = [*drifts, *np.log(sigmas), coordinate(leave[0]), coordinate(leave[1])]
    scale = float(returns.std()) / sqrt(returns.size) / step_years
    scales = [scale, scale, 1.0, 1.0, 1.0, 1.0]
    best = maximise("regimes", log_likelihood, natural, [start], scales, search=False)
    alone = -0.5 * returns.size * (log(2.0 * pi * float(returns.var())) + 1.0)
    gain = best.log_likelihood - alone
    if gain < _LEAST_GAIN:
        reason = f"a second regime adds {gain:.1f} to the log likelihood, it takes {_LEAST_GAIN:g}"
        raise CalibrationRefused("regimes", reason)
    order = [0, 1] if best.values[2] <= best.values[3] else [1, 0]
    values, errors = (array.reshape(3, 2)[:, order] for array in (best.values, best.errors))
    _told_apart(values, errors)
    names = ("drift", "sigma", "leave")
    found = estimates(
        "regimes",
        **{
            f"{name}_{number}": (float(values[row, number]), float(errors[row, number]))
            for row, name in enumerate(names)
            for number in (0, 1)
        },
    )
    calm, wild = float(values[2, 0]), float(values[2, 1])
    model = Regimes(
        (float(values[0, 0]), float(values[0, 1])),
        (float(values[1, 0]), float(values[1, 1])),
        ((1.0 - calm, calm), (wild, 1.0 - wild)),
    )
    return Fit(model, found, "maximum likelihood", returns.size, best.log_likelihood)


def _told_apart(values: Float2D, errors: Float2D) -> None:
    gap = values[1, 1] - values[1, 0]
    error = float(np.hypot(errors[1, 0], errors[1, 1]))
    if gap < 2.0 * error:
        reason = f"the volatilities {values[1, 0]:.3g} and {values[1, 1]:.3g} are not told apart"
        raise CalibrationRefused("regimes", reason)


def _filter(returns: Float1D, means: Float1D, deviations: Float1D, leave: Float1D) -> float:
    """Log likelihood of a two-state chain from its stationary law; plain floats for speed."""
    normal = -0.5 * ((returns[:, None] - means) / deviations) ** 2
    density = np.exp(normal) / (deviations * sqrt(2.0 * pi))
    out, back = float(leave[0]), float(leave[1])
    first = back / (out + back)
    total = 0.0
    for one, two in density.tolist():
        calm = first * one
        sum_ = calm + (1.0 - first) * two
        if sum_ <= 0.0:
            return -np.inf
        total += log(sum_)
        calm /= sum_
        first = calm * (1.0 - out) + (1.0 - calm) * back
    return total


def _expectation_maximisation(returns: Float1D) -> tuple[Float1D, Float1D, Float1D]:
    """Means, deviations and leaving probabilities after some rounds of Baum and Welch."""
    overall = float(returns.std())
    means = np.full(2, float(returns.mean()))
    deviations = overall * np.array([0.6, 1.8])
    leave = np.array([0.05, 0.1])
    for _ in range(_EM_ROUNDS):
        normal = -0.5 * ((returns[:, None] - means) / deviations) ** 2
        density = np.maximum(np.exp(normal) / deviations, 1e-300)
        weights, moves = _smoothed(density, leave)
        mass = np.maximum(weights.sum(axis=0), 1e-12)
        means = (weights * returns[:, None]).sum(axis=0) / mass
        variance = (weights * (returns[:, None] - means) ** 2).sum(axis=0) / mass
        deviations = np.sqrt(np.maximum(variance, (1e-4 * overall) ** 2))
        away = np.array([moves[0, 1], moves[1, 0]]) / np.maximum(moves.sum(axis=1), 1e-12)
        leave = np.clip(away, 1e-4, 0.9)
    return means, deviations, leave


def _smoothed(density: Float2D, leave: Float1D) -> tuple[Float2D, Float2D]:
    """P(state at t | all), float64[steps, 2], and expected numbers of moves, float64[2, 2]."""
    out, back = float(leave[0]), float(leave[1])
    rows = density.tolist()
    forward: list[tuple[float, float]] = []
    calm = back / (out + back)
    for one, two in rows:
        left, right = calm * one, (1.0 - calm) * two
        total = left + right
        left, right = left / total, right / total
        forward.append((left, right))
        calm = left * (1.0 - out) + right * back
    backward: list[tuple[float, float]] = [(1.0, 1.0)]
    for one, two in reversed(rows[1:]):
        left, right = one * backward[-1][0], two * backward[-1][1]
        ahead = ((1.0 - out) * left + out * right, back * left + (1.0 - back) * right)
        total = ahead[0] + ahead[1]
        backward.append((ahead[0] / total, ahead[1] / total))
    alpha, beta = np.array(forward), np.array(backward[::-1])
    weights = alpha * beta
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.array([[1.0 - out, out], [back, 1.0 - back]])
    joint = alpha[:-1, :, None] * matrix * (density[1:] * beta[1:])[:, None, :]
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    return weights, joint.sum(axis=0)
