"""Maintenance margin as a share of notional by each protocol's rule."""

import numpy as np

from simulator.risk import (
    FlatMargin,
    MarginAccount,
    RequirementModel,
    SynthetixMargin,
    TieredMargin,
    binance_tiers,
    hyperliquid_tiers,
)

TITLE = "Maintenance margin by size of the position, price 100 (parameters of the known answers)"
X = "notional, quote"
Y = "share of notional"
LOG_X = True


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (notional, requirement / notional)."""
    notional = np.geomspace(1e4, 1e8, 81)
    binance = binance_tiers([0, 1e5, 5e5, 1e6, 2e6, 5e6], [0.025, 0.05, 0.1, 0.15, 0.25, 0.5])
    models: dict[str, RequirementModel] = {
        "Binance, six tiers": TieredMargin([binance]),
        "Hyperliquid, 40x and 20x": TieredMargin([hyperliquid_tiers([0, 1e7], [40, 20])]),
        "Synthetix v3": SynthetixMargin(1e7, 2.0, 0.01, 0.5),
        "Perp curie": FlatMargin(),
    }
    account = MarginAccount((notional / 100.0)[:, None])
    return {
        label: (
            notional.tolist(),
            (model.requirement(account, [100.0]).maintenance / notional).tolist(),
        )
        for label, model in models.items()
    }
