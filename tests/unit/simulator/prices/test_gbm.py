"""Geometric Brownian motion, the quick way and the general one, and the exponential it uses."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.prices import Gbm, Grid, gbm_paths, generator
from simulator.prices.models.exponential import factors_of_normals
from simulator.prices.models.gbm import PATHS_PER_BLOCK

DAY = 1 / 365


@given(
    scale=st.floats(1e-6, 3.0),
    shift=st.floats(-0.1, 0.1),
    z=st.lists(st.floats(-6.0, 6.0), min_size=1, max_size=8),
    negative=st.booleans(),
)
def test_factors_are_the_exponential(
    scale: float, shift: float, z: list[float], negative: bool
) -> None:
    scale = -scale if negative else scale
    made = np.array(z)
    wanted = np.exp(scale * made + shift)
    factors_of_normals(made, scale, shift, np.empty_like(made), np.empty_like(made))
    assert made == pytest.approx(wanted, rel=2e-13)


@pytest.mark.parametrize("scale", [0.0, 1e-13, 2e-4, 0.00025, 0.005, 0.009, 0.02, 0.1, 0.7, 5.0])
def test_every_order_of_the_approximation_is_good_to_1e_14_for_usual_normals(scale: float) -> None:
    z = np.linspace(-4.5, 4.5, 1001)
    wanted = np.exp(scale * z)
    factors_of_normals(z, scale, 0.0, np.empty_like(z), np.empty_like(z))
    assert z == pytest.approx(wanted, rel=2e-14)


@given(st.floats(0.0, 3.0), st.floats(-2.0, 2.0))
def test_the_quick_way_is_the_formula_on_its_own_normals(sigma: float, drift: float) -> None:
    grid = Grid(3, 40, DAY)
    prices = gbm_paths(Gbm(drift, sigma), 50.0, grid, generator(1))
    normals = generator(1).spawn(1)[0].standard_normal((40, 3))
    walk = np.cumsum(normals, axis=0) * sigma * sqrt(DAY)
    wanted = 50.0 * np.exp(walk + (drift - 0.5 * sigma**2) * grid.times[:, None])
    assert pytest.approx(wanted, rel=1e-12) == prices[:, :, 0].T


def test_paths_beyond_a_block_are_independent_of_those_within() -> None:
    count = PATHS_PER_BLOCK + 500
    prices = gbm_paths(Gbm(0.0, 0.8), 1.0, Grid(count, 2, DAY), generator(1))
    assert len(np.unique(prices[:, 0, 0])) == count
    few = gbm_paths(Gbm(0.0, 0.8), 1.0, Grid(PATHS_PER_BLOCK, 2, DAY), generator(1))
    assert (prices[:PATHS_PER_BLOCK] == few).all()


def test_antithetic_products_are_the_same_on_every_pair() -> None:
    grid = Grid(20, 5, DAY)
    prices = gbm_paths(Gbm(0.3, 0.9), 7.0, grid, generator(2), antithetic=True)[:, :, 0]
    product = 49.0 * np.exp(2.0 * (0.3 - 0.405) * grid.times)
    assert prices[:10] * prices[10:] == pytest.approx(np.tile(product, (10, 1)), rel=1e-13)


def test_mean_and_moments_are_those_of_the_formulas() -> None:
    grid, model = Grid(40_000, 4, 0.25), Gbm(0.05, 0.8)
    last = gbm_paths(model, 100.0, grid, generator(3))[:, -1, 0]
    moments = model.price_moments(100.0, 1.0)
    assert abs(last.mean() - moments.mean) < 4 * moments.deviation / sqrt(last.size)
    assert np.median(last) == pytest.approx(moments.median, rel=0.02)
    assert np.log(last).std() == pytest.approx(0.8, rel=4 / sqrt(2 * last.size))


def test_moments_without_noise_or_time_are_the_forward() -> None:
    assert Gbm(0.1, 0.0).price_moments(10.0, 2.0) == (10.0 * exp(0.2), 0.0, 10.0 * exp(0.2))
    assert Gbm(0.1, 0.5).price_moments(10.0, 0.0) == (10.0, 0.0, 10.0)


@pytest.mark.parametrize(
    ("drift", "sigma", "field"),
    [
        (float("nan"), 0.5, "drift"),
        (0.0, -0.1, "sigma"),
        (0.0, float("inf"), "sigma"),
        (0.0, 1e13, "sigma"),
        (-2e12, 0.5, "drift"),
    ],
)
def test_impossible_parameters_are_refused(drift: float, sigma: float, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Gbm(drift, sigma)
    assert caught.value.field == field
