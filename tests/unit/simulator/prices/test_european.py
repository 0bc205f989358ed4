"""Options by two integrals, a series, the normal formula, and simulated paths."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.prices import (
    Bates,
    EuropeanPrice,
    Gbm,
    Grid,
    Heston,
    Kou,
    Merton,
    generator,
    haug_merton,
    lewis_price,
    log_cumulants,
    merton_series_price,
    probability_price,
    simulate,
)
from simulator.prices.models import HasCharacteristic
from simulator.risk.options import black_scholes

Price = Callable[[HasCharacteristic, float, float, float, float], EuropeanPrice]

MODELS: list[Gbm | Merton | Kou | Heston | Bates] = [
    Gbm(0.03, 0.8),
    Merton(0.03, 0.3, 5.0, -0.1, 0.2),
    Kou(0.03, 0.16, 1.0, 0.4, 10.0, 5.0),
    Heston(-0.01, 0.04, 4.0, 0.25, 1.0, -0.5),
    Bates(0.03, 0.04, 1.0, 0.09, 0.5, 0.6, 3.0, 0.1, 0.1),
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("strike", "years"), [(100.0, 1.0), (60.0, 0.1), (170.0, 2.0)])
def test_both_integrals_agree_and_keep_parity(
    model: Gbm | Merton | Kou | Heston | Bates, strike: float, years: float
) -> None:
    one = lewis_price(model, 100.0, strike, years, 0.02)
    other = probability_price(model, 100.0, strike, years, 0.02)
    assert one == pytest.approx(other, abs=1e-9)
    forward = 100.0 * exp(model.drift * years)
    assert one.call - one.put == pytest.approx(exp(-0.02 * years) * (forward - strike), abs=1e-9)


@settings(max_examples=25)
@given(st.floats(0.05, 2.0), st.floats(50.0, 200.0), st.floats(0.01, 2.0), st.floats(-0.1, 0.1))
def test_gbm_is_black_and_scholes(sigma: float, strike: float, years: float, rate: float) -> None:
    got = lewis_price(Gbm(rate - 0.01, sigma), 100.0, strike, years, rate)
    wanted = [
        float(black_scholes(call, 100.0, strike, years, rate, 0.01, sigma))
        for call in (True, False)
    ]
    assert list(got) == pytest.approx(wanted, abs=1e-8)


@settings(max_examples=15)
@given(
    st.floats(0.1, 1.0),
    st.floats(0.0, 30.0),
    st.floats(-0.3, 0.3),
    st.floats(0.0, 0.4),
    st.floats(70.0, 140.0),
)
def test_mertons_series_is_its_integral(
    sigma: float, intensity: float, mean: float, deviation: float, strike: float
) -> None:
    model = Merton(0.02, sigma, intensity, mean, deviation)
    series = merton_series_price(model, 100.0, strike, 0.5, 0.05)
    assert series == pytest.approx(lewis_price(model, 100.0, strike, 0.5, 0.05), abs=1e-7)


@pytest.mark.parametrize(
    ("strike", "years", "intensity", "share", "call"),
    [(100, 0.25, 1, 0.25, 5.88), (110, 0.5, 5, 0.5, 4.67), (80, 0.1, 10, 0.75, 20.66)],
)
def test_haugs_table_by_the_series(
    strike: float, years: float, intensity: float, share: float, call: float
) -> None:
    model = haug_merton(0.08, 0.25, intensity, share)
    got = merton_series_price(model, 100.0, strike, years, 0.08).call
    assert got == pytest.approx(call, abs=0.006)


@pytest.mark.parametrize("model", MODELS[:3])
def test_simulated_calls_and_puts_are_within_four_errors(model: Gbm | Merton | Kou) -> None:
    last = simulate(model, 100.0, Grid(40_000, 5, 0.1), generator(3))[:, -1, 0]
    known = lewis_price(model, 100.0, 105.0, 0.5, 0.02)
    for gain, wanted in ((last - 105.0, known.call), (105.0 - last, known.put)):
        paid = exp(-0.01) * np.maximum(gain, 0.0)
        assert abs(paid.mean() - wanted) < 4 * paid.std() / sqrt(paid.size)


@pytest.mark.parametrize("price", [lewis_price, probability_price])
def test_the_edges_have_the_value_that_they_must(price: Price) -> None:
    for model in MODELS:
        assert price(model, 100.0, 90.0, 0.0, 0.05) == (10.0, 0.0)
        assert price(model, 100.0, 110.0, 0.0, 0.05) == (0.0, 10.0)
        worth = 100.0 * exp((model.drift - 0.05) * 2.0)
        got = price(model, 100.0, 0.0, 2.0, 0.05)
        assert got == pytest.approx((worth, 0.0))
    still = price(Gbm(0.1, 0.0), 100.0, 90.0, 1.0, 0.1)
    assert still == pytest.approx((100.0 - 90.0 * exp(-0.1), 0.0), abs=1e-12)


def test_the_series_at_its_edges() -> None:
    plain = Merton(0.02, 0.3, 0.0, -0.1, 0.1)
    wanted = float(black_scholes(True, 100.0, 95.0, 0.5, 0.02, 0.0, 0.3))
    assert merton_series_price(plain, 100.0, 95.0, 0.5, 0.02).call == pytest.approx(wanted)
    assert merton_series_price(plain, 100.0, 95.0, 0.0, 0.02) == (5.0, 0.0)
    # Jumps of a sure size alone: the price is a Poisson sum of intrinsic values.
    pure = Merton(0.0, 0.0, 2.0, -0.5, 0.0)
    n = np.arange(60)
    weights = np.exp(-2.0) * np.cumprod(np.concatenate(([1.0], 2.0 / n[1:])))
    ends = 100.0 * np.exp(-2.0 * np.expm1(-0.5) - 0.5 * n)
    wanted = float(weights @ np.maximum(ends - 80.0, 0.0))
    assert merton_series_price(pure, 100.0, 80.0, 1.0, 0.0).call == pytest.approx(wanted, rel=1e-9)


def test_little_variance_is_priced_close_to_the_kink() -> None:
    model = Gbm(0.0, 0.01)
    got = lewis_price(model, 100.0, 100.0, 0.01, 0.0).call
    assert got == pytest.approx(float(black_scholes(True, 100, 100, 0.01, 0, 0, 0.01)), abs=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_the_characteristic_function_is_one_at_zero_and_at_minus_i(
    model: Gbm | Merton | Kou | Heston | Bates,
) -> None:
    values = model.characteristic(np.array([0.0, -1j]), 0.7)
    assert values == pytest.approx(np.ones(2), abs=1e-12)
    assert (np.abs(model.characteristic(np.linspace(0.1, 50.0, 20), 0.7)) < 1.0).all()


def test_cumulants_of_a_normal_law() -> None:
    found = log_cumulants(Gbm(0.1, 0.6), 0.5)
    assert np.array(found) == pytest.approx([0.05 - 0.09, 0.18, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        (0.0, 1.0, 1.0, 0.0),
        (1.0, -1.0, 1.0, 0.0),
        (1.0, 1.0, -1.0, 0.0),
        (1.0, 1.0, 1.0, float("nan")),
    ],
)
def test_impossible_options_are_refused(wrong: tuple[float, float, float, float]) -> None:
    for price in (lewis_price, probability_price):
        with pytest.raises(InvalidArgument):
            price(MODELS[0], *wrong)
    with pytest.raises(InvalidArgument):
        merton_series_price(Merton(0, 0.1, 1, 0, 0.1), *wrong)
