"""Exposure of positions: notional, profit, concentration, account value, mark and fill prices.

Risk-spec section 2. Sizes are signed, positive long, in base (linear, quanto) or contracts
(inverse). Prices are in quote per base. Arrays broadcast against each other unless a shape is
given: [n, k] is accounts x markets, [k] is per market, and leading axes (paths) may be added.
"""

from simulator.risk.positions.account import (
    account_value,
    collateral_value,
    free_collateral,
    inverse_unrealised_profit,
    isolated_loss,
    isolated_value,
    maximum_leverage,
    unrealised_profit,
)
from simulator.risk.positions.exposure import (
    Concentration,
    concentration,
    delta_notional,
    effective_leverage,
    exposure_by,
    gross_notional,
    inverse_notional_coin,
    inverse_notional_usd,
    net_notional,
    notional,
    quanto_notional,
)
from simulator.risk.positions.marks import (
    ema,
    index_price,
    mark_from_basis,
    mark_of_three,
    skew_fill_price,
    weighted_median,
)

__all__ = [
    "Concentration",
    "account_value",
    "collateral_value",
    "concentration",
    "delta_notional",
    "effective_leverage",
    "ema",
    "exposure_by",
    "free_collateral",
    "gross_notional",
    "index_price",
    "inverse_notional_coin",
    "inverse_notional_usd",
    "inverse_unrealised_profit",
    "isolated_loss",
    "isolated_value",
    "mark_from_basis",
    "mark_of_three",
    "maximum_leverage",
    "net_notional",
    "notional",
    "quanto_notional",
    "skew_fill_price",
    "unrealised_profit",
    "weighted_median",
]
