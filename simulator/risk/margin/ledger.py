"""Equity and flat requirement of cross-margin accounts in linear markets, at full speed.

The terms are those of a ledger that keeps a signed cost per position: opening at price e moves
the cost by -size x e, so that size x price + cost is the unrealised profit. `pending` is funding
and socialised loss owed but not yet settled. Nothing is checked here: the arrays come from a ledger
that holds no others.

The amounts must be exact before they become floats. `pending` is |size| x (index - checkpoint);
if the two are subtracted as floats its error is 2**-52 of |size| x |index|, which the stated bound
covers only while an index (quote per unit) stays below a thousand times the price. Beyond that,
subtract integers.
"""

from __future__ import annotations

import numpy as np

from simulator.types import Float1D, Float2D


def equity(
    margin: Float1D,
    size: Float2D,
    price: Float1D,
    cost: Float2D,
    pending: Float2D,
    out: Float1D | None = None,
) -> Float1D:
    """margin + sum over markets of (size x price + cost - pending), float64[n] in quote.

    margin [n]; size, cost, pending [n, k]; price [k]. Within 1e-12 of `magnitude` of the exact
    value: with k <= 8 there are at most 25 terms of relative error 3 x 2**-53 each and 25
    additions, together below 5e-15.
    """
    ones = np.ones_like(price)
    result = np.matmul(size, price, out=out)
    result += margin
    result += cost @ ones
    result -= pending @ ones
    return result


def magnitude(
    margin: Float1D, gross: Float1D, cost: Float2D, pending: Float2D, out: Float1D | None = None
) -> Float1D:
    """|margin| + sum |size x price| + sum |cost| + sum |pending|, float64[n] in quote.

    The scale of rounding errors in `equity` and in the requirement. `gross` is gross_notional.
    """
    ones = np.ones(cost.shape[1])
    result = np.matmul(np.abs(cost), ones, out=out)
    result += np.abs(pending) @ ones
    result += np.abs(margin)
    result += gross
    return result


def requirement(gross: Float1D, rate: float, out: Float1D | None = None) -> Float1D:
    """Initial or maintenance margin: rate x gross notional, float64[n] in quote."""
    return np.multiply(gross, rate, out=out)


def margin_ratio(equity: Float1D, gross: Float1D) -> Float1D:
    """Equity / gross notional, float64[n]; NaN without a position, where it does not exist."""
    ratio = np.full_like(equity, np.nan)
    np.divide(equity, gross, out=ratio, where=gross > 0.0)
    return ratio
