"""Ways that take turns, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import TypeAlias

Figures: TypeAlias = dict[str, dict[str, float]]
"""Way -> {"min", "median"}."""


def interleaved(ways: Mapping[str, Callable[[], object]], rounds: int) -> Figures:
    """Milliseconds of each way over the rounds; one round before does not count."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    gc.collect()
    for _ in range(rounds):
        for name, way in ways.items():
            begin = perf_counter()
            kept = way()
            times[name].append(1e3 * (perf_counter() - begin))
            del kept  # after the clock stopped
    return {name: {"min": min(took), "median": median(took)} for name, took in times.items()}


def ratio(figures: Figures, slow: str, quick: str) -> dict[str, float]:
    """One way's minimum over another's, and the same of the medians."""
    return {kind: figures[slow][kind] / figures[quick][kind] for kind in ("min", "median")}
