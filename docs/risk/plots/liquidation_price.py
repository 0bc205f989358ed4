"""Distance of the liquidation price from the entry by leverage."""

import numpy as np

from simulator.risk import inverse_liquidation_price, isolated_liquidation_price

TITLE = "Liquidation price by leverage, entry 100, maintenance 5 % (no price: no line)"
X = "leverage"
Y = "liquidation price"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (leverage, price), where a price exists."""
    leverage = np.linspace(1.0, 15.0, 113)
    found = {
        "linear long": isolated_liquidation_price(1.0, 100.0, 100.0 / leverage, 0.05),
        "linear short": isolated_liquidation_price(-1.0, 100.0, 100.0 / leverage, 0.05),
        "inverse long": inverse_liquidation_price(100.0, 1.0, 100.0, 1.0 / leverage, 0.05),
        "inverse short": inverse_liquidation_price(-100.0, 1.0, 100.0, 1.0 / leverage, 0.05),
    }
    return {
        label: (leverage[keep].tolist(), price[keep].tolist())
        for label, price in found.items()
        for keep in [np.nan_to_num(price, nan=np.inf) < 400.0]
    }
