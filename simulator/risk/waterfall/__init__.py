"""Who pays for a bankrupt account: margin, insurance fund, deleveraging, winners, deficit.

Risk-spec section 5. One conserving function and the rankings that it takes.
"""

from simulator.risk.waterfall.ranking import (
    adl_ranking,
    bitmex_adl_score,
    hyperliquid_adl_score,
    inverse_value,
    linear_value,
)
from simulator.risk.waterfall.steps import (
    ADL_FIRST,
    FUND_FIRST,
    BankruptPosition,
    MarketPositions,
    SocialisedLoss,
    WaterfallResult,
    socialise,
    waterfall,
)

__all__ = [
    "ADL_FIRST",
    "FUND_FIRST",
    "BankruptPosition",
    "MarketPositions",
    "SocialisedLoss",
    "WaterfallResult",
    "adl_ranking",
    "bitmex_adl_score",
    "hyperliquid_adl_score",
    "inverse_value",
    "linear_value",
    "socialise",
    "waterfall",
]
