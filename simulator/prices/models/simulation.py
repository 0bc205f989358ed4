"""Paths of one or several assets from their models, with correlation between them.

The correlation holds between the normals of the same factor, so that it reaches prices and
variances alike; jumps, regimes and thresholds of different assets are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.correlation import Correlation, CrisisCorrelation, StressIndicator
from simulator.prices.models.draws import Draws
from simulator.prices.models.gbm import Gbm, gbm_paths
from simulator.prices.models.grid import Grid, output
from simulator.prices.models.interface import Model, State
from simulator.risk.checks import positive
from simulator.types import AnyArray, Bool2D, Float1D, Float2D, Float3D

_CELLS_PER_BLOCK = 131_072
"""Of one factor; bounds the memory and does not change a path."""


class CrisisPaths(NamedTuple):
    """Prices, and when the crisis matrix held."""

    prices: Float3D
    stressed: Bool2D
    """bool[paths, steps]: the step was drawn with the crisis matrix."""


def simulate(
    models: Model | Sequence[Model],
    spot: Any,
    grid: Grid,
    rng: np.random.Generator,
    *,
    correlation: Correlation | None = None,
    antithetic: bool = False,
    out: Float3D | None = None,
) -> Float3D:
    """Prices float64[paths, steps, assets]; the start is not among the steps.

    models: one, or one for each asset; spot: a price, or one for each. The same seed and grid meet
    the same random numbers whatever the parameters are (draws.py). A single `Gbm` goes the quick
    way of `gbm_paths` with numbers of its own. Raises InvalidArgument for impossible parameters,
    shapes that do not fit, and an odd number of antithetic paths.
    """
    if isinstance(models, Gbm) and correlation is None:
        start = float(_spots(spot, 1)[0])
        return gbm_paths(models, start, grid, rng, antithetic=antithetic, out=out)
    listed = _listed(models)
    factor = None if correlation is None else _fitting(correlation, len(listed)).factor
    walk = _Walk(listed, _spots(spot, len(listed)), grid, rng, antithetic, out)
    step = 0
    while step < grid.steps:
        count = min(walk.block, grid.steps - step)
        normals = walk.draws.normals(count)
        walk.go(step, normals if factor is None else factor @ normals)
        step += count
    return walk.prices


def simulate_crisis(
    models: Sequence[Model],
    spot: Any,
    grid: Grid,
    rng: np.random.Generator,
    rule: CrisisCorrelation,
    *,
    antithetic: bool = False,
    out: Float3D | None = None,
) -> CrisisPaths:
    """As `simulate`, with the crisis matrix on the paths and steps where stress is on."""
    listed = _listed(models)
    _fitting(rule.calm, len(listed))
    walk = _Walk(listed, _spots(spot, len(listed)), grid, rng, antithetic, out)
    indicator = StressIndicator(rule, grid.paths, grid.step_years)
    stressed = np.empty((grid.paths, grid.steps), dtype=np.bool_)
    for step in range(grid.steps):
        on = indicator.on()
        stressed[:, step] = on
        normals = walk.draws.normals(1)
        mixed = np.where(on, rule.crisis.factor @ normals, rule.calm.factor @ normals)
        indicator.update(walk.go(step, mixed)[rule.asset][0])
    return CrisisPaths(walk.prices, stressed)


class _Walk:
    """The models' states and the log prices so far."""

    def __init__(
        self,
        models: tuple[Model, ...],
        spots: Float1D,
        grid: Grid,
        rng: np.random.Generator,
        antithetic: bool,
        out: Float3D | None,
    ) -> None:
        normals = max(model.normals for model in models)
        uniforms = max(model.uniforms for model in models)
        self.prices = output(grid, len(models), out)
        self.draws = Draws(rng, grid, len(models), normals, uniforms, antithetic)
        self.block = max(1, _CELLS_PER_BLOCK // (grid.paths * len(models)))
        self._models = models
        self._spots = spots
        self._grid = grid
        self._heights = np.zeros((len(models), grid.paths))
        self._states: list[State] = [
            model.begin(grid.paths, float(start))
            for model, start in zip(models, spots, strict=True)
        ]

    def go(self, step: int, normals: AnyArray) -> list[Float2D]:
        """Steps from `step` with normals[steps, factors, assets, paths]; log returns by asset."""
        count = normals.shape[0]
        uniforms = self.draws.uniforms(count)
        made = []
        for asset, model in enumerate(self._models):
            returns, self._states[asset] = model.advance(
                self._states[asset],
                normals[:, : model.normals, asset],
                uniforms[:, : model.uniforms, asset],
                self._grid.step_years,
            )
            # The sum goes on where the block before left it, so that blocks change no bit.
            heights = returns.copy()
            heights[0] += self._heights[asset]
            np.cumsum(heights, axis=0, out=heights)
            self._heights[asset] = heights[-1]
            target = self.prices[:, step : step + count, asset].T
            np.multiply(self._spots[asset], np.exp(heights), out=target)
            made.append(returns)
        return made


def _listed(models: Model | Sequence[Model]) -> tuple[Model, ...]:
    listed = tuple(models) if isinstance(models, Sequence) else (models,)
    if not listed:
        raise InvalidArgument("models", listed, "must have at least one asset")
    return listed


def _spots(spot: Any, assets: int) -> Float1D:
    spots = positive("spot", spot)
    if spots.ndim > 1 or spots.size not in (1, assets):
        rule = f"must be one price, or one for each of {assets} assets"
        raise InvalidArgument("spot", f"array of shape {spots.shape}", rule)
    return np.broadcast_to(spots, (assets,))


def _fitting(correlation: Correlation, assets: int) -> Correlation:
    if len(correlation.matrix) != assets:
        rule = f"must have a row for each of {assets} assets"
        raise InvalidArgument("correlation", f"array of shape {correlation.matrix.shape}", rule)
    return correlation
