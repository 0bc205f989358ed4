"""The health of a million accounts with collateral and debt in 8 assets, against reading them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.risk_rows import peers
from benchmarks.risk_rows.timing import Figures, interleaved, ratio
from simulator.risk import health_factors
from simulator.types import Float1D, Float2D, Float3D

KEYS = ("health_vs_read",)
ACCOUNTS, ASSETS = 1_000_000, 8
OURS, READ = "health: ours", "health: reading the inputs"


def measure(rounds: int) -> Figures:
    """The ratio, and milliseconds of each way. The arrays are stored asset by asset."""
    rng = np.random.default_rng(11)
    by_account = rng.random((2, ACCOUNTS, ASSETS))
    collateral, debt = (np.asfortranarray(amounts) for amounts in by_account)
    price = rng.uniform(1.0, 3000.0, ASSETS)
    threshold = rng.uniform(0.7, 0.9, ASSETS)
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: health_factors(collateral, debt, price, threshold),
        "health: ours, stored by account": lambda: health_factors(*by_account, price, threshold),
        "health: reading those": lambda: by_account[0].sum() + by_account[1].sum(),
        READ: lambda: collateral.sum() + debt.sum(),
        "health: numpy, one line": lambda: (collateral @ (price * threshold)) / (debt @ price),
    }
    ways |= _on_polars(collateral, debt, price, threshold)
    ways |= _on_numba(by_account, price, threshold)
    figures = interleaved(ways, rounds)
    return {"health_vs_read": ratio(figures, OURS, READ), **figures}


def _on_polars(
    collateral: Float2D, debt: Float2D, price: Float1D, threshold: Float1D
) -> dict[str, Callable[[], object]]:
    """A column per asset, which is the layout it likes."""
    polars = peers.find("polars")
    if polars is None:
        return {}
    assets = range(ASSETS)
    columns = {f"c{k}": np.ascontiguousarray(collateral[:, k]) for k in assets}
    columns |= {f"d{k}": np.ascontiguousarray(debt[:, k]) for k in assets}
    frame = polars.DataFrame(columns)
    value = sum(polars.col(f"c{k}") * (price[k] * threshold[k]) for k in assets)
    owing = sum(polars.col(f"d{k}") * price[k] for k in assets)
    return {"health: polars": lambda: frame.select(value / owing)}


def _on_numba(
    by_account: Float3D, price: Float1D, threshold: Float1D
) -> dict[str, Callable[[], object]]:
    numba = peers.find("numba")
    if numba is None:
        return {}

    @numba.njit(fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
    def health(collateral: Float2D, debt: Float2D, weight: Float1D, price: Float1D) -> Float1D:
        answer = np.empty(len(collateral))
        for account in range(len(collateral)):
            value = owing = 0.0
            for asset in range(len(price)):
                value += collateral[account, asset] * weight[asset]
                owing += debt[account, asset] * price[asset]
            answer[account] = value / owing
        return answer

    weight = price * threshold
    return {"health: numba": lambda: health(*by_account, weight, price)}
