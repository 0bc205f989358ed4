"""Derive's standard margin of a short put by its strike: where each branch binds."""

import numpy as np

from simulator.risk import (
    black_76,
    derive_isolated_margin,
    derive_maximum_loss,
    derive_option_margin,
)

TITLE = "Derive standard margin of one short put, spot 2,000, 30 days"
X = "strike"
Y = "initial margin required"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (strike, margin)."""
    strikes = np.linspace(50, 3000, 119)
    value = black_76(False, 2000.0, strikes, 30 / 365, 0.0, 0.6)
    isolated = derive_isolated_margin(False, strikes, -1.0, value, 2000.0).initial
    loss = [float(derive_maximum_loss([False], [k], [-1.0], 2000.0).initial) for k in strikes]
    asked = [
        float(derive_option_margin([False], [k], [-1.0], [v], 2000.0, 2000.0).initial)
        for k, v in zip(strikes, value, strict=True)
    ]
    x = strikes.tolist()
    return {
        "isolated": (x, (-isolated).tolist()),
        "maximum loss": (x, [-each for each in loss]),
        "asked for (the less)": (x, [-each for each in asked]),
    }
