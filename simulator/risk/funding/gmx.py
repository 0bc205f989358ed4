"""Funding of GMX v2, static and adaptive, in integers of 1e-30 (risk-spec section 6).

Source: gmx-io/gmx-synthetics, contracts/market/MarketUtils.sol, getNextFundingFactorPerSecond.
The README prints the imbalance as a power of the ratio; the code divides the power of the
difference by the total. This follows the code; the two agree only at exponent 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import UNIT_1E30, div_floor, factor_1e30_trunc

_WAD_STEP = 10**12
"""The contract takes powers at 1e-18: two steps of 1e12 below and above."""


@dataclass(frozen=True, slots=True)
class GmxFundingParameters:
    """Factors of one market, integers of 1e-30. An increase factor of 0 means static funding."""

    funding_factor: int = 0
    """Static funding per second."""
    exponent: int = UNIT_1E30
    increase_factor: int = 0
    """Per second; above 0 the funding is adaptive."""
    decrease_factor: int = 0
    stable_threshold: int = 0
    decrease_threshold: int = 0
    min_rate: int = 0
    """Least magnitude of the applied rate."""
    max_rate: int | None = None
    """Greatest magnitude of the saved and of the applied rate; None: no limit."""

    def __post_init__(self) -> None:
        for name in ("funding_factor", "increase_factor", "decrease_factor", "min_rate"):
            checks.whole(name, getattr(self, name), 0)
        checks.whole("exponent", self.exponent, 0)
        checks.whole("stable_threshold", self.stable_threshold, 0)
        checks.whole("decrease_threshold", self.decrease_threshold, 0, self.stable_threshold)
        if self.max_rate is not None:
            checks.whole("max_rate", self.max_rate, self.min_rate)


class GmxFunding(NamedTuple):
    """Rates per second, integers of 1e-30."""

    rate: int
    """What the paying side pays per USD of its open interest."""
    longs_pay: bool
    saved_rate: int
    """Signed, above 0 if longs pay; 0 under static funding."""


def gmx_imbalance(open_interest_long: int, open_interest_short: int, exponent: int) -> int:
    """|long - short|^exponent / total open interest, 1e-30, floored; 0 without open interest."""
    long = checks.whole("open_interest_long", open_interest_long, 0)
    short = checks.whole("open_interest_short", open_interest_short, 0)
    if long + short == 0:
        return 0
    power = gmx_power(abs(long - short), exponent)
    return div_floor(power * UNIT_1E30, long + short)


def gmx_power(value: int, exponent: int) -> int:
    """value^exponent, both integers of 1e-30 (Precision.applyExponentFactor).

    0 below 1 USD, the value itself at exponent 1; otherwise floored to a multiple of 1e12, which
    is the contract's resolution (its own logarithm may differ in the last digits).
    """
    checks.whole("exponent", exponent, 0)
    if checks.whole("value", value, 0) < UNIT_1E30:
        return 0
    if exponent == UNIT_1E30:
        return value
    context = Context(prec=90, rounding=ROUND_FLOOR)
    base = Decimal(div_floor(value, _WAD_STEP)).scaleb(-18, context)
    power = context.power(base, Decimal(div_floor(exponent, _WAD_STEP)).scaleb(-18, context))
    return int(power.scaleb(18, context)) * _WAD_STEP


def gmx_funding(
    parameters: GmxFundingParameters,
    open_interest_long: int,
    open_interest_short: int,
    elapsed_seconds: int,
    saved_rate: int = 0,
) -> GmxFunding:
    """Rate of the larger side under static, of the side that pays under adaptive funding.

    Static: min(max, factor x imbalance); the larger side pays. Adaptive: the saved rate moves by
    imbalance x increase x elapsed toward the larger side if the imbalance is above the stable
    threshold, or if the skew is not in the direction of the saved rate (nothing saved, opposite,
    or balanced, where the step is 0); its magnitude falls by decrease x elapsed if the imbalance
    is below the decrease threshold, but never below 1 unit; else it holds. The saved rate is then
    bounded to a magnitude of [0, max], the applied one to [min, max]; longs pay a rate of 0 that
    the minimum lifts.
    """
    elapsed = checks.whole("elapsed_seconds", elapsed_seconds, 0)
    saved = checks.whole("saved_rate", saved_rate)
    imbalance = gmx_imbalance(open_interest_long, open_interest_short, parameters.exponent)
    long_heavy = open_interest_long > open_interest_short
    if parameters.increase_factor == 0:
        if open_interest_long == open_interest_short:
            return GmxFunding(0, True, 0)
        rate = factor_1e30_trunc(imbalance, parameters.funding_factor)
        return GmxFunding(_at_most(rate, parameters.max_rate), long_heavy, 0)
    if open_interest_long + open_interest_short == 0:
        return GmxFunding(0, True, saved)
    moved = _moved(parameters, imbalance, open_interest_long - open_interest_short, elapsed, saved)
    moved = _bounded(moved, 0, parameters.max_rate)
    applied = _bounded(moved, parameters.min_rate, parameters.max_rate)
    return GmxFunding(abs(applied), applied > 0, moved)


def gmx_receiver_rate(rate: int, open_interest_payer: int, open_interest_receiver: int) -> int:
    """rate x payer / receiver open interest, floored: what the other side receives per USD.

    0 if the receiving side is empty: nobody is there to receive.
    """
    checks.whole("rate", rate, 0)
    checks.whole("open_interest_payer", open_interest_payer, 0)
    if checks.whole("open_interest_receiver", open_interest_receiver, 0) == 0:
        return 0
    return div_floor(rate * open_interest_payer, open_interest_receiver)


def _moved(
    parameters: GmxFundingParameters, imbalance: int, skew: int, elapsed: int, saved: int
) -> int:
    same_direction = saved * skew > 0
    if not same_direction or imbalance > parameters.stable_threshold:
        step = factor_1e30_trunc(imbalance, parameters.increase_factor) * elapsed
        return saved + (step if skew >= 0 else -step)
    if imbalance < parameters.decrease_threshold:
        magnitude = max(1, abs(saved) - parameters.decrease_factor * elapsed)
        return magnitude if saved > 0 else -magnitude
    return saved


def _at_most(value: int, limit: int | None) -> int:
    return value if limit is None else min(value, limit)


def _bounded(value: int, low: int, high: int | None) -> int:
    magnitude = _at_most(max(abs(value), low), high)
    return magnitude if value >= 0 else -magnitude


@dataclass(frozen=True, slots=True)
class GmxBorrowingParameters:
    """Factors of one side, integers of 1e-30. An optimal usage above 0 means the kink form."""

    factor: int = 0
    exponent: int = UNIT_1E30
    optimal_usage: int = 0
    base_factor: int = 0
    above_optimal_factor: int = 0
    skip_smaller_side: bool = False

    def __post_init__(self) -> None:
        for name in ("factor", "exponent", "base_factor", "above_optimal_factor"):
            checks.whole(name, getattr(self, name), 0)
        checks.whole("optimal_usage", self.optimal_usage, 0)


def gmx_borrowing_rate(
    parameters: GmxBorrowingParameters,
    reserved_usd: int,
    pool_usd: int,
    usage: int | None = None,
    *,
    is_long: bool = True,
    open_interest_long: int = 0,
    open_interest_short: int = 0,
) -> int:
    """Borrowing per second and USD of size, integer of 1e-30.

    Curve: factor x reserved^exponent / pool. Kink: base x u, plus (above - base, at least 0) x
    (u - u*) / (1 - u*) where u > u* and u* < 1. usage u is the caller's (the contract takes the
    larger of reserve and open-interest use); None means reserved / pool. 0 without reserves, and
    for the smaller side if that is skipped (equal sides both pay). An empty pool reverts.
    """
    checks.whole("pool_usd", pool_usd, 0)
    if checks.whole("reserved_usd", reserved_usd, 0) == 0:
        return 0
    own, other = open_interest_short, open_interest_long
    if is_long:
        own, other = other, own
    if parameters.skip_smaller_side and own < other:
        return 0
    if pool_usd == 0:
        raise InvalidArgument("pool_usd", pool_usd, "must be above 0")
    if parameters.optimal_usage == 0:
        power = gmx_power(reserved_usd, parameters.exponent)
        return factor_1e30_trunc(div_floor(power * UNIT_1E30, pool_usd), parameters.factor)
    used = div_floor(reserved_usd * UNIT_1E30, pool_usd) if usage is None else usage
    return _kinked(parameters, checks.whole("usage", used, 0))


def _kinked(parameters: GmxBorrowingParameters, usage: int) -> int:
    rate = factor_1e30_trunc(usage, parameters.base_factor)
    optimal = parameters.optimal_usage
    if usage > optimal and optimal < UNIT_1E30:
        extra = max(parameters.above_optimal_factor - parameters.base_factor, 0)
        rate += div_floor(extra * (usage - optimal), UNIT_1E30 - optimal)
    return rate
