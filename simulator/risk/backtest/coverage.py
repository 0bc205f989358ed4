"""Does VaR hold as often as it says: Kupiec, Christoffersen, the Basel zones (section 17).

An exception is a loss > VaR, strict. 0 ln 0 = 0 everywhere. Statistics are likelihood ratios, at
least 0, with their p-value from the chi-squared law. Sources: Kupiec 1995; Christoffersen 1998;
Basel Committee 1996; MathWorks varbacktest for the count in each ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.levels import tail_share
from simulator.types import Bool1D, Float1D, Int1D

Zone: TypeAlias = Literal["green", "yellow", "red"]
YELLOW_FROM = 0.95
RED_FROM = 0.9999
"""Shares of the binomial law at which a zone begins: 5 and 10 exceptions of 250 at 99 %."""
_PLUS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.40, 0.50, 0.65, 0.75, 0.85, 1.00)


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """A statistic and what the chi-squared law with `freedom` degrees says of it."""

    statistic: float
    p_value: float
    freedom: int


@dataclass(frozen=True, slots=True)
class Christoffersen:
    """Independence and conditional coverage, with the transitions they were computed from."""

    unconditional: LikelihoodRatio
    """Kupiec's, over all n days."""
    independence: LikelihoodRatio
    """Over the n - 1 transitions."""
    conditional: LikelihoodRatio
    """The sum of both, 2 degrees of freedom."""
    n00: int
    n01: int
    """Days with an exception after a day without one."""
    n10: int
    n11: int


@dataclass(frozen=True, slots=True)
class BaselZone:
    """Where a count of exceptions falls."""

    zone: Zone
    cumulative_probability: float
    """P(at most as many exceptions) if VaR is right."""


def var_exceptions(losses: Any, value_at_risk: Any) -> Bool1D:
    """bool[n]: loss > VaR. losses [n]; value_at_risk scalar or [n]."""
    lost = checks.finite("losses", losses, ndim=1)
    bound = checks.finite("value_at_risk", value_at_risk)
    if bound.ndim:
        checks.same_shape(losses=lost, value_at_risk=bound)
    return np.asarray(lost > bound)


def kupiec(failures: int, observations: int, level: float) -> LikelihoodRatio:
    """-2 ln[(1 - p)^(n - x) p^x / ((1 - x/n)^(n - x) (x/n)^x)], p = 1 - level, 1 degree."""
    _counts(failures, observations)
    return _ratio(_kupiec(np.array([failures]), observations, level)[0], 1)


def kupiec_region(observations: int, level: float, confidence: float) -> tuple[int, int] | None:
    """The fewest and the most failures that the test does not reject: statistic < critical value.

    None where every count is rejected.
    """
    from scipy.special import chdtri

    _counts(0, observations)
    critical = float(chdtri(1, tail_share(confidence, "confidence")))
    accepted = np.flatnonzero(_kupiec(np.arange(observations + 1), observations, level) < critical)
    return (int(accepted[0]), int(accepted[-1])) if len(accepted) else None


def christoffersen(hits: Any, level: float) -> Christoffersen:
    """LR_ind = -2 ln[(1 - pi)^(n00 + n10) pi^(n01 + n11) / ((1 - pi01)^n00 pi01^n01 ...)].

    hits bool[n] in the order of time, n >= 1. pi01 = n01/(n00 + n01), pi11 = n11/(n10 + n11), each
    0 where nothing can be divided; a single day has no transition and shows no dependence.
    """
    days = _hits(hits)
    before, after = days[:-1], days[1:]
    n11 = int(np.count_nonzero(before & after))
    n01, n10 = int(np.count_nonzero(after)) - n11, int(np.count_nonzero(before)) - n11
    n00 = len(before) - n01 - n10 - n11
    apart = _best(n01, n00) + _best(n11, n10)
    independence = _ratio(2.0 * (apart - _best(n01 + n11, n00 + n10)), 1)
    unconditional = kupiec(int(days.sum()), len(days), level)
    conditional = _ratio(unconditional.statistic + independence.statistic, 2)
    return Christoffersen(unconditional, independence, conditional, n00, n01, n10, n11)


def basel_zone(count: int, days: int = 250, level: float = 0.99) -> BaselZone:
    """Green, yellow from a cumulative probability of 95 %, red from 99.99 %, both inclusive.

    For 250 days at 99 %: green 0 to 4, yellow 5 to 9, red from 10.
    """
    from scipy.special import bdtr

    checks.whole("count", count, 0, checks.whole("days", days, 1))
    reached = float(bdtr(count, days, tail_share(level)))
    zone: Zone = "green"
    if reached >= YELLOW_FROM:
        zone = "red" if reached >= RED_FROM else "yellow"
    return BaselZone(zone, reached)


def basel_multiplier(count: int) -> float:
    """3 plus what the Basel Committee adds for `count` exceptions of 250 days at 99 %."""
    checks.whole("count", count, 0, 250)
    return 3.0 + _PLUS[min(count, len(_PLUS) - 1)]


def _kupiec(failures: Int1D, observations: int, level: float) -> Float1D:
    """The statistic per count."""
    from scipy.special import xlog1py, xlogy

    share = tail_share(level)
    kept = observations - failures
    supposed = xlog1py(kept, -share) + xlogy(failures, share)
    found = xlogy(kept, kept / observations) + xlogy(failures, failures / observations)
    return np.asarray(2.0 * (found - supposed))


def _best(ones: int, zeros: int) -> float:
    """ln of the likelihood of `ones` and `zeros` at the share they show; 0 without any."""
    from scipy.special import xlogy

    count = ones + zeros
    if not count:
        return 0.0
    return float(xlogy(ones, ones / count) + xlogy(zeros, zeros / count))


def _ratio(statistic: float, freedom: int) -> LikelihoodRatio:
    """Rounding may leave a ratio of equal likelihoods a little below 0."""
    from scipy.special import chdtrc

    clipped = max(0.0, float(statistic))
    return LikelihoodRatio(clipped, float(chdtrc(freedom, clipped)), freedom)


def _counts(failures: int, observations: int) -> None:
    if observations < 1:
        raise InvalidArgument("observations", observations, "must be at least 1")
    if not 0 <= failures <= observations:
        raise InvalidArgument("failures", failures, f"must be in [0, {observations}]")


def _hits(hits: Any) -> Bool1D:
    array = np.asarray(hits)
    if array.ndim != 1 or not len(array):
        raise InvalidArgument("hits", f"array of shape {array.shape}", "needs at least one day")
    if not np.isin(array, (0, 1)).all():
        raise InvalidArgument("hits", array.dtype.name, "must be booleans, or 0 and 1")
    return array.astype(bool)
