"""VaR and ES of one sample by level, and what a normal law makes of its moments."""

import numpy as np

from simulator.risk import normal_es, normal_var, var_es

TITLE = "VaR and ES of 20,000 daily losses with fat tails, by level"
X = "level, %"
Y = "loss, in standard deviations"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (level in percent, loss)."""
    levels = [round(0.90 + 0.001 * step, 3) for step in range(100)]
    losses = np.random.default_rng(1).standard_t(4, 20_000) / np.sqrt(2.0)
    found = [var_es(losses, level) for level in levels]
    percent = [100 * level for level in levels]
    return {
        "historical VaR": (percent, [pair[0] for pair in found]),
        "historical ES": (percent, [pair[1] for pair in found]),
        "normal VaR": (percent, [float(normal_var(0, 1, level)) for level in levels]),
        "normal ES": (percent, [float(normal_es(0, 1, level)) for level in levels]),
    }
