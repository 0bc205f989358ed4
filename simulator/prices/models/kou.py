"""Kou's jump diffusion: jumps of the log price are exponential up or exponential down.

J is +Exp(eta_up) with probability p, else -Exp(eta_down); k = E[e^J] - 1 is
p eta_up/(eta_up - 1) + (1 - p) eta_down/(eta_down + 1) - 1 and needs eta_up > 1.
Exact at every step. Source: Kou (2002); risk-spec section 30.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State, check_parameters
from simulator.prices.models.jumps import check_mean, double_exponential_sums, poisson_counts
from simulator.prices.models.merton import Cumulants
from simulator.types import AnyArray, Float2D


@dataclass(frozen=True, slots=True)
class Kou:
    """Parameters per year; 1 / eta is the mean size of a jump of the log price."""

    drift: float
    sigma: float
    intensity: float
    up_probability: float
    eta_up: float
    eta_down: float

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 4

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("drift",),
            at_least_zero=("sigma", "intensity"),
            above_zero=("eta_up", "eta_down"),
            shares=("up_probability",),
        )
        if self.eta_up <= 1.0:
            rule = "must be above 1, or the price has no mean"
            raise InvalidArgument("eta_up", self.eta_up, rule)

    @property
    def jump_growth(self) -> float:
        """k = E[exp(J)] - 1."""
        p = self.up_probability
        return p / (self.eta_up - 1.0) - (1.0 - p) / (self.eta_down + 1.0)

    @property
    def log_drift(self) -> float:
        """Of the log price between jumps, per year."""
        return self.drift - 0.5 * self.sigma**2 - self.intensity * self.jump_growth

    def begin(self, paths: int, spot: float) -> State:
        """No state."""
        return ()

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        mean = check_mean(self.intensity, step_years)
        counts = poisson_counts(uniforms[:, 0], mean)
        sizes = uniforms[:, 1:].swapaxes(0, 1)
        jumps = double_exponential_sums(
            counts, sizes, self.up_probability, self.eta_up, self.eta_down
        )
        returns = self.sigma * sqrt(step_years) * normals[:, 0] + jumps
        return returns + self.log_drift * step_years, state

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """With jumps' own p eta_up/(eta_up - iu) + (1 - p) eta_down/(eta_down + iu)."""
        u = np.asarray(argument, dtype=np.complex128)
        p = self.up_probability
        jumps = p * 1j * u / (self.eta_up - 1j * u) - (1.0 - p) * 1j * u / (self.eta_down + 1j * u)
        exponent = -0.5 * self.sigma**2 * (u * u + 1j * u)
        exponent += self.intensity * (jumps - 1j * u * self.jump_growth)
        value: AnyArray = np.exp(years * exponent)
        return value

    def cumulants(self) -> Cumulants:
        """Per year: E[J^n] = n! (p / eta_up^n + (-1)^n (1 - p) / eta_down^n)."""
        p, up, down = self.up_probability, self.eta_up, self.eta_down
        powers = (
            p / up - (1 - p) / down,
            2 * (p / up**2 + (1 - p) / down**2),
            6 * (p / up**3 - (1 - p) / down**3),
            24 * (p / up**4 + (1 - p) / down**4),
        )
        one, two, three, four = (self.intensity * power for power in powers)
        return Cumulants(self.log_drift + one, self.sigma**2 + two, three, four)
