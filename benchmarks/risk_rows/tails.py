"""VaR and ES of ten million samples, exact."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from benchmarks.risk_rows import peers
from benchmarks.risk_rows.timing import Figures, interleaved
from simulator.risk import var_es
from simulator.types import Float1D

KEYS = ("var_es_99_ms", "var_es_95_ms")
SAMPLES = 10_000_000


def measure(rounds: int) -> Figures:
    """Milliseconds of each way; all must agree."""
    losses = np.random.default_rng(12).standard_t(4, SAMPLES)
    figures: Figures = {}
    for percent in (99, 95):
        level = percent / 100
        ways: dict[str, Callable[[], tuple[float, float]]] = {
            f"var_es_{percent}_ms": lambda level=level: var_es(losses, level),  # type: ignore[misc]
            f"tail {percent} %: numpy, partition": _by_partition(losses, level),
            **_on_polars(losses, percent, level),
            **_on_numba(losses, percent, level),
        }
        wanted = var_es(losses, level)
        for name, way in ways.items():
            np.testing.assert_allclose(way(), wanted, rtol=1e-9, err_msg=name)
        figures |= interleaved(ways, rounds)
    return figures


def _by_partition(losses: Float1D, level: float) -> Callable[[], tuple[float, float]]:
    first = ceil(round(level * len(losses), 6)) - 1

    def way() -> tuple[float, float]:
        tail = np.partition(losses, first)[first:]
        excess = (tail - tail[0]).sum() / (len(losses) * (1.0 - level))
        return float(tail[0]), float(tail[0] + excess)

    return way


def _on_polars(
    losses: Float1D, percent: int, level: float
) -> dict[str, Callable[[], tuple[float, float]]]:
    polars = peers.find("polars")
    if polars is None:
        return {}
    series = polars.Series(losses)
    place = (ceil(round(level * len(losses), 6)) - 1) / (len(losses) - 1)

    def way() -> tuple[float, float]:
        threshold = series.quantile(place, interpolation="nearest")
        beyond = series.filter(series > threshold)
        excess = (beyond.sum() - threshold * len(beyond)) / (len(losses) * (1.0 - level))
        return threshold, threshold + excess

    return {f"tail {percent} %: polars": way}


def _on_numba(
    losses: Float1D, percent: int, level: float
) -> dict[str, Callable[[], tuple[float, float]]]:
    numba = peers.find("numba")
    if numba is None:
        return {}
    first = ceil(round(level * len(losses), 6)) - 1

    @numba.njit  # type: ignore[untyped-decorator]
    def tail_of(losses: Float1D, first: int, share: float) -> tuple[float, float]:
        tail = np.partition(losses, first)[first:]
        excess = 0.0
        for loss in tail:
            excess += loss - tail[0]
        return tail[0], tail[0] + excess / (len(losses) * share)

    return {f"tail {percent} %: numba": lambda: tail_of(losses, first, 1.0 - level)}
