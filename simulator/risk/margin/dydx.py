"""dYdX v4: integers of quote quantums (1e-6 USDC) and parts per million, rounded up.

Source: dydxprotocol/v4-chain, x/perpetuals liquidity tiers. The initial margin fraction grows with
open interest; maintenance margin is a share of the base fraction's, never of the grown one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import trunc
from typing import Any

from simulator.errors import InvalidArgument
from simulator.risk.margin.interface import MarginAccount, Requirement
from simulator.units import PPM, div_floor, ppm_mul_ceil


def dydx_initial_fraction(
    base_ppm: int, open_interest: int = 0, lower_cap: int = 0, upper_cap: int = 0
) -> int:
    """Effective initial margin fraction in ppm.

    base + (1e6 - base) x (open interest - lower) // (upper - lower): the base at or below the
    lower cap, 1e6 at or above the upper one; an upper cap of 0 switches the growth off. Open
    interest is the open notional at the oracle price, in quote quantums like the caps.
    """
    _ppm("base_ppm", base_ppm)
    for name, value in (("open_interest", open_interest), ("lower_cap", lower_cap)):
        if value < 0:
            raise InvalidArgument(name, value, "must be at least 0")
    if upper_cap == 0:
        return base_ppm
    if upper_cap < lower_cap:
        raise InvalidArgument("upper_cap", upper_cap, "must be 0 or at least the lower cap")
    if open_interest <= lower_cap:
        return base_ppm
    if open_interest >= upper_cap:
        return PPM
    grown = (PPM - base_ppm) * (open_interest - lower_cap)
    return base_ppm + div_floor(grown, upper_cap - lower_cap)


def dydx_initial_margin(
    notional: int, base_ppm: int, open_interest: int = 0, lower_cap: int = 0, upper_cap: int = 0
) -> int:
    """ceil(notional x effective fraction / 1e6) in quote quantums; notional >= 0."""
    _notional(notional)
    fraction = dydx_initial_fraction(base_ppm, open_interest, lower_cap, upper_cap)
    return ppm_mul_ceil(notional, fraction)


def dydx_maintenance_margin(notional: int, base_ppm: int, maintenance_fraction_ppm: int) -> int:
    """ceil(ceil(notional x base / 1e6) x maintenance fraction / 1e6) in quote quantums.

    Both steps round up, and open interest plays no part.
    """
    _ppm("maintenance_fraction_ppm", maintenance_fraction_ppm)
    return ppm_mul_ceil(dydx_initial_margin(notional, base_ppm), maintenance_fraction_ppm)


def dydx_notional(quantums: int, price: int, exponent: int, atomic_resolution: int) -> int:
    """Net notional in quote quantums, toward zero: signed quantums x price x
    10 ** (exponent + atomic resolution + 6)."""
    return trunc(quantums * price * Fraction(10) ** (exponent + atomic_resolution + 6))


def dydx_liquidatable(net_collateral: int, maintenance: int) -> bool:
    """Net collateral < maintenance requirement (strict), in quote quantums."""
    return net_collateral < maintenance


@dataclass(frozen=True, slots=True)
class DydxMarket:
    """A perpetual and its liquidity tier."""

    base_ppm: int
    """Initial margin fraction without open interest."""
    maintenance_fraction_ppm: int
    """Maintenance margin as a share of the base initial margin."""
    atomic_resolution: int
    """A base quantum is 10 ** this of the base asset."""
    price_exponent: int
    """Prices are integers of 10 ** this USD."""
    open_interest: int = 0
    """Base quantums held long."""
    lower_cap: int = 0
    upper_cap: int = 0
    """Quote quantums; 0: no growth with open interest."""

    def __post_init__(self) -> None:
        _ppm("base_ppm", self.base_ppm)
        _ppm("maintenance_fraction_ppm", self.maintenance_fraction_ppm)

    def notional(self, quantums: int, price: int) -> int:
        """Signed quote quantums, toward zero."""
        return dydx_notional(quantums, price, self.price_exponent, self.atomic_resolution)


@dataclass(frozen=True, slots=True)
class DydxMargin:
    """Requirement model of dYdX v4 for one account: integers in, integers out."""

    markets: Sequence[DydxMarket]

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """See RequirementModel; size [k] in base quantums, prices [k] integers by price_exponent.

        A pair of integers for cross margin, of lists for isolated, in quote quantums.
        """
        at_order = prices if order_prices is None else order_prices
        initial, maintenance = [], []
        rows = zip(self.markets, account.size, prices, at_order, strict=True)
        for market, size, price, order_price in rows:
            quantums = int(size)
            open_interest = market.notional(market.open_interest, int(price))
            initial.append(
                dydx_initial_margin(
                    abs(market.notional(quantums, int(order_price))),
                    market.base_ppm,
                    open_interest,
                    market.lower_cap,
                    market.upper_cap,
                )
            )
            maintenance.append(
                dydx_maintenance_margin(
                    abs(market.notional(quantums, int(price))),
                    market.base_ppm,
                    market.maintenance_fraction_ppm,
                )
            )
        if account.isolated:
            return Requirement(initial, maintenance)
        return Requirement(sum(initial), sum(maintenance))


def _ppm(name: str, value: int) -> None:
    if not 0 <= value <= PPM:
        raise InvalidArgument(name, value, "must be in [0, 1000000]")


def _notional(notional: int) -> None:
    if notional < 0:
        raise InvalidArgument("notional", notional, "must be at least 0")
