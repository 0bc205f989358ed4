"""Data of the plot: where the price ends for each shock, least and greatest fixed point."""

from __future__ import annotations

import numpy as np

from simulator.liquidity import LinearImpact
from simulator.risk import index_linear_cascade, linear_fragility_band

TITLE = "Where the price ends: least and greatest fixed point of one book"
X = "exogenous drop, %"
Y = "price at the fixed point"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y); a start price of 100 and 300 positions around 82."""
    rng = np.random.default_rng(11)
    trigger, quantity = rng.normal(82.0, 6.0, 300).clip(1.0, 99.0), rng.lognormal(0.0, 1.0, 300)
    index = index_linear_cascade(trigger, quantity, LinearImpact(0.35 / float(quantity.sum())))
    drop = np.linspace(0.0, 40.0, 161)
    band = linear_fragility_band(index, 100.0 - drop)
    return {
        "without impact": (drop.tolist(), (100.0 - drop).tolist()),
        "least fixed point": (drop.tolist(), band.least.price.tolist()),
        "greatest fixed point": (drop.tolist(), band.greatest.price.tolist()),
    }
