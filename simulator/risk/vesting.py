"""Token distribution: vesting schedules, circulating supply, and what unlocks do to a market.

Risk-spec section 23. Amounts are integers of the smallest unit, times integers of one unit
(seconds, or months in a table); every division floors. Impact is passed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, positive, refuse, whole, within
from simulator.types import Float1D
from simulator.units import BPS, div_floor

PriceFall: TypeAlias = Callable[[float], float]
"""Amount sold in one interval (tokens) -> relative fall of the price, in [0, 1)."""


@dataclass(frozen=True, slots=True)
class VestingSchedule:
    """One allocation. `initial_bps` of the total is free at time 0; the rest vests.

    0 of the rest before the cliff, then min(rest, rest·t // duration); at and after `duration`
    (but not before the cliff) all of it. With a step above 0 time counts in whole steps.
    """

    total: int
    cliff: int = 0
    duration: int = 0
    """From time 0, the cliff included; 0: all of the rest at the cliff."""
    step: int = 0
    """0: linear, else the length of one step."""
    initial_bps: int = 0
    accrues_from_cliff: bool = False
    """True: nothing accrues before the cliff, the rest vests over [cliff, duration]."""
    name: str = ""

    def __post_init__(self) -> None:
        for name in ("total", "cliff", "duration", "step"):
            whole(name, getattr(self, name), 0)
        whole("initial_bps", self.initial_bps, 0, BPS)


@dataclass(frozen=True, slots=True)
class UnlockFlow:
    """What unlocks do, interval by interval; arrays [intervals], amounts in tokens."""

    unlocked: Float1D
    sold: Float1D
    price: Float1D
    """After the sale of the interval, quote per token."""
    proceeds: Float1D
    """sold x the price after the sale: the least that was paid for it, quote."""
    collateral: Float1D
    """Tokens supplied as collateral since the start, cumulative."""
    collateral_value: Float1D
    """At the interval's price, quote."""
    circulating: Float1D


def vested(schedule: VestingSchedule, time: int) -> int:
    """Released by `time`, the initial part included; 0 before time 0. Floor."""
    now = whole("time", time)
    if now < 0:
        return 0
    total = int(schedule.total)
    initial = div_floor(total * schedule.initial_bps, BPS)
    return initial + _accrued(schedule, total - initial, now)


def circulating_supply(
    schedules: Sequence[VestingSchedule], time: int, already_circulating: int = 0
) -> int:
    """What is free at `time`: already_circulating + Σ vested."""
    whole("already_circulating", already_circulating, 0)
    return already_circulating + sum(vested(schedule, time) for schedule in schedules)


def unlocked_between(schedules: Sequence[VestingSchedule], start: int, end: int) -> int:
    """Released after `start` up to and including `end`: the unlock shock; 0 if they are equal."""
    if whole("end", end) < whole("start", start):
        raise InvalidArgument("end", end, f"must be at least start, {start}")
    return circulating_supply(schedules, end) - circulating_supply(schedules, start)


def unlock_flow(
    schedules: Sequence[VestingSchedule],
    times: Sequence[int],
    *,
    price: float,
    sell_fraction: Any,
    collateral_fraction: Any,
    price_fall: PriceFall,
    unit: int = 1,
    already_circulating: int = 0,
) -> UnlockFlow:
    """Unlocks between times, the part of them that is sold, its impact, and new collateral.

    Of each interval's unlock (schedule by schedule) sell_fraction is sold, which lowers the price
    by price_fall(sold) of itself for good; collateral_fraction of what is kept becomes collateral.
    Fractions are one number or one per schedule, in [0, 1]. times ascend, n of them make n − 1
    intervals; `unit` is the number of smallest units in a token.
    """
    instants = [whole(f"times[{at}]", time) for at, time in enumerate(times)]
    for at, (one, other) in enumerate(pairwise(instants), start=1):
        if other < one:
            raise InvalidArgument(f"times[{at}]", other, f"must not fall from {one}")
    scale, now = whole("unit", unit, 1), float(positive("price", price, ndim=0))
    sell = _fractions("sell_fraction", sell_fraction, len(schedules))
    keep = _fractions("collateral_fraction", collateral_fraction, len(schedules)) * (1.0 - sell)
    free = np.array(
        [[vested(each, time) / scale for each in schedules] for time in instants], dtype=np.float64
    ).reshape(len(instants), len(schedules))
    unlocked = np.diff(free, axis=0)
    sold, collateral = unlocked @ sell, np.cumsum(unlocked @ keep)
    prices = np.empty(len(sold))
    for at, amount in enumerate(sold):
        fall = float(finite("price_fall", price_fall(float(amount)), ndim=0))
        refuse("price_fall", fall, 0.0 <= fall < 1.0, "must be at least 0 and below 1")
        now *= 1.0 - fall
        prices[at] = now
    return UnlockFlow(
        unlocked=unlocked.sum(axis=1),
        sold=sold,
        price=prices,
        proceeds=sold * prices,
        collateral=collateral,
        collateral_value=collateral * prices,
        circulating=whole("already_circulating", already_circulating, 0) / scale
        + free.sum(axis=1)[1:],
    )


def _accrued(schedule: VestingSchedule, rest: int, time: int) -> int:
    if time < schedule.cliff:
        return 0
    if time >= schedule.duration:
        return rest
    begin = schedule.cliff if schedule.accrues_from_cliff else 0
    passed = time - begin
    if schedule.step:
        passed = div_floor(passed, schedule.step) * schedule.step
    return min(rest, div_floor(rest * passed, schedule.duration - begin))


def _fractions(name: str, fraction: Any, count: int) -> Float1D:
    values = within(name, finite(name, fraction), 0.0, 1.0)
    if values.ndim and values.shape != (count,):
        rule = f"must be one number or one for each of {count} schedules"
        raise InvalidArgument(name, f"array of shape {values.shape}", rule)
    return np.broadcast_to(values, (count,))
