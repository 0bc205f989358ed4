"""Bates: Heston's variance with Merton's jumps of the log price.

Source: Bates (1996); risk-spec section 30. With intensity 0 it is Heston's model, path by path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulator.prices.models.heston import QUADRATIC_EXPONENTIAL, Heston
from simulator.prices.models.interface import State
from simulator.prices.models.merton import Merton
from simulator.types import AnyArray, Float2D


@dataclass(frozen=True, slots=True)
class Bates:
    """Parameters per year, named as in Heston and Merton."""

    drift: float
    v0: float
    kappa: float
    theta: float
    sigma: float
    rho: float
    intensity: float
    jump_mean: float
    jump_deviation: float
    scheme: str = QUADRATIC_EXPONENTIAL

    normals: ClassVar[int] = 2
    uniforms: ClassVar[int] = 2

    def __post_init__(self) -> None:
        self.heston()
        self.jumps()

    def heston(self) -> Heston:
        """The diffusion with the whole drift."""
        return Heston(
            self.drift, self.v0, self.kappa, self.theta, self.sigma, self.rho, self.scheme
        )

    def jumps(self) -> Merton:
        """The compensated jumps alone."""
        return Merton(0.0, 0.0, self.intensity, self.jump_mean, self.jump_deviation)

    def begin(self, paths: int, spot: float) -> State:
        """The variance of every path."""
        return self.heston().begin(paths, spot)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        returns, state = self.heston().advance(state, normals, uniforms, step_years)
        jumps, _ = self.jumps().advance((), normals, uniforms, step_years)
        return returns + jumps, state

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """The product of the two, which are independent."""
        diffusion = self.heston().characteristic(argument, years)
        value: AnyArray = diffusion * self.jumps().characteristic(argument, years)
        return value
