"""How many accounts are liquidatable, and how much debt is not covered, as a price falls."""

import numpy as np

from simulator.risk import health_factors, insolvent_value

TITLE = "Accounts and debt of a money market as its collateral falls"
X = "fall of the collateral's price, %"
Y = "share, %"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (fall, share)."""
    rng = np.random.default_rng(3)
    collateral = np.stack([rng.lognormal(1.0, 1.0, 5000), np.zeros(5000)], axis=1)
    debt = np.zeros((5000, 2))
    debt[:, 1] = collateral[:, 0] * 100.0 * rng.uniform(0.2, 0.79, 5000)
    falls = np.linspace(0.0, 80.0, 81)
    below, lost = [], []
    for fall in falls:
        price = np.array([100.0 * (1 - fall / 100), 1.0])
        below.append(100.0 * float(np.mean(health_factors(collateral, debt, price, 0.8) < 1.0)))
        uncovered = float(insolvent_value(collateral @ price, debt @ price, "net"))
        lost.append(100.0 * uncovered / float(debt[:, 1].sum()))
    return {
        "accounts with health below 1": (falls.tolist(), below),
        "debt beyond its collateral": (falls.tolist(), lost),
    }
