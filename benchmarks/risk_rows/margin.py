"""Maintenance margin of a million positions under five tiers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.risk_rows import peers
from benchmarks.risk_rows.timing import Figures, interleaved
from simulator.risk import binance_tiers, tiered_maintenance
from simulator.types import Float1D

KEYS = ("margin_ms",)
ACCOUNTS = 1_000_000
FLOORS = np.array([0.0, 5e4, 2.5e5, 1e6, 5e6])
RATES = np.array([0.004, 0.005, 0.01, 0.025, 0.05])


def measure(rounds: int) -> Figures:
    """Milliseconds of each way; all must agree."""
    notional = np.random.default_rng(13).lognormal(11.0, 2.0, ACCOUNTS)
    tiers = binance_tiers(FLOORS, RATES)
    deductions = np.concatenate([[0.0], np.cumsum(FLOORS[1:] * np.diff(RATES))])

    def searched() -> Float1D:
        tier = np.searchsorted(FLOORS, notional, side="right") - 1
        answer: Float1D = notional * RATES[tier] - deductions[tier]
        return answer

    ways: dict[str, Callable[[], Float1D]] = {
        "margin_ms": lambda: tiered_maintenance(notional, tiers),
        "margin: numpy, searchsorted": searched,
        **_on_polars(notional, deductions),
        **_on_numba(notional, deductions),
    }
    wanted = searched()
    for name, way in ways.items():
        np.testing.assert_allclose(way(), wanted, rtol=1e-9, err_msg=name)
    return interleaved(ways, rounds)


def _on_polars(notional: Float1D, deductions: Float1D) -> dict[str, Callable[[], Float1D]]:
    polars = peers.find("polars")
    if polars is None:
        return {}
    frame = polars.DataFrame({"notional": notional})
    lines = [
        polars.col("notional") * rate - deduction
        for rate, deduction in zip(RATES, deductions, strict=True)
    ]
    margin = polars.max_horizontal(lines).alias("margin")
    return {"margin: polars": lambda: frame.select(margin)["margin"].to_numpy()}


def _on_numba(notional: Float1D, deductions: Float1D) -> dict[str, Callable[[], Float1D]]:
    numba = peers.find("numba")
    if numba is None:
        return {}

    @numba.njit  # type: ignore[untyped-decorator]
    def margin(notional: Float1D, rates: Float1D, deductions: Float1D) -> Float1D:
        answer = np.empty(len(notional))
        for account in range(len(notional)):
            most = 0.0
            for tier in range(len(rates)):
                most = max(most, notional[account] * rates[tier] - deductions[tier])
            answer[account] = most
        return answer

    return {"margin: numba": lambda: margin(notional, RATES, deductions)}
