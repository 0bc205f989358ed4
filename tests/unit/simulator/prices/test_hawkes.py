"""Jumps that bring on jumps."""

from __future__ import annotations

from math import exp, expm1, sqrt

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import Grid, Hawkes, HawkesProcess, generator, hawkes_counts, simulate

PROCESS = HawkesProcess(0.5, 0.6, 1.0)


def test_fano_of_a_window_goes_from_1_to_the_long_run() -> None:
    assert PROCESS.fano(0.0) == 1.0
    assert PROCESS.fano(1e12) == pytest.approx(PROCESS.long_run_fano, rel=1e-9)
    windows = [PROCESS.fano(window) for window in (0.1, 1.0, 10.0, 100.0)]
    assert windows == sorted(windows)
    assert HawkesProcess(1.0, 0.0, 1.0).fano(5.0) == 1.0
    with pytest.raises(InvalidArgument):
        PROCESS.fano(-1.0)


def test_counts_have_the_mean_and_the_fano_factor_of_the_formulas() -> None:
    counts = hawkes_counts(PROCESS, 20, 20.0, 600, generator(1), burn_in=30.0)
    assert counts.shape == (600, 20)
    assert counts.mean(axis=0) == pytest.approx(np.full(20, 25.0), abs=4 * sqrt(6.25 * 25 / 600))
    known = PROCESS.fano(20.0)
    mean = counts.mean()
    error = sqrt(PROCESS.long_run_fano * 25.0 / (counts.size))
    assert abs(mean - 25.0) < 4 * error
    assert counts.var() / mean == pytest.approx(known, rel=0.08)


def test_without_excitation_counts_are_poisson() -> None:
    counts = hawkes_counts(HawkesProcess(2.0, 0.0, 1.0), 50, 1.0, 400, generator(2))
    assert abs(counts.mean() - 2.0) < 4 * sqrt(2.0 / counts.size)
    assert counts.var() == pytest.approx(2.0, rel=0.05)


def test_without_a_base_nothing_ever_happens() -> None:
    assert hawkes_counts(HawkesProcess(0.0, 0.5, 1.0), 3, 1.0, 4, generator(1)).sum() == 0
    assert HawkesProcess(0.0, 0.5, 1.0).mean_rate == 0.0


def test_an_empty_past_starts_slower_than_the_stationary_process() -> None:
    young = hawkes_counts(PROCESS, 1, 2.0, 4000, generator(3)).mean()
    old = hawkes_counts(PROCESS, 1, 2.0, 4000, generator(3), burn_in=30.0).mean()
    assert young < 1.6 < 2.3 < old


def test_the_intensity_by_hand() -> None:
    model = Hawkes(0.1, 0.2, 4.0, 30.0, 60.0, -0.1, 0.0)
    dt = 0.01
    state = model.begin(1, 1.0)
    assert state[0].tolist() == [8.0]
    uniforms = np.array([[[0.95], [0.5]], [[0.5], [0.5]]])
    returns, (intensity,) = model.advance(state, np.zeros((2, 1, 1)), uniforms, dt)
    drift, growth = (0.1 - 0.02) * dt, expm1(-0.1)
    fading, kept = exp(-0.6), (1 - exp(-0.6)) / 0.6
    second = 4.0 + 4.0 * fading + 30.0 * kept  # P(no jump) = 0.923: the first step has one
    wanted = [drift - 0.1 - growth * 0.08, drift - growth * second * dt]
    assert returns[:, 0] == pytest.approx(wanted, rel=1e-12)
    assert intensity[0] == pytest.approx(4.0 + (second - 4.0) * fading, rel=1e-12)


def test_the_mean_price_and_the_mean_rate_hold_at_any_step() -> None:
    model = Hawkes(0.05, 0.0, 10.0, 100.0, 200.0, -0.05, 0.02)
    for dt in (1 / 365, 1 / 52):
        count = round(0.5 / dt)
        prices = simulate(model, 1.0, Grid(20_000, count, dt), generator(1))
        last = prices[:, -1, 0]
        assert abs(last.mean() - exp(0.05 * count * dt)) < 4 * last.std() / sqrt(last.size)
        # The stationary rate: jumps in the mean are rate x time x mean size.
        logs = np.log(last) - 0.05 * count * dt
        compensator = 20.0 * (exp(-0.05 + 0.0002) - 1.0) * count * dt
        expected = 20.0 * count * dt * -0.05 - compensator
        assert abs(logs.mean() - expected) < 4 * logs.std() / sqrt(last.size)


@pytest.mark.parametrize(
    "numbers", [(0.5, 1.0, 1.0), (-0.1, 0.5, 1.0), (0.5, -0.1, 1.0), (1, 0, 0)]
)
def test_arrivals_that_never_cease_are_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidArgument):
        HawkesProcess(*numbers)
    with pytest.raises(InvalidArgument):
        Hawkes(0.0, 0.1, *numbers, 0.0, 0.1)


def test_impossible_windows_are_refused() -> None:
    for windows, window, paths, burn_in in (
        (0, 1.0, 1, 0.0),
        (1, 0.0, 1, 0.0),
        (1, 1.0, 0, 0.0),
        (1, 1.0, 1, -1.0),
    ):
        with pytest.raises(InvalidArgument):
            hawkes_counts(PROCESS, windows, window, paths, generator(1), burn_in=burn_in)
