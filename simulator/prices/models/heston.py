"""Heston's stochastic variance, by full truncation or by Andersen's quadratic-exponential scheme.

    dS/S = drift dt + sqrt(v) dW_1,  dv = kappa (theta - v) dt + sigma sqrt(v) dW_2,
    d<W_1, W_2> = rho dt; Feller's 2 kappa theta > sigma^2 is not required

Full truncation puts max(v, 0) into drift and diffusion (Lord, Koekkoek, van Dijk 2010). QE matches
two moments of v (psi_c = 1.5) and carries the martingale correction (Andersen 2008, equations 33
and 34, propositions 5 to 9). Both keep E[S_T] = S_0 exp(drift T) at any length of the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from simulator.prices.models.interface import State, check_parameters
from simulator.risk.checks import non_negative, one_of
from simulator.types import AnyArray, Float1D, Float2D

FULL_TRUNCATION = "full-truncation"
QUADRATIC_EXPONENTIAL = "qe"
SCHEMES = (QUADRATIC_EXPONENTIAL, FULL_TRUNCATION)
_PSI_SWITCH = 1.5
"""Where QE changes from the squared normal to the exponential; both are valid in [1, 2]."""


class VarianceMoments(NamedTuple):
    """Of the variance v_t, per year."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Heston:
    """Parameters per year; v0 and theta are variances, sigma the volatility of the variance."""

    drift: float
    v0: float
    kappa: float
    theta: float
    sigma: float
    rho: float
    scheme: str = QUADRATIC_EXPONENTIAL

    normals: ClassVar[int] = 2
    uniforms: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_parameters(
            self,
            any_sign=("drift",),
            at_least_zero=("v0", "kappa", "theta", "sigma"),
            correlations=("rho",),
        )
        one_of("scheme", self.scheme, SCHEMES)

    @property
    def feller(self) -> bool:
        """Whether the variance never touches 0: 2 kappa theta > sigma^2."""
        return 2.0 * self.kappa * self.theta > self.sigma**2

    @property
    def square_has_mean(self) -> bool:
        """Whether E[S_T^2] is finite at every horizon: kappa >= 2 rho sigma + sqrt(2) sigma.

        Source: Andersen, Piterbarg (2007), proposition 3.1. Beyond it, the moment explodes in
        finite time, and the characteristic function at -2i means nothing.
        """
        return self.kappa >= (2.0 * self.rho + sqrt(2.0)) * self.sigma

    def variance_moments(self, years: float) -> VarianceMoments:
        """theta + (v0 - theta) e^{-kappa t} and sigma^2 a (v0 e^{-kappa t} + theta kappa a / 2).

        a = (1 - e^{-kappa t}) / kappa, t where kappa is 0. Source: Cox, Ingersoll, Ross (1985).
        """
        non_negative("years", years, ndim=0)
        decay, a = exp(-self.kappa * years), self._spell(years)
        mean = self.v0 * decay + self.theta * self.kappa * a
        variance = self.sigma**2 * a * (self.v0 * decay + 0.5 * self.theta * self.kappa * a)
        return VarianceMoments(mean, variance)

    def mean_integrated_variance(self, years: float) -> float:
        """E of the integral of v over [0, years]: theta t + (v0 - theta) a."""
        return self.theta * years + (self.v0 - self.theta) * self._spell(years)

    def begin(self, paths: int, spot: float) -> State:
        """The variance of every path."""
        return (np.full(paths, self.v0),)

    def advance(
        self, state: State, normals: AnyArray, uniforms: AnyArray, step_years: float
    ) -> tuple[Float2D, State]:
        """See `Model.advance`."""
        variance = state[0]
        step = self._truncated if self.scheme == FULL_TRUNCATION else self._quadratic_exponential
        returns = np.empty((normals.shape[0], normals.shape[2]))
        for row, (price, other) in zip(returns, normals, strict=True):
            variance = step(variance, price, other, step_years, row)
        returns += self.drift * step_years
        return returns, (variance,)

    def _truncated(
        self, variance: Float1D, price: Float1D, other: Float1D, dt: float, row: Float1D
    ) -> Float1D:
        held = np.maximum(variance, 0.0)
        deviation = np.sqrt(held * dt)
        row[:] = deviation * price - 0.5 * dt * held
        shock = self.rho * price + sqrt(1.0 - self.rho**2) * other
        after: Float1D = variance + self.kappa * dt * (self.theta - held)
        after += self.sigma * deviation * shock
        return after

    def _quadratic_exponential(
        self, variance: Float1D, price: Float1D, other: Float1D, dt: float, row: Float1D
    ) -> Float1D:
        decay, a = exp(-self.kappa * dt), self._spell(dt)
        if self.sigma < 1e-8:
            # The limit: its terms divide by sigma, and the variance has no noise to speak of.
            total = self.theta * dt + (variance - self.theta) * a
            row[:] = np.sqrt(total) * price - 0.5 * total
            return variance * decay + self.theta * self.kappa * a
        mean = variance * decay + self.theta * self.kappa * a
        spread = self.sigma**2 * a * (variance * decay + 0.5 * self.theta * self.kappa * a)
        slope = self.kappa * self.rho / self.sigma - 0.5
        now = 0.5 * dt * slope - self.rho / self.sigma
        then = 0.5 * dt * slope + self.rho / self.sigma
        noise = 0.5 * dt * (1.0 - self.rho**2)
        after, log_growth = _next_variance(mean, spread, other, then + 0.5 * noise)
        # Without a finite mean (a large rho > 0 and a long step) nothing can be corrected.
        plain = -self.rho * self.kappa * self.theta / self.sigma * dt
        start = np.where(np.isnan(log_growth), plain, -log_growth - (now + 0.5 * noise) * variance)
        row[:] = start + now * variance + then * after + np.sqrt(noise * (variance + after)) * price
        return after

    def characteristic(self, argument: AnyArray, years: float) -> AnyArray:
        """exp(C + D v0) in the form that needs no branch of the logarithm to be followed.

        With b = kappa - i rho sigma u, d = sqrt(b^2 + sigma^2 (u^2 + iu)), g = (b - d)/(b + d):
        D = (b - d)/sigma^2 (1 - e^{-dT})/(1 - g e^{-dT}),
        C = kappa theta/sigma^2 ((b - d) T - 2 ln((1 - g e^{-dT})/(1 - g))), where
        (b - d)/sigma^2 = -(u^2 + iu)/(b + d) does not cancel for a small sigma.
        Source: Heston (1993); Albrecher, Mayer, Schoutens, Tistaert (2007).
        """
        u = np.asarray(argument, dtype=np.complex128)
        square = u * u + 1j * u
        if self.sigma < 1e-8:
            value: AnyArray = np.exp(-0.5 * square * self.mean_integrated_variance(years))
            return value
        drag = self.kappa - 1j * self.rho * self.sigma * u
        d = np.sqrt(drag * drag + self.sigma**2 * square)
        slope = -square / (drag + d)
        g = self.sigma**2 * slope / (drag + d)
        fading = np.exp(-d * years)
        ratio = np.log1p(-g * fading) - np.log1p(-g)
        constant = self.kappa * self.theta * (slope * years - 2.0 * ratio / self.sigma**2)
        value = np.exp(constant + slope * (1.0 - fading) / (1.0 - g * fading) * self.v0)
        return value

    def _spell(self, years: float) -> float:
        """(1 - e^{-kappa t}) / kappa, the time that the start counts."""
        return -expm1(-self.kappa * years) / self.kappa if self.kappa > 0.0 else years


def _next_variance(
    mean: Float1D, spread: Float1D, normal: Float1D, exponent: float
) -> tuple[Float1D, Float1D]:
    """QE's draw with that mean and variance, and ln E[exp(exponent v)] of it.

    The logarithm is NaN where the mean of the exponential is infinite.
    """
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        psi = np.where(mean > 0.0, spread / (mean * mean), 0.0)
        quadratic = psi <= _PSI_SWITCH
        inverse = 2.0 / psi
        square = inverse - 1.0 + np.sqrt(inverse * np.maximum(inverse - 1.0, 0.0))
        scale = mean / (1.0 + square)
        after = scale * (np.sqrt(square) + normal) ** 2
        left = 1.0 - 2.0 * exponent * scale
        growth = np.where(left > 0.0, exponent * square * scale / left - 0.5 * np.log(left), np.nan)
    # Neither noise nor, at a mean of 0, anything else: psi of 0 has no finite square.
    still = ~(psi > 0.0) | ~np.isfinite(square)
    after = np.where(still, mean, after)
    growth = np.where(still, exponent * mean, growth)
    at = np.flatnonzero(~quadratic)
    if at.size:
        after[at], growth[at] = _exponential(mean[at], psi[at], ndtr(normal[at]), exponent)
    return after, growth


def _exponential(
    mean: Float1D, psi: Float1D, uniform: Float1D, exponent: float
) -> tuple[Float1D, Float1D]:
    """0 with probability p = (psi - 1)/(psi + 1), else exponential of rate (1 - p)/mean."""
    p = (psi - 1.0) / (psi + 1.0)
    rate = (1.0 - p) / mean
    left = np.maximum(1.0 - uniform, 2.0**-53)
    after = np.where(uniform <= p, 0.0, np.log((1.0 - p) / left) / rate)
    finite = exponent < rate
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log(p + rate * (1.0 - p) / np.where(finite, rate - exponent, 1.0))
    return np.maximum(after, 0.0), np.where(finite, growth, np.nan)
