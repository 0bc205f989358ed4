"""Valuation adjustments for default: CVA, DVA, BCVA and wrong-way risk.

Survival S is given at the times of the profile, S(0) = 1 before the first of them; exposures and
discount factors are read at the end of each interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, renamed, same_shape, sorted_up, within
from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class BilateralAdjustment:
    """Adjustments with first-to-default weights, quote."""

    cva: float
    dva: float
    bcva: float
    """cva - dva, what the default-free value is lowered by."""


@dataclass(frozen=True, slots=True)
class WrongWay:
    """CVA with and without the dependence of value and default, quote."""

    independent: float
    dependent: float
    expected_given_default: Float1D
    """EE at each time given default in the interval that ends there."""


def survival_probabilities(hazard: Any, times: Any) -> Float1D:
    """exp(−∫hazard), float64[times]; hazard per unit of time, one number or one per interval."""
    grid = non_negative("times", sorted_up("times", times))
    rate = non_negative("hazard", hazard)
    if rate.ndim:
        same_shape(times=grid, hazard=rate)
    survival: Float1D = np.exp(-np.cumsum(rate * np.diff(grid, prepend=0.0)))
    return survival


def discount_factors(rate: float, times: Any) -> Float1D:
    """exp(−rate·t), float64[times], the rate continuous."""
    grid = non_negative("times", sorted_up("times", times))
    factors: Float1D = np.exp(-float(finite("rate", rate, ndim=0)) * grid)
    return factors


def credit_valuation_adjustment(
    expected_exposure: Any, survival: Any, recovery: float, discount: Any = 1.0
) -> float:
    """(1 − R)·Σ DF(t_i)·EE(t_i)·(S(t_{i−1}) − S(t_i)), quote; 0 without times.

    expected_exposure, survival and discount [times] (discount may be one number).
    """
    return _adjustment(expected_exposure, survival, recovery, discount, None)


def debit_valuation_adjustment(
    negative_expected_exposure: Any, own_survival: Any, own_recovery: float, discount: Any = 1.0
) -> float:
    """The mirror: (1 − R_own)·Σ DF·NEE·(S_own(t_{i−1}) − S_own(t_i)), NEE positive; quote."""
    with renamed(
        expected_exposure="negative_expected_exposure",
        survival="own_survival",
        recovery="own_recovery",
    ):
        return _adjustment(negative_expected_exposure, own_survival, own_recovery, discount, None)


def bilateral_valuation_adjustment(
    expected_exposure: Any,
    negative_expected_exposure: Any,
    survival: Any,
    own_survival: Any,
    recovery: float,
    own_recovery: float,
    discount: Any = 1.0,
) -> BilateralAdjustment:
    """First to default: each term is weighted with the other side's survival to the interval.

    CVA = (1 − R)·Σ DF·EE·S_own(t_{i−1})·(S(t_{i−1}) − S(t_i)), DVA with the sides exchanged,
    defaults independent.
    """
    cva = _adjustment(expected_exposure, survival, recovery, discount, own_survival)
    with renamed(
        expected_exposure="negative_expected_exposure",
        survival="own_survival",
        recovery="own_recovery",
        own_survival="survival",
    ):
        dva = _adjustment(
            negative_expected_exposure, own_survival, own_recovery, discount, survival
        )
    return BilateralAdjustment(cva, dva, cva - dva)


def wrong_way_adjustment(
    exposures: Any, survival: Any, recovery: float, correlation: float, discount: Any = 1.0
) -> WrongWay:
    """CVA when the value and the time of default hang together through a Gaussian copula.

    exposures float64[paths, times], the value V − C per path (its positive part is exposed).
    With z the normal score of a path's value among the paths at a time, default by then has
    probability Φ((Φ⁻¹(1 − S) + correlation·z)/√(1 − correlation²)), so a positive correlation is
    wrong-way: default comes where the exposure is high. The interval's probabilities are scaled
    so that their mean over paths stays S(t_{i−1}) − S(t_i). |correlation| < 1; 0 is independence.
    """
    from scipy.special import ndtri

    value = finite("exposures", exposures, ndim=2)
    share = float(finite("correlation", correlation, ndim=0))
    if not abs(share) < 1.0:
        raise InvalidArgument("correlation", correlation, "must lie strictly between -1 and 1")
    if not len(value):
        raise InvalidArgument("exposures", "no paths", "needs at least one")
    alive = _survival("survival", survival)
    same_shape(survival=alive, exposures=value[0])
    positive = np.maximum(value, 0.0)
    score = ndtri(np.array([_middle_rank(column) for column in value.T]).T.reshape(value.shape))
    before = np.concatenate([[1.0], alive[:-1]])
    default = _conditional(1.0 - alive, share, score) - _conditional(1.0 - before, share, score)
    default = np.maximum(default, 0.0)
    mean = default.mean(axis=0)
    weight = np.divide(default, mean, out=np.ones_like(default), where=mean > 0.0)
    given_default = (positive * weight).mean(axis=0)
    return WrongWay(
        independent=_adjustment(positive.mean(axis=0), alive, recovery, discount, None),
        dependent=_adjustment(given_default, alive, recovery, discount, None),
        expected_given_default=given_default,
    )


def _conditional(probability: Float1D, correlation: float, score: Float1D) -> Float1D:
    from scipy.special import ndtr, ndtri

    result: Float1D = ndtr(
        (ndtri(probability) + correlation * score) / np.sqrt(1.0 - correlation**2)
    )
    return result


def _middle_rank(values: Float1D) -> Float1D:
    """Share of the values below each one plus half of those equal to it, in (0, 1)."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    return (below + np.searchsorted(ordered, values, side="right")) / (2.0 * len(values))


def _adjustment(
    exposure: Any, survival: Any, recovery: float, discount: Any, other_survival: Any
) -> float:
    expected = non_negative("expected_exposure", exposure, ndim=1)
    alive = _survival("survival", survival)
    same_shape(expected_exposure=expected, survival=alive)
    lost = 1.0 - float(within("recovery", recovery, 0.0, 1.0, ndim=0))
    factor = non_negative("discount", discount)
    if factor.ndim:
        same_shape(expected_exposure=expected, discount=factor)
    default = -np.diff(alive, prepend=1.0)
    if other_survival is not None:
        other = _survival("own_survival", other_survival)
        same_shape(survival=alive, own_survival=other)
        default = default * np.concatenate([[1.0], other])[:-1]
    return lost * float(np.sum(factor * expected * default))


def _survival(name: str, survival: Any) -> Float1D:
    alive = within(name, survival, 0.0, 1.0, ndim=1)
    rising = np.flatnonzero(np.diff(alive, prepend=1.0) > 0.0)
    if len(rising):
        at = int(rising[0])
        raise InvalidArgument(f"{name}[{at}]", float(alive[at]), "must not rise over time")
    return alive
