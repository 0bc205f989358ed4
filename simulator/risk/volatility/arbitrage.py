"""Static arbitrage of SVI slices, for all k: butterfly, wings (Lee) and calendar.

The least value over the line is searched on a grid that widens geometrically from the vertex,
then refined between neighbours, and compared with the limits in the wings. A slice is a smooth
function with one scale s around one point m, so a grid in units of s misses no dip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.risk.volatility.svi import RawSvi, svi_derivatives, svi_total_variance
from simulator.types import AnyArray, Float1D

_REACH = 18.0
"""asinh of the farthest grid point in units of s: 3e7 widths, where the wings are straight."""
_POINTS = 2001


@dataclass(frozen=True, slots=True)
class SliceArbitrage:
    """Arbitrage of one slice."""

    minimum_g: float
    """Least g(k) over all k, limits in the wings included; below 0 is butterfly arbitrage."""
    at_k: float
    """Where; ±inf for a wing."""
    lee: bool
    """b·(1 + |rho|) <= 2."""
    vanishing_call: bool
    """d+ → -inf as k → inf: the right slope b·(1 + rho) < 2, strict."""
    free: bool
    """All of them."""


def svi_butterfly(slice_: RawSvi, k: Any) -> AnyArray:
    """g(k) = (1 − k·w'/(2w))² − w'²/4·(1/w + 1/4) + w''/2, float64; NaN where w = 0.

    The density of ln(S/F) at k is g(k)·exp(−d−²/2)/√(2π·w).
    """
    w, first, second = svi_derivatives(slice_, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        lean = 1.0 - np.asarray(k) * first / (2.0 * w)
        g: AnyArray = lean**2 - first**2 / 4.0 * (1.0 / w + 0.25) + second / 2.0
    return np.where(w > 0.0, g, np.nan)


def svi_arbitrage(slice_: RawSvi) -> SliceArbitrage:
    """Butterfly arbitrage and wings of a slice, over all k.

    In a wing of slope c the limit of g is 1/4 − c²/16.
    """
    limits = {
        np.inf: 0.25 - (slice_.b * (1.0 + slice_.rho)) ** 2 / 16.0,
        -np.inf: 0.25 - (slice_.b * (1.0 - slice_.rho)) ** 2 / 16.0,
    }
    if slice_.b == 0.0:  # flat: g is 1 everywhere
        return SliceArbitrage(1.0, 0.0, True, True, True)
    at_k, least = _least(lambda k: svi_butterfly(slice_, k), [slice_.m, 0.0], slice_.s)
    for place, limit in limits.items():
        if limit < least:
            at_k, least = place, limit
    lee = slice_.b * (1.0 + abs(slice_.rho)) <= 2.0
    vanishing = slice_.b * (1.0 + slice_.rho) < 2.0
    return SliceArbitrage(least, at_k, lee, vanishing, least >= 0.0 and lee and vanishing)


def svi_calendar_gap(near: RawSvi, far: RawSvi) -> tuple[float, float]:
    """The least w_far(k) − w_near(k) over all k and its place: (gap, k).

    Below 0 is calendar arbitrage. (−inf, ±inf) where the nearer slice is steeper in a wing.
    """
    for wing in (1.0, -1.0):
        if far.b * (1.0 + wing * far.rho) < near.b * (1.0 + wing * near.rho):
            return -np.inf, wing * np.inf

    def gap(k: AnyArray) -> AnyArray:
        return svi_total_variance(far, k) - svi_total_variance(near, k)

    at_k, least = _least(gap, [near.m, far.m], min(near.s, far.s))
    return least, at_k


def _least(
    function: Callable[[AnyArray], AnyArray], centres: list[float], scale: float
) -> tuple[float, float]:
    """Place and value of the least value, NaN apart."""
    from scipy.optimize import minimize_scalar

    steps = scale * np.sinh(np.linspace(-_REACH, _REACH, _POINTS))
    span = np.linspace(min(centres), max(centres), 101)
    grid: Float1D = np.unique(np.concatenate([span, *(centre + steps for centre in centres)]))
    values = function(grid)
    at = int(np.nanargmin(values))
    left, right = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda k: float(np.nan_to_num(function(np.asarray(k)), nan=np.inf)),
        bounds=(left, right),
        method="bounded",
        options={"xatol": 1e-12 * max(abs(left), abs(right), scale)},
    )
    if found.fun < values[at]:
        return float(found.x), float(found.fun)
    return float(grid[at]), float(values[at])
