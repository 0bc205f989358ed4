"""A peg that breaks: Ornstein-Uhlenbeck on the log price, with jumps, above a floor.

    x = ln(price / peg), dx = -kappa x dt + sigma dW + jumps (normal, Poisson), price >= floor > 0:
    x that falls under ln(floor / peg) is reflected there

Exact between jumps at every step; a jump of a step counts in full at its end. `kappa` is the speed
with which arbitrage mends the peg. Risk-spec section 30; Uhlenbeck, Ornstein (1930).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, log, sqrt
from typing import ClassVar

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State, check_parameters
from simulator.prices.models.jumps import check_mean, normal_sums, poisson_counts
from simulator.risk.checks import positive
from simulator.types import AnyArray, Float2D


@dataclass(frozen=True, slots=True)
class Depeg:
    """Per year; peg and floor in quote, jumps as log returns."""

    kappa: float
    sigma: float
    intensity: float
    jump_mean: float
    jump_deviation: float
    peg: float = 1.0
    floor: float = 1e-4

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("jump_mean",),
            at_least_zero=("kappa", "sigma", "intensity", "jump_deviation"),
            above_zero=("peg", "floor"),
        )
        if self.floor >= self.peg:
            raise InvalidArgument("floor", self.floor, f"must be below the peg {self.peg:g}")

    def deviation(self, years: float) -> float:
        """Of x after that time without jumps: sigma sqrt((1 - e^{-2 kappa t}) / (2 kappa))."""
        if self.kappa == 0.0:
            return self.sigma * sqrt(years)
        return self.sigma * sqrt(-expm1(-2.0 * self.kappa * years) / (2.0 * self.kappa))

    def begin(self, paths: int, spot: float) -> State:
        """x of every path."""
        positive("spot", spot, ndim=0)
        if spot < self.floor:
            raise InvalidArgument("spot", spot, f"must not be below the floor {self.floor:g}")
        return (np.full(paths, log(spot / self.peg)),)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        fading, deviation = exp(-self.kappa * step_years), self.deviation(step_years)
        lowest = log(self.floor / self.peg)
        counts = poisson_counts(uniforms[:, 0], check_mean(self.intensity, step_years))
        jumps = normal_sums(counts, uniforms[:, 1], self.jump_mean, self.jump_deviation)
        x = state[0]
        returns = np.empty(jumps.shape)
        for row, normal, jump in zip(returns, normals[:, 0], jumps, strict=True):
            moved = fading * x + deviation * normal + jump
            moved = np.where(moved < lowest, 2.0 * lowest - moved, moved)
            row[:] = moved - x
            x = moved
        return returns, (x,)
