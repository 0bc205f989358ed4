"""Liquidation, absorption and the store front of Compound v3, to the last unit.

Source: compound-finance/comet, contracts/Comet.sol (risk-spec section 7). Prices are integers of
1e-8, factors of 1e-18, amounts integers of the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import WAD, div_ceil, div_floor, div_trunc, wad_mul_floor

INDEX_SCALE = 10**15


@dataclass(frozen=True, slots=True)
class CompoundCollateral:
    """One collateral of an account with its market's factors (1e-18)."""

    amount: int
    price: int
    """1e-8 per whole token."""
    decimals: int
    liquidate_factor: int
    """Share of the value that counts against the debt (liquidateCollateralFactor)."""
    liquidation_factor: int = WAD
    """Share of the value that is credited when it is absorbed."""

    def __post_init__(self) -> None:
        checks.whole("amount", self.amount, 0)
        checks.whole("price", self.price, 0)
        checks.whole("decimals", self.decimals, 0, 77)
        checks.whole("liquidate_factor", self.liquidate_factor, 0, WAD)
        checks.whole("liquidation_factor", self.liquidation_factor, 0, WAD)

    @property
    def value(self) -> int:
        """amount x price / 10^decimals, down, 1e-8."""
        return div_floor(self.amount * self.price, int(10**self.decimals))


def compound_present_value(principal: int, supply_index: int, borrow_index: int) -> int:
    """principal x index / 1e15, toward zero; a negative principal is a debt and takes its index."""
    checks.whole("supply_index", supply_index, 1)
    checks.whole("borrow_index", borrow_index, 1)
    index = supply_index if checks.whole("principal", principal) >= 0 else borrow_index
    return div_trunc(principal * index, INDEX_SCALE)


def compound_principal(present_value: int, supply_index: int, borrow_index: int) -> int:
    """The inverse: a supply down, a debt up in magnitude."""
    checks.whole("supply_index", supply_index, 1)
    checks.whole("borrow_index", borrow_index, 1)
    if checks.whole("present_value", present_value) >= 0:
        return div_floor(present_value * INDEX_SCALE, supply_index)
    return -div_ceil(-present_value * INDEX_SCALE, borrow_index)


def compound_liquidity(
    balance: int, base_price: int, base_decimals: int, collaterals: Sequence[CompoundCollateral]
) -> int:
    """balance x price (toward zero) + sum of value x liquidate factor (down), 1e-8."""
    checks.whole("base_price", base_price, 1)
    checks.whole("base_decimals", base_decimals, 0, 77)
    base = div_trunc(checks.whole("balance", balance) * base_price, int(10**base_decimals))
    return base + sum(wad_mul_floor(held.value, held.liquidate_factor) for held in collaterals)


def compound_liquidatable(
    balance: int, base_price: int, base_decimals: int, collaterals: Sequence[CompoundCollateral]
) -> bool:
    """balance < 0 and liquidity < 0, both strict; balance is the present value of the principal."""
    if checks.whole("balance", balance) >= 0:
        return False
    return compound_liquidity(balance, base_price, base_decimals, collaterals) < 0


class Absorption(NamedTuple):
    """What the protocol takes over, in units of the base token."""

    new_balance: int
    """At least 0: what is left of the collateral's credit is given to the account."""
    base_paid_out: int
    """new - old balance, out of reserves: the whole write-off, not the net loss."""
    bad_debt: int
    """Debt that the credited collateral does not cover."""


def compound_absorb(
    balance: int, base_price: int, base_decimals: int, collaterals: Sequence[CompoundCollateral]
) -> Absorption:
    """Seize everything: new = max(0, old + sum(value x liquidation factor) / base price).

    Whether the account may be absorbed is `compound_liquidatable`; only a debt is accepted here.
    """
    checks.whole("base_price", base_price, 1)
    old = checks.whole("balance", balance, at_most=-1)
    credit = sum(wad_mul_floor(held.value, held.liquidation_factor) for held in collaterals)
    unbounded = old + div_floor(credit * int(10**base_decimals), base_price)
    new = max(0, unbounded)
    return Absorption(new, new - old, max(0, -unbounded))


def compound_quote_collateral(
    base_amount: int,
    base_price: int,
    base_decimals: int,
    collateral_price: int,
    collateral_decimals: int,
    liquidation_factor: int,
    store_front_factor: int,
) -> int:
    """Collateral that the store front gives for base, token units, down.

    discount = store front factor x (1 - liquidation factor); base price x amount x 10^decimals
    // (price x (1 - discount)) // base scale.
    """
    checks.whole("liquidation_factor", liquidation_factor, 0, WAD)
    checks.whole("store_front_factor", store_front_factor, 0, WAD)
    checks.whole("collateral_price", collateral_price, 1)
    discount = wad_mul_floor(store_front_factor, WAD - liquidation_factor)
    discounted = wad_mul_floor(collateral_price, WAD - discount)
    if discounted == 0:
        raise InvalidArgument("store_front_factor", store_front_factor, "leaves no price")
    value = checks.whole("base_price", base_price, 1) * checks.whole("base_amount", base_amount, 0)
    scaled = div_floor(value * int(10**collateral_decimals), discounted)
    return div_floor(scaled, int(10**base_decimals))


def compound_for_sale(reserves: int, target_reserves: int) -> bool:
    """Whether buyCollateral is open: reserves < target (at the target it is closed)."""
    return checks.whole("reserves", reserves) < checks.whole("target_reserves", target_reserves, 0)
