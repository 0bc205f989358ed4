"""Regime switching: drift and volatility follow a Markov chain over the steps.

    r_t = (drift_k - sigma_k^2 / 2) dt + sigma_k sqrt(dt) z_t in regime k; afterwards the chain
    moves by the row-stochastic matrix P, a step at a time

The rows of P hold per step, whatever its length. Source: Hamilton (1989); risk-spec section 30.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State
from simulator.risk.checks import finite, non_negative, same_shape, whole, within
from simulator.types import AnyArray, Float1D, Float2D

_ROW_TOLERANCE = 1e-9
"""Rows written as decimals need not sum to 1 in binary."""


@dataclass(frozen=True, slots=True)
class Regimes:
    """drifts and sigmas per year, one for each regime; transitions[from][to] per step."""

    drifts: tuple[float, ...]
    sigmas: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]
    start: int | None = None
    """The regime of the first step; None draws it from the stationary law."""

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 1

    def __post_init__(self) -> None:
        drifts = finite("drifts", self.drifts, ndim=1)
        sigmas = non_negative("sigmas", self.sigmas, ndim=1)
        same_shape(drifts=drifts, sigmas=sigmas)
        count = drifts.size
        if not count:
            raise InvalidArgument("drifts", self.drifts, "must have at least one regime")
        if any(len(row) != count for row in self.transitions):
            rule = f"must have {count} columns, one for each regime"
            raise InvalidArgument("transitions", self.transitions, rule)
        matrix = within("transitions", self.transitions, 0.0, 1.0, ndim=2)
        if matrix.shape != (count, count):
            rule = f"must have {count} rows and columns, one for each regime"
            raise InvalidArgument("transitions", f"array of shape {matrix.shape}", rule)
        for number, row in enumerate(matrix):
            if abs(row.sum() - 1.0) > _ROW_TOLERANCE:
                rule = "each row must sum to 1"
                raise InvalidArgument(f"transitions[{number}]", row.tolist(), rule)
        if self.start is not None:
            whole("start", self.start, 0, count - 1)

    def stationary(self) -> Float1D:
        """The law that P leaves alone, float64[regimes].

        Where the chain falls apart and there are several, their mean from an equal start.
        """
        matrix = np.asarray(self.transitions)
        count = len(matrix)
        equations = np.vstack((matrix.T - np.eye(count), np.ones(count)))
        law = np.linalg.lstsq(equations, np.append(np.zeros(count), 1.0), rcond=None)[0]
        clipped: Float1D = np.maximum(law, 0.0)
        clipped /= clipped.sum()
        return clipped

    def first_law(self) -> Float1D:
        """Of the regime of the first step."""
        if self.start is None:
            return self.stationary()
        law: Float1D = np.eye(len(self.drifts))[self.start]
        return law

    def expected_growth(self, steps: int, step_years: float) -> float:
        """E[S_n] / S_0 = law D (P D)^{n-1} 1, D the diagonal of exp(drift_k dt)."""
        growth = np.exp(np.asarray(self.drifts) * step_years)
        law = self.first_law() * growth
        for _ in range(steps - 1):
            law = law @ np.asarray(self.transitions) * growth
        return float(law.sum())

    def begin(self, paths: int, spot: float) -> State:
        """The regime of every path; -1 where its first step still has to draw it."""
        return (np.full(paths, -1 if self.start is None else self.start, dtype=np.int64),)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`. The regime of the coming step is part of the state."""
        regime = state[0]
        drifts, sigmas = np.asarray(self.drifts), np.asarray(self.sigmas)
        means = (drifts - 0.5 * sigmas**2) * step_years
        deviations = sigmas * sqrt(step_years)
        borders = np.cumsum(np.asarray(self.transitions), axis=1)[:, :-1]
        first = np.cumsum(self.first_law())[:-1]
        returns = np.empty((normals.shape[0], normals.shape[2]))
        for row, normal, uniform in zip(returns, normals[:, 0], uniforms[:, 0], strict=True):
            fresh = regime < 0
            if fresh.any():
                # One uniform serves both draws: its place within the first regime's share.
                regime, uniform = _drawn(first, uniform)
            row[:] = means[regime] + deviations[regime] * normal
            regime = (uniform[:, None] > borders[regime]).sum(axis=1)
        return returns, (regime,)


def _drawn(borders: Float1D, uniform: Float1D) -> tuple[AnyArray, Float1D]:
    """Regimes by inversion, and what is left of the uniforms as uniforms anew."""
    regime = (uniform[:, None] > borders).sum(axis=1)
    edges = np.concatenate(((0.0,), borders, (1.0,)))
    low, high = edges[regime], edges[regime + 1]
    rest: Float1D = (uniform - low) / np.where(high > low, high - low, 1.0)
    return regime, rest
