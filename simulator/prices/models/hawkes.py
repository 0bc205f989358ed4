"""Jumps that bring on jumps: a Hawkes process with an exponential kernel drives normal jumps.

    intensity(t) = base + sum over earlier jumps of excitation e^{-decay (t - t_i)},
    branching n = excitation / decay < 1, mean rate base / (1 - n), long-run Fano 1 / (1 - n)^2

In a price path the intensity is held within a step, counts are Poisson, and a jump adds the mean
of the kernel over the rest of its step: (1 - e^{-decay dt}) / (decay dt). That keeps the mean rate
exact, and the compensator with the held intensity keeps E[S_T] = S_0 exp(drift T); clusters shorter
than a step are not resolved. `hawkes_counts` has no steps and is exact (Ogata's thinning).
Sources: Hawkes (1971); Ogata (1981); Da Fonseca, Zaatour (2014) for the Fano factor of a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, sqrt
from typing import ClassVar

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models.interface import State, check_parameters
from simulator.prices.models.jumps import (
    check_mean,
    normal_jump_growth,
    normal_sums,
    poisson_counts,
)
from simulator.risk.checks import non_negative, positive, whole
from simulator.types import AnyArray, Float2D, Int2D


@dataclass(frozen=True, slots=True)
class HawkesProcess:
    """base, excitation and decay per unit of time (any unit, the same for all three)."""

    base: float
    excitation: float
    decay: float

    def __post_init__(self) -> None:
        check_parameters(self, at_least_zero=("base", "excitation"), above_zero=("decay",))
        if self.excitation >= self.decay:
            rule = f"must be below decay {self.decay:g}, or jumps never cease"
            raise InvalidArgument("excitation", self.excitation, rule)

    @property
    def branching(self) -> float:
        """Jumps that one brings on in the mean."""
        return self.excitation / self.decay

    @property
    def mean_rate(self) -> float:
        """base / (1 - branching)."""
        return self.base / (1.0 - self.branching)

    @property
    def long_run_fano(self) -> float:
        """Variance over mean of the count in a long window: 1 / (1 - branching)^2."""
        return 1.0 / (1.0 - self.branching) ** 2

    def fano(self, window: float) -> float:
        """The same in a window of that length: F + (1 - F) (1 - e^{-gT}) / (gT), g = decay - exc.

        1 in a window of no length.
        """
        non_negative("window", window, ndim=0)
        fading = (self.decay - self.excitation) * window
        share = -expm1(-fading) / fading if fading > 0.0 else 1.0
        return self.long_run_fano + (1.0 - self.long_run_fano) * share


@dataclass(frozen=True, slots=True)
class Hawkes:
    """A diffusion with such jumps; all per year, jumps as log returns.

    The first intensity is the mean rate.
    """

    drift: float
    sigma: float
    base: float
    excitation: float
    decay: float
    jump_mean: float
    jump_deviation: float

    normals: ClassVar[int] = 1
    uniforms: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("drift", "jump_mean"),
            at_least_zero=("sigma", "jump_deviation"),
        )
        self.process()

    def process(self) -> HawkesProcess:
        """The arrivals."""
        return HawkesProcess(self.base, self.excitation, self.decay)

    def begin(self, paths: int, spot: float) -> State:
        """The intensity of every path."""
        return (np.full(paths, self.process().mean_rate),)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        check_mean(self.process().mean_rate, step_years)
        growth = normal_jump_growth(self.jump_mean, self.jump_deviation)
        fading = exp(-self.decay * step_years)
        kept = -expm1(-self.decay * step_years) / (self.decay * step_years)
        intensity = state[0]
        returns = self.sigma * sqrt(step_years) * normals[:, 0]
        returns += (self.drift - 0.5 * self.sigma**2) * step_years
        for row, (count, size) in zip(returns, uniforms[:, :2], strict=True):
            # The bound is reached by nobody in practice; it keeps the compensator true to counts.
            expected = np.minimum(intensity * step_years, 500.0)
            counts = poisson_counts(count, expected)
            row += normal_sums(counts, size, self.jump_mean, self.jump_deviation)
            row -= growth * expected
            intensity = self.base + (intensity - self.base) * fading
            intensity = intensity + self.excitation * kept * counts
        return returns, (intensity,)


def hawkes_counts(
    process: HawkesProcess,
    windows: int,
    window: float,
    paths: int,
    rng: np.random.Generator,
    *,
    burn_in: float = 0.0,
) -> Int2D:
    """Jumps in consecutive windows after `burn_in`, int64[paths, windows]; exact.

    Starts with an empty past, so that a burn-in of some 10 / (decay - excitation) is needed where
    the stationary process is meant.
    """
    whole("windows", windows, 1)
    whole("paths", paths, 1)
    positive("window", window, ndim=0)
    non_negative("burn_in", burn_in, ndim=0)
    counts = np.zeros((paths, windows), dtype=np.int64)
    end = burn_in + windows * window
    time, extra = np.zeros(paths), np.zeros(paths)
    alive = np.arange(paths if process.base > 0.0 else 0)
    while alive.size:
        # Between jumps the intensity falls, so that its value now bounds it.
        bound = process.base + extra[alive]
        wait = rng.standard_exponential(alive.size) / bound
        time[alive] += wait
        extra[alive] *= np.exp(-process.decay * wait)
        accepted = rng.random(alive.size) * bound < process.base + extra[alive]
        inside = time[alive] < end
        hit = alive[accepted & inside]
        extra[hit] += process.excitation
        late = hit[time[hit] >= burn_in]
        at = np.minimum(((time[late] - burn_in) / window).astype(np.int64), windows - 1)
        counts[late, at] += 1
        alive = alive[inside]
    return counts
