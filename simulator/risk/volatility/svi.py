"""SVI slices of total implied variance in forward log-moneyness k = ln(K/F).

w(k) = a + b·(ρ·(k − m) + √((k − m)² + s²)). Sources: Gatheral (2004); Gatheral, Jacquier,
"Arbitrage-free SVI volatility surfaces", arXiv:1204.0646 (jump wings, g, SSVI).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, hypot, sin, sqrt
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite
from simulator.types import AnyArray


@dataclass(frozen=True, slots=True)
class RawSvi:
    """Raw parameters of one slice.

    Raises InvalidArgument unless all are finite, b >= 0, |ρ| < 1, s > 0 and
    a + b·s·√(1 − ρ²) >= 0. Arbitrage is not refused here but told by `svi_arbitrage`.
    """

    a: float
    b: float
    rho: float
    m: float
    s: float

    def __post_init__(self) -> None:
        for name in ("a", "b", "rho", "m", "s"):
            finite(name, getattr(self, name), ndim=0)
        if self.b < 0.0:
            raise InvalidArgument("b", self.b, "must be at least 0")
        if not abs(self.rho) < 1.0:
            raise InvalidArgument("rho", self.rho, "must lie strictly between -1 and 1")
        if not self.s > 0.0:
            raise InvalidArgument("s", self.s, "must be above 0")
        if self.minimum_variance < 0.0:
            raise InvalidArgument("a", self.a, "a + b·s·√(1 - rho²) must be at least 0")

    @property
    def minimum_variance(self) -> float:
        """a + b·s·√(1 − ρ²), the least total variance of the slice."""
        return self.a + self.b * self.s * sqrt(1.0 - self.rho**2)


@dataclass(frozen=True, slots=True)
class JumpWings:
    """Jump-wing parameters of one slice; v and v_tilde are variances per year."""

    v: float
    """At-the-money variance."""
    psi: float
    """At-the-money skew of the volatility times √t."""
    p: float
    """Slope of the put wing."""
    c: float
    """Slope of the call wing."""
    v_tilde: float
    """Least variance."""


def svi_total_variance(slice_: RawSvi, k: Any) -> AnyArray:
    """w(k), total variance (σ²·T), float64 of k's shape."""
    return svi_derivatives(slice_, k)[0]


def svi_derivatives(slice_: RawSvi, k: Any) -> tuple[AnyArray, AnyArray, AnyArray]:
    """w, w' = b·(ρ + (k − m)/R), w'' = b·s²/R³ with R = √((k − m)² + s²), float64 of k's shape."""
    away = finite("k", k) - slice_.m
    root = np.hypot(away, slice_.s)
    return (
        slice_.a + slice_.b * (slice_.rho * away + root),
        slice_.b * (slice_.rho + away / root),
        slice_.b * slice_.s**2 / root**3,
    )


def svi_to_jump_wings(slice_: RawSvi, years: float) -> JumpWings:
    """Jump wings of a slice of maturity `years` > 0.

    With w0 = w(0): v = w0/t, ψ = b/(2·√w0)·(ρ − m/√(m² + s²)), p = b·(1 − ρ)/√w0,
    c = b·(1 + ρ)/√w0, ṽ = minimum/t. Raises InvalidArgument where w0 = 0, which has none.
    """
    _positive_years(years)
    at_money = float(svi_total_variance(slice_, 0.0))
    if not at_money > 0.0:
        raise InvalidArgument("slice_", slice_, "needs at-the-money variance above 0")
    root = sqrt(at_money)
    skew = slice_.rho - slice_.m / hypot(slice_.m, slice_.s)
    return JumpWings(
        v=at_money / years,
        psi=slice_.b / (2.0 * root) * skew,
        p=slice_.b * (1.0 - slice_.rho) / root,
        c=slice_.b * (1.0 + slice_.rho) / root,
        v_tilde=slice_.minimum_variance / years,
    )


def jump_wings_to_svi(wings: JumpWings, years: float) -> RawSvi:
    """The raw slice with these jump wings; the inverse of `svi_to_jump_wings`.

    With ρ = sin A and m/√(m² + s²) = ρ − 2·ψ·√w0/b = sin B, the least variance lies
    2·b·sin²((A − B)/2)·√(m² + s²) below w0. Raises InvalidArgument where no slice has these wings
    (v <= 0, ṽ outside [0, v], a negative or no wing, |sin B| >= 1), and at sin A = sin B (ψ = 0),
    where every width gives the same wings.
    """
    _positive_years(years)
    for name in ("v", "psi", "p", "c", "v_tilde"):
        finite(name, getattr(wings, name), ndim=0)
    if not wings.v > 0.0:
        raise InvalidArgument("v", wings.v, "must be above 0")
    if not 0.0 <= wings.v_tilde <= wings.v:
        raise InvalidArgument("v_tilde", wings.v_tilde, f"must be in [0, v = {wings.v:g}]")
    for name, slope in (("p", wings.p), ("c", wings.c)):
        if not slope > 0.0:
            raise InvalidArgument(name, slope, "must be above 0")
    root = sqrt(wings.v * years)
    b = 0.5 * root * (wings.c + wings.p)
    rho = (wings.c - wings.p) / (wings.c + wings.p)
    lean = rho - 2.0 * wings.psi * root / b
    if not abs(lean) < 1.0:
        raise InvalidArgument("psi", wings.psi, "must lie strictly between -p/2 and c/2")
    fall = 2.0 * b * sin((asin(rho) - asin(lean)) / 2.0) ** 2
    if not (fall > 0.0 and wings.v_tilde < wings.v):
        raise InvalidArgument("psi", wings.psi, "with ψ = 0 or ṽ = v the width is not determined")
    reach = (wings.v - wings.v_tilde) * years / fall
    s = sqrt(1.0 - lean**2) * reach
    a = wings.v_tilde * years - b * s * sqrt(1.0 - rho**2)
    return RawSvi(a=a, b=b, rho=rho, m=lean * reach, s=s)


def _positive_years(years: float) -> None:
    if not finite("years", years, ndim=0) > 0.0:
        raise InvalidArgument("years", years, "must be above 0")
