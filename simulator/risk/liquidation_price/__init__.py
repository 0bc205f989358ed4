"""Prices at which an account reaches its requirement, or zero (risk-spec section 4).

A price that does not exist (no position, a fully paid long, an inverse short with enough coin) is
NaN in arrays and None where one number is returned, never 0.
"""

from simulator.risk.liquidation_price.dydx import dydx_bankruptcy_price, dydx_fillable_price
from simulator.risk.liquidation_price.inverse import (
    inverse_bankruptcy_price,
    inverse_liquidation_price,
)
from simulator.risk.liquidation_price.linear import (
    bankruptcy_price,
    cross_liquidation_price,
    isolated_bankruptcy_price,
    isolated_liquidation_price,
    liquidation_price,
    liquidation_price_from_equity,
)
from simulator.risk.liquidation_price.search import first_liquidation_price
from simulator.risk.liquidation_price.tiers import tiered_liquidation_price

__all__ = [
    "bankruptcy_price",
    "cross_liquidation_price",
    "dydx_bankruptcy_price",
    "dydx_fillable_price",
    "first_liquidation_price",
    "inverse_bankruptcy_price",
    "inverse_liquidation_price",
    "isolated_bankruptcy_price",
    "isolated_liquidation_price",
    "liquidation_price",
    "liquidation_price_from_equity",
    "tiered_liquidation_price",
]
