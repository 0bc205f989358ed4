"""History until a stated step, then a model that goes on from history's last price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.prices.models.correlation import Correlation
from simulator.prices.models.grid import Grid
from simulator.prices.models.interface import Model
from simulator.prices.models.simulation import simulate
from simulator.risk.checks import positive, whole
from simulator.types import Float3D


def spliced_paths(
    history: Any,
    history_steps: int,
    models: Model | Sequence[Model],
    grid: Grid,
    rng: np.random.Generator,
    *,
    correlation: Correlation | None = None,
    antithetic: bool = False,
) -> Float3D:
    """Prices float64[paths, history_steps + grid.steps, assets].

    history: float64[steps, assets] (such as `ticks_to_floats(bridge(...))`), of which the first
    `history_steps` are the same on every path. The model's first return is from the last of them,
    so the price is continuous: it jumps by no more than one step of the model. The grid's steps are
    those after history, and should have the length of history's.
    """
    known = positive("history", history, ndim=2)
    whole("history_steps", history_steps, 1, len(known))
    last = known[history_steps - 1]
    joined = np.empty((history_steps + grid.steps, known.shape[1], grid.paths))
    joined[:history_steps] = known[:history_steps, :, None]
    prices = joined.transpose(2, 0, 1)
    simulate(
        models,
        last,
        grid,
        rng,
        correlation=correlation,
        antithetic=antithetic,
        out=prices[:, history_steps:],
    )
    return prices
