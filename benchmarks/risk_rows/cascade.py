"""The cascade rows: 1e5 accounts x 1e4 paths under linear impact, bad debt included."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

from simulator.liquidity import LinearImpact
from simulator.risk.cascade import index_linear_cascade, linear_cascade, linear_cascade_rounds

ACCOUNTS, PATHS = 100_000, 10_000
SUPPLY = 1e6
"""Base held by all accounts together; selling all of it takes 45 % off the price."""


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Minimum and median milliseconds; the three ways take turns."""
    rng = np.random.default_rng(7)
    trigger = rng.uniform(40.0, 99.0, ACCOUNTS)
    quantity = rng.lognormal(0.0, 1.5, ACCOUNTS)
    quantity *= SUPPLY / quantity.sum()
    debt = quantity * trigger * rng.uniform(0.75, 0.95, ACCOUNTS)
    shocked = 100.0 * (1.0 - rng.uniform(0.0, 0.5, PATHS))
    impact = LinearImpact(0.45 / SUPPLY)
    index = index_linear_cascade(trigger, quantity, impact, debt)
    ways = {
        "cascade_index_ms": lambda: index_linear_cascade(trigger, quantity, impact, debt),
        "cascade_ms": lambda: linear_cascade(index, shocked),
        "cascade_rounds_ms": lambda: linear_cascade_rounds(index, shocked),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = perf_counter()
            way()
            times[name].append(1e3 * (perf_counter() - begin))
    return {name: {"min": min(took), "median": median(took)} for name, took in times.items()}
