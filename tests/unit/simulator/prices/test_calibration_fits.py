"""Calibrations find the parameters behind simulated series within four standard errors."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest

from simulator.prices import (
    Bates,
    Depeg,
    Garch,
    Gbm,
    Grid,
    Hawkes,
    HawkesProcess,
    Heston,
    Kou,
    Merton,
    Model,
    Regimes,
    generator,
    simulate,
)
from simulator.prices.calibration import (
    calibrate,
    calibrate_depeg,
    calibrate_gbm,
    fit_hawkes_times,
    hawkes_log_likelihood,
    heston_moments,
    volatility,
)
from simulator.types import Float1D

DAY = 1 / 365


def series(model: Model, count: int, seed: int, spot: float = 1.0) -> Float1D:
    prices = simulate(model, spot, Grid(1, count, DAY), generator(seed))[0, :, 0]
    return np.concatenate(([spot], prices))


def within(fit: Any, errors: float = 4.0, **wanted: float) -> None:
    found = {estimate.name: estimate for estimate in fit.estimates}
    for name, value in wanted.items():
        estimate = found[name]
        assert estimate.standard_error > 0
        assert abs(estimate.value - value) < errors * estimate.standard_error, estimate


def test_gbm_by_its_closed_form() -> None:
    prices = series(Gbm(0.3, 0.8), 500, 1)
    fit = calibrate_gbm(prices, DAY)
    returns = np.diff(np.log(prices))
    variance = returns.var() / DAY
    assert fit.model.sigma == pytest.approx(sqrt(variance), rel=1e-12)
    assert fit.model.drift == pytest.approx(returns.mean() / DAY + variance / 2, rel=1e-12)
    assert fit.standard_error("sigma") == pytest.approx(sqrt(variance / 1000), rel=1e-12)
    wanted = sqrt(variance / (500 * DAY) + variance**2 / 1000)
    assert fit.standard_error("drift") == pytest.approx(wanted, rel=1e-12)
    density = -0.5 * (returns - returns.mean()) ** 2 / returns.var()
    likelihood = (density - 0.5 * np.log(2 * np.pi * returns.var())).sum()
    assert fit.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    assert fit.observations == 500


def test_the_errors_of_gbm_are_the_spread_of_its_estimates() -> None:
    grid = Grid(400, 100, DAY)
    paths = simulate(Gbm(0.3, 0.8), 1.0, grid, generator(2))[:, :, 0]
    fits = [calibrate_gbm(path, DAY) for path in paths]
    for name in ("drift", "sigma"):
        values = [getattr(fit.model, name) for fit in fits]
        told = np.mean([fit.standard_error(name) for fit in fits])
        assert np.std(values) == pytest.approx(told, rel=0.15)


def test_merton() -> None:
    fit = calibrate("merton", series(Merton(0.05, 0.5, 20.0, -0.05, 0.1), 1500, 1), DAY)
    within(fit, drift=0.05, sigma=0.5, intensity=20.0, jump_mean=-0.05, jump_deviation=0.1)
    assert fit.standard_error("sigma") < 0.03 and fit.standard_error("intensity") < 8.0


def test_kou() -> None:
    fit = calibrate("kou", series(Kou(0.05, 0.4, 40.0, 0.4, 15.0, 10.0), 1200, 1), DAY)
    within(fit, drift=0.05, sigma=0.4, intensity=40.0, up_probability=0.4, eta_up=15, eta_down=10)
    assert fit.standard_error("sigma") < 0.03


def test_the_likelihoods_of_a_series_without_skew_agree_between_two_families() -> None:
    """Merton by its Poisson series and Kou by Fourier see the same diffusion under the jumps."""
    prices = series(Merton(0.0, 0.5, 15.0, 0.0, 0.12), 1000, 4)
    merton, kou = calibrate("merton", prices, DAY), calibrate("kou", prices, DAY)
    assert abs(merton.log_likelihood - kou.log_likelihood) < 8.0  # type: ignore[operator]
    assert merton.model.sigma == pytest.approx(kou.model.sigma, rel=0.05)


def test_heston() -> None:
    fit = calibrate("heston", series(Heston(0.05, 0.4, 8.0, 0.5, 1.5, -0.6), 4000, 1), DAY)
    within(fit, drift=0.05, theta=0.5, kappa=8.0, sigma=1.5, rho=-0.6)
    assert fit.model.rho < 0.0 and 3.0 < fit.model.kappa < 20.0
    assert fit.model.v0 > 0 and fit.standard_error("v0") == pytest.approx(fit.model.v0 / sqrt(10))


def test_bates() -> None:
    model = Bates(0.05, 0.4, 8.0, 0.5, 1.5, -0.6, 10.0, -0.25, 0.05)
    fit = calibrate("bates", series(model, 4000, 2), DAY)
    within(fit, drift=0.05, theta=0.5, kappa=8.0, sigma=1.5, rho=-0.6, intensity=10.0)
    assert fit.model.jump_mean == pytest.approx(-0.25, abs=0.05)


def test_heston_moments_are_those_of_simulated_paths() -> None:
    """Stationary returns: v0 is drawn by letting paths run before they are looked at."""
    kappa, theta, sigma, rho, dt = 6.0, 0.5, 1.5, -0.7, 0.02
    model = Heston(0.0, theta, kappa, theta, sigma, rho, "full-truncation")
    fine = simulate(model, 1.0, Grid(6000, 1000, dt / 20), generator(3))[:, 499::20, 0]
    returns = np.diff(np.log(fine), axis=1)
    returns = returns + 0.5 * theta * dt
    known = heston_moments(kappa, theta, sigma, rho, dt, 3)
    assert known.square == pytest.approx(theta * dt, rel=0.02)
    assert (returns**2).mean() == pytest.approx(known.square, rel=0.03)
    squares = returns**2
    for lag in (1, 2, 3):
        first, later = returns[:, :-lag], squares[:, lag:]
        leverage = (first * later).mean(axis=1)
        error = leverage.std() / sqrt(len(leverage))
        assert abs(leverage.mean() - known.leverage[lag - 1]) < 4 * error
        products = (first**2 * later).mean(axis=1) - known.square**2
        error = products.std() / sqrt(len(products))
        assert abs(products.mean() - known.square_covariance[lag - 1]) < 4 * error
        assert error < 0.1 * products.mean()


def test_the_stationary_law_of_the_variance_is_left_alone_by_the_system() -> None:
    change = volatility._generator(6.0, 0.5, 1.5, -0.7) @ volatility._stationary(6.0, 0.5, 1.5)
    assert change[:5] == pytest.approx(np.zeros(5), abs=1e-12)


def test_the_mean_square_of_a_return_in_closed_form() -> None:
    """E R^2 = theta h - E[M I] + E[I^2]/4, M the martingale, I the integral of v - theta."""
    kappa, theta, sigma, rho, h = 6.0, 0.5, 1.5, -0.7, 0.3
    spell = (1.0 - exp(-kappa * h)) / kappa
    joint = rho * sigma * theta * (h - spell) / kappa
    spread = theta * sigma**2 / (2.0 * kappa) * 2.0 * (h - spell) / kappa
    wanted = theta * h - joint + 0.25 * spread
    assert heston_moments(kappa, theta, sigma, rho, h, 1).square == pytest.approx(wanted, rel=1e-12)


def test_without_noise_of_the_variance_squares_are_not_correlated() -> None:
    known = heston_moments(6.0, 0.5, 1e-3, -0.7, 0.02, 3)
    assert known.square == pytest.approx(0.01, rel=1e-4)
    assert np.abs(known.square_covariance).max() < 1e-8


def test_garch() -> None:
    pytest.importorskip("arch", reason="the extra `garch` is not installed")
    model = Garch(0.001, 5e-5, 0.1, 0.87, compensated=False)
    fit = calibrate("garch", series(model, 3000, 1), DAY)
    within(fit, mean=0.001, omega=5e-5, alpha=0.1, beta=0.87)
    assert not fit.model.compensated and fit.model.start_variance > 0
    # The likelihood is of the returns as they are, not of arch's rescaled ones.
    returns = np.diff(np.log(series(model, 3000, 1)))
    variance = np.empty(3000)
    variance[0] = returns.var()
    for step in range(1, 3000):
        shock = returns[step - 1] - fit.model.mean
        variance[step] = fit.model.omega + fit.model.alpha * shock**2
        variance[step] += fit.model.beta * variance[step - 1]
    density = -0.5 * ((returns - fit.model.mean) ** 2 / variance + np.log(2 * np.pi * variance))
    assert fit.log_likelihood == pytest.approx(density.sum(), abs=2.0)
    after = fit.model.omega + fit.model.beta * variance[-1]
    after += fit.model.alpha * (returns[-1] - fit.model.mean) ** 2
    assert fit.model.start_variance == pytest.approx(after, rel=1e-3)


def test_regimes() -> None:
    model = Regimes((0.5, -1.0), (0.4, 1.4), ((0.97, 0.03), (0.08, 0.92)))
    fit = calibrate("regimes", series(model, 1200, 1), DAY)
    within(fit, drift_0=0.5, drift_1=-1.0, sigma_0=0.4, sigma_1=1.4, leave_0=0.03, leave_1=0.08)
    assert fit.model.sigmas[0] < fit.model.sigmas[1]
    assert fit.model.transitions[0][1] == fit.estimates[4].value


def test_hawkes() -> None:
    model = Hawkes(0.05, 0.3, 8.0, 40.0, 80.0, -0.25, 0.02)
    fit = calibrate("hawkes", series(model, 4000, 1), DAY)
    within(fit, drift=0.05, base=8.0)
    assert 0.2 < fit.model.excitation / fit.model.decay < 0.8
    assert fit.model.jump_mean == pytest.approx(-0.25, abs=0.05)


def hawkes_times(process: HawkesProcess, horizon: float, seed: int) -> Float1D:
    """Ogata's thinning once more, one event at a time."""
    rng = generator(seed)
    times: list[float] = []
    time, extra = 0.0, 0.0
    while True:
        bound = process.base + extra
        wait = rng.standard_exponential() / bound
        time += wait
        if time > horizon:
            return np.array(times)
        extra *= exp(-process.decay * wait)
        if rng.random() * bound < process.base + extra:
            times.append(time)
            extra += process.excitation


def test_hawkes_times() -> None:
    times = hawkes_times(HawkesProcess(0.5, 0.6, 1.0), 1500.0, 1)
    found = fit_hawkes_times(times, 1500.0)
    assert (np.abs(found.values - [0.5, 0.6, 1.0]) < 4 * found.errors).all()
    assert (found.errors < [0.15, 0.2, 0.4]).all()


def test_the_likelihood_of_hawkes_times_written_out() -> None:
    times, horizon, base, excitation, decay = np.array([0.5, 0.9, 2.0]), 3.0, 0.7, 0.4, 1.3
    total = 0.0
    for time in times:
        earlier = times[times < time]
        total += log(base + excitation * np.exp(-decay * (time - earlier)).sum())
    area = base * horizon + excitation / decay * (1 - np.exp(-decay * (horizon - times))).sum()
    got = hawkes_log_likelihood(times, horizon, base, excitation, decay)
    assert got == pytest.approx(total - area, rel=1e-13)


def test_depeg() -> None:
    model = Depeg(50.0, 0.1, 4.0, -0.15, 0.02, peg=2.0, floor=0.5)
    fit = calibrate_depeg(series(model, 3000, 1, 2.0), DAY, peg=2.0, floor=0.5)
    within(fit, kappa=50.0, sigma=0.1, intensity=4.0, jump_mean=-0.15, jump_deviation=0.02)
    assert (fit.model.peg, fit.model.floor) == (2.0, 0.5)
    calm = replace(model, intensity=0.0)
    without = calibrate_depeg(series(calm, 1000, 2, 2.0), DAY, peg=2.0)
    within(without, kappa=50.0, sigma=0.1)
    assert without.model.intensity < 2.0


def test_a_bootstrap_has_the_block_length_of_the_squares() -> None:
    model = Garch(0.0, 5e-5, 0.15, 0.8, compensated=False)
    long = calibrate("bootstrap", series(model, 1500, 1), DAY)
    short = calibrate("bootstrap", series(Gbm(0.0, 0.8), 1500, 1), DAY)
    assert long.model.block > 2.0 * short.model.block
    assert long.standard_error("block") > 0


def test_a_calibration_is_a_function_of_its_series() -> None:
    prices = series(Heston(0.05, 0.4, 8.0, 0.5, 1.5, -0.6), 1500, 1)
    for model in ("heston", "bootstrap"):
        assert calibrate(model, prices, DAY) == calibrate(model, prices, DAY)


def test_another_unit_of_price_changes_nothing() -> None:
    prices = series(Merton(0.05, 0.5, 30.0, -0.05, 0.1), 600, 3)
    one, other = (calibrate("merton", factor * prices, DAY) for factor in (1.0, 1e6))
    for first, second in zip(one.estimates, other.estimates, strict=True):
        assert first.value == pytest.approx(second.value, rel=1e-3, abs=1e-3)
