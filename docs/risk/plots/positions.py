"""Profit of a linear and of an inverse long of the same size at entry."""

import numpy as np

from simulator.risk import inverse_unrealised_profit, unrealised_profit

TITLE = "Profit of 1,000 USD long at 100: linear in quote, inverse in the coin's value at entry"
X = "price"
Y = "profit, USD at the entry price"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (price, profit)."""
    price = np.linspace(50.0, 200.0, 61)
    linear = unrealised_profit(10.0, 100.0, price)
    inverse = inverse_unrealised_profit(1000.0, 1.0, 100.0, price) * 100.0
    found = {"linear": linear, "inverse": inverse}
    return {label: (price.tolist(), profit.tolist()) for label, profit in found.items()}
