"""Interest and kinked rates of Aave v3 and Compound v3, to the last unit (risk-spec section 7).

Sources: aave-dao/aave-v3-origin, MathUtils and DefaultReserveInterestRateStrategyV2;
compound-finance/comet, Comet.sol.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.risk import checks
from simulator.units import (
    BPS,
    RAY,
    SECONDS_PER_YEAR,
    WAD,
    div_floor,
    percent_mul_half_up,
    ray_div_half_up,
    ray_mul_half_up,
    wad_mul_floor,
)


def aave_linear_interest(rate_ray: int, elapsed_seconds: int) -> int:
    """RAY + rate x elapsed // year: what a supply index is multiplied by."""
    return RAY + _accrued(rate_ray, elapsed_seconds)


def aave_compounded_interest(rate_ray: int, elapsed_seconds: int) -> int:
    """RAY + x + rayMul(x, x // 2 + rayMul(x, x // 6)) with x = rate x elapsed // year.

    The third-order series of e^x; a debt index is multiplied by it.
    """
    x = _accrued(rate_ray, elapsed_seconds)
    return RAY + x + ray_mul_half_up(x, x // 2 + ray_mul_half_up(x, x // 6))


@dataclass(frozen=True, slots=True)
class AaveRates:
    """A reserve's rate strategy, RAY."""

    optimal: int
    """Utilisation at the kink, above 0 and at most 1."""
    base: int
    slope1: int
    slope2: int

    def __post_init__(self) -> None:
        checks.whole("optimal", self.optimal, 1, RAY)
        for name in ("base", "slope1", "slope2"):
            checks.whole(name, getattr(self, name), 0)


def aave_utilisation(total_debt: int, available_liquidity: int) -> int:
    """rayDiv(debt, liquidity + debt), RAY; 0 without debt."""
    checks.whole("available_liquidity", available_liquidity, 0)
    if checks.whole("total_debt", total_debt, 0) == 0:
        return 0
    return ray_div_half_up(total_debt, available_liquidity + total_debt)


def aave_borrow_rate(rates: AaveRates, utilisation_ray: int) -> int:
    """base + slope1 x U / U* up to the kink, base + slope1 + slope2 x (U - U*) / (1 - U*) above.

    RAY per year; each product and quotient half-up. U is in [0, 1].
    """
    used = checks.whole("utilisation_ray", utilisation_ray, 0, RAY)
    if used <= rates.optimal:
        return rates.base + ray_div_half_up(ray_mul_half_up(rates.slope1, used), rates.optimal)
    excess = ray_div_half_up(used - rates.optimal, RAY - rates.optimal)
    return rates.base + rates.slope1 + ray_mul_half_up(rates.slope2, excess)


def aave_liquidity_rate(borrow_rate_ray: int, utilisation_ray: int, reserve_factor_bps: int) -> int:
    """percentMul(rayMul(borrow rate, U), 10000 - reserve factor), both half-up; RAY per year."""
    checks.whole("reserve_factor_bps", reserve_factor_bps, 0, BPS)
    checks.whole("borrow_rate_ray", borrow_rate_ray, 0)
    checks.whole("utilisation_ray", utilisation_ray, 0)
    paid = ray_mul_half_up(borrow_rate_ray, utilisation_ray)
    return percent_mul_half_up(paid, BPS - reserve_factor_bps)


@dataclass(frozen=True, slots=True)
class KinkedRates:
    """One curve of Compound v3, 1e-18; supply and borrow have one each."""

    base: int
    slope_low: int
    slope_high: int
    kink: int

    def __post_init__(self) -> None:
        for name in ("base", "slope_low", "slope_high", "kink"):
            checks.whole(name, getattr(self, name), 0)


def compound_utilisation(total_borrow: int, total_supply: int) -> int:
    """borrow x 1e18 // supply; 0 without supply. May exceed 1."""
    checks.whole("total_borrow", total_borrow, 0)
    if checks.whole("total_supply", total_supply, 0) == 0:
        return 0
    return div_floor(total_borrow * WAD, total_supply)


def compound_rate(rates: KinkedRates, utilisation_wad: int) -> int:
    """base + low x min(U, kink) + high x max(U - kink, 0), each product floored.

    1e-18 per the time unit of the parameters (the contract's is the second).
    """
    used = checks.whole("utilisation_wad", utilisation_wad, 0)
    if used <= rates.kink:
        return rates.base + wad_mul_floor(rates.slope_low, used)
    low = wad_mul_floor(rates.slope_low, rates.kink)
    return rates.base + low + wad_mul_floor(rates.slope_high, used - rates.kink)


def _accrued(rate_ray: int, elapsed_seconds: int) -> int:
    seconds = checks.whole("elapsed_seconds", elapsed_seconds, 0)
    return div_floor(checks.whole("rate_ray", rate_ray, 0) * seconds, SECONDS_PER_YEAR)
