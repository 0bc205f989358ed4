"""Which returns are jumps: those that stand out from the volatility around them."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator.types import Float1D, Int1D

THRESHOLD: Final = 5.0
"""Local deviations. The local deviation is itself uncertain by an eighth, so that some normal
returns would pass a threshold of four, and each would count as a small jump."""
WINDOW: Final = 61
"""Steps around each return whose median size tells the local deviation."""
_NORMAL_MEDIAN = 0.6744897501960817
"""Of |z|."""


def local_deviation(returns: Float1D, window: int = WINDOW) -> Float1D:
    """median |r| / 0.6745 over a centred window, float64[steps]; jumps hardly move a median."""
    width = min(window, returns.size | 1)
    sizes = np.pad(np.abs(returns - np.median(returns)), width // 2, mode="reflect")
    views = np.lib.stride_tricks.sliding_window_view(sizes, width)
    deviation: Float1D = np.median(views, axis=1)[: returns.size] / _NORMAL_MEDIAN
    # Where half of the window stands still, the whole series is the measure.
    overall = float(np.median(np.abs(returns - np.median(returns)))) / _NORMAL_MEDIAN
    return np.where(deviation > 0.0, deviation, overall if overall > 0.0 else returns.std())


def find_jumps(returns: Float1D, threshold: float = THRESHOLD) -> Int1D:
    """Steps whose |r - median| is above `threshold` local deviations, int64[jumps]."""
    away = np.abs(returns - np.median(returns))
    return np.flatnonzero(away > threshold * local_deviation(returns))
