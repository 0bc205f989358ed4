"""Requirements in tiers: the root's own tier decides, and there may be several roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive
from simulator.risk.liquidation_price.linear import positive_root
from simulator.risk.margin.tiers import MarginTiers
from simulator.types import AnyArray, Bool1D

_SLACK = 1e-12
"""Relative: a root on a floor may be rounded out of both tiers that meet there."""


def tiered_liquidation_price(
    size: Any, price: Any, equity: Any, tiers: MarginTiers, closing_fee_rate: Any = 0.0
) -> AnyArray:
    """First price met from the current one at which equity reaches the tiered requirement.

    size, price, equity [...] of one position at the current price (its entry price and margin do as
    well; other positions of a cross wallet enter by their profit less their maintenance margin):
    equity(P') = equity + q (P' - P)
    against the requirement (and closing fee) of the tier that |q| P' is in. A healthy account is
    followed against its side (a long down, a short up), one below its requirement the other way,
    to where it would recover. Tiers whose requirement jumps at a floor (deductions other than
    `tier_deductions`) may have several roots, or cross at the jump itself: then the floor's price
    is the answer. NaN where there is none.
    """
    size_, price_ = finite("size", size), positive("price", price)
    fee = non_negative("closing_fee_rate", closing_fee_rate)
    position, now, value = np.broadcast_arrays(size_, price_, finite("equity", equity))
    cash, amount = value - position * now, np.abs(position)

    def excess(at: AnyArray, tier: int) -> AnyArray:
        rate, deduction = tiers.rates[tier] + fee, tiers.deductions[tier]
        return np.asarray(cash + position * at - (amount * at * rate - deduction))

    current = np.maximum(np.searchsorted(tiers.floors, amount * now, side="left") - 1, 0)
    healthy = np.zeros(position.shape, dtype=bool)
    best = np.full(position.shape, np.nan)
    for tier in range(len(tiers.floors)):
        healthy |= (current == tier) & (excess(now, tier) >= 0.0)
    # A healthy long and an unhealthy short look down, the others up.
    down: Bool1D = healthy == (position > 0.0)
    ceilings = np.append(tiers.floors[1:], np.inf)
    for tier, (floor, ceiling) in enumerate(zip(tiers.floors, ceilings, strict=True)):
        rate, deduction = tiers.rates[tier] + fee, tiers.deductions[tier]
        root = positive_root(-(cash + deduction), position - amount * rate)
        notional = amount * root
        inside = (notional > floor * (1 - _SLACK)) & (notional <= ceiling * (1 + _SLACK))
        best = _nearer(best, np.where(inside, root, np.nan), now, down)
        if tier:
            edge = positive_root(np.full(position.shape, floor), amount)
            jumps = (excess(edge, tier) < 0.0) != (excess(edge, tier - 1) < 0.0)
            best = _nearer(best, np.where(jumps, edge, np.nan), now, down)
    return np.where(position == 0.0, np.nan, best)


def _nearer(best: AnyArray, candidate: AnyArray, now: AnyArray, down: AnyArray) -> AnyArray:
    """The nearer of two prices on the side that is looked at; NaN counts as none."""
    slack = now * _SLACK
    ahead = np.where(down, candidate <= now + slack, candidate >= now - slack)
    closer = np.isnan(best) | (np.abs(candidate - now) < np.abs(best - now))
    return np.where(ahead & closer, candidate, best)
