"""Health of many accounts of a money market at once, in floats (risk-spec section 7).

health = sum(collateral x price x liquidation threshold) / sum(debt x price). The verdict of a
protocol comes from integers (`simulator.risk.lending`); this says of a million accounts where they
stand, in about twice the time it takes to read them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import Float1D, Float2D

ROWS = 1 << 15
"""Accounts in one go. Fewer cost more calls, more leave the second-level cache."""


def health_factors(
    collateral: Float2D,
    debt: Float2D,
    price: Float1D,
    liquidation_threshold: float | Float1D,
    out: Float1D | None = None,
) -> Float1D:
    """Health of each account, float64[n]: below 1 is liquidatable, +inf without debt.

    collateral, debt float64[n, k] in units of the assets, not negative; price [k] in quote per
    unit; liquidation_threshold scalar or [k], in [0, 1]. Memory beyond the answer is bounded.

    Amounts are looked at through the sums of each account only, which shows NaN, infinity and a
    negative sum, but not a negative amount that others outweigh.
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
    buffer, zeros = np.empty(min(ROWS, len(held))), np.zeros(min(ROWS, len(held)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, len(held), ROWS):
            block = slice(start, start + ROWS)
            value = health[block]
            owing = buffer[: len(value)]
            np.dot(held[block], weight, out=value)
            np.dot(owed[block], prices, out=owing)
            _check(held, owed, value, owing, zeros[: len(value)], start)
            np.divide(value, owing, out=value)
            if not owing.all():
                value[owing == 0.0] = np.inf
    return health


def _check(
    held: Float2D, owed: Float2D, value: Float1D, owing: Float1D, zeros: Float1D, start: int
) -> None:
    """Refuse a block whose sums show an amount that is not finite or not positive."""
    for name, amounts, sums in (("collateral", held, value), ("debt", owed, owing)):
        # Zero times each is 0 unless one is NaN or infinite: cheaper than isfinite.
        if sums.dot(zeros) == 0.0 and sums.min() >= 0.0:
            continue
        checks.non_negative(name, amounts)
        raise InvalidArgument(name, f"accounts from {start} on", "times price must be finite")


def _amounts(name: str, amounts: Any) -> Float2D:
    try:
        array: Float2D = np.asarray(amounts, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(name, amounts, "must be numbers") from None
    if array.ndim != 2:
        raise InvalidArgument(name, f"array of shape {array.shape}", "must have 2 dimensions")
    return array


def _answer(out: Float1D | None, count: int) -> Float1D:
    if out is None:
        return np.empty(count)
    if out.shape != (count,) or out.dtype != np.float64 or not out.flags.c_contiguous:
        what = f"{out.dtype} array of shape {out.shape}"
        raise InvalidArgument("out", what, f"must be contiguous float64[{count}]")
    return out
