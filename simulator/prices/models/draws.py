"""Random numbers of a simulation: one stream per factor, so that runs can be compared.

Each factor (the price shock, the variance shock, jump counts, jump sizes, ...) has a stream of its
own, drawn step by step in full width. So with one seed and grid, another value of a parameter
meets the same numbers (common random numbers), a model with jumps sees the same price shocks as
one without, and a longer run begins with the shorter one.

Antithetic: path i + paths / 2 is path i with every normal z as -z and every uniform u as 1 - u.
"""

from __future__ import annotations

import numpy as np

from simulator.prices.models.grid import Grid, half
from simulator.types import AnyArray

NORMALS = 2
"""Price shock, variance shock."""
UNIFORMS = 4
"""Counts of jumps (or the next regime), sizes, split into up and down, sizes of the other side."""
_SMALLEST = 2.0**-53


class Draws:
    """Standard normals and uniforms in (0, 1), a block of steps at a time."""

    def __init__(
        self,
        rng: np.random.Generator,
        grid: Grid,
        assets: int,
        normals: int,
        uniforms: int,
        antithetic: bool,
    ) -> None:
        streams = rng.spawn(NORMALS + UNIFORMS)
        self._normals = streams[:normals]
        self._uniforms = streams[NORMALS : NORMALS + uniforms]
        self._antithetic = antithetic
        self._width = half(grid) if antithetic else grid.paths
        self._assets = assets

    def normals(self, steps: int) -> AnyArray:
        """float64[steps, factors, assets, paths]."""
        shape = (steps, self._assets, self._width)
        drawn = [stream.standard_normal(shape) for stream in self._normals]
        if self._antithetic:
            drawn = [np.concatenate((normal, -normal), axis=-1) for normal in drawn]
        return _stacked(drawn, shape)

    def uniforms(self, steps: int) -> AnyArray:
        """float64[steps, factors, assets, paths], neither 0 nor 1."""
        shape = (steps, self._assets, self._width)
        # numpy draws from [0, 1): a 0 would have no quantile, and 1 - 0 neither.
        drawn = [np.maximum(stream.random(shape), _SMALLEST) for stream in self._uniforms]
        if self._antithetic:
            drawn = [np.concatenate((uniform, 1.0 - uniform), axis=-1) for uniform in drawn]
        return _stacked(drawn, shape)


def _stacked(drawn: list[AnyArray], shape: tuple[int, int, int]) -> AnyArray:
    if not drawn:
        return np.empty((shape[0], 0, *shape[1:]))
    return np.stack(drawn, axis=1)
