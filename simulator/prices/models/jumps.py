"""Sums of a random number of jumps by inversion: the same uniforms give comparable jumps."""

from __future__ import annotations

import numpy as np

from simulator.errors import InvalidArgument
from simulator.types import AnyArray

LARGEST_MEAN = 500.0
"""Jumps expected in a step; e^-500 is still a normal float, and nobody means more."""


def check_mean(intensity: float, step_years: float) -> float:
    """intensity * step_years, refused where it is beyond reason."""
    mean = intensity * step_years
    if mean > LARGEST_MEAN:
        rule = f"must give at most {LARGEST_MEAN:g} jumps a step, not {mean:g}"
        raise InvalidArgument("intensity", intensity, rule)
    return mean


def poisson_counts(uniform: AnyArray, mean: AnyArray | float) -> AnyArray:
    """The least n with P(N <= n) >= u, N Poisson of `mean` (a number or an array like u); int64."""
    u = np.ravel(uniform)
    means = np.ravel(np.broadcast_to(np.minimum(mean, LARGEST_MEAN), np.shape(uniform)))
    counts = np.zeros(u.size, dtype=np.int64)
    term = np.exp(-means)
    at = np.flatnonzero(u > term)
    rest, term, means = u[at] - term[at], term[at], means[at]
    n = 0
    while at.size:
        n += 1
        counts[at] = n
        term = term * means / n
        # Behind the mode, terms that no longer change the sum end it: rounding may have left
        # the sum of all below the uniform.
        going = (rest > term) & ((n < means) | (term > 1e-17))
        rest = (rest - term)[going]
        at, term, means = at[going], term[going], means[going]
    return counts.reshape(np.shape(uniform))


def normal_sums(counts: AnyArray, uniform: AnyArray, mean: float, deviation: float) -> AnyArray:
    """Sum of `counts` normals: n mean + sqrt(n) deviation z(u); 0 where the count is 0."""
    from scipy.special import ndtri

    sums = np.zeros(counts.shape)
    at = np.nonzero(counts)
    n = counts[at].astype(np.float64)
    sums[at] = n * mean + np.sqrt(n) * deviation * ndtri(uniform[at])
    return sums


def double_exponential_sums(
    counts: AnyArray, uniforms: AnyArray, up_probability: float, eta_up: float, eta_down: float
) -> AnyArray:
    """Sum of `counts` jumps that are +Exp(eta_up) with `up_probability`, else -Exp(eta_down).

    uniforms: [3, ...] for the split, the sum of those up, and the sum of those down.
    """
    from scipy.special import gammaincinv

    sums = np.zeros(counts.shape)
    at = np.nonzero(counts)
    n = counts[at]
    split, up, down = (uniform[at] for uniform in uniforms)
    ups = binomial_counts(split, n, up_probability)
    total = np.zeros(n.size)
    some = ups > 0
    total[some] += gammaincinv(ups[some], up[some]) / eta_up
    some = ups < n
    total[some] -= gammaincinv((n - ups)[some], down[some]) / eta_down
    sums[at] = total
    return sums


def binomial_counts(uniform: AnyArray, trials: AnyArray, probability: float) -> AnyArray:
    """How many of `trials` succeed, by inversion, int64: small uniforms give many.

    With one trial, success is u < probability. Counted from the likelier end, whose probability
    does not underflow.
    """
    if probability <= 0.5:
        return _binomial_quantiles(1.0 - uniform, trials, probability, strict=True)
    return trials - _binomial_quantiles(uniform, trials, 1.0 - probability, strict=False)


def _binomial_quantiles(
    level: AnyArray, trials: AnyArray, probability: float, *, strict: bool
) -> AnyArray:
    """The least k with P(K <= k) >= level (strict: it goes on while level > P), or > level."""
    counts = np.zeros_like(trials)
    at = np.arange(counts.size)
    term = (1.0 - probability) ** trials.astype(np.float64)
    rest = level.copy()
    odds = probability / (1.0 - probability)
    while True:
        beyond = rest > term if strict else rest >= term
        going = beyond & (counts[at] < trials[at])
        if not going.any():
            return counts
        at, rest, term = at[going], (rest - term)[going], term[going]
        k, n = counts[at], trials[at]
        term = term * odds * (n - k) / (k + 1)
        counts[at] = k + 1


def normal_jump_growth(mean: float, deviation: float) -> float:
    """E[exp(J)] - 1 of a normal jump."""
    return float(np.expm1(mean + 0.5 * deviation**2))
