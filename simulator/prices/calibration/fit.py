"""What a calibration gives back, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeVar

import numpy as np

from simulator.errors import UnderwaterError
from simulator.risk.checks import positive
from simulator.types import Float1D

FEWEST = 30
"""Log returns; below, standard errors from large samples say nothing."""

ModelT = TypeVar("ModelT")


class CalibrationRefused(UnderwaterError):
    """The series does not determine the model's parameters; the message says why."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"{model} cannot be calibrated: {reason}")
        self.model = model
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter and its standard error, in the units of the model's field of that name."""

    name: str
    value: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Fit(Generic[ModelT]):
    """A calibrated model."""

    model: ModelT
    estimates: tuple[Estimate, ...]
    method: str
    observations: int
    """Log returns used."""
    log_likelihood: float | None = None
    """At the estimates; None where the method is not of likelihood."""

    def standard_error(self, name: str) -> float:
        """Of the parameter of that name."""
        return next(found.standard_error for found in self.estimates if found.name == name)


def estimates(model: str, **found: tuple[float, float]) -> tuple[Estimate, ...]:
    """(value, standard error) by name; refused where one of them is no number."""
    for name, (value, error) in found.items():
        if not (isfinite(value) and isfinite(error)):
            raise CalibrationRefused(model, f"{name} = {value:g} has the standard error {error:g}")
    return tuple(Estimate(name, float(v), float(e)) for name, (v, e) in found.items())


def checked_returns(model: str, prices: Any, step_years: float) -> Float1D:
    """Log returns float64[steps] of prices [steps + 1]; refused if too few or all the same.

    InvalidArgument for prices that are not positive numbers.
    """
    positive("step_years", step_years, ndim=0)
    series = positive("prices", prices, ndim=1)
    if series.size <= FEWEST:
        count = max(series.size - 1, 0)
        raise CalibrationRefused(model, f"{count} returns are too few, it takes {FEWEST}")
    returns: Float1D = np.diff(np.log(series))
    if np.ptp(returns) <= 1e-12 * float(np.abs(returns).max(initial=1e-300)):
        raise CalibrationRefused(model, "the returns are all the same")
    return returns
