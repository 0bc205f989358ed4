"""Fits find what the data was made with, and the defaults are the figures of their sources."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError, InvalidArgument
from simulator.liquidity.calibration import (
    depth_curve,
    fit_half_life,
    fit_power,
    fit_square_root,
    fit_thinning,
)
from simulator.liquidity.defaults import (
    aggregator_curve,
    aggregator_pairs,
    btc_perpetual_curve,
    square_root_coefficient,
    stable_pool_curve,
)

SIZES = np.geomspace(1.0, 10_000.0, 40)


@given(st.floats(-12, 2), st.floats(0.1, 2.0))
def test_a_power_is_found_exactly_where_there_is_no_noise(a: float, b: float) -> None:
    fit = fit_power(SIZES, np.exp(a) * SIZES**b)
    assert (fit.logarithm, fit.exponent) == pytest.approx((a, b), abs=1e-9)
    assert fit.r_squared == pytest.approx(1.0)
    assert np.abs(fit.residuals).max() < 1e-9


def test_standard_errors_say_how_far_off_a_fit_is() -> None:
    generator = np.random.default_rng(7)
    off = []
    for _ in range(400):
        noisy = np.exp(-8.75 + 0.2 * generator.standard_normal(40)) * SIZES**0.4
        fit = fit_power(SIZES, noisy)
        slope = (fit.exponent - 0.4) / fit.exponent_error
        off.append([slope, (fit.logarithm + 8.75) / fit.logarithm_error])
    assert np.std(off, axis=0) == pytest.approx([1.0, 1.0], abs=0.15)
    assert np.mean(off, axis=0) == pytest.approx([0.0, 0.0], abs=0.2)


def test_two_points_are_a_fit_without_an_error() -> None:
    fit = fit_power([1.0, 4.0], [3.0, 6.0])
    assert (fit.exponent, np.exp(fit.logarithm)) == pytest.approx((0.5, 3.0))
    assert np.isnan(fit.exponent_error) and np.isnan(fit.logarithm_error)


def test_a_flat_line_explains_itself() -> None:
    assert fit_power([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]).r_squared == 1.0


def test_a_book_of_measured_depth_stands_where_it_was_measured() -> None:
    distance = np.array([0.01, 0.02, 0.05])
    curve = depth_curve(distance, 7.0 * distance**0.67)
    assert curve.distance(7.0 * distance**0.67) == pytest.approx(distance)
    assert curve.measured(7.0 * distance[-1:] ** 0.67).all()


def test_thinning_is_the_power_by_which_depth_falls() -> None:
    fit = fit_thinning([0.02, 0.04, 0.16], 9.0 * np.array([0.02, 0.04, 0.16]) ** -0.75)
    assert fit.exponent == pytest.approx(0.75)
    with pytest.raises(InvalidArgument, match="must not grow"):
        fit_thinning([0.02, 0.04], [1.0, 2.0])


def test_a_half_life_is_found_whatever_the_clock() -> None:
    times = np.array([0.0, 100.0, 5_000.0])
    half_life, error = fit_half_life(times, 80.0 * 2.0 ** (-times / 300.0))
    assert half_life == pytest.approx(300.0) and error == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(InvalidArgument, match="must fall"):
        fit_half_life([0.0, 1.0], [1.0, 2.0])


def test_the_coefficient_of_the_square_root_law_is_a_geometric_mean() -> None:
    impact = 0.05 * np.sqrt(0.01) * np.array([0.5, 2.0])
    fit = fit_square_root(impact, [0.05, 0.05], [1.0, 1.0], [100.0, 100.0])
    assert fit.coefficient == pytest.approx(1.0) and fit.rows == 2
    assert fit.error == pytest.approx(np.log(4.0) / np.sqrt(2.0) / np.sqrt(2.0))
    assert np.isnan(fit_square_root([0.1], [0.1], [1.0], [1.0]).error)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_power([1.0, 1.0], [1.0, 2.0]), "two different"),
        (lambda: fit_power([1.0], [1.0]), "two different"),
        (lambda: fit_power([0.0, 1.0], [1.0, 2.0]), "x"),
        (lambda: fit_power([1.0, 2.0], [1.0]), "y"),
        (lambda: depth_curve([0.01, 0.02], [2.0, 1.0]), "must grow"),
        (lambda: fit_half_life([1.0, 1.0], [1.0, 2.0]), "elapsed"),
        (lambda: fit_square_root([], [], [], []), "at least one row"),
    ],
)
def test_what_cannot_be_decided_is_refused(call: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        call()


# Defaults


def test_every_pair_of_the_table_has_a_curve_with_its_source() -> None:
    assert len(aggregator_pairs()) == 8
    for pair in aggregator_pairs():
        curve, source = aggregator_curve(pair)
        assert "crvUSDrisk" in source and curve.coefficient > 0.0
    weth = aggregator_curve("WETH-USDC").curve
    size = 5_000.0
    assert weth.area(np.array(size)) / size == pytest.approx(0.0048, rel=0.03)
    assert weth.measured(np.array(70_000.0)) and not weth.measured(np.array(70_001.0))


def test_the_book_of_the_crash_has_a_seventh_to_a_quarter_of_the_calm_ones_depth() -> None:
    calm = btc_perpetual_curve(100_000.0).curve
    crash = btc_perpetual_curve(100_000.0, "crash").curve
    assert calm.pressure_at(np.array(0.01)) * 100_000 == pytest.approx(245e6, rel=0.05)
    assert crash.pressure_at(np.array(0.05)) * 100_000 == pytest.approx(107e6, rel=0.10)
    for distance, share in ((0.01, 0.23), (0.05, 0.15)):
        left = crash.pressure_at(np.array(distance)) / calm.pressure_at(np.array(distance))
        assert left == pytest.approx(share, rel=0.15)


def test_a_stable_pool_sells_its_known_size_at_four_percent() -> None:
    for pair, left in (("USDC-DAI", 0.09), ("USDC-USDT", 0.007)):
        calm, depeg = (stable_pool_curve(pair, moment).curve for moment in ("calm", "depeg"))
        size = np.array(depeg.measured_up_to)
        assert depeg.area(size) / size == pytest.approx(0.04)
        assert depeg.measured_up_to / calm.measured_up_to == pytest.approx(left, rel=0.05)


def test_the_square_root_law_has_a_coefficient_of_order_one() -> None:
    coefficient, source = square_root_coefficient()
    assert coefficient == 1.0 and "1412.4503" in source


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: aggregator_curve("DOGE-USDC"), "must be one of WETH-USDC"),
        (lambda: btc_perpetual_curve(1.0, "noon"), "calm or crash"),
        (lambda: stable_pool_curve("USDC-EUR"), "USDC-DAI, USDC-USDT"),
        (lambda: stable_pool_curve("USDC-DAI", "noon"), "calm or depeg"),
    ],
)
def test_defaults_that_are_not_there_are_refused(call: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
