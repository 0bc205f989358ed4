"""Tiered requirements: Binance, and Hyperliquid, which is the same with rates from leverages.

maintenance margin = N x rate_k - deduction_k, deduction_0 = 0,
deduction_k = deduction_{k-1} + floor_k x (rate_k - rate_{k-1}), so that it is continuous at every
floor. With rates that do not fall this is the maximum over the lines of all tiers: no search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, same_shape, sorted_up, within
from simulator.risk.margin.interface import (
    MarginAccount,
    Requirement,
    checked,
    chosen_leverage,
    combined,
    maintenance_below_initial,
)
from simulator.types import AnyArray, Bool1D, Float1D, Int1D

_CHUNK = 32_768
"""Rows whose line, maximum and input stay in the second-level cache together."""
_INFINITY_BITS = np.float64(np.inf).view(np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class MarginTiers:
    """One market's tiers by notional. A floor itself still belongs to the tier below it."""

    floors: Float1D
    """[t] quote, rising from 0."""
    rates: Float1D
    """[t] maintenance margin rates in (0, 1], not falling."""
    maximum_leverage: Float1D
    """[t] at most 1 / rate."""
    deductions: Float1D
    """[t] quote, what makes the requirement continuous (Binance's maintenance amount)."""


def tier_deductions(floors: Any, rates: Any) -> Float1D:
    """deduction_k = deduction_{k-1} + floor_k x (rate_k - rate_{k-1}), from 0; float64[t]."""
    lows, steps = _checked_tiers(floors, rates)
    return np.concatenate([[0.0], np.cumsum(lows[1:] * np.diff(steps))])


def binance_tiers(floors: Any, rates: Any, maximum_leverage: Any = None) -> MarginTiers:
    """Tiers from floors, maintenance rates and maximum leverages (1 / rate unless given), all [t].

    Raises InvalidArgument for floors that do not rise from 0, rates that fall or leave (0, 1], and
    a maximum leverage whose initial rate is below the maintenance rate.
    """
    lows, steps = _checked_tiers(floors, rates)
    highest = 1.0 / steps
    if maximum_leverage is not None:
        highest = positive("maximum_leverage", maximum_leverage, ndim=1)
        same_shape(floors=lows, maximum_leverage=highest)
        rule = "must not exceed the initial rate, 1 / maximum leverage"
        # 1 / (1 / x) may be off by a unit in the last place.
        maintenance_below_initial("rates", (1.0 + 1e-15) / highest, steps, rule)
    return MarginTiers(lows, steps, highest, tier_deductions(lows, steps))


def hyperliquid_tiers(floors: Any, maximum_leverage: Any) -> MarginTiers:
    """Maintenance rate = 1 / (2 x maximum leverage of the tier), deductions alike.

    Source: Hyperliquid documentation, margin tiers.
    """
    highest = positive("maximum_leverage", maximum_leverage, ndim=1)
    return binance_tiers(floors, 0.5 / highest, highest)


def tier_index(notional: Any, tiers: MarginTiers) -> Int1D:
    """Which tier a notional [...] >= 0 is in; a floor itself belongs to the tier below it."""
    found = np.searchsorted(tiers.floors, finite("notional", notional), side="left") - 1
    return np.maximum(found, 0)


def tiered_maintenance(notional: Any, tiers: MarginTiers, out: AnyArray | None = None) -> AnyArray:
    """Maintenance margin of notionals [...] >= 0 in one market, in quote, float64[...].

    The maximum over the tiers' lines, in chunks: bounded memory, linear cost.
    """
    values = np.asarray(notional, dtype=np.float64, order="C")
    result = np.empty_like(values) if out is None else out
    if result.shape != values.shape or not result.flags.c_contiguous:
        rule = f"must be contiguous and have the shape of notional, {values.shape}"
        raise InvalidArgument("out", f"array of shape {result.shape}", rule)
    flat, into = values.reshape(-1), result.reshape(-1)
    rates, deductions = tiers.rates.tolist(), tiers.deductions.tolist()
    line = np.empty(min(_CHUNK, len(flat)))
    for start in range(0, len(flat), _CHUNK):
        part, best = flat[start : start + _CHUNK], into[start : start + _CHUNK]
        # As words, finite numbers that are not negative are the ones below infinity: one pass.
        if part.view(np.uint64).max() >= _INFINITY_BITS:
            non_negative("notional", values)  # -0.0 passes
        room = line[: len(part)]
        np.multiply(part, rates[0], out=best)
        for rate, deduction in zip(rates[1:], deductions[1:], strict=True):
            np.multiply(part, rate, out=room)
            np.subtract(room, deduction, out=room)
            np.maximum(best, room, out=best)
    return result


@dataclass(frozen=True, slots=True)
class TieredMargin:
    """Requirement model of Binance and Hyperliquid: tiers per market.

    Initial margin = N / leverage, the leverage limited by the tier's maximum, so it is never below
    maintenance margin.
    """

    tiers: Sequence[MarginTiers]
    """One per market."""

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """See RequirementModel."""
        size, mark, at_order = checked(account, prices, order_prices, len(self.tiers))
        amount, leverage = np.abs(size), chosen_leverage(account)
        notional, ordered = amount * mark, amount * at_order
        maintenance, limit = np.empty_like(notional), np.empty_like(ordered)
        for market, tiers in enumerate(self.tiers):
            maintenance[..., market] = tiered_maintenance(notional[..., market], tiers)
            limit[..., market] = tiers.maximum_leverage[tier_index(ordered[..., market], tiers)]
        used = limit if leverage is None else np.minimum(limit, leverage)
        return combined(account, ordered / used, maintenance)


def backstop_liquidated(account_value: Any, maintenance: Any) -> Bool1D:
    """Hyperliquid's backstop takes over: account value < 2/3 of maintenance margin (strict)."""
    value, required = finite("account_value", account_value), finite("maintenance", maintenance)
    return np.asarray(3.0 * value < 2.0 * required)


def _checked_tiers(floors: Any, rates: Any) -> tuple[Float1D, Float1D]:
    lows = sorted_up("floors", floors)
    steps = within("rates", positive("rates", rates, ndim=1), 0.0, 1.0)
    same_shape(floors=lows, rates=steps)
    if not len(lows) or lows[0] != 0.0:
        raise InvalidArgument("floors", lows.tolist(), "must begin with 0")
    return lows, sorted_up("rates", steps, strictly=False)
