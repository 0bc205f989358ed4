"""The observation ring of Uniswap v3 and the mean tick: exact, and over whole paths.

A mean of ticks is a geometric mean of prices, floored to a tick toward minus infinity. The ring is
contracts/amm/ObservationRing.vy in Python integers; accumulators wrap as the contract's do: ticks
at int56, seconds per liquidity at uint160, times at uint32. Source: Uniswap/v3-core Oracle.sol,
v3-periphery OracleLibrary.sol and its tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.oracles.twap_v2 import rolling_mean
from simulator.risk.checks import positive, whole
from simulator.risk.precision import MAXIMUM_TICK, MINIMUM_TICK, sqrt_ratio_at_tick
from simulator.types import AnyArray
from simulator.units import div_floor, div_trunc

LARGEST_RING = 65_535
TIME_WRAP = 2**32
LIQUIDITY_WRAP = 2**160
_TICK_BITS = 56


class Observation(NamedTuple):
    """Accumulators as of a time. seconds_per_liquidity: seconds x 2^128 / liquidity."""

    timestamp: int = 0
    tick_cumulative: int = 0
    seconds_per_liquidity: int = 0
    initialised: bool = False


@dataclass(frozen=True, slots=True)
class Ring:
    """Observations in the order of their slots; `index` is the newest, `grown` the size to come."""

    observations: tuple[Observation, ...]
    index: int = 0
    grown: int = 1

    @property
    def cardinality(self) -> int:
        return len(self.observations)


def open_ring(timestamp: int) -> Ring:
    """A ring of one observation."""
    return Ring((Observation(timestamp % TIME_WRAP, 0, 0, True),))


def grow_ring(ring: Ring, size: int) -> Ring:
    """Make room: the new slots come into use when the ring next reaches its end."""
    whole("size", size, 1, LARGEST_RING)
    return replace(ring, grown=max(ring.grown, size))


def write_observation(ring: Ring, timestamp: int, tick: int, liquidity: int) -> Ring:
    """Record that `tick` and `liquidity` held until now; a second write in a block does nothing."""
    _check_tick(tick)
    last, now = ring.observations[ring.index], timestamp % TIME_WRAP
    if last.timestamp == now:
        return ring
    slots, size = list(ring.observations), ring.cardinality
    if ring.grown > size and ring.index == size - 1:
        slots += [Observation()] * (ring.grown - size)
    index = (ring.index + 1) % len(slots)
    slots[index] = _transformed(last, now, tick, liquidity)
    return Ring(tuple(slots), index, ring.grown)


def observe(ring: Ring, timestamp: int, seconds_ago: int, tick: int, liquidity: int) -> Observation:
    """Accumulators as of `seconds_ago`, between observations on the straight line.

    tick, liquidity: those in force now. Raises InvalidArgument ('OLD') before the oldest
    observation, where the contract reverts.
    """
    _check_tick(tick)
    whole("seconds_ago", seconds_ago, 0, TIME_WRAP - 1)
    now = timestamp % TIME_WRAP
    target = (now - seconds_ago) % TIME_WRAP
    last = ring.observations[ring.index]
    if _at_or_before(now, last.timestamp, target):
        if last.timestamp == target:
            return last
        return _transformed(last, target, tick, liquidity)
    before, after = _around(ring, now, target, seconds_ago)
    if target == after.timestamp:
        return after
    if target == before.timestamp:
        return before
    return _between(before, after, target)


def _around(ring: Ring, now: int, target: int, seconds_ago: int) -> tuple[Observation, Observation]:
    """The neighbours of a time before the newest observation, by bisection in order of age."""
    size = ring.cardinality
    oldest = ring.index + 1
    if not ring.observations[oldest % size].initialised:
        oldest = 0
    first = ring.observations[oldest % size]
    if not _at_or_before(now, first.timestamp, target):
        age = (now - first.timestamp) % TIME_WRAP
        raise InvalidArgument("seconds_ago", seconds_ago, f"OLD: the oldest observation is {age} s")
    low, high = 0, (ring.index - oldest) % size
    while high - low > 1:
        middle = (low + high) // 2
        item = ring.observations[(oldest + middle) % size]
        low, high = (middle, high) if _at_or_before(now, item.timestamp, target) else (low, middle)
    return ring.observations[(oldest + low) % size], ring.observations[(oldest + high) % size]


def _at_or_before(now: int, one: int, other: int) -> bool:
    """one <= other for times not after now that may lie on both sides of the wrap."""
    return (now - one) % TIME_WRAP >= (now - other) % TIME_WRAP


def _transformed(last: Observation, now: int, tick: int, liquidity: int) -> Observation:
    elapsed = (now - last.timestamp) % TIME_WRAP
    per_liquidity = (elapsed << 128) // max(liquidity, 1)
    return Observation(
        now,
        _signed(last.tick_cumulative + tick * elapsed),
        (last.seconds_per_liquidity + per_liquidity) % LIQUIDITY_WRAP,
        True,
    )


def _between(before: Observation, after: Observation, target: int) -> Observation:
    """On the line between two observations; the tick's slope is truncated, as in the contract."""
    span = (after.timestamp - before.timestamp) % TIME_WRAP
    passed = (target - before.timestamp) % TIME_WRAP
    slope = div_trunc(_signed(after.tick_cumulative - before.tick_cumulative), span)
    liquid = (after.seconds_per_liquidity - before.seconds_per_liquidity) % LIQUIDITY_WRAP
    return Observation(
        target,
        _signed(before.tick_cumulative + slope * passed),
        (before.seconds_per_liquidity + liquid * passed // span) % LIQUIDITY_WRAP,
        True,
    )


def _signed(value: int) -> int:
    """Two's complement of 56 bits."""
    half = 1 << (_TICK_BITS - 1)
    return (value + half) % (2 * half) - half


def _check_tick(tick: int) -> None:
    whole("tick", tick, MINIMUM_TICK, MAXIMUM_TICK)


def mean_tick(tick_cumulative_before: int, tick_cumulative_after: int, seconds: int) -> int:
    """Mean of the ticks over a window, floored toward minus infinity; seconds above 0."""
    whole("seconds", seconds, 1)
    return div_floor(_signed(tick_cumulative_after - tick_cumulative_before), seconds)


def harmonic_mean_liquidity(before: int, after: int, seconds: int) -> int:
    """From two readings of seconds per liquidity: seconds (2^160 - 1) // (difference << 32).

    Down, and cut to 128 bits as the contract's cast does. InvalidArgument if nothing was
    accumulated.
    """
    whole("seconds", seconds, 1)
    difference = (after - before) % LIQUIDITY_WRAP
    if not difference:
        raise InvalidArgument("after", after, "must differ from before")
    return int(seconds * (LIQUIDITY_WRAP - 1) // (difference << 32)) % 2**128


def quote_at_tick(tick: int, base_amount: int, base_is_token0: bool) -> int:
    """What `base_amount` of a token is worth in the other at a tick, down.

    With s = sqrt_ratio_at_tick in Q96: s^2 / 2^192 where s fits in 128 bits, else
    (s^2 >> 64) / 2^128. Source: OracleLibrary.getQuoteAtTick.
    """
    whole("base_amount", base_amount, 0, 2**128 - 1)
    ratio = sqrt_ratio_at_tick(tick)
    if ratio < 2**128:
        squared, unit = ratio * ratio, 1 << 192
    else:
        squared, unit = ratio * ratio >> 64, 1 << 128
    if base_is_token0:
        return base_amount * squared // unit
    return base_amount * unit // squared


def geometric_twap(prices: Any, window: int) -> AnyArray:
    """Geometric mean of the last `window` prices, float64 of the shape of prices [..., T].

    Without the floor to a tick (at most 0.01 %). The first steps take what there is. Prices above
    0, steps equally long.
    """
    path = positive("prices", prices)
    start = path[..., :1]
    return np.asarray(start * np.exp(rolling_mean(np.log(path / start), window)))


def mean_ticks(ticks: Sequence[int], seconds: Sequence[int]) -> int:
    """Mean tick of a path that spends `seconds` at each of `ticks`, floored.

    Both of one length, and some time in all.
    """
    if len(ticks) != len(seconds):
        raise InvalidArgument("seconds", len(seconds), f"must be one per tick, {len(ticks)}")
    total = sum(tick * time for tick, time in zip(ticks, seconds, strict=True))
    return mean_tick(0, total, sum(seconds))
