"""Paths made of blocks of history: stationary or circular block bootstrap.

Blocks are runs of consecutive returns, around the end of the sample to its start. Stationary: a
block ends at each step with probability 1 / L, so lengths are geometric with mean L (Politis,
Romano 1994). Circular: every block has the length L (Politis, Romano 1992). All assets take the
same rows, which keeps whatever holds between them. The block length of Politis and White (2004)
with the correction of Patton, Politis and White (2009) is in block_length.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.draws import Draws
from simulator.prices.models.grid import Grid, output
from simulator.risk.checks import finite, one_of, positive
from simulator.types import AnyArray, Float2D, Float3D, Int2D

STATIONARY = "stationary"
CIRCULAR = "circular"
KINDS = (STATIONARY, CIRCULAR)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How blocks are taken."""

    block: float
    """The mean length in steps (stationary), or the length, rounded to whole steps (circular)."""
    kind: str = STATIONARY
    centred: bool = False
    """Shift returns so that E[exp(r)] = 1 for each asset: history's trend is left out."""

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        finite("block", self.block, ndim=0)
        if self.block < 1.0:
            raise InvalidArgument("block", self.block, "must be at least 1 step")


def log_returns_of(prices: Any) -> Float2D:
    """ln(p_{t+1} / p_t), float64[steps, assets], of prices [steps + 1] or [steps + 1, assets]."""
    array = positive("prices", prices)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or len(array) < 2:
        rule = "must have at least two rows: [steps] or [steps, assets]"
        raise InvalidArgument("prices", f"array of shape {array.shape}", rule)
    returns: Float2D = np.diff(np.log(array), axis=0)
    return returns


def bootstrap_paths(
    model: Bootstrap,
    log_returns: Any,
    spot: Any,
    grid: Grid,
    rng: np.random.Generator,
    *,
    antithetic: bool = False,
    out: Float3D | None = None,
) -> Float3D:
    """Prices float64[paths, steps, assets] from history's log returns float64[rows, assets].

    A step has the length of history's steps whatever the grid says. Antithetic pairs take opposite
    rows (1 - u); that reduces little variance, because rows are not sorted.
    """
    returns = finite("log_returns", log_returns, ndim=2)
    if not returns.size:
        raise InvalidArgument("log_returns", f"array of shape {returns.shape}", "must have rows")
    if model.centred:
        returns = returns - np.log(np.exp(returns).mean(axis=0))
    spots = np.broadcast_to(positive("spot", spot), (returns.shape[1],))
    prices = output(grid, returns.shape[1], out)
    rows = bootstrap_rows(model, len(returns), grid, rng, antithetic=antithetic)
    for asset in range(returns.shape[1]):
        heights = np.cumsum(returns[:, asset][rows], axis=0)
        np.multiply(spots[asset], np.exp(heights), out=prices[:, :, asset].T)
    return prices


def bootstrap_rows(
    model: Bootstrap,
    rows: int,
    grid: Grid,
    rng: np.random.Generator,
    *,
    antithetic: bool = False,
) -> Int2D:
    """Which row of history each step takes, int64[steps, paths]."""
    draws = Draws(rng, grid, 1, 0, 2, antithetic).uniforms(grid.steps)[:, :, 0]
    fresh = np.minimum((draws[:, 0] * rows).astype(np.int64), rows - 1)
    if model.kind == STATIONARY:
        begins: AnyArray = draws[:, 1] < 1.0 / model.block
    else:
        length = round(model.block)
        begins = np.broadcast_to((np.arange(grid.steps) % length == 0)[:, None], fresh.shape)
    taken = fresh.copy()
    for step in range(1, grid.steps):
        following = (taken[step - 1] + 1) % rows
        taken[step] = np.where(begins[step], fresh[step], following)
    return taken
