"""Data of the plot: bad debt along the ray of one fall, with and without a cascade."""

from __future__ import annotations

import numpy as np

from simulator.liquidity import LinearImpact
from simulator.risk import cascade_loss, index_linear_cascade, shock_ray

TITLE = "Bad debt of one book as the shock grows"
X = "fall, %"
Y = "bad debt, share of all debt"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y): 500 borrowers at a price of 100."""
    rng = np.random.default_rng(5)
    quantity = rng.lognormal(0.0, 1.2, 500)
    debt = quantity * rng.uniform(30.0, 78.0, 500)
    trigger = debt / quantity / 0.83
    falls = np.linspace(0.0, 60.0, 121)
    moves = shock_ray([-0.01], falls)
    total, supply = float(debt.sum()), float(quantity.sum())
    lines = {}
    for label, strength in (("no impact", 0.0), ("20 % if all is sold", 0.2), ("40 %", 0.4)):
        index = index_linear_cascade(trigger, quantity, LinearImpact(strength / supply), debt)
        lines[label] = (falls.tolist(), (cascade_loss(index, 100.0)(moves) / total).tolist())
    return lines
