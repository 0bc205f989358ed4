"""The cascade operator: whom a fall liquidates once forced selling moves the price again.

T(S) is the set of accounts that are liquidatable at the price left by dumping the positions of S.
The iteration starts from the empty set and only adds accounts. Where T is monotone (all accounts
of a market on one side) it ends at the least fixed point of T, in at most n rounds. With both
sides in a market a short that recovers while longs are sold stays closed: a liquidation is not
undone, and the result is the least set that contains its own consequences in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.types import Bool1D, Float1D, Float2D

ImpactFunction = Callable[[Float1D], Float1D]
"""Quantity dumped per market [k] (base, positive sold, negative bought) -> price [k]."""


@dataclass(frozen=True, slots=True)
class CascadeResult:
    """What the first round and the fixed point take; notionals at the prices before any impact."""

    first: Bool1D
    """bool[n]: liquidatable before anything is dumped."""
    final: Bool1D
    """bool[n]: liquidated at the fixed point; contains `first`."""
    first_notional: float
    """Gross notional of `first`, quote."""
    final_notional: float
    """Gross notional of `final`, quote."""
    rounds: int
    """Rounds that added an account: 0 if nobody is liquidatable, 1 if impact adds nobody."""
    prices: Float2D
    """float64[rounds + 1, k]: the price each round met; the last is that of the fixed point."""


def cascade(
    cash: Float1D,
    size: Float2D,
    rate: float | Float1D,
    impact: ImpactFunction,
    dumped: Float2D | None = None,
) -> CascadeResult:
    """The fixed point that grows from the empty set.

    cash [n] = margin + sum cost - sum pending; size [n, k]; rate is the maintenance fraction,
    scalar or [k]. `impact(zeros)` is the price now. `dumped` [n, k] is what reaches the market if
    an account is liquidated, signed as its size: the whole size unless given.
    """
    # equity - requirement = cash + weight @ price, one product per round
    weight = size - np.abs(size) * rate
    sold = size if dumped is None else dumped
    price = impact(np.zeros(size.shape[1]))
    path = [price]
    first = hit = weight @ price + cash < 0.0
    grown = hit
    while grown.any():
        price = impact(hit @ sold)
        path.append(price)
        grown = (weight @ price + cash < 0.0) & ~hit
        hit = hit | grown
    gross = np.abs(size) @ path[0]
    return CascadeResult(
        first=first,
        final=hit,
        first_notional=float(first @ gross),
        final_notional=float(hit @ gross),
        rounds=len(path) - 1,
        prices=np.array(path),
    )
