"""Geometric Brownian motion, exact at every step.

    dS = drift S dt + sigma S dW,  S_T = S_0 exp((drift - sigma^2 / 2) T + sigma sqrt(T) z)

Source: Black, Scholes (1973); risk-spec section 30.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from simulator.prices.models.exponential import factors_of_normals
from simulator.prices.models.grid import Grid, half, output
from simulator.prices.models.interface import State, check_parameters
from simulator.risk.checks import positive
from simulator.types import AnyArray, Float1D, Float2D, Float3D

PATHS_PER_BLOCK = 8192
"""Paths that share a stream of random numbers; part of what a seed means."""
_CELLS_PER_BLOCK = 65_536
"""512 kB; a block and its two helpers stay near the core, and the calls for it do not count."""


class PriceMoments(NamedTuple):
    """Of a price at a horizon, in quote."""

    mean: float
    deviation: float
    median: float


@dataclass(frozen=True, slots=True)
class Gbm:
    """Parameters per year; E[S_T] = S_0 exp(drift T)."""

    drift: float
    sigma: float

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_parameters(self, any_sign=("drift",), at_least_zero=("sigma",))

    def begin(self, paths: int, spot: float) -> State:
        """No state."""
        return ()

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        deviation = self.sigma * sqrt(step_years)
        return (self.drift - 0.5 * self.sigma**2) * step_years + deviation * normals[:, 0], state

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """exp(-sigma^2 T (u^2 + i u) / 2)."""
        u = np.asarray(argument, dtype=np.complex128)
        value: AnyArray = np.exp(-0.5 * self.sigma**2 * years * (u * u + 1j * u))
        return value

    def price_moments(self, spot: float, years: float) -> PriceMoments:
        """S_0 e^{drift T}; mean sqrt(e^{sigma^2 T} - 1); S_0 e^{(drift - sigma^2 / 2) T}."""
        mean = spot * exp(self.drift * years)
        deviation = mean * sqrt(expm1(self.sigma**2 * years))
        return PriceMoments(mean, deviation, mean * exp(-0.5 * self.sigma**2 * years))


def gbm_paths(
    model: Gbm,
    spot: float,
    grid: Grid,
    rng: np.random.Generator,
    *,
    antithetic: bool = False,
    out: Float3D | None = None,
) -> Float3D:
    """Prices float64[paths, steps, 1], as quick as the generator lets it.

    Works in blocks that stay in cache, each with a stream of its own, and multiplies factors
    exp(sigma sqrt(dt) z + m) that come from a rational function of z (exponential.py) instead of
    the exponential of a sum; relative rounding errors add up to about 1e-16 sqrt(steps). Give `out`
    (from `empty_paths`) to spare the allocation. Antithetic: path i + paths / 2 mirrors path i.
    """
    positive("spot", spot, ndim=0)
    width = half(grid) if antithetic else grid.paths
    prices = output(grid, 1, out)
    steps_first = prices[:, :, 0].T  # [steps, paths]
    deviation = model.sigma * sqrt(grid.step_years)
    shift = (model.drift - 0.5 * model.sigma**2) * grid.step_years
    blocks = range(0, width, PATHS_PER_BLOCK)
    for start, stream in zip(blocks, rng.spawn(len(blocks)), strict=True):
        stop = min(start + PATHS_PER_BLOCK, width)
        _fill(steps_first[:, start:stop], spot, deviation, shift, stream)
    if antithetic:
        # exp(-s z) = 1 / exp(s z): the product of a pair is the same for all.
        product = spot**2 * np.exp(2.0 * shift * np.arange(1, grid.steps + 1))
        for row, pair in zip(steps_first, product, strict=True):
            np.divide(pair, row[:width], out=row[width:])
    return prices


def _fill(
    target: Float2D, spot: float, deviation: float, shift: float, stream: np.random.Generator
) -> None:
    """Running products of exp(deviation z + shift) from `spot`, into target[steps, paths]."""
    steps, paths = target.shape
    height = max(1, min(steps, _CELLS_PER_BLOCK // paths))
    work = np.empty((3, height, paths))
    before: Float1D | float = spot
    for first in range(0, steps, height):
        rows = target[first : first + height]
        block, one, two = work[:, : len(rows)]
        stream.standard_normal(out=block)
        factors_of_normals(block, deviation, shift, one, two)
        for row, factor in zip(rows, block, strict=True):
            np.multiply(before, factor, out=row)
            before = row
