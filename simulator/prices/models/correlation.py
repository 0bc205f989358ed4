"""Correlation matrices between assets: checked, repaired where told, factored, and switched.

A factor L has L L' = the matrix; z with independent columns becomes L z. Crisis correlation: a
second matrix holds while a stress indicator is on. The indicator looks at one asset up to the
step before: its drawdown from the highest price so far (the start counts), or its realised
volatility over the last steps; it is on while strictly above its threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, one_of, positive, refuse, whole, within
from simulator.types import AnyArray, Bool1D, Float1D, Float2D

DRAWDOWN = "drawdown"
VOLATILITY = "volatility"
_NOISE = 1e-12
"""Eigenvalues of a singular matrix come out this far below 0, per asset."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A valid matrix and what had to be done to it."""

    matrix: Float2D
    factor: Float2D
    """Lower triangular, factor @ factor.T = matrix."""
    smallest_eigenvalue: float
    """Of the matrix as it was given."""
    largest_change: float
    """Of an entry by the repair; 0 where none was needed."""

    @property
    def repaired(self) -> bool:
        """Whether the matrix given was not positive semi-definite."""
        return self.largest_change > 0.0


def correlation_matrix(
    matrix: Any, *, clip: bool = False, name: str = "correlation"
) -> Correlation:
    """Check float64[assets, assets] and factor it.

    InvalidArgument where it is not square, not symmetric, without ones on the diagonal, beyond
    [-1, 1], or, unless `clip`, not positive semi-definite. `clip` raises negative eigenvalues to 0
    and scales the diagonal back to 1 (Rebonato, Jaeckel 1999); the result says how far that moved.
    """
    given = within(name, matrix, -1.0, 1.0, ndim=2)
    count = given.shape[0]
    if given.shape != (count, count) or not count:
        raise InvalidArgument(name, f"array of shape {given.shape}", "must be square")
    refuse(name, given, given == given.T, "must be symmetric")
    refuse(name, given, (given == 1.0) | ~np.eye(count, dtype=bool), "must be 1 on the diagonal")
    values, vectors = np.linalg.eigh(given)
    smallest = float(values[0])
    if smallest >= -_NOISE * count:
        return Correlation(given, _factor(given), smallest, 0.0)
    if not clip:
        rule = "must be positive semi-definite, but its smallest eigenvalue is negative"
        raise InvalidArgument(name, f"eigenvalue {smallest:.6g}", rule)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root /= np.sqrt((root**2).sum(axis=1))[:, None]
    mended = np.clip(root @ root.T, -1.0, 1.0)
    mended = 0.5 * (mended + mended.T)
    np.fill_diagonal(mended, 1.0)
    return Correlation(mended, _factor(mended), smallest, float(np.abs(mended - given).max()))


def _factor(matrix: Float2D) -> Float2D:
    """Cholesky's factor, with zeros where a singular matrix leaves nothing to an asset."""
    count = len(matrix)
    factor = np.zeros((count, count))
    for column in range(count):
        rest = matrix[column:, column] - factor[column:, :column] @ factor[column, :column]
        if rest[0] > 10.0 * _NOISE * count:
            factor[column:, column] = rest / sqrt(rest[0])
    return factor


@dataclass(frozen=True, slots=True)
class CrisisCorrelation:
    """Calm and crisis matrices, and when the second holds."""

    calm: Correlation
    crisis: Correlation
    indicator: str
    """drawdown or volatility."""
    threshold: float
    """A share of the price, or a volatility per square root of a year."""
    window: int = 24
    """Steps that the realised volatility looks back; off until there are that many."""
    asset: int = 0
    """The asset whose price is looked at."""

    def __post_init__(self) -> None:
        one_of("indicator", self.indicator, (DRAWDOWN, VOLATILITY))
        positive("threshold", self.threshold, ndim=0)
        if self.indicator == DRAWDOWN and self.threshold >= 1.0:
            raise InvalidArgument("threshold", self.threshold, "must be below 1 for a drawdown")
        whole("window", self.window, 1)
        if self.calm.matrix.shape != self.crisis.matrix.shape:
            shape = f"array of shape {self.crisis.matrix.shape}"
            rule = f"must have the shape of calm, {self.calm.matrix.shape}"
            raise InvalidArgument("crisis", shape, rule)
        whole("asset", self.asset, 0, len(self.calm.matrix) - 1)


class StressIndicator:
    """Fed with the returns of one asset step by step; says which paths are in stress."""

    def __init__(self, rule: CrisisCorrelation, paths: int, step_years: float) -> None:
        self._rule = rule
        self._height = np.zeros(paths)
        self._highest = np.zeros(paths)
        self._squares = np.zeros((rule.window, paths))
        self._seen = 0
        self._step_years = step_years

    def update(self, log_returns: Float1D) -> None:
        """One step more, float64[paths]."""
        self._height += log_returns
        np.maximum(self._highest, self._height, out=self._highest)
        self._squares[self._seen % self._rule.window] = log_returns**2
        self._seen += 1

    def on(self) -> Bool1D:
        """bool[paths], by the steps seen so far."""
        return self.level() > self._rule.threshold

    def level(self) -> Float1D:
        """The drawdown 1 - S / max S, or the realised volatility (0 until its window is full)."""
        if self._rule.indicator == DRAWDOWN:
            drawdown: Float1D = -np.expm1(self._height - self._highest)
            return drawdown
        if self._seen < self._rule.window:
            return np.zeros_like(self._height)
        volatility: Float1D = np.sqrt(self._squares.mean(axis=0) / self._step_years)
        return volatility


def sample_correlation(log_returns: AnyArray) -> Float2D:
    """Pearson's correlation of float64[steps, assets]; InvalidArgument where a column is still."""
    returns = finite("log_returns", log_returns, ndim=2)
    centred = returns - returns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    refuse("log_returns deviation", length, length > 0.0, "must be above 0 to be correlated")
    scaled = centred / length
    matrix: Float2D = np.clip(scaled.T @ scaled, -1.0, 1.0)
    matrix = 0.5 * (matrix + matrix.T)
    np.fill_diagonal(matrix, 1.0)
    return matrix
