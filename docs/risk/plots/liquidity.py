"""Data of the plot: the price that is left after selling a share of a day's volume."""

from __future__ import annotations

import numpy as np

from simulator.liquidity import ConstantProductImpact, LinearImpact, SquareRootImpact

TITLE = "Price left after a sale, three impact functions"
X = "sold, share of the daily volume"
Y = "price, share of the price before"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y)."""
    sold, price = np.linspace(0.0, 0.5, 101), np.ones(101)
    functions = {
        "linear, k = 0.3": LinearImpact(0.3),
        "square root, 5 % a day": SquareRootImpact(1.0, 0.05, 1.0),
        "constant product, pool of twice the volume": ConstantProductImpact(2.0),
    }
    return {
        label: (sold.tolist(), impact(price, sold).tolist()) for label, impact in functions.items()
    }
