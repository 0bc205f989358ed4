"""Tails beyond the samples: peaks over a threshold (risk-spec section 16).

What exceeds a high threshold u follows a generalised Pareto distribution with shape xi and scale
beta. Losses are positive; an exceedance is a loss > u. Source: McNeil 1999; McNeil and Frey 2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import exp, expm1, inf, log, log1p

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var import quantiles
from simulator.risk.var.levels import exact_level
from simulator.types import Float1D

LEAST_EXCEEDANCES = 30
"""Fewer say nothing about a shape."""


@dataclass(frozen=True, slots=True)
class ParetoTail:
    """A generalised Pareto tail above a threshold, and how many losses it stands for."""

    threshold: float
    shape: float
    """xi: 0 is the exponential tail, below 0 the losses end at threshold - scale / shape."""
    scale: float
    """beta > 0, in the unit of the losses."""
    samples: int
    """n: all losses."""
    exceedances: int
    """N_u >= 30: losses above the threshold."""

    def __post_init__(self) -> None:
        checks.finite("threshold", self.threshold, ndim=0)
        checks.finite("shape", self.shape, ndim=0)
        checks.positive("scale", self.scale, ndim=0)
        if self.exceedances < LEAST_EXCEEDANCES:
            rule = f"must be at least {LEAST_EXCEEDANCES}"
            raise InvalidArgument("exceedances", self.exceedances, rule)
        if self.samples < self.exceedances:
            rule = f"must be at least the {self.exceedances} exceedances"
            raise InvalidArgument("samples", self.samples, rule)


def tail_var(tail: ParetoTail, level: float) -> float:
    """u + beta/xi ((n/N_u (1 - level))^-xi - 1); u - beta ln(n/N_u (1 - level)) for xi = 0.

    The level must lie in the tail, level >= 1 - N_u/n: below the threshold the model is silent.
    At that level VaR is the threshold.
    """
    share = 1 - exact_level(level)
    reached = Fraction(tail.exceedances, tail.samples)
    if share > reached:
        rule = f"must be at least {float(1 - reached):g}, the share of losses below the threshold"
        raise InvalidArgument("level", level, rule)
    depth = -log(share / reached)
    if tail.shape == 0.0:
        return tail.threshold + tail.scale * depth
    return tail.threshold + tail.scale * expm1(tail.shape * depth) / tail.shape


def tail_es(tail: ParetoTail, level: float) -> float:
    """(VaR + beta - xi u) / (1 - xi); +inf for xi >= 1, where the tail has no mean."""
    value_at_risk = tail_var(tail, level)
    if tail.shape >= 1.0:
        return inf
    excess = value_at_risk - tail.threshold
    return tail.threshold + (excess + tail.scale) / (1.0 - tail.shape)


def fit_tail(losses: Float1D, threshold: float) -> ParetoTail:
    """Maximum likelihood for the excesses over the threshold. losses [n], at least 30 above it."""
    from scipy.stats import genpareto

    values = checks.finite("losses", losses, ndim=1)
    floor = float(checks.finite("threshold", threshold, ndim=0))
    excesses = values[values > floor] - floor
    if len(excesses) < LEAST_EXCEEDANCES:
        rule = f"must leave at least {LEAST_EXCEEDANCES} of the losses above it"
        raise InvalidArgument("threshold", threshold, f"{rule}, leaves {len(excesses)}")
    # In units of their mean, so that the optimiser's steps fit losses of any size.
    unit = float(excesses.mean())
    shape, _, scale = genpareto.fit(excesses / unit, floc=0.0)
    return ParetoTail(floor, float(shape), float(scale) * unit, len(values), len(excesses))


def threshold_at(losses: Float1D, level: float) -> float:
    """The historical quantile as a threshold: at most a share 1 - level of losses exceeds it."""
    return float(quantiles(losses, (level,))[0])


def mean_excess(losses: Float1D, thresholds: Float1D) -> Float1D:
    """Mean of loss - u over the losses above each u, float64[len(thresholds)]; NaN if none is.

    A straight line upwards is a Pareto tail with shape slope / (1 + slope), a flat one is
    exponential: how a threshold is chosen.
    """
    ordered = np.sort(checks.finite("losses", losses, ndim=1))
    floors = checks.finite("thresholds", thresholds, ndim=1)
    above = len(ordered) - np.searchsorted(ordered, floors, side="right")
    sums = np.concatenate([[0.0], np.cumsum(ordered[::-1])])[above]
    means = np.full(len(floors), np.nan)
    np.divide(sums, above, out=means, where=above > 0)
    return means - floors


def exceedance_share(tail: ParetoTail, loss: float) -> float:
    """P(loss beyond x), x at least the threshold: N_u/n (1 + xi (x - u)/beta)^(-1/xi).

    The inverse of `tail_var`; 0 beyond the end of a tail with shape < 0.
    """
    excess = float(checks.finite("loss", loss, ndim=0)) - tail.threshold
    if excess < 0.0:
        raise InvalidArgument("loss", loss, f"must be at least the threshold {tail.threshold:g}")
    reached = tail.exceedances / tail.samples
    scaled = excess / tail.scale
    if tail.shape == 0.0:
        return reached * exp(-scaled)
    growth = tail.shape * scaled
    if growth <= -1.0:
        return 0.0
    return reached * exp(-log1p(growth) / tail.shape)
