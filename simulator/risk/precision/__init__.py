"""What an order's price and size become on a venue: ticks, lots, significant figures, notional.

Everything is exact: integers or decimals (also as text), never floats, which are refused. A buy
price floors to the tick and a sell price ceils, so the rounded order is never worse for its owner;
a size goes toward zero (risk-spec section 24).
"""

from simulator.risk.precision.exact import ExactNumber
from simulator.risk.precision.orders import (
    QuantisedOrder,
    quantise_order,
    quantise_price,
    quantise_size,
)
from simulator.risk.precision.uniswap_v3 import (
    MAXIMUM_SQRT_RATIO_X96,
    MAXIMUM_TICK,
    MINIMUM_SQRT_RATIO_X96,
    MINIMUM_TICK,
    align_tick,
    sqrt_ratio_at_tick,
    sqrt_ratio_of_price,
    tick_at_price,
    tick_at_sqrt_ratio,
)
from simulator.risk.precision.venues import (
    DydxPrecision,
    hyperliquid_price,
    hyperliquid_price_valid,
    hyperliquid_size,
    hyperliquid_size_valid,
)

__all__ = [
    "MAXIMUM_SQRT_RATIO_X96",
    "MAXIMUM_TICK",
    "MINIMUM_SQRT_RATIO_X96",
    "MINIMUM_TICK",
    "DydxPrecision",
    "ExactNumber",
    "QuantisedOrder",
    "align_tick",
    "hyperliquid_price",
    "hyperliquid_price_valid",
    "hyperliquid_size",
    "hyperliquid_size_valid",
    "quantise_order",
    "quantise_price",
    "quantise_size",
    "sqrt_ratio_at_tick",
    "sqrt_ratio_of_price",
    "tick_at_price",
    "tick_at_sqrt_ratio",
]
