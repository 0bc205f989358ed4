"""The tail of one sample, the Pareto law fitted to it, and where the samples end."""

import numpy as np

from simulator.risk import exceedance_share, fit_tail, normal_var, threshold_at

TITLE = "The tail of 5,000 losses, and what is fitted above its 95 % quantile"
X = "loss"
Y = "P(loss beyond)"
LOG_X = LOG_Y = True


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (loss, probability)."""
    losses = np.random.default_rng(2).standard_t(3, 5000)
    tail = fit_tail(losses, threshold_at(losses, 0.95))
    top = np.sort(losses)[-500:]
    beyond = np.geomspace(tail.threshold, 60.0, 80)
    deviation = float(losses.std())
    probabilities = np.geomspace(1e-7, 0.1, 60)
    return {
        "samples": (top.tolist(), [(500 - rank) / 5000 for rank in range(500)]),
        "Pareto tail": (beyond.tolist(), [exceedance_share(tail, loss) for loss in beyond]),
        "normal law": (
            [float(normal_var(0.0, deviation, 1 - p)) for p in probabilities],
            probabilities.tolist(),
        ),
    }
