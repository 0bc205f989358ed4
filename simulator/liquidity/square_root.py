"""Square-root impact with a book that thins when the market is wild and recovers with time.

basis = sign(X) Y sigma sqrt(|X| / V), where X is the flow that has not been absorbed yet (quote,
positive bought), sigma the daily volatility and V the daily volume that stands for depth
(Almgren et al. 2005, Toth et al. 2011; Y about 1, 0.5 to 1.5).

Volatility and depth depend on the index path alone, so they are computed once for a whole run
(`depth_of_path`); per block only X moves (`advance`), in plain floats, which beat numpy at two
markets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import copysign, inf, sqrt
from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray, Float1D, Float2D


@dataclass(frozen=True, slots=True)
class ImpactParameters:
    """Fractions, not percent; every value comes from the scenario."""

    coefficient: float
    """Y; 0 switches impact off."""
    volatility_half_life_blocks: float
    volatility_cap: float
    """Per day."""
    thinning_volatility: float
    """Daily volatility up to which the book has its full depth."""
    thinning_exponent: float
    recovery_half_life_blocks: float
    basis_clamp: float
    """The basis stays within +- this."""
    blocks_per_day: float


@dataclass(frozen=True, slots=True)
class Depth:
    """What the index path alone decides, per block T and market k."""

    volatility: Float2D
    """float64[T, k], daily, capped."""
    volume: Float2D
    """float64[T, k], quote a day: V after thinning."""
    scale: list[list[float]]
    """[T][k]: Y sigma / sqrt(V), so that |basis| = scale sqrt(|X|)."""
    limit: list[list[float]]
    """[T][k]: |X| at which the basis meets the clamp, quote."""
    clamp: float
    decay: float
    """Share of X that is left after one block."""


@dataclass(slots=True)
class ImpactState:
    """Flow that still presses on each market, and the basis it makes."""

    pressure: list[float]
    """X per market, quote, positive bought."""
    basis: list[float] = field(init=False)
    """mark / index - 1 per market."""

    def __post_init__(self) -> None:
        self.basis = [0.0] * len(self.pressure)


def square_root_move(
    coefficient: float, daily_volatility: float, quantity: float, daily_volume: float
) -> float:
    """Signed relative price move Y sigma sqrt(|Q| / V) of a signed quantity; no clamp."""
    moves = square_root_moves(coefficient, daily_volatility, quantity, daily_volume)
    return float(moves)


def square_root_moves(
    coefficient: Any, daily_volatility: Any, quantity: Any, daily_volume: Any
) -> AnyArray:
    """sign(Q) Y sigma sqrt(|Q| / V), relative, without a clamp; all arguments broadcast.

    Y and the daily volatility sigma at least 0, the daily volume V above 0 and in the unit of Q.
    """
    scale = non_negative("coefficient", coefficient)
    scale = scale * non_negative("daily_volatility", daily_volatility)
    flow = finite("quantity", quantity)
    share = np.abs(flow) / positive("daily_volume", daily_volume)
    return np.asarray(np.sign(flow) * scale * np.sqrt(share))


def depth_share(volatility: Any, calm: float, exponent: float) -> AnyArray:
    """Share of the full depth that is there: min(1, (calm / volatility) ^ exponent).

    Up to the volatility `calm` the book is whole; any one unit of time for both.
    """
    return np.asarray((calm / np.maximum(volatility, calm)) ** exponent)


def depth_of_path(
    index: Float2D,
    daily_volume: Sequence[float],
    parameters: ImpactParameters,
    initial_volatility: float | None = None,
) -> Depth:
    """Volatility, depth, and the constants of each block's impact.

    index float64[T, k]; daily_volume [k] in quote at full depth. Volatility is the root of the
    exponentially weighted mean of squared block returns, per day, capped. It starts at
    `initial_volatility` (daily), or at the root mean square of the first half-life of returns.
    Volume is daily_volume x min(1, (thinning_volatility / volatility) ** thinning_exponent).
    """
    volatility = _volatility(index, parameters, initial_volatility)
    thinning = depth_share(volatility, parameters.thinning_volatility, parameters.thinning_exponent)
    volume = np.asarray(daily_volume, dtype=np.float64) * thinning
    scale = parameters.coefficient * volatility / np.sqrt(volume)
    limit = np.full_like(scale, inf)
    np.divide(parameters.basis_clamp, scale, out=limit, where=scale > 0.0)
    return Depth(
        volatility=volatility,
        volume=volume,
        scale=scale.tolist(),
        limit=(limit * limit).tolist(),
        clamp=parameters.basis_clamp,
        decay=0.5 ** (1.0 / parameters.recovery_half_life_blocks),
    )


def _volatility(
    index: Float2D, parameters: ImpactParameters, initial_volatility: float | None
) -> Float2D:
    """Daily volatility float64[T, k] known at each block, its own return included."""
    squares = np.diff(np.log(index), axis=0) ** 2
    keep = 0.5 ** (1.0 / parameters.volatility_half_life_blocks)
    if initial_volatility is None:
        first = squares[: max(1, round(parameters.volatility_half_life_blocks))]
        variances = first.mean(axis=0) if len(first) else np.zeros(index.shape[1])
    else:
        variances = np.full(index.shape[1], initial_volatility**2 / parameters.blocks_per_day)
    columns = [
        _smoothed(squares[:, market].tolist(), keep, float(variances[market]))
        for market in range(index.shape[1])
    ]
    daily = np.sqrt(np.array(columns).T * parameters.blocks_per_day)
    capped: Float2D = np.minimum(daily, parameters.volatility_cap)
    return capped


def _smoothed(squares: list[float], keep: float, variance: float) -> list[float]:
    """Exponentially weighted mean after 0, 1, 2, ... observations."""
    smoothed = [variance]
    for square in squares:
        variance = keep * variance + (1.0 - keep) * square
        smoothed.append(variance)
    return smoothed


def advance(state: ImpactState, depth: Depth, block: int, flow: Sequence[float]) -> list[float]:
    """Let X recover for one block, add the flow of the block before, and return the new basis.

    flow [k] in quote, positive bought, weighted by the caller (discretionary flow presses less
    than forced flow). |X| is cut to the value that gives the clamp: otherwise the basis stays
    pinned there for an hour after a large dump.
    """
    scales, limits, clamp = depth.scale[block], depth.limit[block], depth.clamp
    pressure, basis = state.pressure, []
    for market, added in enumerate(flow):
        left = pressure[market] * depth.decay + added
        limit = limits[market]
        left = limit if left > limit else -limit if left < -limit else left
        pressure[market] = left
        # At the limit the product may pass the clamp by its last digit.
        basis.append(copysign(min(scales[market] * sqrt(abs(left)), clamp), left))
    state.basis = basis
    return basis


@dataclass(frozen=True, slots=True)
class CascadeImpact:
    """Price after dumping on top of the pressure that is there: the cascade's impact function."""

    pressure: tuple[float, ...]
    scale: tuple[float, ...]
    clamp: float
    index: tuple[float, ...]

    def __call__(self, dumped: Float1D) -> Float1D:
        """Quantity per market [k] in base, positive sold -> price [k] in quote."""
        prices = []
        for index, pressure, scale, quantity in zip(
            self.index, self.pressure, self.scale, dumped.tolist(), strict=True
        ):
            left = pressure - quantity * index
            basis = min(scale * sqrt(abs(left)), self.clamp)
            prices.append(index * (1.0 + copysign(basis, left)))
        return np.array(prices)


def cascade_impact(
    state: ImpactState, depth: Depth, block: int, index: Sequence[float]
) -> CascadeImpact:
    """The impact function for `simulator.risk.cascade` at this block; index [k] in quote."""
    return CascadeImpact(
        tuple(state.pressure), tuple(depth.scale[block]), depth.clamp, tuple(index)
    )
