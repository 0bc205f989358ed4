"""VaR and ES from moments (risk-spec section 16): normal, Student t, Cornish-Fisher.

`mean` and `deviation` are those of the LOSS for normal and t, where the sign does not matter
otherwise, and of the RETURN for Cornish-Fisher, whose skewness has a sign: negative is the long
left tail that loses money. Every answer is a loss. Scalars or arrays that broadcast, float64.
Sources: McNeil, Frey, Embrechts 2015 section 2.3; Favre and Galeano 2002; Maillard 2012.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.levels import exact_level, tail_share
from simulator.types import AnyArray


def square_root_of_time(deviation: Any, periods: float) -> AnyArray:
    """deviation x sqrt(periods). Right for independent, identically distributed returns only."""
    each = checks.non_negative("deviation", deviation)
    return each * np.sqrt(checks.non_negative("periods", periods))


def normal_var(mean: Any, deviation: Any, level: float) -> AnyArray:
    """mean + deviation x z."""
    from scipy.special import ndtri

    return _line(mean, deviation, float(ndtri(float(exact_level(level)))))


def normal_es(mean: Any, deviation: Any, level: float) -> AnyArray:
    """mean + deviation x phi(z) / (1 - level)."""
    from scipy.special import ndtri

    z = float(ndtri(float(exact_level(level))))
    return _line(mean, deviation, _density(z) / tail_share(level))


def student_t_var(mean: Any, deviation: Any, freedom: float, level: float) -> AnyArray:
    """mean + deviation x sqrt((freedom - 2) / freedom) x t quantile: the variance is matched."""
    from scipy.stats import t

    scale = _variance_matched(freedom)
    return _line(mean, deviation, scale * float(t.ppf(float(exact_level(level)), freedom)))


def student_t_es(mean: Any, deviation: Any, freedom: float, level: float) -> AnyArray:
    """With q the t quantile: scale x pdf(q) / (1 - level) x (freedom + q^2) / (freedom - 1)."""
    from scipy.stats import t

    scale = _variance_matched(freedom)
    q = float(t.ppf(float(exact_level(level)), freedom))
    multiplier = float(t.pdf(q, freedom)) / tail_share(level) * (freedom + q * q) / (freedom - 1)
    return _line(mean, deviation, scale * multiplier)


def cornish_fisher_is_valid(skewness: float, excess_kurtosis: float) -> bool:
    """Whether the expansion rises with the probability (Maillard 2012), the border included.

    S^2/9 - 4 (K/8 - S^2/6) (1 - K/8 + 5 S^2/36) <= 0, decided exactly. Far outside (|S| > 6) both
    factors may be negative, where the map falls: K/8 >= S^2/6 is asked as well.
    """
    skew, kurtosis = _moments(skewness, excess_kurtosis)
    curvature = kurtosis / 8 - skew**2 / 6
    slope = 1 - kurtosis / 8 + 5 * skew**2 / 36
    return curvature >= 0 and skew**2 / 9 <= 4 * curvature * slope


def cornish_fisher_quantile(probability: float, skewness: float, excess_kurtosis: float) -> float:
    """z + (z^2 - 1) S/6 + (z^3 - 3z) K/24 - (2z^3 - 5z) S^2/36 with z the normal quantile.

    Standardised: mean 0, deviation 1. Refused where `cornish_fisher_is_valid` says no.
    """
    from scipy.special import ndtri

    z = float(ndtri(float(exact_level(probability, "probability"))))
    skew, kurtosis = _valid_moments(skewness, excess_kurtosis)
    third = (z * z - 1) * skew / 6
    fourth = (z**3 - 3 * z) * kurtosis / 24
    return z + third + fourth - (2 * z**3 - 5 * z) * skew**2 / 36


def cornish_fisher_var(
    mean: Any, deviation: Any, skewness: float, excess_kurtosis: float, level: float
) -> AnyArray:
    """-(mean + deviation x quantile at 1 - level), from the moments of the return."""
    quantile = cornish_fisher_quantile(tail_share(level), skewness, excess_kurtosis)
    return -_line(mean, deviation, quantile)


def cornish_fisher_es(
    mean: Any, deviation: Any, skewness: float, excess_kurtosis: float, level: float
) -> AnyArray:
    """-1/(1 - level) x the integral of the quantile over the probabilities below 1 - level.

    The expansion is a polynomial in z, so the integral is one too: with a = z(1 - level),
    -phi(a) (1 + a S/6 + (a^2 - 1) K/24 - (2a^2 - 1) S^2/36).
    """
    from scipy.special import ndtri

    share = tail_share(level)
    a = float(ndtri(share))
    skew, kurtosis = _valid_moments(skewness, excess_kurtosis)
    terms = 1 + a * skew / 6 + (a * a - 1) * kurtosis / 24 - (2 * a * a - 1) * skew**2 / 36
    return -_line(mean, deviation, -_density(a) * terms / share)


def _line(mean: Any, deviation: Any, multiplier: float) -> AnyArray:
    scaled = checks.non_negative("deviation", deviation) * multiplier
    return checks.finite("mean", mean) + scaled


def _density(z: float) -> float:
    return float(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))


def _variance_matched(freedom: float) -> float:
    if not 2.0 < freedom < np.inf:
        raise InvalidArgument("freedom", freedom, "must be finite and above 2")
    return float(np.sqrt((freedom - 2) / freedom))


def _moments(skewness: float, excess_kurtosis: float) -> tuple[Fraction, Fraction]:
    skew = float(checks.finite("skewness", skewness, ndim=0))
    kurtosis = float(checks.finite("excess_kurtosis", excess_kurtosis, ndim=0))
    return Fraction(skew), Fraction(kurtosis)


def _valid_moments(skewness: float, excess_kurtosis: float) -> tuple[float, float]:
    if not cornish_fisher_is_valid(skewness, excess_kurtosis):
        rule = "must lie in Maillard's domain, where the quantile rises with the probability"
        raise InvalidArgument("skewness, excess_kurtosis", (skewness, excess_kurtosis), rule)
    return float(skewness), float(excess_kurtosis)
