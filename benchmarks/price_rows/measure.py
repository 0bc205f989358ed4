"""GBM paths next to the bare generator, and the same in numba where that is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from simulator.prices import Gbm, Grid, Heston, Merton, empty_paths, gbm_paths, generator, simulate

PATHS, STEPS = 10_000, 1_000
GRID = Grid(PATHS, STEPS, 1 / 8760)
CELLS = PATHS * STEPS
GBM = Gbm(drift=0.0, sigma=0.8)
SLOW = {
    "heston_qe": Heston(0.0, 0.64, 4.0, 0.64, 1.0, -0.5),
    "merton": Merton(0.0, 0.6, 20.0, -0.02, 0.1),
}
"""Models that go the general way, on a tenth of the paths."""


def measure(rounds: int) -> tuple[dict[str, list[float]], list[str]]:
    """Cells per second of each way in each round (the ways take turns), and notes."""
    ways, notes = _ways()
    for way, _ in ways.values():
        way()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (way, cells) in ways.items():
            begin = process_time()
            way()
            rates[name].append(cells / (process_time() - begin))
    return rates, notes


def ratio(rates: dict[str, list[float]], way: str, to: str) -> float | None:
    """Median over the rounds of one rate over another of the same round."""
    if way not in rates or to not in rates:
        return None
    return median(one / other for one, other in zip(rates[way], rates[to], strict=True))


def _ways() -> tuple[dict[str, tuple[Callable[[], object], int]], list[str]]:
    stream, other = generator(1), generator(2)
    bare = np.zeros((STEPS, PATHS))
    out = empty_paths(GRID)
    out[:] = 0.0  # the pages are there before the clock starts, as those of `bare` are
    small = Grid(PATHS // 10, STEPS, GRID.step_years)
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "normals": (lambda: stream.standard_normal(out=bare), CELLS),
        "gbm": (lambda: gbm_paths(GBM, 100.0, GRID, other, out=out), CELLS),
        "gbm_antithetic": (
            lambda: gbm_paths(GBM, 100.0, GRID, other, antithetic=True, out=out),
            CELLS,
        ),
        "gbm_fresh": (lambda: gbm_paths(GBM, 100.0, GRID, other), CELLS),
        "numpy_plain": (lambda: _plain(other), CELLS),
    }
    for name, model in SLOW.items():
        ways[name] = (_general(model, small, other), CELLS // 10)
    notes = []
    compiled = _numba()
    if compiled is None:
        notes.append("numba is not installed: pip install numba for the row gbm_vs_numba")
    else:
        ways["numba"] = (lambda: compiled(other, bare, 100.0, GBM.sigma, GRID.step_years), CELLS)
    return ways, notes


def _general(model: Any, grid: Grid, rng: np.random.Generator) -> Callable[[], object]:
    return lambda: simulate(model, 100.0, grid, rng)


def _plain(rng: np.random.Generator) -> object:
    """What one writes first: everything at once."""
    steps = rng.standard_normal((PATHS, STEPS)) * GBM.sigma * GRID.step_years**0.5
    return 100.0 * np.exp(np.cumsum(steps - 0.5 * GBM.sigma**2 * GRID.step_years, axis=1))


def _numba() -> Callable[..., object] | None:
    """A compiled loop over steps and paths with the same generator; None without numba."""
    try:
        compile_with = import_module("numba").njit(fastmath=True)
    except ImportError:
        return None

    def paths(rng: Any, out: Any, spot: float, sigma: float, dt: float) -> None:
        steps, count = out.shape
        deviation = sigma * np.sqrt(dt)
        drift = -0.5 * sigma * sigma * dt
        running = np.zeros(count)
        for step in range(steps):
            for path in range(count):
                running[path] += drift + deviation * rng.standard_normal()
                out[step, path] = spot * np.exp(running[path])

    compiled: Callable[..., object] = compile_with(paths)
    return compiled
