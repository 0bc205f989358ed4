"""What a liquidator of a loan gains by doing it in two steps."""

import numpy as np

from simulator.risk import two_step_liquidation

TITLE = "Gain of two liquidations over one maximal one, close factor 50 %"
X = "health factor"
Y = "uplift of the profit"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (health factor, uplift)."""
    health = np.linspace(0.9, 0.999, 100)
    found = {}
    for threshold, spread in ((0.8, 0.05), (0.8, 0.1), (0.85, 0.1)):
        plan = two_step_liquidation(health / threshold * 100.0, 100.0, threshold, spread, 0.5)
        found[f"threshold {threshold:g}, spread {spread:g}"] = plan.uplift
    return {label: (health.tolist(), uplift.tolist()) for label, uplift in found.items()}
