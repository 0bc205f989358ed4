"""The cascade operator for margin accounts in several markets, both sides, any impact function.

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

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, same_shape
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
    """The fixed point that grows from the empty set. Liquidatable iff equity < requirement.

    cash [n] = margin + sum cost - sum pending; size [n, k]; rate is the maintenance fraction,
    scalar or [k]. `impact(zeros)` is the price now. `dumped` [n, k] is what reaches the market if
    an account is liquidated, signed as its size: the whole size unless given.
    """
    weight, sold = _weights(cash, size, rate, dumped)
    price = impact(np.zeros(size.shape[1]))
    path = [price]
    first = hit = weight @ price + cash < 0.0
    grown = hit
    while grown.any():
        price = impact(hit @ sold)
        path.append(price)
        grown = (weight @ price + cash < 0.0) & ~hit
        hit = hit | grown
    return _result(np.abs(size) @ path[0], first, hit, path)


def greatest_cascade(
    cash: Float1D,
    size: Float2D,
    rate: float | Float1D,
    impact: ImpactFunction,
    dumped: Float2D | None = None,
) -> CascadeResult:
    """The fixed point that is left when everybody's liquidation is supposed and then taken back.

    Arguments as in `cascade`. Where T is monotone it is the greatest fixed point: the distance
    between the two is the band in which rumour and order decide. `first` is what is liquidatable
    before any impact; `rounds` are those that took an account out; `prices` begin at the price
    with everybody dumped.
    """
    weight, sold = _weights(cash, size, rate, dumped)
    undisturbed = impact(np.zeros(size.shape[1]))
    first = weight @ undisturbed + cash < 0.0
    hit = np.ones(len(cash), dtype=bool)
    path = []
    while True:
        price = impact(hit @ sold)
        path.append(price)
        kept = hit & (weight @ price + cash < 0.0)
        if kept.sum() == hit.sum():
            return _result(np.abs(size) @ undisturbed, first, hit, path)
        hit = kept


def _weights(
    cash: Float1D, size: Float2D, rate: float | Float1D, dumped: Float2D | None
) -> tuple[Float2D, Float2D]:
    """Equity - requirement = cash + weight @ price, one product per round; and what is sold."""
    finite("cash", cash, ndim=1)
    finite("size", size, ndim=2)
    if len(cash) != len(size):
        rule = f"must have a row per account, {len(cash)}"
        raise InvalidArgument("size", f"array of shape {size.shape}", rule)
    if dumped is not None:
        same_shape(size=size, dumped=finite("dumped", dumped, ndim=2))
    return size - np.abs(size) * rate, size if dumped is None else dumped


def _result(
    gross: Float1D, first: Bool1D, final: Bool1D, path: list[Float1D]
) -> CascadeResult:  # fmt: skip
    return CascadeResult(
        first=first,
        final=final,
        first_notional=float(first @ gross),
        final_notional=float(final @ gross),
        rounds=len(path) - 1,
        prices=np.array(path),
    )
