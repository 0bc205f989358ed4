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
_Verdict: TypeAlias = Callable[[Float1D], Bool1D]
_TURNED = 3
"""Directions that are turned further, the nearest ones."""


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


class _Search:
    """The forward engine along directions, and what was asked of it, inside one call."""

    def __init__(
        self, loss: LossEngine, root: Float2D, breached: _Verdict, limit: float, steps: int
    ) -> None:
        self._loss, self._root, self._breached = loss, root, breached
        self._limit, self._steps = limit, steps
        self._asked = 0

    def losses(self, moves: Float2D) -> Float1D:
        """Ask the forward engine."""
        self._asked += len(moves)
        return np.asarray(self._loss(moves), dtype=np.float64)

    def radius(self, direction: Float1D) -> float:
        """How far along a direction [r] the first breach lies; infinite if there is none.

        A grid finds the first cell that breaches, finer grids cut that cell until it is as small
        as floats resolve it well. The far end of the last cell is returned: it does breach.
        """
        along, low, high = self._ray(direction)
        first = True
        while first or high - low > 1e-12 * high:
            sizes = np.linspace(low, high, self._steps + 1)[1:]
            breached = self._breached(self.losses(np.maximum(np.outer(sizes, along), -1.0)))
            hit = np.flatnonzero(breached)
            if not len(hit):
                return np.inf if first else high
            at, first = int(hit[0]), False
            low, high = (float(sizes[at - 1]) if at else low), float(sizes[at])
        return high

    def _ray(self, direction: Float1D) -> tuple[Float1D, float, float]:
        """Moves at distance 1, and the distances to search between."""
        along = self._root @ (direction / np.linalg.norm(direction))
        falling = along < 0.0
        to_zero = float((-1.0 / along[falling]).min()) if falling.any() else np.inf
        return along, 0.0, min(self._limit, to_zero)

    def confirmed(self, direction: Float1D, distance: float) -> ReverseStress | None:
        """With the engine's word on the very shock that is returned, asked for alone: its rounding
        may need a few last digits more than among others."""
        along, _, end = self._ray(direction)
        for nudge in (0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10):
            reach = min(distance * (1.0 + nudge), end)
            moves = np.maximum(reach * along, -1.0)
            got = self.losses(moves[None, :])
            if self._breached(got)[0]:
                return ReverseStress(moves, reach, float(got[0]), self._asked)
        return None


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
    root = _root(covariance)
    bound = float(non_negative("threshold", threshold, ndim=0))
    positive("limit", limit, ndim=0)
    for name, value, least in (("steps", steps, 2), ("starts", starts, 0)):
        if value < least:
            raise InvalidArgument(name, value, f"must be at least {least}")
    breached: _Verdict = (lambda got: got >= bound) if reached else (lambda got: got > bound)
    search = _Search(loss, root, breached, limit, steps)
    nothing = np.zeros(len(root))
    now = search.losses(nothing[None, :])
    if breached(now)[0]:
        return ReverseStress(nothing, 0.0, float(now[0]), 1)
    found = sorted(
        ((search.radius(one), at, one) for at, one in enumerate(_directions(root, starts, seed))),
        key=lambda item: item[:2],
    )
    nearest = [(distance, one) for distance, _, one in found[:_TURNED] if np.isfinite(distance)]
    if root.shape[1] > 1:
        nearest = [_turned(search, *_turned(search, distance, one)) for distance, one in nearest]
    if not nearest:
        return None
    distance, direction = min(nearest, key=lambda item: item[0])
    return search.confirmed(direction, distance)


def _directions(root: Float2D, starts: int, seed: int) -> list[Float1D]:
    """Falls of each asset and of all with the others as they follow, axes, and drawn ones."""
    assets, rank = root.shape
    rng = np.random.default_rng(seed)
    falls = [-root.T @ one for one in (*np.eye(assets), np.ones(assets))]
    axes = [*np.eye(rank), *-np.eye(rank)]
    directions = [*falls, *axes, *(rng.standard_normal((starts, rank)) if rank else [])]
    return [one for one in directions if np.linalg.norm(one) > 0.0]


def _turned(search: _Search, distance: float, direction: Float1D) -> tuple[float, Float1D]:
    """Turn a direction [r] until its breach is nearest, in the plane that touches the sphere."""
    from scipy.optimize import minimize

    centre = direction / np.linalg.norm(direction)
    tangent = np.linalg.svd(centre[None, :])[2][1:]
    rank = len(tangent)
    simplex = np.vstack((np.zeros(rank), 0.1 * np.eye(rank)))
    found = minimize(
        lambda at: search.radius(centre + at @ tangent),
        np.zeros(rank),
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-10, "maxfev": 150 * rank},
    )
    if found.fun < distance:
        return float(found.fun), centre + found.x @ tangent
    return distance, centre


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
