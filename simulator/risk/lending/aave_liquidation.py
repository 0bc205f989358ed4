"""Liquidation in Aave v3: close factor, seizure, fee, dust and deficit, to the last unit.

Source: aave-dao/aave-v3-origin, LiquidationLogic.sol (risk-spec section 7). Base currency and
prices are integers of 1e-8, amounts integers of the token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.lending.aave_health import (
    AaveEMode,
    AavePosition,
    AaveReserve,
    AaveTotals,
    aave_bonus,
    aave_threshold,
    aave_totals,
)
from simulator.units import (
    BPS,
    WAD,
    div_ceil,
    div_floor,
    percent_div_half_up,
    percent_mul_half_up,
)

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
