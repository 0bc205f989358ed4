"""Heston and Bates by moments with block-bootstrap errors, GARCH by maximum likelihood of `arch`.

Moments of Heston's stationary log returns are exact. With u = v - theta and R the return over a
step without its mean, dR = -u/2 dt + sqrt(v) dW_1, Ito's rule gives a linear system for
E[R^i u^j],

    m_ij' = -i/2 m_{i-1,j+1} - kappa j m_ij + i(i-1)/2 (theta m_{i-2,j} + m_{i-2,j+1})
            + j(j-1)/2 sigma^2 (theta m_{i,j-2} + m_{i,j-1})
            + i j rho sigma (theta m_{i-1,j-1} + m_{i-1,j}),

closed for i + j <= 4, which the matrix exponential solves from the stationary law (gamma).
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import MissingComponentError
from simulator.prices.calibration.detection import find_jumps
from simulator.prices.calibration.fit import CalibrationRefused, Fit, checked_returns, estimates
from simulator.prices.models import Bates, Garch, Heston, politis_white
from simulator.prices.models.jumps import normal_jump_growth
from simulator.types import AnyArray, Float1D, Float2D

_REPLICATES = 400
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
    """By the system of the module, float64[lags] each."""
    from scipy.linalg import expm

    moves = expm(_generator(kappa, theta, sigma, rho) * step_years)
    after = moves @ _stationary(kappa, theta, sigma)
    square = float(after[_SQUARE])
    # E[R^2 | u] of a step is a polynomial in u, and so is E[u^j | u] after another one.
    later, wait = moves[_SQUARE, :3], moves[:3, :3]
    with_square, with_return = after[_SQUARE : _SQUARE + 3], after[_RETURN : _RETURN + 3]
    covariance, leverage = np.empty(lags), np.empty(lags)
    for lag in range(lags):
        covariance[lag] = later @ with_square - square**2
        leverage[lag] = later @ with_return
        with_square, with_return = wait @ with_square, wait @ with_return
    return HestonMoments(square, covariance, leverage)


_MONOMIALS = tuple((i, j) for i in range(3) for j in range(5 - i))
"""(i, j) of R^i u^j."""
_RETURN = _MONOMIALS.index((1, 0))
_SQUARE = _MONOMIALS.index((2, 0))


def _stationary(kappa: float, theta: float, sigma: float) -> Float1D:
    """E[u^j] of the gamma law of v, and no return yet."""
    shape, scale = 2.0 * kappa * theta / sigma**2, sigma**2 / (2.0 * kappa)
    start = np.zeros(len(_MONOMIALS))
    start[:5] = (
        1.0,
        0.0,
        shape * scale**2,
        2.0 * shape * scale**3,
        (3.0 * shape**2 + 6.0 * shape) * scale**4,
    )
    return start


def _generator(kappa: float, theta: float, sigma: float, rho: float) -> Float2D:
    """The system's matrix."""
    matrix = np.zeros((len(_MONOMIALS), len(_MONOMIALS)))
    for row, (i, j) in enumerate(_MONOMIALS):
        terms = (
            (i - 1, j + 1, -0.5 * i),
            (i, j, -kappa * j),
            (i - 2, j, 0.5 * i * (i - 1) * theta),
            (i - 2, j + 1, 0.5 * i * (i - 1)),
            (i, j - 2, 0.5 * j * (j - 1) * sigma**2 * theta),
            (i, j - 1, 0.5 * j * (j - 1) * sigma**2),
            (i - 1, j - 1, i * j * rho * sigma * theta),
            (i - 1, j, i * j * rho * sigma),
        )
        for power, other, factor in terms:
            if factor:
                matrix[row, _MONOMIALS.index((power, other))] += factor
    return matrix


def calibrate_heston(prices: Any, step_years: float) -> Fit[Heston]:
    """Moments of squares and leverage, each weighted by its bootstrap error (diagonal GMM).

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
    """Jumps by a threshold of five local deviations, the rest as Heston.

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
    """Minimum distance of the moments; the errors are the sandwich of their bootstrap covariance.

    x the parameters, J the slopes of the moments, W the weights 1 / variance of each moment:
    cov(x) = (J'WJ)^-1 J'W S W J (J'WJ)^-1.
    """
    centred = returns - returns.mean()
    lags = min(_LAGS, returns.size // 5)
    products = _products(centred, lags)
    sample = _centred(products.mean(axis=0), lags)
    resampled = _centred(_resampled(products), lags)
    scale = np.maximum(resampled.std(axis=0), 1e-300)
    if sample[1 : 1 + lags].sum() <= 0.0:
        raise CalibrationRefused(model, "volatility does not cluster: squares are not correlated")
    coordinates, slopes = _solved(model, sample, scale, step_years, lags)
    values = _values(coordinates)
    memory = values[0] * step_years
    if memory > 3.0:
        reason = f"volatility forgets within a step (kappa dt = {memory:.2g})"
        raise CalibrationRefused(model, reason)
    if values[0] * returns.size * step_years < 2.0:
        raise CalibrationRefused(model, "volatility does not come back within the series")
    if abs(values[3]) > 0.999:
        raise CalibrationRefused(model, f"rho = {values[3]:.4f} runs to its bound")
    information = slopes.T @ slopes
    if np.linalg.cond(information) > 1e12:
        raise CalibrationRefused(model, "the moments do not tell the parameters apart")
    spread = slopes @ np.linalg.inv(information)
    deviations = (resampled - resampled.mean(axis=0)) / scale @ spread
    errors = deviations.std(axis=0, ddof=1)
    # kappa, theta and sigma are exponentials of their coordinates, rho a hyperbolic tangent.
    return _HestonFit(values, errors * np.append(values[:3], 1.0 - values[3] ** 2))


def _centred(moments: AnyArray, lags: int) -> AnyArray:
    """Means of r^2, r_t^2 r_{t+k}^2 and r_t r_{t+k}^2 -> the second as covariances."""
    centred = moments.copy()
    centred[..., 1 : 1 + lags] -= moments[..., :1] ** 2
    return centred


def _values(x: Float1D) -> Float1D:
    """Coordinates -> kappa, theta, sigma, rho."""
    return np.array([*np.exp(x[:3]), np.tanh(x[3])])


def _products(centred: Float1D, lags: int) -> Float2D:
    """r_t^2, r_t^2 r_{t+k}^2 and r_t r_{t+k}^2 for every t that has all lags."""
    squares = centred**2
    rows = centred.size - lags
    ahead = np.lib.stride_tricks.sliding_window_view(squares[1:], lags)[:rows]
    columns = (squares[:rows, None], squares[:rows, None] * ahead, centred[:rows, None] * ahead)
    return np.concatenate(columns, axis=1)


def _resampled(products: Float2D) -> Float2D:
    """Means of the products over circular blocks, float64[replicates, moments]."""
    rng = np.random.default_rng(_SEED)
    rows = len(products)
    length = int(min(max(4.0 * politis_white(products[:, 0]).circular, 20.0), rows / 4))
    around = np.concatenate((products, products[:length]))
    sums = np.concatenate((np.zeros((1, products.shape[1])), np.cumsum(around, axis=0)))
    means = (sums[length : length + rows] - sums[:rows]) / length
    starts = rng.integers(0, rows, (_REPLICATES, -(-rows // length)))
    drawn: Float2D = means[starts].mean(axis=1)
    return drawn


def _solved(
    model: str, sample: Float1D, scale: Float1D, step_years: float, lags: int
) -> tuple[Float1D, Float2D]:
    """Coordinates that come closest to the sample's moments, and the slopes there over `scale`."""
    from scipy.optimize import least_squares

    def residuals(x: Float1D) -> Float1D:
        kappa, theta, sigma, rho = (float(value) for value in _values(x))
        square, covariance, leverage = heston_moments(kappa, theta, sigma, rho, step_years, lags)
        away: Float1D = (np.concatenate(((square,), covariance, leverage)) - sample) / scale
        return away

    level = float(np.log(sample[0] / step_years))
    memory = 0.2 * lags * step_years
    low = [np.log(1e-3), level - 3.0, np.log(1e-4), -5.0]
    high = [np.log(10.0 / step_years), level + 3.0, np.log(1e4), 5.0]
    found = []
    for factor in (0.5, 2.0):
        start = np.clip([np.log(factor / memory), level, level, 0.0], low, high)
        found.append(least_squares(residuals, start, bounds=(low, high), max_nfev=200))
    best = min(found, key=lambda result: float(result.cost))
    if not best.success:
        raise CalibrationRefused(model, "the search for the moments did not converge")
    return best.x, best.jac


def _mean(returns: Float1D, step_years: float) -> tuple[float, float]:
    mean = float(returns.mean()) / step_years
    return mean, float(returns.std(ddof=1)) / sqrt(returns.size) / step_years


def _recent(returns: Float1D, step_years: float) -> tuple[float, float]:
    """The variance now, per year, and its error if it stood still over those steps."""
    now = float((returns[-_RECENT:] ** 2).mean()) / step_years
    return now, now * sqrt(2.0 / _RECENT)
