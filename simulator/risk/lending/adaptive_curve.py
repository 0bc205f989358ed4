"""Morpho's AdaptiveCurve interest rate: the contract, and the integral it approximates.

Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol, ConstantsLib.sol (risk-spec section 7).
Rates are per second, 1e-18; signed divisions are toward zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

from simulator.risk import checks
from simulator.units import (
    SECONDS_PER_YEAR,
    WAD,
    div_floor,
    div_trunc,
    wad_exp,
    wad_mul_trunc,
)


@dataclass(frozen=True, slots=True)
class AdaptiveCurve:
    """Parameters, 1e-18; rates and speed per second."""

    target: int = 9 * 10**17
    steepness: int = 4 * WAD
    speed: int = 50 * WAD // SECONDS_PER_YEAR
    initial_rate: int = 4 * 10**16 // SECONDS_PER_YEAR
    min_rate: int = 10**15 // SECONDS_PER_YEAR
    max_rate: int = 2 * WAD // SECONDS_PER_YEAR

    def __post_init__(self) -> None:
        checks.whole("target", self.target, 1, WAD - 1)
        checks.whole("steepness", self.steepness, WAD)
        checks.whole("speed", self.speed, 0)
        checks.whole("min_rate", self.min_rate, 0)
        checks.whole("initial_rate", self.initial_rate, self.min_rate)
        checks.whole("max_rate", self.max_rate, self.initial_rate)


class AdaptiveRate(NamedTuple):
    """Answer of the contract, per second, 1e-18."""

    borrow_rate: int
    """Average over the elapsed time."""
    rate_at_target: int
    """At its end; the start of the next step."""


MORPHO_CURVE = AdaptiveCurve()
"""The deployed constants."""


def morpho_utilisation(borrow_assets: int, supply_assets: int) -> int:
    """borrow x 1e18 // supply; 0 without supply."""
    checks.whole("borrow_assets", borrow_assets, 0)
    if checks.whole("supply_assets", supply_assets, 0) == 0:
        return 0
    return div_floor(borrow_assets * WAD, supply_assets)


def adaptive_error(utilisation: int, curve: AdaptiveCurve = MORPHO_CURVE) -> int:
    """(U - target) / (1 - target) above the target, / target at and below it; in [-1e18, 1e18]."""
    used = checks.whole("utilisation", utilisation, 0, WAD)
    span = WAD - curve.target if used > curve.target else curve.target
    return div_trunc((used - curve.target) * WAD, span)


def adaptive_rate(
    utilisation: int,
    start_rate: int,
    elapsed_seconds: int,
    curve: AdaptiveCurve = MORPHO_CURVE,
) -> AdaptiveRate:
    """The contract's borrow rate: average of start, end and twice the middle, times the curve.

    start_rate is the rate at target of the last step, 0 at first use (then start, average and end
    are the initial rate). adaptation = speed x error x elapsed; end = start x wExp(adaptation)
    within the bounds, middle with half of it. No adaptation: average = end = start, unbounded.
    """
    error = adaptive_error(utilisation, curve)
    adaptation = wad_mul_trunc(curve.speed, error) * checks.whole(
        "elapsed_seconds", elapsed_seconds, 0
    )
    start = checks.whole("start_rate", start_rate, 0)
    if start == 0:
        average = end = curve.initial_rate
    elif adaptation == 0:
        average = end = start
    else:
        end = _adapted(start, adaptation, curve)
        middle = _adapted(start, div_trunc(adaptation, 2), curve)
        average = div_trunc(start + end + 2 * middle, 4)
    return AdaptiveRate(_curved(average, error, curve), end)


def adaptive_rate_integral(
    utilisation: int,
    start_rate: int,
    elapsed_seconds: int,
    curve: AdaptiveCurve = MORPHO_CURVE,
) -> float:
    """The true average that `adaptive_rate` approximates, per second (not 1e-18), float64.

    (1/T) x integral of clamp(start x e^(s t), min, max), in closed form, times the curve: the
    contract is 0.7 % above it after 5 days at a utilisation of 1.
    """
    error = adaptive_error(utilisation, curve) / WAD
    elapsed = checks.whole("elapsed_seconds", elapsed_seconds, 0)
    start = checks.whole("start_rate", start_rate, 0) / WAD
    exponent = curve.speed / WAD * error * elapsed
    if start == 0.0 or exponent == 0.0:
        average = start or curve.initial_rate / WAD
    else:
        bound = (curve.max_rate if exponent > 0 else curve.min_rate) / WAD
        average = _average(start, exponent, bound)
    return average * (1.0 + _coefficient(error, curve) * error)


def _average(start: float, exponent: float, bound: float) -> float:
    """Mean over x in [0, 1] of start x e^(exponent x), held at the bound once it is reached."""
    reached = 1.0 if bound == 0.0 else min(1.0, max(0.0, log(bound / start) / exponent))
    grown = start * (exp(exponent * reached) - 1.0) / exponent
    return grown + (1.0 - reached) * bound


def _coefficient(error: float, curve: AdaptiveCurve) -> float:
    steepness = curve.steepness / WAD
    return 1.0 - 1.0 / steepness if error < 0 else steepness - 1.0


def _adapted(start: int, adaptation: int, curve: AdaptiveCurve) -> int:
    rate = wad_mul_trunc(start, wad_exp(adaptation))
    return max(curve.min_rate, min(curve.max_rate, rate))


def _curved(rate: int, error: int, curve: AdaptiveCurve) -> int:
    if error < 0:
        coefficient = WAD - div_trunc(WAD * WAD, curve.steepness)
    else:
        coefficient = curve.steepness - WAD
    return wad_mul_trunc(wad_mul_trunc(coefficient, error) + WAD, rate)
