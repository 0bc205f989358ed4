"""Gamma of an at-the-money and an out-of-the-money call towards expiry."""

import numpy as np

from simulator.risk import black_scholes_greeks

TITLE = "Gamma of a call struck at 100, volatility 60 %"
X = "days to expiry"
Y = "gamma, per 1 of spot squared"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (days, gamma)."""
    days = np.linspace(0.5, 60, 120)
    return {
        f"spot {spot:g}": (
            days.tolist(),
            black_scholes_greeks(True, spot, 100.0, days / 365, 0.0, 0.0, 0.6).gamma.tolist(),
        )
        for spot in (100.0, 95.0, 85.0)
    }
