"""Supply over time of four schedules with the same first year."""

import numpy as np

from simulator.risk import (
    curve_rate,
    curve_supply,
    exponential_emission,
    linear_emission,
    tail_emission,
)

TITLE = "Emission since the start, first year's rate = 1 a year"
X = "years"
Y = "cumulative emission"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (years, emission)."""
    years = np.linspace(0, 20, 81)
    year = 31_536_000
    curve = [curve_supply(int(t * year), 0) / (curve_rate(0) * year) for t in years]
    found = {
        "exponential, half-life 4": exponential_emission(1.0, 4.0, years),
        "tail of 0.1": tail_emission(1.0, 4.0, 0.1, years),
        "linear, cap 8": linear_emission(1.0, years, 8.0),
        "Curve": np.array(curve),
    }
    return {label: (years.tolist(), values.tolist()) for label, values in found.items()}
