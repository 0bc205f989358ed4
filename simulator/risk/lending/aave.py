"""Liquidation in Aave v3 and the bonus of Aave v4 (risk-spec section 7).

Sources: aave-dao/aave-v3-origin, LiquidationLogic.sol and GenericLogic.sol; aave/aave-v4,
docs/overview.md. Base currency and prices are integers of 1e-8, amounts integers of the token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import AnyArray
from simulator.units import (
    BPS,
    WAD,
    div_ceil,
    div_floor,
    percent_div_half_up,
    percent_mul_half_up,
)

MAX_HEALTH: int = 2**256 - 1
"""The health factor of an account without debt."""
LIQUIDATION_THRESHOLD_WAD = WAD
FULL_CLOSE_WAD: int = 95 * 10**16
"""At or below this health factor all of the debt may be closed."""
CLOSE_FACTOR_BPS = 5_000
SMALL_POSITION = 2_000 * 10**8
"""Below this value of the two balances all of the debt may be closed."""
LEAST_LEFTOVER = 1_000 * 10**8


@dataclass(frozen=True, slots=True)
class AaveRounding:
    """How a version rounds; each is (numerator, denominator) -> quotient or (value, bps) -> value.

    collateral: base collateral x bonus. debt: what the seized collateral pays for. fee_base: the
    collateral without its bonus. fee: the protocol's share of the bonus.
    """

    collateral: Callable[[int, int], int]
    debt: Callable[[int, int], int]
    fee_base: Callable[[int, int], int]
    fee: Callable[[int, int], int]


def _percent_mul_floor(value: int, bps: int) -> int:
    return div_floor(value * bps, BPS)


def _percent_mul_ceil(value: int, bps: int) -> int:
    return div_ceil(value * bps, BPS)


def _percent_div_floor(value: int, bps: int) -> int:
    return div_floor(value * BPS, bps)


def _percent_div_ceil(value: int, bps: int) -> int:
    return div_ceil(value * BPS, bps)


AAVE_HALF_UP = AaveRounding(
    percent_mul_half_up, percent_div_half_up, percent_div_half_up, percent_mul_half_up
)
"""v3.3 to v3.6 of the specification."""
AAVE_HALF_UP_DEBT_UP = AaveRounding(
    percent_mul_half_up, _percent_div_ceil, percent_div_half_up, percent_mul_half_up
)
"""As published for v3.5 and v3.6, where the debt needed is already rounded up."""
AAVE_DIRECTED = AaveRounding(
    _percent_mul_floor, _percent_div_ceil, _percent_div_floor, _percent_mul_ceil
)
"""v3.7: every rounding favours the protocol."""

AAVE_VERSIONS = {
    "3.3": AAVE_HALF_UP,
    "3.4": AAVE_HALF_UP,
    "3.5": AAVE_HALF_UP,
    "3.6": AAVE_HALF_UP,
    "3.7": AAVE_DIRECTED,
}


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


def aave_liquidatable_debt(
    reserve: AaveReserve,
    reserve_debt: int,
    seized_collateral_value: int,
    total_debt_value: int,
    health_factor_wad: int,
) -> int:
    """How much of a reserve's debt may be closed now, token units.

    All of it, unless the balance of the *seized* collateral and the debt in the *repaid* reserve
    are both at least 2,000 USD and the health factor is above 0.95; then at most half (half-up)
    of the *total* debt value, x unit // price.
    """
    value = reserve.debt_value(reserve_debt)
    small = min(seized_collateral_value, value) < SMALL_POSITION
    if small or health_factor_wad <= FULL_CLOSE_WAD:
        return reserve_debt
    half = percent_mul_half_up(total_debt_value, CLOSE_FACTOR_BPS)
    return reserve_debt if value <= half else div_floor(half * reserve.unit, reserve.price)


class AaveSeizure(NamedTuple):
    """What changes hands, token units."""

    collateral_to_liquidator: int
    debt_repaid: int
    protocol_fee: int
    """In collateral, taken from what the liquidator would get."""

    @property
    def collateral(self) -> int:
        """All that leaves the account."""
        return self.collateral_to_liquidator + self.protocol_fee


def aave_seizure(
    debt_to_cover: int,
    debt: AaveReserve,
    collateral: AaveReserve,
    collateral_balance: int,
    bonus_bps: int,
    rounding: AaveRounding = AAVE_DIRECTED,
) -> AaveSeizure:
    """Collateral for the debt at the two prices plus the bonus; capped at the balance.

    base = debt price x debt x collateral unit // (collateral price x debt unit), x bonus. If that
    exceeds the balance, all of it is seized and the debt is what it pays for without the bonus.
    Fee = (collateral - collateral / bonus) x fee share. Prices above 0.
    """
    checks.whole("debt_to_cover", debt_to_cover, 0)
    checks.whole("collateral_balance", collateral_balance, 0)
    checks.whole("bonus_bps", bonus_bps, BPS)
    checks.whole("debt.price", debt.price, 1)
    checks.whole("collateral.price", collateral.price, 1)
    base = div_floor(debt.price * debt_to_cover * collateral.unit, collateral.price * debt.unit)
    seized, repaid = rounding.collateral(base, bonus_bps), debt_to_cover
    if seized > collateral_balance:
        seized = collateral_balance
        worth = div_floor(collateral.price * seized * debt.unit, debt.price * collateral.unit)
        repaid = rounding.debt(worth, bonus_bps)
    bonus = seized - rounding.fee_base(seized, bonus_bps)
    fee = rounding.fee(bonus, collateral.protocol_fee_bps)
    return AaveSeizure(seized - fee, repaid, fee)


class AaveLiquidation(NamedTuple):
    """A liquidation call and what it leaves."""

    seizure: AaveSeizure
    account: tuple[AavePosition, ...]
    """After the call; without debt if the collateral ran out."""
    deficits: tuple[int, ...]
    """Debt burned without being repaid, token units per reserve."""
    before: AaveTotals
    after: AaveTotals


def aave_liquidate(
    account: Sequence[AavePosition],
    collateral_at: int,
    debt_at: int,
    debt_to_cover: int | None = None,
    e_mode: AaveEMode | None = None,
    rounding: AaveRounding = AAVE_DIRECTED,
) -> AaveLiquidation:
    """One liquidation call; debt_to_cover None asks for as much as is allowed.

    InvalidArgument where the contract reverts: health factor at or above 1, no debt or no
    collateral in the two reserves, and dust: if neither the debt nor the collateral of the two
    reserves is fully closed, both leftovers must be worth at least 1,000 USD. If all collateral of
    the account is gone (by value), what is left of its debt becomes deficit, in every reserve.
    """
    before = aave_totals(account, e_mode)
    if before.health_factor_wad >= LIQUIDATION_THRESHOLD_WAD:
        rule = "must have a health factor below 1e18"
        raise InvalidArgument("account", before.health_factor_wad, rule)
    held, owed = account[collateral_at], account[debt_at]
    if not held.collateral or not aave_threshold(held.reserve, collateral_at, e_mode):
        raise InvalidArgument("collateral_at", collateral_at, "must be a reserve with collateral")
    if not owed.debt:
        raise InvalidArgument("debt_at", debt_at, "must be a reserve with debt")
    allowed = aave_liquidatable_debt(
        owed.reserve,
        owed.debt,
        held.reserve.collateral_value(held.collateral),
        before.debt,
        before.health_factor_wad,
    )
    asked = allowed if debt_to_cover is None else checks.whole("debt_to_cover", debt_to_cover, 1)
    seizure = aave_seizure(
        min(asked, allowed),
        owed.reserve,
        held.reserve,
        held.collateral,
        aave_bonus(held.reserve, collateral_at, e_mode),
        rounding,
    )
    _refuse_dust(held, owed, seizure)
    exhausted = held.reserve.collateral_value(seizure.collateral) == before.collateral
    left, deficits = [], []
    for at, position in enumerate(account):
        seized = seizure.collateral if at == collateral_at else 0
        unpaid = position.debt - (seizure.debt_repaid if at == debt_at else 0)
        deficits.append(unpaid if exhausted else 0)
        left.append(
            AavePosition(position.reserve, position.collateral - seized, 0 if exhausted else unpaid)
        )
    after = aave_totals(left, e_mode)
    return AaveLiquidation(seizure, tuple(left), tuple(deficits), before, after)


def _refuse_dust(held: AavePosition, owed: AavePosition, seizure: AaveSeizure) -> None:
    debt_left = owed.debt - seizure.debt_repaid
    collateral_left = held.collateral - seizure.collateral
    if debt_left <= 0 or collateral_left <= 0:
        return
    debt_value = owed.reserve.debt_value(debt_left)
    collateral_value = held.reserve.collateral_value(collateral_left)
    if min(debt_value, collateral_value) < LEAST_LEFTOVER:
        raise InvalidArgument(
            "debt_to_cover",
            seizure.debt_repaid,
            f"must not leave dust: debt {debt_value} and collateral {collateral_value} of 1e-8 "
            f"would be left, at least {LEAST_LEFTOVER} each or none is needed",
        )


def _amount(at: int, amount: int) -> int:
    return checks.whole(f"account[{at}]", amount, 0)


def aave_v4_bonus(
    health_factor: Any, max_bonus: Any, bonus_factor: Any, health_for_max_bonus: Any
) -> AnyArray:
    """Bonus of Aave v4 as a factor (1.05 is 5 %), linear in the health factor; float64.

    (max - 1) x factor + 1 at a health factor of 1, max at and below `health_for_max_bonus`, which
    is below 1. NaN above 1, where nothing is liquidated. Arguments broadcast.
    """
    health = checks.non_negative("health_factor", health_factor)
    highest = checks.finite("max_bonus", max_bonus)
    checks.refuse("max_bonus", highest, highest >= 1, "must be at least 1")
    share = checks.within("bonus_factor", bonus_factor, 0.0, 1.0)
    turn = checks.non_negative("health_for_max_bonus", health_for_max_bonus)
    checks.refuse("health_for_max_bonus", turn, turn < 1, "must be below 1")
    lowest = (highest - 1) * share + 1
    weight = np.clip((1 - health) / (1 - turn), 0.0, 1.0)
    bonus: AnyArray = np.where(health > 1, np.nan, lowest + (highest - lowest) * weight)
    return bonus


def net_bonus_rate(liquidation_bonus_bps: int, fee_share_bps: int) -> float:
    """(bonus - 1) x (1 - fee share): what the liquidator keeps, a fraction of the debt repaid."""
    checks.whole("liquidation_bonus_bps", liquidation_bonus_bps, BPS)
    checks.whole("fee_share_bps", fee_share_bps, 0, BPS)
    return (liquidation_bonus_bps - BPS) * (BPS - fee_share_bps) / BPS**2
