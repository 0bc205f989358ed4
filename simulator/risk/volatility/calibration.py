"""Calibration of SVI and SSVI to implied volatilities: weighted least squares from seeded starts.

The shapes are written in coordinates in which their constraints are bounds, so that every point
the optimiser visits is a slice: least variance >= 0, |ρ| < 1, s > 0 and Lee's b·(1 + |ρ|) <= 2.
scipy's `least_squares` finds the slice; only if it has butterfly arbitrage (g < 0) is it
sought again with g >= 0 on a grid as constraints, by scipy's SLSQP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, same_shape, sorted_up
from simulator.risk.volatility.arbitrage import svi_arbitrage, svi_butterfly
from simulator.risk.volatility.ssvi import power_law_phi, ssvi_slice, ssvi_total_variance
from simulator.risk.volatility.svi import RawSvi, svi_total_variance
from simulator.types import AnyArray, Float1D

MARGIN = 1e-4
"""g is asked to stay above this on the grid, so that it stays above 0 between its points."""
LARGEST_CORRELATION = 0.999
ACTIVE = 1e-6
"""A parameter within this share of its range from a bound counts as held by it."""
_GRID = np.concatenate([[-8.0, -4.0], np.linspace(-2.0, 2.0, 81), [4.0, 8.0]])
"""Where g >= 0 is asked at first, in units of the quotes' half span around their middle."""
_CUTS = 5
"""How often the worst point of a fit is added to them; one or two do."""


@dataclass(frozen=True, slots=True)
class SviFit:
    """A calibrated slice."""

    slice_: RawSvi
    residuals: Float1D
    """Model minus quoted volatility, per quote, not weighted."""
    root_mean_square: float
    """Of the weighted residuals, weights summing to 1."""
    active: tuple[str, ...]
    """Constraints that hold the fit: 'minimum_variance', 'lee', 'rho', 'm', 's', 'butterfly'."""
    starts: int
    seed: int


@dataclass(frozen=True, slots=True)
class SsviFit:
    """A calibrated surface: φ is `power_law_phi` with η·(1 + |ρ|) <= 2."""

    theta: Float1D
    """At-the-money total variance per expiry, never falling."""
    rho: float
    eta: float
    gamma: float
    residuals: tuple[Float1D, ...]
    """Model minus quoted volatility, per expiry and quote."""
    root_mean_square: float
    active: tuple[str, ...]
    """'calendar', 'rho', 'eta', 'gamma'."""
    starts: int
    seed: int

    def slices(self) -> tuple[RawSvi, ...]:
        """The surface as raw slices, one per expiry."""
        phi = power_law_phi(self.theta, self.eta, self.gamma)
        pairs = zip(self.theta, phi, strict=True)
        return tuple(ssvi_slice(float(theta), float(each), self.rho) for theta, each in pairs)


def calibrate_svi(
    k: Any,
    volatility: Any,
    vega: Any,
    years: float,
    *,
    seed: int = 0,
    starts: int = 8,
    butterfly: bool = True,
) -> SviFit:
    """The slice nearest to quoted volatilities at log-moneyness k, by vega-weighted squares.

    k, volatility, vega float64[n], n >= 5; volatility above 0, vega at least 0 and not all 0;
    years above 0. Minimises Σ (vega/Σvega)·(√(w(k)/T) − volatility)². Same seed, same fit.
    """
    k, quoted, weight = _quotes("k", k, volatility, vega)
    years = float(positive("years", years, ndim=0))
    if len(k) < 5:
        raise InvalidArgument("k", f"{len(k)} quotes", "needs at least 5, one per parameter")
    root_weight = np.sqrt(weight / weight.sum())
    middle, half = 0.5 * (k.max() + k.min()), max(0.5 * float(np.ptp(k)), 1e-3)
    top = float(np.max(quoted**2)) * years
    asked = [middle + half * _GRID]

    def shape(point: Float1D) -> RawSvi:
        least, steep, rho, m, s = (float(value) for value in point)
        b = steep * 2.0 / (1.0 + abs(rho))
        dip = b * s * sqrt(1.0 - rho**2)
        a = least - dip
        # a + dip may round to a hair below 0.
        return RawSvi(a if a + dip >= 0.0 else -dip, b, rho, m, s)

    def off(point: Float1D) -> Float1D:
        gap: Float1D = np.sqrt(svi_total_variance(shape(point), k) / years) - quoted
        return gap

    def weighted(point: Float1D) -> Float1D:
        residuals: Float1D = root_weight * off(point)
        return residuals

    def spare(point: Float1D) -> Float1D:
        g: Float1D = np.nan_to_num(svi_butterfly(shape(point), asked[0]), nan=0.0)
        return g - MARGIN

    low = np.array([0.0, 0.0, -LARGEST_CORRELATION, middle - 2.0 * half, 1e-4])
    high = np.array([2.0 * top, 1.0, LARGEST_CORRELATION, middle + 2.0 * half, 10.0 * half + 1.0])
    first = np.array([0.8 * float(np.min(quoted**2)) * years, 0.1, 0.0, middle, half])
    found = _best(weighted, first, low, high, seed, starts)
    bent = butterfly and svi_arbitrage(shape(found)).minimum_g < 0.0
    if bent:
        firsts = (found, first)
        for _ in range(_CUTS):
            found = _constrained(weighted, spare, firsts, low, high, seed, starts)
            worst = svi_arbitrage(shape(found))
            if worst.minimum_g >= 0.0:
                break
            asked[0] = np.append(asked[0], np.clip(worst.at_k, -1e3, 1e3))
            firsts = (found, first)
    names = ("minimum_variance", "lee", "rho", "m", "s")
    active = [names[at] for at in _held(found, low, high)]
    if bent:
        active.append("butterfly")
    residuals = off(found)
    error = sqrt(float(np.sum((root_weight * residuals) ** 2)))
    return SviFit(shape(found), residuals, error, tuple(active), starts, seed)


def calibrate_ssvi(
    expiries: Any,
    k: Sequence[Any],
    volatility: Sequence[Any],
    vega: Sequence[Any],
    *,
    seed: int = 0,
    starts: int = 8,
) -> SsviFit:
    """One SSVI surface through the quotes of all expiries, by vega-weighted squares.

    expiries float64[n] ascending and above 0; k, volatility, vega hold one array per expiry.
    θ of each expiry is free but never below the one before; 0 < γ <= 1/2 and η·(1 + |ρ|) <= 2
    keep the surface free of static arbitrage.
    """
    times = sorted_up("expiries", positive("expiries", expiries))
    if not len(times) or not len(times) == len(k) == len(volatility) == len(vega):
        raise InvalidArgument(
            "k", f"{len(k)} arrays", f"needs one for each of {len(times)} expiries"
        )
    quotes = [
        _quotes(f"k[{at}]", *each) for at, each in enumerate(zip(k, volatility, vega, strict=True))
    ]
    whole = sum(float(weight.sum()) for _, _, weight in quotes)
    roots = [np.sqrt(weight / whole) for _, _, weight in quotes]
    top = max(float(np.max(vol**2)) * time for (_, vol, _), time in zip(quotes, times, strict=True))

    def shape(point: Float1D) -> tuple[Float1D, float, float, float]:
        rho, share, gamma = (float(value) for value in point[-3:])
        return np.cumsum(point[:-3]), rho, share * 2.0 / (1.0 + abs(rho)), gamma

    def off(point: Float1D) -> list[Float1D]:
        theta, rho, eta, gamma = shape(point)
        phi = power_law_phi(theta, eta, gamma)
        return [
            np.sqrt(ssvi_total_variance(level, bend, rho, each[0]) / time) - each[1]
            for level, bend, each, time in zip(theta, phi, quotes, times, strict=True)
        ]

    def weighted(point: Float1D) -> Float1D:
        pairs = zip(roots, off(point), strict=True)
        return np.concatenate([root * each for root, each in pairs])

    count = len(times)
    low = np.array([1e-8] + [0.0] * (count - 1) + [-LARGEST_CORRELATION, 1e-3, 1e-3])
    high = np.array([2.0 * top] * count + [LARGEST_CORRELATION, 1.0, 0.5])
    first = np.array([top / count] * count + [-0.3, 0.5, 0.4])
    found = _best(weighted, first, low, high, seed, starts)
    held = _held(found, low, high)
    active = ["calendar"] if any(0 < at < count for at in held) else []
    active += [("rho", "eta", "gamma")[at - count] for at in held if at >= count]
    theta, rho, eta, gamma = shape(found)
    error = sqrt(float(np.sum(weighted(found) ** 2)))
    return SsviFit(theta, rho, eta, gamma, tuple(off(found)), error, tuple(active), starts, seed)


def _quotes(name: str, k: Any, volatility: Any, vega: Any) -> tuple[Float1D, Float1D, Float1D]:
    k = finite(name, k, ndim=1)
    quoted, weight = positive("volatility", volatility), non_negative("vega", vega)
    same_shape(**{name: k, "volatility": quoted, "vega": weight})
    if not weight.sum() > 0.0:
        raise InvalidArgument("vega", "all 0", "at least one quote needs a vega above 0")
    return k, quoted, weight


def _best(
    residuals: Callable[[Float1D], Float1D],
    first: Float1D,
    low: Float1D,
    high: Float1D,
    seed: int,
    starts: int,
) -> Float1D:
    """The best of `starts` searches: from `first`, then from seeded points around it."""
    from scipy.optimize import least_squares

    if starts < 1:
        raise InvalidArgument("starts", starts, "must be at least 1")
    generator = np.random.default_rng(seed)
    best, cost = first, np.inf
    for attempt in range(starts):
        share = 0.0 if attempt == 0 else 0.5
        drawn = low + (high - low) * generator.uniform(0.02, 0.98, len(low))
        start = np.clip((1.0 - share) * first + share * drawn, low, high)
        found = least_squares(
            residuals,
            start,
            bounds=(low, high),
            x_scale=high - low,
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
            max_nfev=1000 if attempt == 0 else 200,
        )
        if found.cost < cost:
            best, cost = found.x, found.cost
    return best


def _constrained(
    residuals: Callable[[Float1D], Float1D],
    spare: Callable[[Float1D], Float1D],
    firsts: tuple[Float1D, ...],
    low: Float1D,
    high: Float1D,
    seed: int,
    starts: int,
) -> Float1D:
    """The best point with spare >= 0 from the given and some seeded starts; a flat slice else."""
    from scipy.optimize import minimize

    generator, span = np.random.default_rng(seed), high - low
    drawn = [low + span * generator.uniform(0.02, 0.98, len(low)) for _ in range(starts)]
    flat = firsts[-1].copy()
    flat[:2] = float(flat[0]) / 0.8, 0.0
    best, cost = flat, np.inf
    for start in (*firsts, *(0.5 * (firsts[-1] + each) for each in drawn)):
        found = minimize(
            # The cost is of the order of 1e-5, below SLSQP's idea of no change.
            lambda share: 1e4 * float(np.sum(residuals(low + span * share) ** 2)),
            np.clip((start - low) / span, 0.0, 1.0),
            method="SLSQP",
            bounds=[(0.0, 1.0)] * len(low),
            constraints={"type": "ineq", "fun": lambda share: spare(low + span * share)},
            options={"maxiter": 300, "ftol": 1e-12},
        )
        point = np.clip(low + span * found.x, low, high)
        kept = float(np.min(spare(point))) >= -0.5 * MARGIN
        if kept and found.fun < cost:
            best, cost = point, float(found.fun)
    return best


def _held(point: Float1D, low: Float1D, high: Float1D) -> list[int]:
    """Parameters that lie on a bound; the lower end of a slope (steepness 0) is a flat slice."""
    range_: AnyArray = ACTIVE * (high - low)
    return [int(at) for at in np.flatnonzero((point - low <= range_) | (high - point <= range_))]
