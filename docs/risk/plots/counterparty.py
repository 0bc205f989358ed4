"""Expected exposure with and without collateral, and the margin period of risk."""

import numpy as np

from simulator.risk import CollateralAgreement, collateral_path, exposure_profile

TITLE = "Expected exposure of a random walk, threshold 2, minimum transfer 0.5"
X = "days"
Y = "expected exposure"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (days, EE)."""
    times = np.arange(1.0, 61.0)
    values = np.cumsum(np.random.default_rng(1).normal(size=(2000, 60)), axis=1)
    found = {"no collateral": exposure_profile(values, times, 0.95).expected}
    for period in (0.0, 10.0):
        agreement = CollateralAgreement(2.0, minimum_transfer=0.5, margin_period=period)
        held = collateral_path(values, times, agreement)
        found[f"margin period {period:g} d"] = exposure_profile(
            values, times, 0.95, held=held
        ).expected
    return {label: (times.tolist(), expected.tolist()) for label, expected in found.items()}
