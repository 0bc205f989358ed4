"""Exposure profiles: EE, ENE, PFE, EPE, EEPE, of samples and of a normal value.

Source: Gregory, "Counterparty Credit Risk", appendix 8A; Basel III for the averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, one_of, same_shape, sorted_up
from simulator.risk.var import quantiles
from simulator.risk.var.levels import exact_level
from simulator.types import AnyArray, Float1D

Rule = Literal["step", "trapezoid"]
"""How a time average reads a profile between its times."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Exposure to a counterparty over time, quote; arrays [times]."""

    times: Float1D
    expected: Float1D
    """EE."""
    negative_expected: Float1D
    """NEE (also called ENE), positive: the counterparty's exposure to us."""
    potential_future: Float1D
    """PFE at `level`."""
    level: float
    expected_positive: float
    """EPE, the time average of EE."""
    expected_negative: float
    """Time average of NEE."""
    effective_expected: Float1D
    """Running maximum of EE."""
    effective_expected_positive: float
    """EEPE, the time average of the running maximum."""


@dataclass(frozen=True, slots=True)
class NormalExposure:
    """Exposure of a value that is normal at one time, float64 of one shape."""

    expected: AnyArray
    negative_expected: AnyArray
    potential_future: AnyArray


def exposure_profile(
    values: Any,
    times: Any,
    level: float,
    *,
    held: Any = 0.0,
    posted: Any = 0.0,
    rule: Rule = "step",
) -> Exposure:
    """Profile of simulated values.

    values float64[paths, times], at least one path; times ascending, at least 0; held and posted
    (collateral held from, and posted to, the counterparty, both at least 0) broadcast to values.
    EE = mean of max(V − held, 0), NEE = mean of max(−V − posted, 0), PFE the smallest sample x of
    max(V − held, 0) with F_n(x) >= level. Averages by `time_average`.
    """
    grid = non_negative("times", sorted_up("times", times))
    value = finite("values", values, ndim=2)
    if value.shape[0] == 0 or value.shape[1] != len(grid):
        rule_text = f"needs at least one path and one column for each of {len(grid)} times"
        raise InvalidArgument("values", f"array of shape {value.shape}", rule_text)
    value, held, posted = broadcast(
        values=value, held=non_negative("held", held), posted=non_negative("posted", posted)
    )
    exposed = np.maximum(value - held, 0.0)
    expected = exposed.mean(axis=0)
    negative = np.maximum(-value - posted, 0.0).mean(axis=0)
    effective = np.maximum.accumulate(expected)
    exact_level(level)
    potential = np.array([quantiles(column, [level])[0] for column in exposed.T])
    return Exposure(
        times=grid,
        expected=expected,
        negative_expected=negative,
        potential_future=potential,
        level=level,
        expected_positive=time_average(grid, expected, rule),
        expected_negative=time_average(grid, negative, rule),
        effective_expected=effective,
        effective_expected_positive=time_average(grid, effective, rule),
    )


def normal_exposure(mean: Any, deviation: Any, level: Any) -> NormalExposure:
    """Exposure of V ~ N(μ, σ²), float64 of the common shape; σ = 0 is the certain value.

    EE = μΦ(μ/σ) + σφ(μ/σ), NEE = −μΦ(−μ/σ) + σφ(μ/σ), PFE = max(μ + σΦ⁻¹(level), 0);
    0 < level < 1.
    """
    from scipy.special import ndtr, ndtri

    mu, sigma, share = broadcast(
        mean=finite("mean", mean),
        deviation=non_negative("deviation", deviation),
        level=_level(level),
    )
    sure = sigma == 0.0
    ratio = mu / np.where(sure, 1.0, sigma)
    density = sigma * np.exp(-0.5 * ratio**2) / np.sqrt(2.0 * np.pi)
    expected = np.where(sure, np.maximum(mu, 0.0), mu * ndtr(ratio) + density)
    negative = np.where(sure, np.maximum(-mu, 0.0), -mu * ndtr(-ratio) + density)
    potential = np.maximum(mu + sigma * ndtri(share), 0.0)
    return NormalExposure(np.maximum(expected, 0.0), np.maximum(negative, 0.0), potential)


def time_average(times: Any, values: Any, rule: Rule = "step") -> float:
    """Average of a profile over time.

    'step': Σ values_i·(t_i − t_{i−1})/t_n with t before the first time 0 (Basel; a value at t = 0
    has no weight). 'trapezoid': linear between the times, over [t_1, t_n]. A single time gives its
    value. Raises InvalidArgument for no times.
    """
    one_of("rule", rule, ("step", "trapezoid"))
    grid = non_negative("times", sorted_up("times", times))
    profile = finite("values", values, ndim=1)
    same_shape(times=grid, values=profile)
    if not len(grid):
        raise InvalidArgument("times", "none", "needs at least one")
    if len(grid) == 1:
        return float(profile[0])
    if rule == "step":
        return float(np.diff(grid, prepend=0.0) @ profile / grid[-1])
    middles = 0.5 * (profile[1:] + profile[:-1])
    return float(np.diff(grid) @ middles / (grid[-1] - grid[0]))


def _level(level: Any) -> AnyArray:
    share = finite("level", level)
    if not ((share > 0.0) & (share < 1.0)).all():
        raise InvalidArgument("level", level, "must lie strictly between 0 and 1")
    return share
