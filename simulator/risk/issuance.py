"""Emission schedules: exponential, halving, Curve, linear and tail (risk-spec section 22).

Models of a chain are integers with the rounding of the chain; closed forms are float64.
"""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive, whole
from simulator.types import AnyArray
from simulator.units import SECONDS_PER_YEAR, WAD, div_floor

BITCOIN_SUBSIDY_SAT = 50 * 10**8
BITCOIN_INTERVAL = 210_000
HALVINGS = 64
"""From this one on the subsidy is 0: a shift by 64 bits has no meaning in the source's C++."""
CURVE_RATE: int = 274_815_283 * WAD // SECONDS_PER_YEAR
"""Wei per second in the first epoch, as deployed."""
CURVE_COEFFICIENT = 1_189_207_115_002_721_024
"""2**(1/4) in 1e-18: four epochs halve the rate."""
CURVE_EPOCH = SECONDS_PER_YEAR
CURVE_SUPPLY: int = 1_303_030_303 * WAD
"""Supply at the start of the first epoch, as deployed."""


def exponential_emission_rate(initial: Any, half_life: Any, elapsed: Any) -> AnyArray:
    """E0·2^{−t/h}, per unit of time, float64 of the common shape; elapsed >= 0."""
    rate: AnyArray = non_negative("initial", initial) * np.exp2(-_lives(half_life, elapsed))
    return rate


def exponential_emission(initial: Any, half_life: Any, elapsed: Any) -> AnyArray:
    """E0·h/ln2·(1 − 2^{−t/h}), what was emitted by then, float64 of the common shape."""
    share = -np.expm1(-_lives(half_life, elapsed) * log(2.0))
    total = non_negative("initial", initial) * positive("half_life", half_life) / log(2.0)
    result: AnyArray = total * share
    return result


def linear_emission(rate: Any, elapsed: Any, cap: Any = None) -> AnyArray:
    """min(rate·t, cap), float64 of the common shape; without a cap rate·t."""
    emitted: AnyArray = non_negative("rate", rate) * non_negative("elapsed", elapsed)
    return emitted if cap is None else np.minimum(emitted, non_negative("cap", cap))


def tail_emission_rate(initial: Any, half_life: Any, tail: Any, elapsed: Any) -> AnyArray:
    """max(E0·2^{−t/h}, tail), per unit of time, float64 of the common shape."""
    decayed = exponential_emission_rate(initial, half_life, elapsed)
    result: AnyArray = np.maximum(decayed, non_negative("tail", tail))
    return result


def tail_emission(initial: Any, half_life: Any, tail: Any, elapsed: Any) -> AnyArray:
    """Integral of `tail_emission_rate`: the decay until it meets the tail, then tail·t.

    They meet at t* = h·log2(E0/tail), at once where E0 <= tail, never where tail = 0.
    """
    start, floor = non_negative("initial", initial), non_negative("tail", tail)
    life, time = positive("half_life", half_life), non_negative("elapsed", elapsed)
    with np.errstate(divide="ignore", invalid="ignore"):
        meeting = np.where(floor > 0.0, life * np.log2(start / floor), np.inf)
    before = np.minimum(time, np.maximum(meeting, 0.0))
    result: AnyArray = exponential_emission(start, life, before) + floor * (time - before)
    return result


def halving_subsidy(
    height: int,
    initial: int = BITCOIN_SUBSIDY_SAT,
    interval: int = BITCOIN_INTERVAL,
    tail: int = 0,
) -> int:
    """Subsidy of the block at a height: floor(initial / 2^k), k = height // interval.

    0 from k = 64 on; never below `tail` (0: Bitcoin). Integers in the smallest unit.
    """
    era = div_floor(whole("height", height, 0), whole("interval", interval, 1))
    return max(_subsidy(era, whole("initial", initial, 0)), whole("tail", tail, 0))


def halving_supply(
    height: int | None = None,
    initial: int = BITCOIN_SUBSIDY_SAT,
    interval: int = BITCOIN_INTERVAL,
    tail: int = 0,
) -> int:
    """Sum of the subsidies of the blocks 0 to height − 1; None: all of them there ever are.

    Raises InvalidArgument for no height with a tail, whose sum has no end.
    """
    initial, interval = whole("initial", initial, 0), whole("interval", interval, 1)
    tail = whole("tail", tail, 0, None if height is not None else 0)
    left = HALVINGS * interval if height is None else whole("height", height, 0)
    total = 0
    for era in range(HALVINGS):
        blocks = min(left, interval)
        total += blocks * max(_subsidy(era, initial), tail)
        left -= blocks
    return total + left * tail


def curve_rate(
    epoch: int, initial_rate: int = CURVE_RATE, coefficient: int = CURVE_COEFFICIENT
) -> int:
    """Wei per second in an epoch: rate·1e18 // coefficient, once per epoch, floor each time.

    Source: curvefi/curve-dao-contracts, ERC20CRV.vy `_update_mining_parameters`.
    """
    rate = whole("initial_rate", initial_rate, 0)
    divisor = whole("coefficient", coefficient, 1)
    for _ in range(whole("epoch", epoch, 0)):
        rate = div_floor(rate * WAD, divisor)
    return rate


def curve_supply(
    elapsed: int,
    initial_supply: int = CURVE_SUPPLY,
    initial_rate: int = CURVE_RATE,
    coefficient: int = CURVE_COEFFICIENT,
    epoch_seconds: int = CURVE_EPOCH,
) -> int:
    """Wei in existence `elapsed` seconds after the first epoch's start, each update made in time.

    The contract's `available_supply`: supply at the epoch's start + seconds in it x its rate.
    """
    supply, rate = (
        whole("initial_supply", initial_supply, 0),
        whole("initial_rate", initial_rate, 0),
    )
    length = whole("epoch_seconds", epoch_seconds, 1)
    full, rest = divmod(whole("elapsed", elapsed, 0), length)
    for _ in range(full):
        supply += rate * length
        rate = curve_rate(1, rate, coefficient)
    return supply + rate * rest


def _subsidy(era: int, initial: int) -> int:
    return initial >> era if era < HALVINGS else 0


def _lives(half_life: Any, elapsed: Any) -> AnyArray:
    result: AnyArray = non_negative("elapsed", elapsed) / positive("half_life", half_life)
    return finite("elapsed", result)
