"""Portfolio margin: Derive standard and portfolio, Deribit, expected shortfall (section 15)."""

from simulator.risk.portfolio_margin.deribit import (
    DeribitPortfolioParameters,
    MarginRequirement,
    ScenarioMargin,
    deribit_portfolio_margin,
    deribit_standard_margin,
    deribit_vol_shock,
)
from simulator.risk.portfolio_margin.derive_portfolio import (
    DeriveExpiry,
    DerivePortfolio,
    DerivePortfolioMargin,
    DerivePortfolioParameters,
    DeriveScenarios,
    derive_portfolio_margin,
    derive_vol_multiplier,
)
from simulator.risk.portfolio_margin.derive_standard import (
    DepegPenalty,
    DeriveMarket,
    DeriveStandardParameters,
    MarginBalance,
    OraclePenalty,
    derive_base_margin,
    derive_isolated_margin,
    derive_maximum_loss,
    derive_option_margin,
    derive_perpetual_margin,
    derive_standard_margin,
)
from simulator.risk.portfolio_margin.expected_shortfall import (
    ExpectedShortfallMargin,
    expected_shortfall_margin,
    liquidity_add_on,
)

__all__ = [
    "DepegPenalty",
    "DeribitPortfolioParameters",
    "DeriveExpiry",
    "DeriveMarket",
    "DerivePortfolio",
    "DerivePortfolioMargin",
    "DerivePortfolioParameters",
    "DeriveScenarios",
    "DeriveStandardParameters",
    "ExpectedShortfallMargin",
    "MarginBalance",
    "MarginRequirement",
    "OraclePenalty",
    "ScenarioMargin",
    "deribit_portfolio_margin",
    "deribit_standard_margin",
    "deribit_vol_shock",
    "derive_base_margin",
    "derive_isolated_margin",
    "derive_maximum_loss",
    "derive_option_margin",
    "derive_perpetual_margin",
    "derive_portfolio_margin",
    "derive_standard_margin",
    "derive_vol_multiplier",
    "expected_shortfall_margin",
    "liquidity_add_on",
]
