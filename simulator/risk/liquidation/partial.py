"""How much of a position one liquidation takes: Perp curie, Hyperliquid, Binance, Deribit."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, within
from simulator.risk.margin.tiers import MarginTiers, tiered_maintenance
from simulator.types import AnyArray


def curie_liquidatable_size(
    size: Any,
    position_value: Any,
    total_absolute_value: Any,
    account_value: Any,
    maintenance: Any,
    whole_below: float = 100.0,
) -> AnyArray:
    """Signed size that may be liquidated, elementwise.

    0 if account value >= maintenance; all if |position value| <= whole_below (100 USD) or account
    value < maintenance / 2 (strict); else size x min(1, total |value| / (2 x |position value|)).
    Source: perpetual-protocol/perp-curie-contract, AccountBalance.getLiquidatablePositionSize,
    which floors the ratio to 1e-6.
    """
    amount, value = finite("size", size), np.abs(finite("position_value", position_value))
    total = non_negative("total_absolute_value", total_absolute_value)
    equity, required = (
        finite("account_value", account_value),
        non_negative("maintenance", maintenance),
    )
    whole = (value <= finite("whole_below", whole_below)) | (equity < required / 2)
    shape = np.broadcast_shapes(value.shape, total.shape, equity.shape, required.shape)
    share = np.ones(shape)
    np.divide(total, 2 * value, out=share, where=np.broadcast_to(~whole & (value > 0), shape))
    share = np.where(equity >= required, 0.0, np.minimum(share, 1.0))
    return np.asarray(amount * share)


class CuriePenalty(NamedTuple):
    """Who gets the penalty of a liquidation, in the unit of the notional."""

    penalty: int
    to_liquidator: int
    to_insurance_fund: int


def curie_penalty(
    closed_notional: int, account_value: int, penalty_ppm: int = 25_000
) -> CuriePenalty:
    """floor(notional x 2.5 %); half (floored) to the liquidator and the rest to the fund, or all to
    the liquidator if the account value is below 0 (strict). Source: ClearingHouse.liquidate."""
    if closed_notional < 0:
        raise InvalidArgument("closed_notional", closed_notional, "must be at least 0")
    penalty = closed_notional * penalty_ppm // 1_000_000
    liquidator = penalty if account_value < 0 else penalty // 2
    return CuriePenalty(penalty, liquidator, penalty - liquidator)


class HyperliquidOrder(NamedTuple):
    """What is sent to the book, or whether the backstop takes over instead."""

    size: float
    """To close, signed as the position."""
    backstop: bool


def hyperliquid_order(
    size: float,
    price: float,
    account_value: float,
    maintenance: float,
    seconds_since_partial: float | None = None,
    large: float = 100_000.0,
    share: float = 0.2,
    cooldown_seconds: float = 30.0,
) -> HyperliquidOrder:
    """Next liquidation order for a position.

    Nothing if account value >= maintenance; the backstop if account value < 2/3 of maintenance
    (strict); otherwise the whole position, but only `share` of it if its notional is above `large`
    (strict) and no partial order was sent in the last cooldown_seconds (the cooldown's end itself
    is outside). Source: Hyperliquid announcement of partial liquidations; parameters are theirs.
    """
    position = float(finite("size", size))
    value, required = (
        float(finite("account_value", account_value)),
        float(non_negative("maintenance", maintenance)),
    )
    notional = abs(position) * float(positive("price", price))
    limit, wait = non_negative("large", large), non_negative("cooldown_seconds", cooldown_seconds)
    part = float(within("share", share, 0.0, 1.0))
    if value >= required or position == 0.0:
        return HyperliquidOrder(0.0, False)
    if 3.0 * value < 2.0 * required:
        return HyperliquidOrder(0.0, True)
    cooling = seconds_since_partial is not None and bool(
        finite("seconds_since_partial", seconds_since_partial) < wait
    )
    return HyperliquidOrder(position * (part if notional > limit and not cooling else 1.0), False)


class TierSteps(NamedTuple):
    """A position brought down tier by tier."""

    closed: float
    """Notional closed in all."""
    left: float
    """Notional left; its requirement is met, or it is 0."""
    steps: int


def tier_stepping(
    notional: float, account_value: float, tiers: MarginTiers, fee_rate: float = 0.0
) -> TierSteps:
    """Binance: while account value < maintenance (strict), close down to the floor of the
    position's tier, which is the top of the tier below; in the lowest tier close all.

    At mark prices a close costs fee_rate x notional and nothing else.
    """
    left, value = (
        float(non_negative("notional", notional)),
        float(finite("account_value", account_value)),
    )
    start, steps = left, 0
    fee = float(non_negative("fee_rate", fee_rate))
    while left > 0.0 and value < float(tiered_maintenance(np.array([left]), tiers)[0]):
        floor = float(tiers.floors[tiers.floors < left][-1])
        value -= fee * (left - floor)
        left, steps = floor, steps + 1
    return TierSteps(start - left, left, steps)


def incremental_reduction(size: float, step: float, excess: Callable[[float], float]) -> float:
    """Deribit's risk engine, and short options anywhere: reduce by steps until margin suffices.

    excess(remaining signed size) = margin balance - maintenance margin. Returns the remaining size,
    signed as `size`: the first of size, size - step, ... toward 0 whose excess is at least 0, or 0.
    """
    amount, unit = abs(float(finite("size", size))), float(positive("step", step))
    side = 1.0 if size > 0 else -1.0
    for count in range(ceil(amount / unit)):
        remaining = side * (amount - count * unit)
        if excess(remaining) >= 0.0:
            return remaining
    return 0.0
