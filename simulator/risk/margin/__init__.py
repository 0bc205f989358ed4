"""Margin: equity, and what each protocol requires of an account (risk-spec sections 2 and 3).

Every protocol is a model with one method, `requirement(account, prices) -> (initial,
maintenance)`, for cross and isolated margin. Liquidatable is strictly below maintenance; each
exception is stated at its function.
"""

from simulator.risk.margin.dydx import (
    DydxMargin,
    DydxMarket,
    dydx_initial_fraction,
    dydx_initial_margin,
    dydx_liquidatable,
    dydx_maintenance_margin,
    dydx_notional,
)
from simulator.risk.margin.flat import FlatMargin, curie_free_collateral
from simulator.risk.margin.gmx import (
    GmxMargin,
    GmxVerdict,
    gmx_remaining_collateral,
    gmx_verdict,
)
from simulator.risk.margin.interface import MarginAccount, Requirement, RequirementModel
from simulator.risk.margin.ledger import equity, magnitude, margin_ratio, requirement
from simulator.risk.margin.synthetix import (
    SynthetixMargin,
    SynthetixRates,
    synthetix_liquidatable,
)
from simulator.risk.margin.tiers import (
    MarginTiers,
    TieredMargin,
    backstop_liquidated,
    binance_tiers,
    hyperliquid_tiers,
    tier_deductions,
    tier_index,
    tiered_maintenance,
)

__all__ = [
    "DydxMargin",
    "DydxMarket",
    "FlatMargin",
    "GmxMargin",
    "GmxVerdict",
    "MarginAccount",
    "MarginTiers",
    "Requirement",
    "RequirementModel",
    "SynthetixMargin",
    "SynthetixRates",
    "TieredMargin",
    "backstop_liquidated",
    "binance_tiers",
    "curie_free_collateral",
    "dydx_initial_fraction",
    "dydx_initial_margin",
    "dydx_liquidatable",
    "dydx_maintenance_margin",
    "dydx_notional",
    "equity",
    "gmx_remaining_collateral",
    "gmx_verdict",
    "hyperliquid_tiers",
    "magnitude",
    "margin_ratio",
    "requirement",
    "synthetix_liquidatable",
    "tier_deductions",
    "tier_index",
    "tiered_maintenance",
]
