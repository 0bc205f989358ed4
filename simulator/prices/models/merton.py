"""Merton's jump diffusion: a geometric Brownian motion with normal jumps of the log price.

    X_T = (drift - sigma^2/2 - intensity k) T + sigma W_T + sum of N_T jumps,
    N_T Poisson(intensity T), J normal(jump_mean, jump_deviation), k = E[e^J] - 1

Exact at every step; E[S_T] = S_0 exp(drift T). Source: Merton (1976); risk-spec section 30.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State, check_parameters
from simulator.prices.models.jumps import (
    check_mean,
    normal_jump_growth,
    normal_sums,
    poisson_counts,
)
from simulator.risk.checks import positive
from simulator.types import AnyArray, Float2D


class Cumulants(NamedTuple):
    """Of log returns per year."""

    mean: float
    variance: float
    third: float
    fourth: float


@dataclass(frozen=True, slots=True)
class Merton:
    """Parameters per year; jumps as log returns."""

    drift: float
    sigma: float
    intensity: float
    jump_mean: float
    jump_deviation: float

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("drift", "jump_mean"),
            at_least_zero=("sigma", "intensity", "jump_deviation"),
        )

    @property
    def jump_growth(self) -> float:
        """k = exp(jump_mean + jump_deviation^2 / 2) - 1."""
        return normal_jump_growth(self.jump_mean, self.jump_deviation)

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
        jumps = normal_sums(counts, uniforms[:, 1], self.jump_mean, self.jump_deviation)
        returns = self.sigma * sqrt(step_years) * normals[:, 0] + jumps
        return returns + self.log_drift * step_years, state

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """exp(T (-sigma^2 (u^2 + iu)/2 + intensity (e^{iu m - u^2 d^2 / 2} - 1 - iu k)))."""
        u = np.asarray(argument, dtype=np.complex128)
        jumps = np.expm1(1j * u * self.jump_mean - 0.5 * self.jump_deviation**2 * u * u)
        exponent = -0.5 * self.sigma**2 * (u * u + 1j * u)
        exponent += self.intensity * (jumps - 1j * u * self.jump_growth)
        value: AnyArray = np.exp(years * exponent)
        return value

    def cumulants(self) -> Cumulants:
        """Per year: kappa_n = intensity E[J^n], plus the diffusion's share of the first two."""
        m, d = self.jump_mean, self.jump_deviation
        powers = (m, m**2 + d**2, m**3 + 3 * m * d**2, m**4 + 6 * m**2 * d**2 + 3 * d**4)
        one, two, three, four = (self.intensity * power for power in powers)
        return Cumulants(self.log_drift + one, self.sigma**2 + two, three, four)


def haug_merton(rate: float, vol: float, intensity: float, share: float) -> Merton:
    """Haug's parameters: `share` of the total variance vol^2 is due to jumps of mean return 0.

    jump_deviation^2 = share vol^2 / intensity; sigma^2 = vol^2 (1 - share); E[e^J] = 1.
    Source: Haug (1998), page 9.
    """
    positive("intensity", intensity, ndim=0)
    if not 0.0 <= share <= 1.0:
        raise InvalidArgument("share", share, "must be in [0, 1]")
    variance = share * vol**2 / intensity
    return Merton(rate, vol * sqrt(1.0 - share), intensity, -0.5 * variance, sqrt(variance))
