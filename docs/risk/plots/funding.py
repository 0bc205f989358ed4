"""Curve of docs/risk/funding.md: the rate against the premium, under three rules."""

from __future__ import annotations

import numpy as np

from simulator.risk import funding

TITLE = "Funding per 8 hours against the premium"
X = "premium, % of the index"
Y = "rate, %"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y): no clamp, the usual clamp, and the clamp with a cap."""
    premium = np.linspace(-0.003, 0.003, 121)
    rules = {
        "premium + interest, no clamp": (0.0001, np.inf, np.inf),
        "interest 0.01 %, clamp 0.05 %": (0.0001, 0.0005, np.inf),
        "the same, cap 0.2 %": (0.0001, 0.0005, 0.002),
    }
    curves = {}
    for label, (interest, clamp, cap) in rules.items():
        if np.isinf(clamp):
            rate = premium + interest
        else:
            rate = funding.premium_rate(premium, interest, clamp, cap)
        curves[label] = ((premium * 100).tolist(), (rate * 100).tolist())
    return curves
