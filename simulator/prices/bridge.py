"""From hourly open, high, low, close to a price per block that hits all four exactly.

Per hour: an order of the two extremes, their times, then four legs. In each leg the distance to
the adjacent extreme is the norm of a 3-D Brownian bridge (a Bessel-3 bridge: the exact law of a
Brownian motion that does not cross the extreme), folded where it would pass the far one. Drawing
again or clipping instead would distort the path badly: points drawn outside of [low, high] again
give one-block jumps of 17 %, clipping lets 21 % of the points stick to an extreme.

The constants were fitted on 5,040 hours of five-minute bars of ETH and BTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, log, sqrt

import numpy as np

from simulator.prices.ohlc import TICKS_PER_UNIT
from simulator.types import AnyArray, Bool2D, Float2D, Float3D, Int2D, Int3D

_LEGS = 3
"""From the open to the first extreme, to the second, to the close."""


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Fitted constants of the bridge; all without a unit."""

    order_open: float = 6.9
    order_close: float = 6.3
    """P(high first) = logistic(order_open (o - 1/2) - order_close (c - 1/2)); right in 88 % of
    hours, where o and c are the log positions of open and close between low and high."""
    leg_base: tuple[float, float, float] = (0.10, 0.10, 0.28)
    """Added to the length of each leg (as a share of ln(high / low)) to give its weight in time."""
    time_spread: float = 0.75
    """Standard deviation of the log of a leg's weight."""
    time_correlation: float = 0.9
    """Of those logs between assets."""
    path_correlation: float = 0.9
    """Of the legs' noise between assets; gives 0.88 between half-hour returns (data 0.95)."""
    volatility_scale: float = 0.9
    """Of the hour's Garman-Klass volatility, for each step of the legs."""


def bridge(
    bars: Int3D,
    rng: np.random.Generator,
    steps_per_bar: int = 300,
    settings: BridgeSettings = BridgeSettings(),
) -> Int2D:
    """Price path int64[hours * steps_per_bar, assets] in ticks of 1e-8.

    `bars` is int64[hours, assets, 4]: open, high, low, close. The open is the hour's first step,
    the close its last; high and low lie strictly between. Draws are made hour by hour, so a
    longer replay from the same start begins with the same path.
    """
    if steps_per_bar < 4:
        raise ValueError(f"steps_per_bar = {steps_per_bar}: an hour needs at least 4 steps")
    hours, assets, _ = bars.shape
    last = steps_per_bar - 1
    order, times, noise = _draws(rng, hours, assets, last, settings)
    log_range, position_open, position_close, volatility = _shape(bars, settings)
    high_first = _order(position_open, position_close, order, settings)
    # Measured from the first extreme met: open and close as distances in log price.
    start = np.where(high_first, 1.0 - position_open, position_open) * log_range
    end = np.where(high_first, position_close, 1.0 - position_close) * log_range
    first, second = _times(start, end, log_range, times, last, settings)
    step_volatility = settings.volatility_scale * volatility / sqrt(last)
    height = _legs(start, end, log_range, first, second, step_volatility, noise, last)
    depth = np.where(high_first[..., None], height, log_range[..., None] - height)
    # depth is the log distance below the high.
    high, low = bars[..., 1, None], bars[..., 2, None]
    path = np.rint(high * np.exp(-depth)).astype(np.int64)
    np.clip(path, low, high, out=path)
    _pin(path, bars, first, second, high_first)
    return np.ascontiguousarray(path.transpose(0, 2, 1).reshape(hours * steps_per_bar, assets))


def bridge_paths(
    bars: Int3D,
    paths: int,
    rng: np.random.Generator,
    steps_per_bar: int = 300,
    settings: BridgeSettings = BridgeSettings(),
) -> Float3D:
    """Several bridges in the layout of the models, float64[paths, steps, assets] in quote.

    Every path hits every hour's open, high, low and close exactly; each has a stream of its own.
    """
    streams = rng.spawn(paths)
    made = [ticks_to_floats(bridge(bars, stream, steps_per_bar, settings)) for stream in streams]
    return np.stack(made)


def ticks_to_floats(ticks: Int2D) -> Float2D:
    """Ticks of 1e-8 -> float64 prices, correctly rounded."""
    prices: Float2D = ticks / TICKS_PER_UNIT
    return prices


def _draws(
    rng: np.random.Generator, hours: int, assets: int, last: int, settings: BridgeSettings
) -> tuple[AnyArray, Float3D, Float3D]:
    """Standard normals: order [hours], times [hours, assets, 3], path [hours, assets, 3 last].

    Times and path are correlated between assets; the order is one draw for all of them.
    """
    width = 3 * last
    drawn = rng.standard_normal((hours, 1 + (_LEGS + width) * (1 + assets)))
    parts = drawn[:, 1:].reshape(hours, 1 + assets, _LEGS + width)
    times = _correlated(parts[..., :_LEGS], settings.time_correlation)
    path = _correlated(parts[..., _LEGS:], settings.path_correlation)
    return drawn[:, 0], times, path


def _shape(bars: Int3D, settings: BridgeSettings) -> tuple[Float2D, Float2D, Float2D, Float2D]:
    """ln(H/L), log positions of open and close in [0, 1], Garman-Klass volatility of the hour."""
    logs = np.log(bars.astype(np.float64))
    log_range = logs[..., 1] - logs[..., 2]
    # A flat hour has no positions; any will do, as everything is scaled by its range of zero.
    divisor = np.where(log_range > 0.0, log_range, 1.0)
    position_open = (logs[..., 0] - logs[..., 2]) / divisor
    position_close = (logs[..., 3] - logs[..., 2]) / divisor
    body = logs[..., 3] - logs[..., 0]
    variance = 0.5 * log_range**2 - (2.0 * log(2.0) - 1.0) * body**2
    return log_range, position_open, position_close, np.sqrt(np.maximum(variance, 0.0))


def _order(
    position_open: Float2D, position_close: Float2D, order: AnyArray, settings: BridgeSettings
) -> Bool2D:
    """Whether the high comes before the low; one uniform per hour for all assets."""
    score = settings.order_open * (position_open - 0.5)
    score = score - settings.order_close * (position_close - 0.5)
    probability = 1.0 / (1.0 + np.exp(-score))
    uniform = np.array([0.5 * erfc(-normal / sqrt(2.0)) for normal in order.tolist()])
    return uniform[:, None] < probability


def _correlated(normals: Float3D, correlation: float) -> Float3D:
    """[hours, 1 + assets, n] with the common draws first -> [hours, assets, n], correlated."""
    common, own = normals[:, :1], normals[:, 1:]
    return sqrt(correlation) * common + sqrt(1.0 - correlation) * own


def _times(
    start: Float2D,
    end: Float2D,
    log_range: Float2D,
    normals: Float3D,
    last: int,
    settings: BridgeSettings,
) -> tuple[Int2D, Int2D]:
    """Steps of the two extremes, 1 <= first < second <= last - 1."""
    divisor = np.where(log_range > 0.0, log_range, 1.0)
    lengths = np.stack([start / divisor, np.ones_like(start), end / divisor], axis=-1)
    weights = (lengths + np.array(settings.leg_base)) * np.exp(settings.time_spread * normals)
    shares = np.cumsum(weights, axis=-1) / weights.sum(axis=-1, keepdims=True)
    first = np.clip(np.rint(last * shares[..., 0]).astype(np.int64), 1, last - 2)
    second = np.clip(np.rint(last * shares[..., 1]).astype(np.int64), first + 1, last - 1)
    return first, second


def _legs(
    start: Float2D,
    end: Float2D,
    log_range: Float2D,
    first: Int2D,
    second: Int2D,
    step_volatility: Float2D,
    noise: Float3D,
    last: int,
) -> Float3D:
    """Log distance from the first extreme at every step, float64[hours, assets, last + 1].

    The middle leg is cut in two halfway in time and in log price; each of the four legs then has
    one end on an extreme, so its distance from that extreme needs no angle.
    """
    middle = (first + second) // 2
    level = 0.5 * log_range
    cuts = np.stack([np.zeros_like(first), first, middle, second, np.full_like(first, last)], -1)
    zero = np.zeros_like(start)
    leg_start = np.stack([start, zero, log_range - level, zero], -1)
    leg_end = np.stack([zero, level, zero, end], -1)
    steps = np.arange(last + 1)
    leg = (steps >= cuts[..., 1:4, None]).sum(axis=2)
    begin = np.take_along_axis(cuts, leg, -1)
    length = np.take_along_axis(np.diff(cuts, axis=-1), leg, -1)
    share = (steps - begin) / np.maximum(length, 1)
    line = np.take_along_axis(leg_start, leg, -1) * (1.0 - share)
    line += np.take_along_axis(leg_end, leg, -1) * share
    brownian = _brownian_bridges(noise, step_volatility, cuts, leg, share, last)
    brownian[0] += line
    distance = _folded(np.sqrt((brownian**2).sum(axis=0)), log_range[..., None])
    return np.where((leg == 0) | (leg == 1), distance, log_range[..., None] - distance)


def _brownian_bridges(
    noise: Float3D,
    step_volatility: Float2D,
    cuts: Int3D,
    leg: Int3D,
    share: Float3D,
    last: int,
) -> AnyArray:
    """Three independent bridges from 0 to 0 within every leg, float64[3, hours, assets, steps]."""
    hours, assets, _ = noise.shape
    walk = np.zeros((3, hours, assets, last + 1))
    steps = noise.reshape(hours, assets, 3, last).transpose(2, 0, 1, 3)
    np.cumsum(steps * step_volatility[..., None], axis=-1, out=walk[..., 1:])
    at_cuts = np.take_along_axis(walk, np.broadcast_to(cuts, (3, *cuts.shape)), -1)
    index = np.broadcast_to(leg, walk.shape)
    begin = np.take_along_axis(at_cuts, index, -1)
    finish = np.take_along_axis(at_cuts, index + 1, -1)
    return walk - begin - share * (finish - begin)


def _folded(distance: AnyArray, log_range: AnyArray) -> AnyArray:
    """Reflected at 0 and at the far extreme, into [0, log_range]; 0 where the range is 0."""
    period = np.where(log_range > 0.0, 2.0 * log_range, 1.0)
    rest = np.mod(distance, period)
    return np.where(log_range > 0.0, np.minimum(rest, period - rest), 0.0)


def _pin(path: Int3D, bars: Int3D, first: Int2D, second: Int2D, high_first: Bool2D) -> None:
    """Write the four known prices over their rounded neighbours."""
    path[..., 0] = bars[..., 0]
    path[..., -1] = bars[..., 3]
    high_at = np.where(high_first, first, second)
    low_at = np.where(high_first, second, first)
    np.put_along_axis(path, high_at[..., None], bars[..., 1, None], -1)
    np.put_along_axis(path, low_at[..., None], bars[..., 2, None], -1)
