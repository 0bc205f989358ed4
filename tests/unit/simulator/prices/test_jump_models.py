"""Merton and Kou: counts, sums, cumulants, and the mean that the compensator keeps."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulator.errors import InvalidArgument
from simulator.prices import Grid, Kou, Merton, generator, haug_merton, log_cumulants, simulate
from simulator.prices.models.jumps import (
    binomial_counts,
    double_exponential_sums,
    normal_sums,
    poisson_counts,
)

MERTON = Merton(0.05, 0.5, 10.0, -0.05, 0.1)
KOU = Kou(0.05, 0.16, 3.0, 0.4, 10.0, 5.0)


@given(st.floats(1e-3, 60.0), st.lists(st.floats(1e-12, 1 - 1e-12), min_size=1, max_size=20))
def test_poisson_counts_are_the_quantiles(mean: float, uniforms: list[float]) -> None:
    u = np.array(uniforms)
    wanted = stats.poisson.ppf(u, mean)
    near = np.abs(stats.poisson.cdf(wanted, mean) - u) < 1e-12
    near |= np.abs(stats.poisson.cdf(wanted - 1, mean) - u) < 1e-12
    counts = poisson_counts(u, mean)
    assert ((counts == wanted) | near).all()


def test_poisson_counts_at_the_edges() -> None:
    edge = exp(-0.5)
    assert poisson_counts(np.array([edge, np.nextafter(edge, 1.0)]), 0.5).tolist() == [0, 1]
    assert poisson_counts(np.array([1 - 2.0**-53, 2.0**-53]), 0.0).tolist() == [0, 0]
    largest = poisson_counts(np.array([1 - 2.0**-53]), 3.0)[0]
    assert 20 <= largest <= 40
    means = np.array([[0.0, 5.0], [100.0, 0.1]])
    assert poisson_counts(np.full((2, 2), 0.5), means).tolist() == [[0, 5], [100, 0]]


@given(st.integers(1, 12), st.floats(0.0, 1.0), st.floats(1e-9, 1 - 1e-9))
def test_binomial_counts_invert_from_the_top(n: int, p: float, u: float) -> None:
    got = binomial_counts(np.array([u]), np.array([n]), p)[0]
    above = stats.binom.sf(got, n, p)  # P(K > got) <= u < P(K >= got)
    at_least = stats.binom.sf(got - 1, n, p)
    assert above - 1e-9 <= u <= at_least + 1e-9 or (got == 0 and u >= above - 1e-9)


def test_one_trial_succeeds_below_the_probability() -> None:
    u = np.array([0.39, 0.4, 0.41])
    assert binomial_counts(u, np.array([1, 1, 1]), 0.4).tolist() == [1, 0, 0]
    assert binomial_counts(u, np.array([3, 2, 1]), 1.0).tolist() == [3, 2, 1]
    assert binomial_counts(u, np.array([3, 2, 1]), 0.0).tolist() == [0, 0, 0]


def test_normal_sums_are_sums_of_normals() -> None:
    counts = np.array([0, 1, 4])
    u = np.array([0.9, 0.975, 0.5])
    sums = normal_sums(counts, u, -0.1, 0.2)
    assert sums == pytest.approx([0.0, -0.1 + 0.2 * 1.959963984540054, -0.4], abs=1e-12)


def test_double_exponential_sums_by_the_gamma_law() -> None:
    counts = np.array([0, 1, 1, 3])
    split = np.array([0.1, 0.1, 0.9, 0.15])
    up = np.array([0.3, 0.3, 0.3, 0.6])
    down = np.array([0.2, 0.2, 0.2, 0.7])
    sums = double_exponential_sums(counts, np.stack((split, up, down)), 0.4, 10.0, 5.0)
    # P(K = 3) = 0.064, P(K = 2) = 0.288: the uniform 0.15 gives two up and one down.
    wanted = [
        0.0,
        stats.gamma.ppf(0.3, 1) / 10,
        -stats.gamma.ppf(0.2, 1) / 5,
        stats.gamma.ppf(0.6, 2) / 10 - stats.gamma.ppf(0.7, 1) / 5,
    ]
    assert sums == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("model", [MERTON, KOU, Kou(0.1, 0.3, 50.0, 1.0, 30.0, 1.0)])
def test_cumulants_agree_with_the_characteristic_function(model: Merton | Kou) -> None:
    direct = model.cumulants()
    for years in (0.25, 1.0):
        by_function = log_cumulants(model, years)
        assert np.array(by_function) == pytest.approx(years * np.array(direct), abs=1e-8)


@pytest.mark.parametrize("model", [MERTON, KOU])
def test_the_mean_price_is_the_forward_and_cumulants_are_met(model: Merton | Kou) -> None:
    grid = Grid(40_000, 6, 1 / 12)
    last = simulate(model, 100.0, grid, generator(3))[:, -1, 0]
    error = last.std() / sqrt(last.size)
    assert abs(last.mean() - 100.0 * exp(0.05 * 0.5)) < 4 * error
    logs = np.log(last / 100.0)
    known = model.cumulants()
    fourth = ((logs - logs.mean()) ** 4).mean()
    assert abs(logs.mean() - 0.5 * known.mean) < 4 * logs.std() / sqrt(logs.size)
    spread = sqrt((fourth - logs.var() ** 2) / logs.size)
    assert abs(logs.var() - 0.5 * known.variance) < 4 * spread


def test_a_jump_adds_its_size_and_nothing_else() -> None:
    model = Merton(0.0, 0.0, 10.0, -0.5, 0.0)
    uniforms = np.array([[[0.1, 0.95, 0.999], [0.5, 0.5, 0.5]]])
    returns, _ = model.advance((), np.zeros((1, 1, 3)), uniforms, 0.01)
    counts = poisson_counts(uniforms[0, 0], 0.1)
    assert counts.tolist() == [0, 1, 2]
    assert returns[0] == pytest.approx(-0.5 * counts - 0.1 * (exp(-0.5) - 1.0), abs=1e-15)


def test_haug_shares_the_variance() -> None:
    model = haug_merton(0.08, 0.25, 5.0, 0.5)
    assert model.jump_growth == pytest.approx(0.0, abs=1e-16)
    assert model.sigma**2 + 5.0 * model.jump_deviation**2 == pytest.approx(0.0625, rel=1e-14)
    assert haug_merton(0.0, 0.2, 1.0, 0.0).jump_deviation == 0.0
    assert haug_merton(0.0, 0.2, 1.0, 1.0).sigma == 0.0
    for arguments in ((0.0, 0.2, 0.0, 0.5), (0.0, 0.2, 1.0, 1.1), (0.0, 0.2, 1.0, -0.1)):
        with pytest.raises(InvalidArgument):
            haug_merton(*arguments)


def test_kou_needs_a_finite_mean() -> None:
    assert Kou(0.0, 0.1, 1.0, 0.5, 1.0001, 1.0).jump_growth > 1e3
    for eta in (1.0, 0.5):
        with pytest.raises(InvalidArgument, match="eta_up"):
            Kou(0.0, 0.1, 1.0, 0.5, eta, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Merton(0.0, 0.1, -1.0, 0.0, 0.1),
        lambda: Merton(0.0, 0.1, 1.0, 0.0, -0.1),
        lambda: Kou(0.0, 0.1, 1.0, 1.01, 2.0, 1.0),
        lambda: Kou(0.0, 0.1, 1.0, -0.01, 2.0, 1.0),
        lambda: Kou(0.0, 0.1, 1.0, 0.5, 2.0, 0.0),
    ],
)
def test_impossible_jumps_are_refused(wrong: object) -> None:
    with pytest.raises(InvalidArgument):
        wrong()  # type: ignore[operator]


def test_more_jumps_than_sense_are_refused_at_the_bound() -> None:
    draws = (np.zeros((1, 1, 1)), np.full((1, 2, 1), 0.5), 1.0)
    Merton(0.0, 0.1, 500.0, 0.0, 0.0).advance((), *draws)
    with pytest.raises(InvalidArgument, match="intensity"):
        Merton(0.0, 0.1, 500.1, 0.0, 0.0).advance((), *draws)
