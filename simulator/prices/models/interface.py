"""What a model of one asset offers, and the checks that all of them share."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, within
from simulator.types import AnyArray, Float2D

State: TypeAlias = tuple[AnyArray, ...]
"""What a model carries from step to step, each float64[paths] or int64[paths]."""


@runtime_checkable
class Model(Protocol):
    """Log returns of one asset, advanced over a block of steps.

    `normals` and `uniforms` say how many factors the model needs (see draws.py); normal 0 is the
    shock of the price, which a correlation between assets applies to first.
    """

    normals: ClassVar[int]
    uniforms: ClassVar[int]

    def begin(self, paths: int, spot: float) -> State:
        """The state before the first step."""
        ...

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """Log returns float64[steps, paths] and the state after them.

        normals: float64[steps, factors, paths]; uniforms: likewise, in (0, 1).
        """
        ...


@runtime_checkable
class HasCharacteristic(Protocol):
    """A model whose European options have a Fourier price."""

    @property
    def drift(self) -> float:
        """Of the mean price, per year."""
        ...

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """E[exp(i u X)] of X = ln(S_T / F), F = S_0 exp(drift T); complex128 as `argument`.

        E[exp(X)] = 1, so the value at u = -i is 1.
        """
        ...


LARGEST = 1e12
"""Of any parameter; a decay of 1 a second is 3e7 a year. Squares stay far from overflow."""


def check_parameters(
    model: Any,
    *,
    any_sign: tuple[str, ...] = (),
    at_least_zero: tuple[str, ...] = (),
    above_zero: tuple[str, ...] = (),
    correlations: tuple[str, ...] = (),
    shares: tuple[str, ...] = (),
) -> None:
    """InvalidArgument with the first field that breaks its rule."""
    for names, check in (
        (any_sign, finite),
        (at_least_zero, non_negative),
        (above_zero, positive),
    ):
        for name in names:
            value = float(check(name, getattr(model, name), ndim=0))
            if abs(value) > LARGEST:
                raise InvalidArgument(name, value, f"must be at most {LARGEST:g} in size")
    for name in correlations:
        within(name, getattr(model, name), -1.0, 1.0, ndim=0)
    for name in shares:
        within(name, getattr(model, name), 0.0, 1.0, ndim=0)
