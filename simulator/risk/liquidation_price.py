"""Prices at which an account reaches its requirement or zero (risk-spec section 4).

Linear positions under cross margin: one market's price moves, the others stay.
"""

from __future__ import annotations

import numpy as np

from simulator.types import Float1D, Float2D


def liquidation_price(
    cash: Float1D, size: Float2D, price: Float1D, rate: float | Float1D
) -> Float2D:
    """Price of each market at which equity = rate x gross notional, float64[n, k].

    cash [n] is every term that does not depend on a price: margin + sum cost - sum pending (plus
    a tier's deduction, minus fees owed). rate is scalar or [k] and holds a closing fee if there is
    one. NaN where there is no such price: no position in that market, or a root that is not
    positive (a fully paid long), or one that does not exist (a long with rate 1).
    """
    weight = size - np.abs(size) * rate
    # Everything but the market's own term must be carried by its price alone. A product that
    # leaves the own term out, because subtracting it from the whole would cost its digits.
    others = cash[:, None] + (weight * price) @ (1.0 - np.eye(len(price)))
    root = np.full_like(size, np.nan)
    np.divide(-others, weight, out=root, where=weight != 0.0)
    root[~(root > 0.0)] = np.nan
    return root


def bankruptcy_price(cash: Float1D, size: Float2D, price: Float1D) -> Float2D:
    """Price of each market at which equity = 0, float64[n, k]; NaN where there is none."""
    return liquidation_price(cash, size, price, 0.0)
