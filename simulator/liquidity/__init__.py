"""Price impact: how forced and discretionary flow moves a market's price."""

from simulator.liquidity.square_root import (
    Depth,
    ImpactParameters,
    ImpactState,
    advance,
    cascade_impact,
    depth_of_path,
    square_root_move,
)

__all__ = [
    "Depth",
    "ImpactParameters",
    "ImpactState",
    "advance",
    "cascade_impact",
    "depth_of_path",
    "square_root_move",
]
