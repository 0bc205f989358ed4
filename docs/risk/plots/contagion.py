"""Data of the plot: total payments in a ring of banks as external assets are wiped out."""

from __future__ import annotations

import numpy as np

from simulator.risk import rogers_veraart

TITLE = "A ring of three banks: share of debts paid after a loss of external assets"
X = "loss of external assets, %"
Y = "share of mutual debts paid"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y), by how much a default destroys."""
    liabilities = np.array([[0.0, 4.0, 1.0], [0.0, 0.0, 3.0], [2.0, 1.0, 0.0]])
    assets, senior = np.array([20.0, 20.0, 10.0]), np.array([16.0, 18.0, 8.0])
    losses = np.linspace(0.0, 40.0, 161)
    lines = {}
    for label, recovery in (("no default costs", 1.0), ("95 % recovered", 0.95), ("80 %", 0.8)):
        paid = [
            float(
                rogers_veraart(
                    liabilities, assets * (1 - loss / 100), senior, recovery, recovery
                ).payments.sum()
            )
            for loss in losses
        ]
        lines[label] = (losses.tolist(), (np.array(paid) / liabilities.sum()).tolist())
    return lines
