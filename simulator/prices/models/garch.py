"""GARCH(1,1) of the log returns, step by step.

    r_t = mean [- v_t / 2] + sqrt(v_t) z_t,  v_{t+1} = omega + alpha e_t^2 + beta v_t,
    e_t = sqrt(v_t) z_t, omega > 0, alpha, beta >= 0, alpha + beta < 1

All parameters are per step, whatever its length in years. Compensated returns (the default)
give E[S_n] = S_0 exp(n mean) exactly (Duan 1995). Source: Bollerslev (1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State, check_parameters
from simulator.types import AnyArray, Float1D, Float2D


@dataclass(frozen=True, slots=True)
class Garch:
    """Per step. start_variance 0 means the long-run variance."""

    mean: float
    omega: float
    alpha: float
    beta: float
    start_variance: float = 0.0
    compensated: bool = True

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("mean",),
            at_least_zero=("alpha", "beta", "start_variance"),
            above_zero=("omega",),
        )
        if self.alpha + self.beta >= 1.0:
            rule = f"must be below 1 together with alpha {self.alpha:g}, or no variance is long-run"
            raise InvalidArgument("beta", self.beta, rule)

    @property
    def persistence(self) -> float:
        """alpha + beta."""
        return self.alpha + self.beta

    @property
    def long_run_variance(self) -> float:
        """omega / (1 - alpha - beta), per step."""
        return self.omega / (1.0 - self.persistence)

    @property
    def first_variance(self) -> float:
        """Of the first step."""
        return self.start_variance or self.long_run_variance

    def kurtosis(self) -> float | None:
        """3 (1 - p^2) / (1 - p^2 - 2 alpha^2), p = alpha + beta; None if there is no 4th moment."""
        rest = 1.0 - self.persistence**2
        below = rest - 2.0 * self.alpha**2
        return 3.0 * rest / below if below > 0.0 else None

    def variance_forecast(self, steps: int) -> Float1D:
        """E[v] of steps 1 to `steps`: V + p^i (v_1 - V), float64[steps]."""
        fading = np.power(self.persistence, np.arange(steps, dtype=np.float64))
        away = self.first_variance - self.long_run_variance
        forecast: Float1D = self.long_run_variance + away * fading
        return forecast

    def begin(self, paths: int, spot: float) -> State:
        """The variance of the coming step of every path."""
        return (np.full(paths, self.first_variance),)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        variance = state[0]
        returns = np.empty((normals.shape[0], normals.shape[2]))
        share = 0.5 if self.compensated else 0.0
        for row, normal in zip(returns, normals[:, 0], strict=True):
            shock = np.sqrt(variance) * normal
            row[:] = self.mean + shock - share * variance
            variance = self.omega + self.alpha * shock * shock + self.beta * variance
        return returns, (variance,)
