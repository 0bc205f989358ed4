"""The one layout of all price paths: float64[paths, steps, assets].

Step i is the price `(i + 1) * step_years` after the start; the start itself is not in the array.
In memory a step lies together (all paths of an asset side by side), because models and the
engine walk step by step; `numpy.ascontiguousarray` gives the other order to who needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import positive, whole
from simulator.types import Float1D, Float3D

SECONDS_PER_YEAR = 31_536_000.0


@dataclass(frozen=True, slots=True)
class Grid:
    """How many paths of how many steps, and the time between two steps."""

    paths: int
    steps: int
    step_years: float
    """A year is 365 days: an hour is 1 / 8760."""

    def __post_init__(self) -> None:
        whole("paths", self.paths, 1)
        whole("steps", self.steps, 1)
        positive("step_years", self.step_years, ndim=0)

    @property
    def years(self) -> float:
        """From the start to the last step."""
        return self.steps * self.step_years

    @property
    def times(self) -> Float1D:
        """Years after the start, float64[steps]."""
        return self.step_years * np.arange(1, self.steps + 1, dtype=np.float64)


def generator(seed: int) -> np.random.Generator:
    """SFC64, the quickest of numpy's generators for normals."""
    return np.random.Generator(np.random.SFC64(seed))


def empty_paths(grid: Grid, assets: int = 1) -> Float3D:
    """Uninitialised float64[paths, steps, assets] to be filled and used again."""
    return np.empty((grid.steps, assets, grid.paths)).transpose(2, 0, 1)


def output(grid: Grid, assets: int, out: Float3D | None) -> Float3D:
    """The caller's array if it fits, else a new one."""
    if out is None:
        return empty_paths(grid, assets)
    wanted = (grid.paths, grid.steps, assets)
    if out.shape != wanted or out.dtype != np.float64 or not out.flags.writeable:
        given = f"{out.dtype} array of shape {out.shape}"
        raise InvalidArgument("out", given, f"must be a writeable float64 array of shape {wanted}")
    return out


def half(grid: Grid) -> int:
    """Half of the paths; InvalidArgument where antithetic paths do not pair."""
    if grid.paths % 2:
        raise InvalidArgument("paths", grid.paths, "must be even for antithetic pairs")
    return grid.paths // 2
