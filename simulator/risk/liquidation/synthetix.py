"""Synthetix v3: how much of a market may be liquidated per window, and what the keeper earns.

Integers of 1e-18. Source: Synthetixio/synthetix-v3, PerpsMarket.maxLiquidatableAmount,
GlobalPerpsMarketConfiguration.keeperReward and their tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.units import WAD, wad_mul_floor


class WindowEntry(NamedTuple):
    """What was liquidated in one block."""

    timestamp: int
    amount: int


class WindowResult(NamedTuple):
    """The amount that may be closed now, and the record after it."""

    amount: int
    window: LiquidationWindow


@dataclass(frozen=True, slots=True)
class LiquidationWindow:
    """One market's limits and its record of liquidations. Sizes in 1e-18 of the base asset."""

    capacity: int
    """Most per window; 0 means no limit. See `synthetix_window_capacity`."""
    seconds: int
    maximum_pd: int = 0
    """|skew| / skew scale (1e-18) under which a used-up window opens again; 0: never."""
    entries: tuple[WindowEntry, ...] = ()
    """Oldest first."""

    def __post_init__(self) -> None:
        for name in ("capacity", "seconds", "maximum_pd"):
            if getattr(self, name) < 0:
                raise InvalidArgument(name, getattr(self, name), "must be at least 0")

    def left(self, now: int) -> int:
        """Capacity at this time: entries with timestamp > now - seconds (strict) use it up."""
        start = now - self.seconds
        used = sum(entry.amount for entry in self.entries if entry.timestamp > start)
        return max(self.capacity - used, 0)

    def liquidate(
        self, now: int, requested: int, skew: int = 0, skew_scale: int = 0, endorsed: bool = False
    ) -> WindowResult:
        """Amount of `requested` >= 0 that may be closed at time `now`, and the record after it.

        An endorsed liquidator takes all, which is recorded; without a limit (capacity 0) all is
        taken and nothing recorded. Otherwise min(what is left, requested). With nothing left a
        further min(capacity, requested) is allowed if maximum_pd is not 0, the last entry is not
        of this block, and |skew| / skew scale < maximum_pd (strict).
        """
        if requested < 0:
            raise InvalidArgument("requested", requested, "must be at least 0")
        if endorsed:
            return WindowResult(requested, self._recorded(now, requested))
        if self.capacity == 0:
            return WindowResult(requested, self)
        left = self.left(now)
        amount = min(left, requested)
        if left == 0 and self._reopens(now, skew, skew_scale):
            amount = min(self.capacity, requested)
        return WindowResult(amount, self._recorded(now, amount) if amount > 0 else self)

    def _reopens(self, now: int, skew: int, skew_scale: int) -> bool:
        # What is used up has been recorded, so there is a last entry.
        if self.maximum_pd == 0 or self.entries[-1].timestamp == now:
            return False
        if skew_scale <= 0:
            raise InvalidArgument("skew_scale", skew_scale, "must be above 0")
        return abs(skew) * WAD // skew_scale < self.maximum_pd

    def _recorded(self, now: int, amount: int) -> LiquidationWindow:
        """Amounts of one block are one entry."""
        entries = self.entries
        if entries and entries[-1].timestamp == now:
            entries, amount = entries[:-1], entries[-1].amount + amount
        return replace(self, entries=(*entries, WindowEntry(now, amount)))


def synthetix_window_capacity(
    maker_fee: int, taker_fee: int, skew_scale: int, multiplier: int, window_seconds: int
) -> int:
    """(maker fee + taker fee) x skew scale x multiplier x seconds, products floored at 1e-18."""
    per_second = wad_mul_floor(wad_mul_floor(maker_fee + taker_fee, skew_scale), multiplier)
    return per_second * window_seconds


def synthetix_keeper_reward(
    notional: int,
    flag_cost: int,
    liquidate_cost: int,
    reward_ratio: int,
    minimum_reward: int,
    profit_ratio: int,
    maximum_reward: int,
    margin_scale: int = WAD,
    available_margin: int = 0,
) -> int:
    """min(max(minimum cap, ratio x notional + cost), maximum cap), all 1e-18, products floored.

    cost = flag cost + liquidation cost of the node; minimum cap = max(cost + minimum reward, cost x
    (1 + profit ratio)); maximum cap = maximum reward if available margin is 0 (a flagged account),
    else min(available margin x margin scale, maximum reward). The maximum wins over the minimum.
    """
    cost = flag_cost + liquidate_cost
    lowest = max(cost + minimum_reward, wad_mul_floor(cost, WAD + profit_ratio))
    highest = maximum_reward
    if available_margin != 0:
        highest = min(wad_mul_floor(available_margin, margin_scale), maximum_reward)
    return min(max(lowest, wad_mul_floor(notional, reward_ratio) + cost), highest)
