"""Stress: named shocks with their source, grids of shocks, and the smallest one that breaks it."""

from simulator.risk.stress.engines import cascade_loss, collateral_loss
from simulator.risk.stress.reverse import (
    LossEngine,
    ReverseStress,
    insurance_fund_stress,
    mahalanobis,
    reverse_stress,
)
from simulator.risk.stress.shocks import (
    LABELS,
    STATED_SHOCKS,
    STATISTICS,
    Shock,
    measured_moves,
    measured_shock,
    shock_grid,
    shock_ray,
    shocked_prices,
    stated_shock,
)

__all__ = [
    "LABELS",
    "STATED_SHOCKS",
    "STATISTICS",
    "LossEngine",
    "ReverseStress",
    "Shock",
    "cascade_loss",
    "collateral_loss",
    "insurance_fund_stress",
    "mahalanobis",
    "measured_moves",
    "measured_shock",
    "reverse_stress",
    "shock_grid",
    "shock_ray",
    "shocked_prices",
    "stated_shock",
]
