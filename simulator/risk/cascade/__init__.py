"""The cascade operator: whom a fall liquidates once forced selling moves the price again.

T(S) = the positions that are liquidatable at the price left by selling S. It is monotone where
impact only falls, so iterating from nobody gives the least fixed point (the answer), and from
everybody the greatest; several may exist, and the two bound the fragility band.
"""

from simulator.risk.cascade.accounts import (
    CascadeResult,
    ImpactFunction,
    cascade,
    greatest_cascade,
)
from simulator.risk.cascade.linear import (
    BookTotals,
    LinearCascade,
    cascade_books,
    index_linear_cascade,
    linear_cascade,
    linear_cascade_rounds,
    linear_fragility_band,
)
from simulator.risk.cascade.sequence import (
    Liquidation,
    PartialRule,
    SequenceResult,
    liquidation_sequence,
)
from simulator.risk.cascade.toxicity import (
    constant_product_slippage,
    continuum_amplification,
    continuum_move,
    critical_ltv,
    critical_ltv_dynamic_bonus,
    dynamic_bonus,
    is_spiral,
    liquidatable_density,
    liquidation_is_toxic,
    ltv_after,
    parameters_are_safe,
    spiral_gain,
    toxic_health_factor,
)
from simulator.risk.cascade.triggers import (
    CascadePaths,
    FragilityBand,
    MarketImpact,
    TriggerBook,
    amplification,
    fragility_band,
    trigger_book,
    trigger_cascade,
)

__all__ = [
    "BookTotals",
    "CascadePaths",
    "CascadeResult",
    "FragilityBand",
    "ImpactFunction",
    "LinearCascade",
    "Liquidation",
    "MarketImpact",
    "PartialRule",
    "SequenceResult",
    "TriggerBook",
    "amplification",
    "cascade",
    "cascade_books",
    "constant_product_slippage",
    "continuum_amplification",
    "continuum_move",
    "critical_ltv",
    "critical_ltv_dynamic_bonus",
    "dynamic_bonus",
    "fragility_band",
    "greatest_cascade",
    "index_linear_cascade",
    "is_spiral",
    "linear_cascade",
    "linear_cascade_rounds",
    "linear_fragility_band",
    "liquidatable_density",
    "liquidation_is_toxic",
    "liquidation_sequence",
    "ltv_after",
    "parameters_are_safe",
    "spiral_gain",
    "toxic_health_factor",
    "trigger_book",
    "trigger_cascade",
]
