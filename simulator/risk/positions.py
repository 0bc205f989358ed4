"""Exposure of linear positions: notional, gross, net, effective leverage (risk-spec section 2).

size float64[n, k] in base, positive long; price float64[k] in quote per base.
"""

from __future__ import annotations

import numpy as np

from simulator.types import Float1D, Float2D


def notional(size: Float2D, price: Float1D) -> Float2D:
    """|size| x price per account and market, float64[n, k] in quote."""
    return np.abs(size) * price


def gross_notional(size: Float2D, price: Float1D, out: Float1D | None = None) -> Float1D:
    """Sum over markets of |size| x price, float64[n] in quote; prices are not negative."""
    # A product with the price vector is ten times as fast as a sum along a short axis.
    return np.matmul(np.abs(size), price, out=out)


def net_notional(size: Float2D, price: Float1D, out: Float1D | None = None) -> Float1D:
    """Sum over markets of size x price, float64[n] in quote; its sign is the side."""
    return np.matmul(size, price, out=out)


def effective_leverage(gross: Float1D, equity: Float1D) -> Float1D:
    """Gross notional / equity, float64[n]: 0 without a position, +inf where equity <= 0."""
    leverage = np.full_like(gross, np.inf)
    np.divide(gross, equity, out=leverage, where=equity > 0.0)
    leverage[gross == 0.0] = 0.0
    return leverage
