"""Heston and Bates: both schemes against scalar twins, the mean, moments and limits."""

from __future__ import annotations

from math import erf, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.prices import (
    Bates,
    Grid,
    Heston,
    Merton,
    generator,
    lewis_price,
    log_cumulants,
    simulate,
)

LEWIS = Heston(0.05, 0.04, 4.0, 0.25, 1.0, -0.5)
FULL = "full-truncation"


def qe_twin(m: Heston, v: float, zs: float, zv: float, dt: float) -> tuple[float, float]:
    """Andersen (2008), section 3.2.4 and 4.2, written down once more with plain numbers."""
    e = exp(-m.kappa * dt)
    mean = m.theta + (v - m.theta) * e
    s2 = v * m.sigma**2 * e / m.kappa * (1 - e)
    s2 += m.theta * m.sigma**2 / (2 * m.kappa) * (1 - e) ** 2
    psi = s2 / mean**2
    k1 = 0.5 * dt * (m.kappa * m.rho / m.sigma - 0.5) - m.rho / m.sigma
    k2 = 0.5 * dt * (m.kappa * m.rho / m.sigma - 0.5) + m.rho / m.sigma
    k3 = k4 = 0.5 * dt * (1 - m.rho**2)
    big_a = k2 + 0.5 * k4
    if psi <= 1.5:
        b2 = 2 / psi - 1 + sqrt(2 / psi) * sqrt(2 / psi - 1)
        a = mean / (1 + b2)
        after = a * (sqrt(b2) + zv) ** 2
        growth = exp(big_a * b2 * a / (1 - 2 * big_a * a)) / sqrt(1 - 2 * big_a * a)
    else:
        p = (psi - 1) / (psi + 1)
        beta = (1 - p) / mean
        u = 0.5 * (1 + erf(zv / sqrt(2)))
        after = 0.0 if u <= p else log((1 - p) / (1 - u)) / beta
        growth = p + beta * (1 - p) / (beta - big_a)
    k0 = -log(growth) - (k1 + 0.5 * k3) * v
    log_return = m.drift * dt + k0 + k1 * v + k2 * after + sqrt(k3 * v + k4 * after) * zs
    return log_return, after


def advance(model: Heston, v: float, zs: float, zv: float, dt: float) -> tuple[float, float]:
    normals = np.array([[[zs], [zv]]])
    returns, (after,) = model.advance((np.array([v]),), normals, np.empty((1, 0, 1)), dt)
    return float(returns[0, 0]), float(after[0])


@given(
    v=st.floats(1e-6, 2.0),
    zs=st.floats(-4, 4),
    zv=st.floats(-4, 4),
    dt=st.sampled_from([1 / 8760, 1 / 365, 1 / 12]),
    sigma=st.floats(0.1, 3.0),
    rho=st.floats(-0.95, 0.3),
)
def test_a_step_of_qe_is_that_of_the_paper(
    v: float, zs: float, zv: float, dt: float, sigma: float, rho: float
) -> None:
    model = Heston(0.07, 0.04, 3.0, 0.3, sigma, rho)
    wanted = qe_twin(model, v, zs, zv, dt)
    assert advance(model, v, zs, zv, dt) == pytest.approx(wanted, rel=1e-8, abs=1e-10)


def test_both_branches_of_qe_are_reached() -> None:
    model = Heston(0.0, 0.04, 1.0, 0.04, 1.0, -0.5)
    dt = 1 / 12
    quadratic, exponential = advance(model, 0.5, 0.0, -3.0, dt), advance(model, 0.01, 0.0, -1.0, dt)
    assert quadratic[1] > 0.0 and exponential[1] == 0.0
    assert quadratic == pytest.approx(qe_twin(model, 0.5, 0.0, -3.0, dt), rel=1e-10)
    assert exponential == pytest.approx(qe_twin(model, 0.01, 0.0, -1.0, dt), rel=1e-10)


@pytest.mark.parametrize("v", [0.3, 0.0, -0.1])
def test_full_truncation_uses_the_positive_part(v: float) -> None:
    model = Heston(0.1, 0.3, 2.0, 0.25, 0.8, -0.6, FULL)
    dt, zs, zv = 0.01, 0.7, -1.3
    held = max(v, 0.0)
    shock = -0.6 * zs + 0.8 * zv
    wanted = (
        0.1 * dt - 0.5 * held * dt + sqrt(held * dt) * zs,
        v + 2.0 * (0.25 - held) * dt + 0.8 * sqrt(held * dt) * shock,
    )
    assert advance(model, v, zs, zv, dt) == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("scheme", ["qe", FULL])
@pytest.mark.parametrize("antithetic", [False, True])
def test_the_mean_price_is_the_forward_and_a_call_its_closed_form(
    scheme: str, antithetic: bool
) -> None:
    model = Heston(0.05, 0.04, 4.0, 0.25, 1.0, -0.5, scheme)
    grid = Grid(30_000, 50, 0.01)
    last = simulate(model, 100.0, grid, generator(3), antithetic=antithetic)[:, -1, 0]
    assert np.isfinite(last).all() and (last > 0).all()
    gain = exp(-0.05 * 0.5) * np.maximum(last - 105.0, 0.0)
    known = lewis_price(LEWIS, 100.0, 105.0, 0.5, 0.05).call
    for sample, wanted in ((last, 100.0 * exp(0.025)), (gain, known)):
        values = sample.reshape(2, -1).mean(axis=0) if antithetic else sample
        assert abs(values.mean() - wanted) < 4 * values.std() / sqrt(values.size)


@pytest.mark.parametrize("scheme", ["qe", FULL])
def test_the_mean_holds_at_a_long_step_and_far_from_feller(scheme: str) -> None:
    model = Heston(0.0, 0.09, 1.0, 0.09, 1.0, -0.3, scheme)
    assert not model.feller
    last = simulate(model, 1.0, Grid(60_000, 4, 0.25), generator(5))[:, -1, 0]
    assert abs(last.mean() - 1.0) < 4 * last.std() / sqrt(last.size)


def test_qe_meets_the_moments_of_the_variance() -> None:
    known = LEWIS.variance_moments(0.5)
    assert known == pytest.approx((0.2215795905, 0.024534105), abs=1e-9)
    state = LEWIS.begin(60_000, 1.0)
    normals = generator(2).standard_normal((10, 2, 60_000))
    _, (variance,) = LEWIS.advance(state, normals, np.empty((10, 0, 60_000)), 0.05)
    assert abs(variance.mean() - known.mean) < 4 * sqrt(known.variance / variance.size)
    assert variance.var() == pytest.approx(known.variance, rel=0.05)


def test_moments_at_the_edges() -> None:
    assert LEWIS.variance_moments(0.0) == (0.04, 0.0)
    still = Heston(0.0, 0.04, 0.0, 0.25, 0.5, 0.0)
    assert still.variance_moments(2.0) == pytest.approx((0.04, 0.04 * 0.25 * 2.0), rel=1e-14)
    almost = Heston(0.0, 0.04, 1e-9, 0.25, 0.5, 0.0)
    assert almost.variance_moments(2.0) == pytest.approx(still.variance_moments(2.0), rel=1e-6)
    assert LEWIS.variance_moments(50.0) == pytest.approx((0.25, 0.25 / 8.0), rel=1e-12)
    with pytest.raises(InvalidArgument):
        LEWIS.variance_moments(-1.0)


def test_without_noise_of_the_variance_it_is_black_and_scholes() -> None:
    for sigma in (0.0, 1e-9):
        model = Heston(0.0, 0.09, 2.0, 0.04, sigma, -0.5)
        returns, after = advance(model, 0.09, 1.5, 2.0, 0.5)
        spell = (1 - exp(-1.0)) / 2.0
        total = 0.04 * 0.5 + 0.05 * spell
        assert returns == pytest.approx(sqrt(total) * 1.5 - 0.5 * total, rel=1e-12)
        assert after == pytest.approx(0.04 + 0.05 * exp(-1.0), rel=1e-12)
        assert model.mean_integrated_variance(0.5) == pytest.approx(total, rel=1e-14)


def test_a_variance_of_zero_that_stays_zero_moves_nothing() -> None:
    for scheme in ("qe", FULL):
        model = Heston(0.2, 0.0, 1.0, 0.0, 1.0, -0.5, scheme)
        prices = simulate(model, 3.0, Grid(4, 5, 0.1), generator(1))
        assert prices[:, -1, 0] == pytest.approx(np.full(4, 3.0 * exp(0.1)), rel=1e-14)


def test_a_mean_that_cannot_be_corrected_still_gives_numbers() -> None:
    """Steps of five years with rho near 1: E[exp(A v)] is infinite, so K0 is the plain one."""
    model, dt = Heston(0.0, 1.0, 20.0, 1.0, 4.0, 0.95), 5.0
    prices = simulate(model, 1.0, Grid(500, 4, dt), generator(1))
    assert np.isfinite(prices).all() and (prices > 0).all()
    returns, after = advance(model, 1.0, 0.3, -0.2, dt)
    slope = 0.5 * dt * (20.0 * 0.95 / 4.0 - 0.5)
    wanted = -0.95 * 20.0 / 4.0 * dt + (slope - 0.95 / 4.0) + (slope + 0.95 / 4.0) * after
    wanted += sqrt(0.5 * dt * (1 - 0.95**2) * (1.0 + after)) * 0.3
    assert returns == pytest.approx(wanted, rel=1e-12)


def test_the_feller_condition_is_strict() -> None:
    assert not Heston(0.0, 0.1, 2.0, 0.25, 1.0, 0.0).feller
    assert Heston(0.0, 0.1, 2.0, 0.2500001, 1.0, 0.0).feller


def test_the_second_moment_exists_at_the_bound() -> None:
    assert Heston(0.0, 0.1, sqrt(2.0), 0.1, 1.0, 0.0).square_has_mean
    assert not Heston(0.0, 0.1, 1.414, 0.1, 1.0, 0.0).square_has_mean
    assert not Heston(0.0, 0.1, sqrt(2.0), 0.1, 1.0, 0.1).square_has_mean


def test_bates_without_jumps_is_heston_path_by_path() -> None:
    heston = Heston(0.1, 0.5, 3.0, 0.4, 1.0, -0.6)
    bates = Bates(0.1, 0.5, 3.0, 0.4, 1.0, -0.6, 0.0, -0.1, 0.2)
    grid = Grid(10, 30, 1 / 365)
    one, other = (simulate(model, 9.0, grid, generator(1)) for model in (heston, bates))
    assert one == pytest.approx(other, rel=1e-13)


def test_bates_is_heston_times_merton() -> None:
    bates = Bates(0.05, 0.04, 4.0, 0.25, 1.0, -0.5, 5.0, -0.1, 0.15)
    parts = (LEWIS, Merton(0.05, 0.0, 5.0, -0.1, 0.15))
    whole = log_cumulants(bates, 0.5)
    one, other = (log_cumulants(part, 0.5) for part in parts)
    assert whole.variance == pytest.approx(one.variance + other.variance, rel=1e-9)
    assert whole.fourth == pytest.approx(one.fourth + other.fourth, rel=1e-6)
    last = simulate(bates, 100.0, Grid(30_000, 20, 0.025), generator(6))[:, -1, 0]
    assert abs(last.mean() - 100.0 * exp(0.025)) < 4 * last.std() / sqrt(last.size)
    gain = np.maximum(105.0 - last, 0.0) * exp(-0.025)
    known = lewis_price(bates, 100.0, 105.0, 0.5, 0.05).put
    assert abs(gain.mean() - known) < 4 * gain.std() / sqrt(gain.size)


@pytest.mark.parametrize(
    "changes",
    [
        {"v0": -0.1},
        {"kappa": -1.0},
        {"theta": -1e-9},
        {"sigma": -1.0},
        {"rho": 1.0001},
        {"rho": -1.0001},
        {"scheme": "euler"},
        {"drift": float("inf")},
    ],
)
def test_impossible_parameters_are_refused(changes: dict[str, object]) -> None:
    given = {"drift": 0.0, "v0": 0.1, "kappa": 1.0, "theta": 0.1, "sigma": 1.0, "rho": 0.0}
    with pytest.raises(InvalidArgument) as caught:
        Heston(**(given | changes))  # type: ignore[arg-type]
    assert caught.value.field == next(iter(changes))
    jumps = {"intensity": 1.0, "jump_mean": 0.0, "jump_deviation": 0.1}
    with pytest.raises(InvalidArgument):
        Bates(**(given | jumps | changes))  # type: ignore[arg-type]
    for wrong in ({"intensity": -1.0}, {"jump_deviation": -0.1}):
        with pytest.raises(InvalidArgument):
            Bates(**(given | jumps | wrong))  # type: ignore[arg-type]
