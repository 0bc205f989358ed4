"""Funding: how a perpetual's price is held to its index, and who pays whom (risk-spec section 6).

One file per protocol; `conservation` asks whether the sum of payments is what it should be.
"""

from simulator.risk.funding.book import impact_price
from simulator.risk.funding.conservation import (
    CAUSES,
    Settlement,
    TwoSided,
    conservation_breaks,
    conservation_residual,
    conserves,
    settle,
    two_sided_funding,
)
from simulator.risk.funding.curie import (
    CurieGrowth,
    curie_funding_payment,
    curie_growth,
    curie_interval,
    curie_maker_coefficient,
    curie_premium_x96,
    curie_price_x96,
)
from simulator.risk.funding.derive import derive_rate
from simulator.risk.funding.dydx import (
    FUNDING_CLAMP_FACTOR_PPM,
    VOTE_CLAMP_FACTOR_PPM,
    dydx_clamp_ppm,
    dydx_index_delta,
    dydx_premium_ppm,
    dydx_rate_ppm,
    dydx_remove_tails,
    dydx_sample_ppm,
    dydx_settlement,
    dydx_tick_premium_ppm,
)
from simulator.risk.funding.gmx import (
    GmxBorrowingParameters,
    GmxFunding,
    GmxFundingParameters,
    gmx_borrowing_rate,
    gmx_funding,
    gmx_imbalance,
    gmx_power,
    gmx_receiver_rate,
)
from simulator.risk.funding.premium import (
    EIGHT_HOURS,
    funding_payment,
    premium,
    premium_rate,
    time_weighted,
)
from simulator.risk.funding.velocity import (
    VelocityState,
    funding_velocity,
    velocity_accrual,
    velocity_rate,
    velocity_step,
)

__all__ = [
    "CAUSES",
    "EIGHT_HOURS",
    "FUNDING_CLAMP_FACTOR_PPM",
    "VOTE_CLAMP_FACTOR_PPM",
    "CurieGrowth",
    "GmxBorrowingParameters",
    "GmxFunding",
    "GmxFundingParameters",
    "Settlement",
    "TwoSided",
    "VelocityState",
    "conservation_breaks",
    "conservation_residual",
    "conserves",
    "curie_funding_payment",
    "curie_growth",
    "curie_interval",
    "curie_maker_coefficient",
    "curie_premium_x96",
    "curie_price_x96",
    "derive_rate",
    "dydx_clamp_ppm",
    "dydx_index_delta",
    "dydx_premium_ppm",
    "dydx_rate_ppm",
    "dydx_remove_tails",
    "dydx_sample_ppm",
    "dydx_settlement",
    "dydx_tick_premium_ppm",
    "funding_payment",
    "funding_velocity",
    "gmx_borrowing_rate",
    "gmx_funding",
    "gmx_imbalance",
    "gmx_power",
    "gmx_receiver_rate",
    "impact_price",
    "premium",
    "premium_rate",
    "settle",
    "time_weighted",
    "two_sided_funding",
    "velocity_accrual",
    "velocity_rate",
    "velocity_step",
]
