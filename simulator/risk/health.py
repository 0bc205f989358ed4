"""Health of many accounts of a money market at once, in floats (risk-spec section 7).

health = sum(collateral x price x liquidation threshold) / sum(debt x price). The verdict of a
protocol comes from integers (`simulator.risk.lending`); this says of a million accounts where they
stand, in less than twice the time it takes to read them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import AnyArray, Bool1D, Float1D, Float2D

ROWS = 1 << 17
"""Accounts in one go: their sums are a megabyte. Fewer cost more calls, all at once the cache."""


def health_factors(
    collateral: Any,
    debt: Any,
    price: Any,
    liquidation_threshold: Any,
    out: AnyArray | None = None,
) -> Float1D:
    """Health of each account, float64[n]: below 1 is liquidatable, +inf without debt.

    collateral, debt float64[n, k] in units of the assets, not negative, read fastest if stored
    asset by asset (Fortran order); price [k] in quote per unit; liquidation_threshold scalar or
    [k], in [0, 1]. out: an array for the answer. Memory beyond the answer is bounded.

    Amounts are looked at through the sums of each account, which show NaN, infinity and a negative
    sum, but not a negative amount that others outweigh.
    """
    held, owed = _amounts("collateral", collateral), _amounts("debt", debt)
    checks.same_shape(collateral=held, debt=owed)
    prices = checks.non_negative("price", price, ndim=1)
    if len(prices) != held.shape[1]:
        rule = f"must have {held.shape[1]} assets"
        raise InvalidArgument("price", f"array of shape {prices.shape}", rule)
    threshold = checks.within("liquidation_threshold", liquidation_threshold, 0.0, 1.0)
    if threshold.ndim:
        checks.same_shape(price=prices, liquidation_threshold=threshold)
    health = _answer(out, len(held))
    weight = prices * threshold
    buffer = np.empty(min(ROWS, len(held)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, len(held), ROWS):
            block = slice(start, start + ROWS)
            value = health[block]
            owing = buffer[: len(value)]
            # np.dot would copy a block of an array that is stored asset by asset.
            np.matmul(held[block], weight, out=value)
            np.matmul(owed[block], prices, out=owing)
            np.divide(value, owing, out=value)
            # No collateral, no debt and every bad amount leave a health at one of the ends, or NaN.
            if not (value.min() > 0.0 and value.max() < np.inf):
                idle = owing == 0.0
                backing = held[block][idle] @ weight
                if not _explained(value, owing, idle, backing):
                    _look_closely(held, owed, owing, weight)
                value[idle] = np.inf
    return health


def _explained(value: Float1D, owing: Float1D, idle: Bool1D, backing: Float1D) -> bool:
    """Whether health at its ends comes from missing collateral or debt, and nothing else."""
    indebted = ~idle
    least, most = value.min(where=indebted, initial=0.0), value.max(where=indebted, initial=0.0)
    debts = owing.min() >= 0.0 and owing.max() < np.inf
    return bool(debts and least >= 0.0 and most < np.inf and (backing >= 0.0).all())


def _look_closely(held: Float2D, owed: Float2D, owing: Float1D, weight: Float1D) -> None:
    """Say which amount is at fault, or whose value leaves the floats. Without a fault a debt is so
    small that the health is rightly infinite."""
    checks.non_negative("collateral", held)
    checks.non_negative("debt", owed)
    for name, values in (("debt", owing), ("collateral", held @ weight)):
        checks.refuse(name, values, np.isfinite(values), "must be worth a finite amount")


def _amounts(name: str, amounts: Any) -> Float2D:
    try:
        array: Float2D = np.asarray(amounts, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(name, amounts, "must be numbers") from None
    if array.ndim != 2:
        raise InvalidArgument(name, f"array of shape {array.shape}", "must have 2 dimensions")
    return array


def _answer(out: AnyArray | None, count: int) -> Float1D:
    if out is None:
        return np.empty(count)
    if out.shape != (count,) or out.dtype != np.float64 or not out.flags.c_contiguous:
        what = f"{out.dtype} array of shape {out.shape}"
        raise InvalidArgument("out", what, f"must be contiguous float64[{count}]")
    return out
