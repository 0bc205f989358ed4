"""Liquidation: who, how much, and what it costs (risk-spec sections 5 and 14).

Liquidatable is strict everywhere: below the requirement, never at it.
"""

from simulator.risk.liquidation.auction import (
    AuctionStages,
    InsolventBid,
    auction_discount,
    buffer_margin,
    insolvent_bid,
    maximum_proportion,
    withdrawal_fee,
)
from simulator.risk.liquidation.dydx import (
    DydxBlockLimits,
    DydxRoom,
    dydx_block_room,
    dydx_insurance_delta,
    dydx_liquidatable_delta,
    dydx_maximum_position_notional,
)
from simulator.risk.liquidation.partial import (
    CuriePenalty,
    HyperliquidOrder,
    TierSteps,
    curie_liquidatable_size,
    curie_penalty,
    hyperliquid_order,
    incremental_reduction,
    tier_stepping,
)
from simulator.risk.liquidation.repay import (
    Repayment,
    TwoStep,
    repay_to_target,
    two_step_liquidation,
)
from simulator.risk.liquidation.synthetix import (
    LiquidationWindow,
    WindowEntry,
    WindowResult,
    synthetix_keeper_reward,
    synthetix_window_capacity,
)
from simulator.risk.liquidation.verdict import (
    ABSOLUTE_ERROR,
    RELATIVE_ERROR,
    ExactVerdict,
    liquidatable,
)

__all__ = [
    "ABSOLUTE_ERROR",
    "RELATIVE_ERROR",
    "AuctionStages",
    "CuriePenalty",
    "DydxBlockLimits",
    "DydxRoom",
    "ExactVerdict",
    "HyperliquidOrder",
    "InsolventBid",
    "LiquidationWindow",
    "Repayment",
    "TierSteps",
    "TwoStep",
    "WindowEntry",
    "WindowResult",
    "auction_discount",
    "buffer_margin",
    "curie_liquidatable_size",
    "curie_penalty",
    "dydx_block_room",
    "dydx_insurance_delta",
    "dydx_liquidatable_delta",
    "dydx_maximum_position_notional",
    "hyperliquid_order",
    "incremental_reduction",
    "insolvent_bid",
    "liquidatable",
    "maximum_proportion",
    "repay_to_target",
    "synthetix_keeper_reward",
    "synthetix_window_capacity",
    "tier_stepping",
    "two_step_liquidation",
    "withdrawal_fee",
]
