"""Linear positions: cross margin where one market's price moves, and single positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, renamed, within
from simulator.types import AnyArray, Float1D, Float2D


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


def isolated_liquidation_price(
    size: Any,
    entry_price: Any,
    margin: Any,
    maintenance_rate: Any,
    closing_fee_rate: Any = 0.0,
    funding_paid: Any = 0.0,
) -> AnyArray:
    """Root of margin - funding + q (P - E) = (rate + fee) |q| P, elementwise, in quote per base.

    (q E - M + F) / (|q| (s - rate - fee)), q signed size and s its sign. NaN without a position,
    for a root that is not positive (a fully paid long), and where s = rate + fee.
    Source: definition; with a tier's deduction added to the margin, Binance's isolated formula.
    """
    position, entry = finite("size", size), non_negative("entry_price", entry_price)
    rate = within("maintenance_rate", maintenance_rate, 0.0, 1.0) + non_negative(
        "closing_fee_rate", closing_fee_rate
    )
    rate = within("maintenance_rate + closing_fee_rate", rate, 0.0, 1.0)
    owed = position * entry - finite("margin", margin) + finite("funding_paid", funding_paid)
    return positive_root(owed, position - np.abs(position) * rate)


def cross_liquidation_price(
    wallet_balance: Any,
    size: Any,
    entry_price: Any,
    maintenance_rate: Any,
    deduction: Any = 0.0,
    other_maintenance: Any = 0.0,
    other_profit: Any = 0.0,
) -> AnyArray:
    """Binance: (WB - TMM + UPNL + cum - q E) / (|q| (rate - s)), elementwise.

    The other positions of the wallet enter as their maintenance margin and unrealised profit;
    rate and deduction (cum) are those of the tier of the solved notional, which
    `tiered_liquidation_price` finds.
    """
    margin = finite("wallet_balance", wallet_balance) + finite("deduction", deduction)
    margin = margin - non_negative("other_maintenance", other_maintenance)
    margin = margin + finite("other_profit", other_profit)
    return isolated_liquidation_price(size, entry_price, margin, maintenance_rate)


def liquidation_price_from_equity(
    size: Any, price: Any, equity: Any, maintenance_rate: Any
) -> AnyArray:
    """P - s x (equity - l N) / |q| / (1 - l s), l the maintenance rate and N = |q| P, elementwise.

    The same root as dYdX v4's (e - q P) / (|q| l - q), seen from the current price and the equity
    at it (cross or isolated, other positions standing still). NaN as above. Sources: Hyperliquid
    and dYdX v4 documentation.
    """
    with renamed(entry_price="price", margin="equity"):
        return isolated_liquidation_price(size, price, equity, maintenance_rate)


def isolated_bankruptcy_price(
    size: Any, entry_price: Any, margin: Any, funding_paid: Any = 0.0
) -> AnyArray:
    """Root of margin - funding + q (P - E) = 0, elementwise; NaN where there is none."""
    return isolated_liquidation_price(size, entry_price, margin, 0.0, 0.0, funding_paid)


def positive_root(numerator: Any, denominator: Any) -> AnyArray:
    """numerator / denominator where that is a positive finite price, else NaN."""
    above, below = np.broadcast_arrays(numerator, denominator)
    root = np.full(above.shape, np.nan)
    with np.errstate(over="ignore"):
        np.divide(above, below, out=root, where=below != 0.0)
    return np.where((root > 0.0) & (root < np.inf), root, np.nan)
