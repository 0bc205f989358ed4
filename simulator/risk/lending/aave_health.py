"""Reserves, efficiency mode and health factor of Aave v3, to the last unit (risk-spec section 7).

Source: aave-dao/aave-v3-origin, GenericLogic.sol, EModeConfiguration.sol. Base currency and prices
are integers of 1e-8, amounts integers of the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import BPS, WAD, div_ceil, div_floor

MAX_HEALTH: int = 2**256 - 1
"""The health factor of an account without debt."""


@dataclass(frozen=True, slots=True)
class AaveReserve:
    """What a reserve is worth and how it is liquidated."""

    price: int
    """Base currency (1e-8) per whole token."""
    decimals: int
    liquidation_threshold_bps: int = 0
    """0: it is no collateral."""
    liquidation_bonus_bps: int = BPS
    """10,500 is a bonus of 5 %."""
    protocol_fee_bps: int = 0
    """Share of the bonus."""

    def __post_init__(self) -> None:
        checks.whole("price", self.price, 0)
        checks.whole("decimals", self.decimals, 0, 77)
        checks.whole("liquidation_threshold_bps", self.liquidation_threshold_bps, 0, BPS)
        checks.whole("liquidation_bonus_bps", self.liquidation_bonus_bps, BPS)
        checks.whole("protocol_fee_bps", self.protocol_fee_bps, 0, BPS)

    @property
    def unit(self) -> int:
        """10^decimals."""
        return int(10**self.decimals)

    def collateral_value(self, amount: int) -> int:
        """amount x price / unit, down, base currency."""
        return div_floor(amount * self.price, self.unit)

    def debt_value(self, amount: int) -> int:
        """amount x price / unit, up, base currency."""
        return div_ceil(amount * self.price, self.unit)


@dataclass(frozen=True, slots=True)
class AaveEMode:
    """A category: for reserves in its bitmap its threshold and bonus replace their own."""

    liquidation_threshold_bps: int
    liquidation_bonus_bps: int
    collateral_bitmap: int
    """Bit i: reserve i, by its place in the account, counts as collateral of the category."""

    def __post_init__(self) -> None:
        checks.whole("liquidation_threshold_bps", self.liquidation_threshold_bps, 0, BPS)
        checks.whole("liquidation_bonus_bps", self.liquidation_bonus_bps, BPS)
        checks.whole("collateral_bitmap", self.collateral_bitmap, 0)

    def holds(self, reserve: int) -> bool:
        """Whether reserve i is in the bitmap."""
        return bool(self.collateral_bitmap >> reserve & 1)


class AavePosition(NamedTuple):
    """An account in one reserve, amounts in token units."""

    reserve: AaveReserve
    collateral: int = 0
    debt: int = 0


class AaveTotals(NamedTuple):
    """An account over all reserves, base currency (1e-8)."""

    collateral: int
    debt: int
    health_factor_wad: int


def aave_health_factor(
    collateral_values: Sequence[int], thresholds_bps: Sequence[int], debt_values: Sequence[int]
) -> int:
    """((sum V x LT) x 1e18 + D / 2) // D // 10000, WAD; 2^256 - 1 without debt.

    Liquidatable below 1e18 (strict).
    """
    if len(collateral_values) != len(thresholds_bps):
        rule = f"must be {len(collateral_values)} of them, one per collateral value"
        raise InvalidArgument("thresholds_bps", len(thresholds_bps), rule)
    debt = sum(debt_values)
    if debt == 0:
        return MAX_HEALTH
    weighted = sum(v * lt for v, lt in zip(collateral_values, thresholds_bps, strict=True))
    return div_floor(div_floor(weighted * WAD + debt // 2, debt), BPS)


def aave_totals(account: Sequence[AavePosition], e_mode: AaveEMode | None = None) -> AaveTotals:
    """Collateral floored, debt rounded up per reserve, health factor; valid without positions.

    A reserve whose threshold is 0 after the category is no collateral.
    """
    values, thresholds, debts = [], [], []
    for at, position in enumerate(account):
        threshold = aave_threshold(position.reserve, at, e_mode)
        if threshold:
            values.append(position.reserve.collateral_value(_amount(at, position.collateral)))
            thresholds.append(threshold)
        debts.append(position.reserve.debt_value(_amount(at, position.debt)))
    health = aave_health_factor(values, thresholds, debts)
    return AaveTotals(sum(values), sum(debts), health)


def aave_threshold(reserve: AaveReserve, at: int, e_mode: AaveEMode | None = None) -> int:
    """The reserve's liquidation threshold, or its category's if it is in the bitmap; bps."""
    if e_mode is not None and e_mode.holds(at):
        return e_mode.liquidation_threshold_bps
    return reserve.liquidation_threshold_bps


def aave_bonus(reserve: AaveReserve, at: int, e_mode: AaveEMode | None = None) -> int:
    """The reserve's liquidation bonus, or its category's if it is in the bitmap; bps."""
    if e_mode is not None and e_mode.holds(at):
        return e_mode.liquidation_bonus_bps
    return reserve.liquidation_bonus_bps


def _amount(at: int, amount: int) -> int:
    return checks.whole(f"account[{at}]", amount, 0)
