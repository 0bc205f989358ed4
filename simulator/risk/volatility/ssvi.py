"""SSVI: a whole surface from at-the-money total variances θ, a curvature φ(θ) and one ρ.

w(k) = θ/2·(1 + ρ·φ·k + √((φ·k + ρ)² + 1 − ρ²)). Source: Gatheral, Jacquier, arXiv:1204.0646,
theorems 4.1 and 4.2 and section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, positive
from simulator.risk.volatility.svi import RawSvi
from simulator.types import AnyArray


@dataclass(frozen=True, slots=True)
class SsviButterfly:
    """The two sufficient conditions against butterfly arbitrage, bool of the common shape."""

    slope: AnyArray
    """θ·φ·(1 + |rho|) < 4, strict."""
    curvature: AnyArray
    """θ·φ²·(1 + |rho|) <= 4."""
    free: AnyArray
    """Both."""


def ssvi_total_variance(theta: Any, phi: Any, rho: float, k: Any) -> AnyArray:
    """w(k), float64 of the common shape; θ >= 0, φ > 0, |ρ| < 1."""
    rho = _correlation(rho)
    theta, phi, k = broadcast(
        theta=non_negative("theta", theta), phi=positive("phi", phi), k=finite("k", k)
    )
    root = np.sqrt(np.square(phi * k + rho) + 1.0 - rho**2)
    result: AnyArray = theta / 2.0 * (1.0 + rho * phi * k + root)
    return result


def ssvi_slice(theta: float, phi: float, rho: float) -> RawSvi:
    """The same slice in raw form: a = θ/2·(1 − ρ²), b = θ·φ/2, m = −ρ/φ, s = √(1 − ρ²)/φ."""
    rho = _correlation(rho)
    theta, phi = float(non_negative("theta", theta, ndim=0)), float(positive("phi", phi, ndim=0))
    spread = 1.0 - rho**2
    return RawSvi(theta / 2.0 * spread, theta * phi / 2.0, rho, -rho / phi, sqrt(spread) / phi)


def power_law_phi(theta: Any, eta: float, gamma: float) -> AnyArray:
    """φ(θ) = η / (θ^γ·(1 + θ)^{1 − γ}), float64; θ > 0, η > 0, 0 < γ <= 1/2.

    Free of static arbitrage for all θ when η·(1 + |ρ|) <= 2 (their remark 4.4).
    """
    theta = positive("theta", theta)
    eta = float(positive("eta", eta, ndim=0))
    if not 0.0 < finite("gamma", gamma, ndim=0) <= 0.5:
        raise InvalidArgument("gamma", gamma, "must be above 0 and at most 1/2")
    result: AnyArray = eta / (theta**gamma * (1.0 + theta) ** (1.0 - gamma))
    return result


def ssvi_butterfly(theta: Any, phi: Any, rho: float) -> SsviButterfly:
    """θ·φ·(1 + |ρ|) < 4 and θ·φ²·(1 + |ρ|) <= 4."""
    rho = _correlation(rho)
    theta, phi = broadcast(theta=non_negative("theta", theta), phi=positive("phi", phi))
    weight = theta * phi * (1.0 + abs(rho))
    slope, curvature = weight < 4.0, weight * phi <= 4.0
    return SsviButterfly(slope, curvature, slope & curvature)


def ssvi_calendar(theta_by_time: Any, theta_phi_by_theta: Any, phi: Any, rho: float) -> AnyArray:
    """Free of calendar arbitrage, bool of the common shape.

    ∂θ/∂t >= 0 and 0 <= ∂(θφ)/∂θ <= φ·(1 + √(1 − ρ²))/ρ² (no upper limit at ρ = 0), all
    inclusive. theta_by_time is ∂θ/∂t, theta_phi_by_theta ∂(θφ)/∂θ.
    """
    rho = _correlation(rho)
    by_time, by_theta, phi = broadcast(
        theta_by_time=finite("theta_by_time", theta_by_time),
        theta_phi_by_theta=finite("theta_phi_by_theta", theta_phi_by_theta),
        phi=positive("phi", phi),
    )
    square = rho * rho
    limit = phi * ((1.0 + sqrt(1.0 - square)) / square) if square > 0.0 else inf
    result: AnyArray = (by_time >= 0.0) & (by_theta >= 0.0) & (by_theta <= limit)
    return result


def _correlation(rho: float) -> float:
    value = float(finite("rho", rho, ndim=0))
    if not abs(value) < 1.0:
        raise InvalidArgument("rho", rho, "must lie strictly between -1 and 1")
    return value
