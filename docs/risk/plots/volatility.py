"""Durrleman's g of the Vogt slice and of the slice that is fitted to it without arbitrage."""

import numpy as np

from simulator.risk import RawSvi, calibrate_svi, svi_butterfly, svi_total_variance

TITLE = "Butterfly arbitrage: g(k) of a raw SVI slice and of its fit with g >= 0"
X = "forward log-moneyness k"
Y = "g(k)"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (k, g)."""
    raw = RawSvi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
    quotes = np.linspace(-1.5, 1.5, 21)
    volatility = np.sqrt(svi_total_variance(raw, quotes))
    fit = calibrate_svi(quotes, volatility, np.ones_like(quotes), 1.0, starts=1)
    k = np.linspace(-1.5, 1.5, 151)
    slices = {"Gatheral and Jacquier's example": raw, "fit": fit.slice_}
    return {
        label: (k.tolist(), svi_butterfly(slice_, k).tolist()) for label, slice_ in slices.items()
    }
