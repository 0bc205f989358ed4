"""Maximum likelihood in unconstrained coordinates, with errors from the inverse Hessian.

Convergence is judged by the Newton decrement g' H^-1 g / 2: what the log likelihood would still
gain if it were a parabola. Standard errors of the natural parameters follow by the delta method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from simulator.prices.calibration.fit import CalibrationRefused
from simulator.types import Float1D, Float2D

_ENOUGH = 1e-3
"""Of a unit of log likelihood: a hundredth of a standard error is 5e-5."""
_STEP = 1e-4
_NEWTON_STEPS = 20
_VAGUE = 3.0
"""Standard error of an unconstrained coordinate: a positive parameter within a factor of 20."""
_FAR = 15.0
"""An unconstrained coordinate beyond it is a bound: e^15, or a share of 3e-7."""


class Maximum(NamedTuple):
    """Natural parameters, their standard errors, and the log likelihood."""

    values: Float1D
    errors: Float1D
    log_likelihood: float


def maximise(
    model: str,
    log_likelihood: Callable[[Float1D], float],
    natural: Callable[[Float1D], Sequence[float]],
    starts: Sequence[Sequence[float]],
    scales: Sequence[float] | None = None,
    *,
    search: bool = True,
) -> Maximum:
    """The highest of the maxima found from `starts`, or CalibrationRefused.

    log_likelihood takes the natural parameters and gives -inf where they are impossible; `natural`
    turns unconstrained coordinates into them. scales: typical sizes of the coordinates, 1 each
    unless given; a coordinate of scale 1 that runs beyond 15 is at its bound and refused, and so
    is one with a standard error above 3. Without
    `search` the best start is good enough to go on from with Newton's steps.
    """
    size = np.ones(len(starts[0])) if scales is None else np.asarray(scales, dtype=np.float64)

    def loss(scaled: Float1D) -> float:
        with np.errstate(all="ignore"):
            value = -log_likelihood(np.asarray(natural(scaled * size), dtype=np.float64))
        return value if np.isfinite(value) else 1e12

    begins = [np.asarray(start, dtype=np.float64) / size for start in starts]
    best = min((_descended(loss, begin) if search else begin for begin in begins), key=loss)
    if not loss(best) < 1e11:
        raise CalibrationRefused(model, "no start has a finite likelihood")
    place, covariance = _polished(model, loss, best)
    plain = size == 1.0
    if np.abs(place[plain]).max(initial=0.0) > _FAR:
        raise CalibrationRefused(model, "a parameter runs to its bound")
    if np.sqrt(covariance.diagonal()[plain]).max(initial=0.0) > _VAGUE:
        raise CalibrationRefused(model, "the series hardly determines one of the parameters")

    def values_at(scaled: Float1D) -> Float1D:
        return np.asarray(natural(scaled * size), dtype=np.float64)

    slopes = np.stack(
        [
            (values_at(place + step) - values_at(place - step)) / (2.0 * _STEP)
            for step in _STEP * np.eye(place.size)
        ],
        axis=1,
    )
    errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    return Maximum(values_at(place), errors, -loss(place))


def _descended(loss: Callable[[Float1D], float], begin: Float1D) -> Float1D:
    from scipy.optimize import minimize

    found = minimize(loss, begin, method="BFGS", options={"maxiter": 500, "gtol": 1e-2})
    return np.asarray(found.x, dtype=np.float64)


def _polished(
    model: str, loss: Callable[[Float1D], float], place: Float1D
) -> tuple[Float1D, Float2D]:
    """Newton's steps until the decrement is small; the place and the inverse Hessian there."""
    for _ in range(_NEWTON_STEPS):
        gradient, hessian = _derivatives(loss, place)
        try:
            lower = np.linalg.cholesky(hessian)
        except np.linalg.LinAlgError:
            reason = "the likelihood has no maximum there: its Hessian is not definite"
            raise CalibrationRefused(model, reason) from None
        inverse = np.linalg.inv(lower)
        covariance: Float2D = inverse.T @ inverse
        step = covariance @ gradient
        if 0.5 * float(gradient @ step) < _ENOUGH:
            return place, covariance
        share, here = 1.0, loss(place)
        while share > 1e-4 and loss(place - share * step) >= here:
            share *= 0.5
        if share <= 1e-4:
            break
        place = place - share * step
    raise CalibrationRefused(model, "the search for the maximum did not converge")


def _derivatives(loss: Callable[[Float1D], float], place: Float1D) -> tuple[Float1D, Float2D]:
    """Central differences of first and second order."""
    count = place.size
    units = np.eye(count) * _STEP * np.maximum(1.0, np.abs(place))
    lengths = units.diagonal()
    middle = loss(place)
    up = np.array([loss(place + unit) for unit in units])
    down = np.array([loss(place - unit) for unit in units])
    gradient = (up - down) / (2.0 * lengths)
    hessian = np.diag((up - 2.0 * middle + down) / lengths**2)
    for i in range(count):
        for j in range(i):
            both = loss(place + units[i] + units[j]) + loss(place - units[i] - units[j])
            mixed = both - up[i] - down[i] - up[j] - down[j] + 2.0 * middle
            hessian[i, j] = hessian[j, i] = mixed / (2.0 * lengths[i] * lengths[j])
    return gradient, hessian


def share(coordinate: float) -> float:
    """The logistic function: any number to (0, 1)."""
    return float(1.0 / (1.0 + np.exp(-coordinate)))


def coordinate(value: float) -> float:
    """Its inverse."""
    return float(np.log(value / (1.0 - value)))
