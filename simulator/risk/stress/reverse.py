"""Reverse stress: not "what does this shock do?" but "what is the smallest shock that does this?".

Small is Mahalanobis distance, sqrt(x' inverse(covariance) x): a fall of two assets that move
together is nearer than the same fall of one of them. The loss comes from the forward engine, which
also has the last word: a shock is returned only if the engine says that it breaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, same_shape
from simulator.types import Bool1D, Float1D, Float2D

LossEngine: TypeAlias = Callable[[Float2D], Float1D]
"""Relative price moves [m, k], each at least -1 -> loss (bad debt) [m] in quote."""


@dataclass(frozen=True, slots=True)
class ReverseStress:
    """The nearest shock that was found, on the breaching side of the border."""

    moves: Float1D
    """[k], relative."""
    distance: float
    """Mahalanobis: about as many standard deviations as one asset would need alone."""
    loss: float
    """Of the forward engine at `moves`, quote."""
    evaluations: int
    """Shocks that the engine was asked about."""


@dataclass(frozen=True, slots=True)
class _Search:
    loss: LossEngine
    root: Float2D
    """[k, r]: covariance = root root', so a shock is root @ u at distance |u|."""
    breached: Callable[[Float1D], Bool1D]
    limit: float
    steps: int
    count: list[int]

    def breaches(self, moves: Float2D) -> Bool1D:
        """Ask the forward engine."""
        self.count[0] += len(moves)
        return self.breached(np.asarray(self.loss(moves), dtype=np.float64))

    def radius(self, direction: Float1D) -> float:
        """How far along a direction [r] the first breach lies; infinite if there is none.

        A grid finds the first cell that breaches, finer grids cut that cell until it is as small
        as floats resolve it well. The far end of the last cell is returned: it does breach.
        """
        length = float(np.linalg.norm(direction))
        if length == 0.0:
            return np.inf
        along = self.root @ (direction / length)
        falling = along < 0.0
        end = min(self.limit, float((-1.0 / along[falling]).min()) if falling.any() else np.inf)
        low, high = 0.0, end
        first = True
        while first or high - low > 1e-12 * high:
            sizes = np.linspace(low, high, self.steps + 1)[1:]
            hit = np.flatnonzero(self.breaches(np.maximum(np.outer(sizes, along), -1.0)))
            if not len(hit):
                return np.inf if first else high
            at, first = int(hit[0]), False
            low, high = (sizes[at - 1] if at else low), sizes[at]
        return float(high)


def reverse_stress(
    loss: LossEngine,
    covariance: Any,
    *,
    threshold: float = 0.0,
    reached: bool = False,
    limit: float = 50.0,
    steps: int = 64,
    starts: int = 8,
    seed: int = 0,
) -> ReverseStress | None:
    """The smallest Mahalanobis shock with loss > threshold (>= with `reached`); None if none does.

    covariance [k, k] of the relative moves over the horizon in question: symmetric, positive
    semi-definite (refused otherwise, not repaired); moves it excludes are not tried. Along each
    direction the first breach is searched on `steps` points up to `limit` standard deviations or
    a price of 0 and refined; scipy's Nelder-Mead turns the direction, from the falls of each
    asset, of all of them, and `starts` drawn ones. A found shock is a shock that breaches; that
    none is nearer is as sure as the search is.
    """
    from scipy.optimize import minimize

    root = _root(covariance)
    bound = float(non_negative("threshold", threshold, ndim=0))
    positive("limit", limit, ndim=0)
    for name, value, least in (("steps", steps, 2), ("starts", starts, 0)):
        if value < least:
            raise InvalidArgument(name, value, f"must be at least {least}")
    breached = (lambda got: got >= bound) if reached else (lambda got: got > bound)
    search = _Search(loss, root, breached, limit, steps, [0])
    nothing = np.zeros((1, len(root)))
    if search.breaches(nothing)[0]:
        return _answer(search, nothing[0], 0.0)
    rank = root.shape[1]
    rng = np.random.default_rng(seed)
    falls = [-root.T @ one for one in (*np.eye(len(root)), np.ones(len(root)))]
    directions = [*falls, *np.eye(rank), *-np.eye(rank), *rng.standard_normal((starts, rank))]
    found = sorted(((search.radius(one), at) for at, one in enumerate(directions)))
    best, which = found[0] if found else (np.inf, 0)
    if not np.isfinite(best):
        return None
    nearest = directions[which] / np.linalg.norm(directions[which])
    for distance, at in found[:3] if rank > 1 else []:
        if not np.isfinite(distance):
            break
        unit = directions[at] / np.linalg.norm(directions[at])
        options = {"xatol": 1e-7, "fatol": 1e-10, "maxfev": 300 * rank}
        turned = minimize(search.radius, unit, method="Nelder-Mead", options=options)
        if turned.fun < best:
            best, nearest = float(turned.fun), turned.x / np.linalg.norm(turned.x)
    return _answer(search, np.maximum(best * (root @ nearest), -1.0), best)


def insurance_fund_stress(
    loss: LossEngine, covariance: Any, fund: float, **options: Any
) -> ReverseStress | None:
    """The smallest shock whose loss empties the insurance fund: loss >= fund, in quote.

    Arguments as in `reverse_stress`. An empty fund is emptied by no shock at all.
    """
    return reverse_stress(loss, covariance, threshold=fund, reached=True, **options)


def mahalanobis(moves: Any, covariance: Any) -> float:
    """sqrt(x' pseudo-inverse(covariance) x); infinite for a move that the covariance excludes."""
    shock, root = finite("moves", moves, ndim=1), _root(covariance)
    same_shape(covariance=root[:, :1].sum(axis=1), moves=shock)
    if not shock.any():
        return 0.0
    if not root.shape[1]:
        return np.inf
    inside, *_ = np.linalg.lstsq(root, shock, rcond=None)
    if np.abs(root @ inside - shock).max() > 1e-9 * np.abs(shock).max():
        return np.inf
    return float(np.linalg.norm(inside))


def _answer(search: _Search, moves: Float1D, distance: float) -> ReverseStress | None:
    """With the forward engine's word on the very shock that is returned."""
    got = np.asarray(search.loss(moves[None, :]), dtype=np.float64)
    if not search.breached(got)[0]:
        return None
    return ReverseStress(moves, distance, float(got[0]), search.count[0] + 1)


def _root(covariance: Any) -> Float2D:
    """[k, rank] with root root' = covariance."""
    matrix = finite("covariance", covariance, ndim=2)
    if matrix.shape[0] != matrix.shape[1]:
        raise InvalidArgument("covariance", f"array of shape {matrix.shape}", "must be square")
    if not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0.0):
        raise InvalidArgument("covariance", matrix.tolist(), "must be symmetric")
    if not len(matrix):
        raise InvalidArgument("covariance", [], "must have at least one asset")
    values, vectors = np.linalg.eigh(matrix)
    rounding = 1e-12 * max(float(np.abs(values).max()), 0.0)
    if values[0] < -rounding:
        rule = f"must be positive semi-definite, its lowest eigenvalue is {values[0]:.3g}"
        raise InvalidArgument("covariance", matrix.tolist(), rule)
    kept = values > rounding
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))
