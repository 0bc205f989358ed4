"""Heston and Bates by moments with block-bootstrap errors, GARCH by maximum likelihood of `arch`.

Moments of Heston's stationary returns over steps of h years, drift aside, a = (1 - e^{-kappa h}) /
kappa, V = theta sigma^2 / (2 kappa), b = (a - h e^{-kappa h}) / kappa:

    E r^2 = theta h,  cov(r_t^2, r_{t+k}^2) = (V a + 2 rho^2 sigma^2 theta b) a e^{-kappa (k-1) h},
    cov(r_t, r_{t+k}^2) = rho sigma theta a^2 e^{-kappa (k-1) h}

They follow from d(r^2 v) and d(r v) by Ito's rule; tests hold them against simulated paths.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import MissingComponentError
from simulator.prices.calibration.detection import find_jumps
from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.models import Bates, Garch, Heston, politis_white
from simulator.prices.models.jumps import normal_jump_growth
from simulator.types import Float1D, Float2D

_REPLICATES = 100
_LAGS = 40
_RECENT = 20
"""Steps whose mean square is the variance now."""
_SEED = 20_080_101
"""Of the bootstrap, so that a calibration is a function of its series."""
_FEWEST_JUMPS = 5


class HestonMoments(NamedTuple):
    """Of stationary log returns over one step, drift aside."""

    square: float
    square_covariance: Float1D
    """cov(r_t^2, r_{t+k}^2) for lags 1, 2, ..."""
    leverage: Float1D
    """cov(r_t, r_{t+k}^2) for lags 1, 2, ..."""


def heston_moments(
    kappa: float, theta: float, sigma: float, rho: float, step_years: float, lags: int
) -> HestonMoments:
    """The formulas of the module, float64[lags] each."""
    fading = exp(-kappa * step_years)
    a = -np.expm1(-kappa * step_years) / kappa
    b = (a - step_years * fading) / kappa
    decays = np.exp(-kappa * step_years * np.arange(lags, dtype=np.float64))
    spread = theta * sigma**2 / (2.0 * kappa)
    covariance = (spread * a + 2.0 * rho**2 * sigma**2 * theta * b) * a * decays
    return HestonMoments(theta * step_years, covariance, rho * sigma * theta * a**2 * decays)


def calibrate_heston(prices: Any, step_years: float) -> Fit[Heston]:
    """Moments of squares and leverage, weighted by their bootstrap errors (two-step GMM, diagonal).

    Refused without clustering of volatility, or where its memory is too short or too long to see.
    """
    returns = checked_returns("heston", prices, step_years)
    found = _heston("heston", returns, step_years)
    kappa, theta, sigma, rho = (float(value) for value in found.values)
    mean, mean_error = _mean(returns, step_years)
    recent = _recent(returns, step_years)
    drift = mean + 0.5 * theta
    listed = estimates(
        "heston",
        drift=(drift, sqrt(mean_error**2 + 0.25 * float(found.errors[1]) ** 2)),
        v0=recent,
        kappa=(kappa, float(found.errors[0])),
        theta=(theta, float(found.errors[1])),
        sigma=(sigma, float(found.errors[2])),
        rho=(rho, float(found.errors[3])),
    )
    model = Heston(drift, recent[0], kappa, theta, sigma, rho)
    return Fit(model, listed, "moments, block bootstrap", returns.size)


def calibrate_bates(prices: Any, step_years: float) -> Fit[Bates]:
    """Jumps by a threshold of four local deviations, the rest as Heston.

    Jumps below the threshold count as diffusion. Refused with fewer than five jumps.
    """
    returns = checked_returns("bates", prices, step_years)
    at = find_jumps(returns)
    if at.size < _FEWEST_JUMPS:
        reason = f"{at.size} returns stand out as jumps, it takes {_FEWEST_JUMPS}"
        raise CalibrationRefused("bates", reason)
    sizes = returns[at]
    calm = returns.copy()
    calm[at] = np.median(returns)
    found = _heston("bates", calm, step_years)
    kappa, theta, sigma, rho = (float(value) for value in found.values)
    time = returns.size * step_years
    intensity, jump_mean = at.size / time, float(sizes.mean())
    jump_deviation = float(sizes.std(ddof=1))
    mean, mean_error = _mean(returns, step_years)
    growth = normal_jump_growth(jump_mean, jump_deviation)
    drift = mean - intensity * jump_mean + 0.5 * theta + intensity * growth
    recent = _recent(calm, step_years)
    listed = estimates(
        "bates",
        drift=(drift, sqrt(mean_error**2 + 0.25 * float(found.errors[1]) ** 2)),
        v0=recent,
        kappa=(kappa, float(found.errors[0])),
        theta=(theta, float(found.errors[1])),
        sigma=(sigma, float(found.errors[2])),
        rho=(rho, float(found.errors[3])),
        intensity=(intensity, sqrt(at.size) / time),
        jump_mean=(jump_mean, jump_deviation / sqrt(at.size)),
        jump_deviation=(jump_deviation, jump_deviation / sqrt(2.0 * (at.size - 1))),
    )
    model = Bates(drift, recent[0], kappa, theta, sigma, rho, intensity, jump_mean, jump_deviation)
    return Fit(model, listed, "threshold for jumps, moments, block bootstrap", returns.size)


def calibrate_garch(prices: Any, step_years: float) -> Fit[Garch]:
    """Maximum likelihood by `arch` with a constant mean and normal shocks; parameters per step.

    The model's first variance is the forecast for the step after the series. Raises
    MissingComponentError without the extra `garch`.
    """
    returns = checked_returns("garch", prices, step_years)
    try:
        from arch import arch_model
    except ImportError:
        told = "GARCH is fitted by arch: pip install 'underwater[garch]'"
        raise MissingComponentError(told) from None
    # arch wants returns of about 1; its own rescaling would have to be undone all the same.
    scale = float(returns.std())
    fitted = arch_model(returns / scale, mean="Constant", vol="GARCH", p=1, q=1, rescale=False)
    result = fitted.fit(disp="off", show_warning=False)
    if result.convergence_flag != 0:
        raise CalibrationRefused("garch", "the search for the maximum did not converge")
    values = {name: float(value) for name, value in result.params.items()}
    errors = {name: float(error) for name, error in result.std_err.items()}
    alpha, beta = values["alpha[1]"], values["beta[1]"]
    if alpha + beta >= 1.0 - 1e-6:
        reason = f"alpha + beta = {alpha + beta:.6f} leaves no long-run variance"
        raise CalibrationRefused("garch", reason)
    if alpha < 1e-6:
        raise CalibrationRefused("garch", "the variance does not react to returns: alpha is 0")
    listed = estimates(
        "garch",
        mean=(values["mu"] * scale, errors["mu"] * scale),
        omega=(values["omega"] * scale**2, errors["omega"] * scale**2),
        alpha=(alpha, errors["alpha[1]"]),
        beta=(beta, errors["beta[1]"]),
    )
    coming = float(result.forecast(horizon=1).variance.to_numpy()[-1, 0]) * scale**2
    mean, omega = values["mu"] * scale, values["omega"] * scale**2
    model = Garch(mean, omega, alpha, beta, coming, compensated=False)
    likelihood = float(result.loglikelihood) - returns.size * float(np.log(scale))
    return Fit(model, listed, "maximum likelihood (arch, robust errors)", returns.size, likelihood)


class _HestonFit(NamedTuple):
    values: Float1D
    """kappa, theta, sigma, rho."""
    errors: Float1D


def _heston(model: str, returns: Float1D, step_years: float) -> _HestonFit:
    """Fit the moments, then fit those of resampled series for the errors."""
    centred = returns - returns.mean()
    lags = min(_LAGS, returns.size // 5)
    products = _products(centred, lags)
    sample = products.mean(axis=0)
    resampled = _resampled(products, returns.size)
    weights = 1.0 / np.maximum(resampled.std(axis=0), 1e-300)
    square = sample[0]
    clustering = float(sample[1 : 1 + lags].sum() - lags * square**2)
    if clustering <= 0.0:
        raise CalibrationRefused(model, "volatility does not cluster: squares are not correlated")
    values = _solved(model, sample, weights, step_years, lags, None)
    memory = values[0] * step_years
    if memory > 3.0:
        reason = f"volatility forgets within a step (kappa dt = {memory:.2g})"
        raise CalibrationRefused(model, reason)
    if values[0] * returns.size * step_years < 2.0:
        raise CalibrationRefused(model, "volatility does not come back within the series")
    if abs(values[3]) > 0.999:
        raise CalibrationRefused(model, f"rho = {values[3]:.4f} runs to its bound")
    again = []
    for replicate in resampled:
        try:
            again.append(_solved(model, replicate, weights, step_years, lags, values))
        except CalibrationRefused:
            continue
    if len(again) < 0.9 * _REPLICATES:
        reason = f"{_REPLICATES - len(again)} of {_REPLICATES} resampled series have no solution"
        raise CalibrationRefused(model, reason)
    # Quartiles: a few resampled series without clustering send kappa to its bound.
    low, high = np.quantile(np.array(again), (0.25, 0.75), axis=0)
    return _HestonFit(values, (high - low) / 1.3489795)


def _products(centred: Float1D, lags: int) -> Float2D:
    """r_t^2, r_t^2 r_{t+k}^2 and r_t r_{t+k}^2 for every t that has all lags."""
    squares = centred**2
    rows = centred.size - lags
    ahead = np.lib.stride_tricks.sliding_window_view(squares[1:], lags)[:rows]
    columns = (squares[:rows, None], squares[:rows, None] * ahead, centred[:rows, None] * ahead)
    return np.concatenate(columns, axis=1)


def _resampled(products: Float2D, count: int) -> Float2D:
    """Means of the products over circular blocks, float64[replicates, moments]."""
    rng = np.random.default_rng(_SEED)
    rows = len(products)
    length = int(min(max(4.0 * politis_white(products[:, 0]).circular, 20.0), rows / 4))
    blocks = -(-rows // length)
    around = np.concatenate((products, products[:length]))
    sums = np.concatenate((np.zeros((1, products.shape[1])), np.cumsum(around, axis=0)))
    means = (sums[length : length + rows] - sums[:rows]) / length
    starts = rng.integers(0, rows, (_REPLICATES, blocks))
    drawn: Float2D = means[starts].mean(axis=1)
    return drawn


def _solved(
    model: str,
    sample: Float1D,
    weights: Float1D,
    step_years: float,
    lags: int,
    guess: Float1D | None,
) -> Float1D:
    """kappa, theta, sigma, rho that come closest to the sample's moments."""
    from scipy.optimize import least_squares

    theta = float(sample[0]) / step_years

    def residuals(x: Float1D) -> Float1D:
        kappa, sigma, rho = np.exp(x[0]), np.exp(x[1]), np.tanh(x[2])
        expected = heston_moments(kappa, theta, sigma, rho, step_years, lags)
        covariance = sample[1 : 1 + lags] - sample[0] ** 2 - expected.square_covariance
        leverage = sample[1 + lags :] - expected.leverage
        return np.concatenate((covariance, leverage)) * weights[1:]

    if guess is None:
        memory = 0.2 * lags * step_years
        starts = [[np.log(k / memory), np.log(theta), 0.0] for k in (0.3, 1.0, 3.0)]
    else:
        starts = [[np.log(guess[0]), np.log(guess[2]), np.arctanh(guess[3])]]
    low = [np.log(1e-3), np.log(1e-4), -5.0]
    high = [np.log(10.0 / step_years), np.log(1e4), 5.0]
    found = []
    for start in starts:
        inside = np.clip(start, np.add(low, 1e-6), np.subtract(high, 1e-6))
        found.append(least_squares(residuals, inside, bounds=(low, high), max_nfev=200))
    best = min(found, key=lambda result: float(result.cost))
    if not best.success:
        raise CalibrationRefused(model, "the search for the moments did not converge")
    kappa, sigma, rho = np.exp(best.x[0]), np.exp(best.x[1]), np.tanh(best.x[2])
    return np.array([kappa, theta, sigma, rho])


def _mean(returns: Float1D, step_years: float) -> tuple[float, float]:
    mean = float(returns.mean()) / step_years
    return mean, float(returns.std(ddof=1)) / sqrt(returns.size) / step_years


def _recent(returns: Float1D, step_years: float) -> tuple[float, float]:
    """The variance now, per year, and its error if it stood still over those steps."""
    now = float((returns[-_RECENT:] ** 2).mean()) / step_years
    return now, now * sqrt(2.0 / _RECENT)
