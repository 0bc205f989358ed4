"""How sure a tail figure is: bootstrap intervals over whole runs (risk-spec section 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.historical import order_statistics
from simulator.risk.var.levels import exact_level
from simulator.types import AnyArray, Float1D


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile bootstrap interval and what made it."""

    low: float
    high: float
    confidence: float
    resamples: int
    seed: int

    def __str__(self) -> str:
        made = f"{self.resamples} resamples, seed {self.seed}"
        return f"[{self.low:.6g}, {self.high:.6g}] ({100 * self.confidence:g} % bootstrap, {made})"


def bootstrap_interval(
    runs: AnyArray,
    statistic: Callable[[AnyArray], float],
    *,
    confidence: float,
    resamples: int,
    seed: int,
) -> Interval:
    """Quantiles at (1 -+ confidence) / 2 of the statistic over resamples of the runs.

    runs [n, ...]: a run is a row and is drawn whole, with replacement. The quantiles are samples,
    by the rule of `quantiles`. Source: Efron 1979, percentile method.
    """
    values = checks.finite("runs", runs)
    if values.ndim == 0 or not len(values):
        raise InvalidArgument("runs", f"array of shape {values.shape}", "needs at least one run")
    if resamples < 1:
        raise InvalidArgument("resamples", resamples, "must be at least 1")
    tail = (1 - exact_level(confidence, "confidence")) / 2
    draw = np.random.default_rng(seed)
    count = len(values)
    found: Float1D = np.array(
        [statistic(values[draw.integers(count, size=count)]) for _ in range(resamples)]
    )
    low, high = order_statistics(found, (float(tail), float(1 - tail)))
    return Interval(float(low), float(high), confidence, resamples, seed)
