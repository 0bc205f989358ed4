"""Liquidation, recovery mode, base rate and fees of Liquity v1, to the last unit.

Source: liquity/dev, packages/contracts/contracts/TroveManager.sol, LiquityBase.sol and README,
section Recovery Mode (risk-spec section 8). Amounts, prices and ratios are integers of 1e-18.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import WAD, div_floor, wad_mul_floor, wad_pow_half_up

MINIMUM_RATIO: int = 110 * 10**16
"""MCR: liquidatable below it (strict)."""
CRITICAL_RATIO: int = 150 * 10**16
"""CCR: recovery mode when the total ratio is below it (strict)."""
NO_DEBT_RATIO: int = 2**256 - 1
GAS_COMPENSATION_DEBT: int = 200 * WAD
GAS_COMPENSATION_DIVISOR = 200
"""0.5 % of the collateral goes to whoever liquidates."""
MINUTE_DECAY_FACTOR = 999_037_758_833_783_000
"""Half-life of 12 hours."""
BETA = 2
REDEMPTION_FEE_FLOOR: int = 5 * 10**15
BORROWING_FEE_FLOOR: int = 5 * 10**15
MAXIMUM_BORROWING_FEE: int = 5 * 10**16


def collateral_ratio(collateral: int, debt: int, price: int) -> int:
    """collateral x price / debt, down; 2^256 - 1 without debt. Also the total ratio (TCR)."""
    checks.whole("collateral", collateral, 0)
    checks.whole("price", price, 0)
    if checks.whole("debt", debt, 0) == 0:
        return NO_DEBT_RATIO
    return div_floor(collateral * price, debt)


def in_recovery_mode(total_ratio: int) -> bool:
    """Total collateral ratio < 150 %, strict."""
    return checks.whole("total_ratio", total_ratio, 0) < CRITICAL_RATIO


class LiquityLiquidation(NamedTuple):
    """Where a trove's debt and collateral go; the collateral parts add up to the trove's."""

    gas_compensation_collateral: int = 0
    gas_compensation_debt: int = 0
    """Paid to the liquidator out of a reserve that the borrower filled at opening."""
    offset_debt: int = 0
    """Burned against the stability pool."""
    offset_collateral: int = 0
    redistributed_debt: int = 0
    redistributed_collateral: int = 0
    surplus_collateral: int = 0
    """Claimable by the owner."""

    @property
    def liquidated(self) -> bool:
        """Whether anything happens."""
        return self.offset_debt + self.redistributed_debt > 0


NOT_LIQUIDATED = LiquityLiquidation()


def liquity_liquidate(
    debt: int,
    collateral: int,
    price: int,
    stability_pool: int,
    total_ratio: int | None = None,
    *,
    only_trove: bool = False,
) -> LiquityLiquidation:
    """One trove with its pending rewards. total_ratio None: normal mode whatever it is.

    Normal mode: below 110 % offset, then redistribute. Recovery mode (total ratio below 150 %):
    at or below 100 % redistribute all; above 100 % and below 110 % offset, then redistribute; from
    110 % to below the total ratio, and only if the pool covers all of the debt, offset it against
    collateral capped at 110 % of the debt, with the gas compensation on the capped amount and the
    rest claimable; otherwise nothing. The only trove of the system is never liquidated.
    """
    checks.whole("stability_pool", stability_pool, 0)
    ratio = collateral_ratio(collateral, debt, price)
    if only_trove:
        return NOT_LIQUIDATED
    if total_ratio is None or not in_recovery_mode(total_ratio):
        if ratio >= MINIMUM_RATIO:
            return NOT_LIQUIDATED
        return offset_and_redistribution(debt, collateral, stability_pool)
    if ratio <= WAD:
        return offset_and_redistribution(debt, collateral, 0)
    if ratio < MINIMUM_RATIO:
        return offset_and_redistribution(debt, collateral, stability_pool)
    if ratio >= total_ratio or debt > stability_pool:
        return NOT_LIQUIDATED
    capped = div_floor(debt * MINIMUM_RATIO, price)
    gas = div_floor(capped, GAS_COMPENSATION_DIVISOR)
    return LiquityLiquidation(
        gas_compensation_collateral=gas,
        gas_compensation_debt=GAS_COMPENSATION_DEBT,
        offset_debt=debt,
        offset_collateral=capped - gas,
        surplus_collateral=collateral - capped,
    )


def offset_and_redistribution(
    debt: int, collateral: int, stability_pool: int
) -> LiquityLiquidation:
    """min(debt, pool) is offset, with the collateral after gas compensation in proportion.

    The offset's collateral is rounded down; the rest of both is redistributed.
    """
    checks.whole("debt", debt, 1)
    checks.whole("collateral", collateral, 0)
    gas = div_floor(collateral, GAS_COMPENSATION_DIVISOR)
    shared = collateral - gas
    offset = min(debt, checks.whole("stability_pool", stability_pool, 0))
    offset_collateral = div_floor(shared * offset, debt)
    return LiquityLiquidation(
        gas_compensation_collateral=gas,
        gas_compensation_debt=GAS_COMPENSATION_DEBT,
        offset_debt=offset,
        offset_collateral=offset_collateral,
        redistributed_debt=debt - offset,
        redistributed_collateral=shared - offset_collateral,
    )


@dataclass(frozen=True, slots=True)
class BaseRate:
    """The fee rate that redemptions raise and time lowers, 1e-18."""

    rate: int = 0
    updated_at: int = 0
    """Seconds; the last fee operation that came at least a minute after the one before it."""

    def __post_init__(self) -> None:
        checks.whole("rate", self.rate, 0, WAD)
        checks.whole("updated_at", self.updated_at, 0)


def decayed_base_rate(
    rate: int, elapsed_seconds: int, minute_factor: int = MINUTE_DECAY_FACTOR
) -> int:
    """rate x decPow(minute factor, whole minutes) / 1e18, the last product floored."""
    seconds = checks.whole("elapsed_seconds", elapsed_seconds, 0)
    checks.whole("minute_factor", minute_factor, 0, WAD)
    return wad_mul_floor(
        checks.whole("rate", rate, 0), wad_pow_half_up(minute_factor, seconds // 60)
    )


def base_rate_after_borrowing(state: BaseRate, now: int) -> BaseRate:
    """Decayed; the clock moves only if at least a minute has passed."""
    elapsed = checks.whole("now", now, state.updated_at) - state.updated_at
    rate = decayed_base_rate(state.rate, elapsed)
    return BaseRate(rate, now if elapsed >= 60 else state.updated_at)


def base_rate_after_redemption(
    state: BaseRate, now: int, collateral_drawn: int, price: int, total_debt: int
) -> BaseRate:
    """Decayed, plus half (BETA = 2) of the redeemed share of the supply, at most 1.

    share = collateral drawn x price / total debt, down. InvalidArgument where the contract
    asserts: nothing decayed or redeemed is left above 0.
    """
    checks.whole("collateral_drawn", collateral_drawn, 0)
    checks.whole("price", price, 0)
    share = div_floor(collateral_drawn * price, checks.whole("total_debt", total_debt, 1))
    decayed = base_rate_after_borrowing(state, now)
    rate = min(WAD, decayed.rate + share // BETA)
    if rate == 0:
        raise InvalidArgument("collateral_drawn", collateral_drawn, "must move the rate above 0")
    return BaseRate(rate, decayed.updated_at)


def redemption_rate(base_rate: int) -> int:
    """base + 0.5 %, at most 1."""
    return min(WAD, checks.whole("base_rate", base_rate, 0) + REDEMPTION_FEE_FLOOR)


def redemption_fee(base_rate: int, collateral_drawn: int) -> int:
    """rate x collateral drawn, down; it must stay below what is drawn."""
    checks.whole("collateral_drawn", collateral_drawn, 0)
    fee = wad_mul_floor(redemption_rate(base_rate), collateral_drawn)
    if fee >= collateral_drawn:
        rule = f"must be above its fee {fee}"
        raise InvalidArgument("collateral_drawn", collateral_drawn, rule)
    return fee


def borrowing_rate(base_rate: int, *, recovery_mode: bool = False) -> int:
    """min(0.5 % + base, 5 %); 0 in recovery mode."""
    if recovery_mode:
        return 0
    return min(MAXIMUM_BORROWING_FEE, checks.whole("base_rate", base_rate, 0) + BORROWING_FEE_FLOOR)


def borrowing_fee(base_rate: int, debt: int, *, recovery_mode: bool = False) -> int:
    """rate x debt, down."""
    rate = borrowing_rate(base_rate, recovery_mode=recovery_mode)
    return wad_mul_floor(rate, checks.whole("debt", debt, 0))
