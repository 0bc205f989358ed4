"""European options: parity, the pricing equation, greeks against differences, and every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.options import (
    black_76,
    black_76_greeks,
    black_scholes,
    black_scholes_greeks,
    black_scholes_residual,
    option_price_bounds,
)

living = st.fixed_dictionaries(
    {
        "spot": st.floats(50, 200),
        "strike": st.floats(50, 200),
        "years": st.floats(0.02, 3),
        "rate": st.floats(-0.05, 0.15),
        "dividend_yield": st.floats(-0.05, 0.15),
        "vol": st.floats(0.05, 2),
    }
)
Option = dict[str, float]


@given(living)
def test_call_minus_put_is_the_discounted_forward(option: Option) -> None:
    call, put = black_scholes(True, **option), black_scholes(False, **option)
    asset = option["spot"] * np.exp(-option["dividend_yield"] * option["years"])
    cash = option["strike"] * np.exp(-option["rate"] * option["years"])
    assert call - put == pytest.approx(asset - cash, abs=1e-11)


@given(living, st.booleans())
def test_a_thousandth_of_spot_and_strike_is_a_thousandth_of_the_price(
    option: Option, is_call: bool
) -> None:
    small = {**option, "spot": option["spot"] / 1000, "strike": option["strike"] / 1000}
    price = black_scholes(is_call, **option)
    assert 1000 * black_scholes(is_call, **small) == pytest.approx(price, rel=1e-9, abs=1e-11)


@given(living, st.booleans())
def test_the_pricing_equation_has_no_residual(option: Option, is_call: bool) -> None:
    greeks = black_scholes_greeks(is_call, **option)
    rest = black_scholes_residual(
        greeks, option["spot"], option["rate"], option["dividend_yield"], option["vol"]
    )
    assert abs(rest) < 1e-9


@given(living)
def test_call_and_put_share_gamma_and_vega(option: Option) -> None:
    call, put = black_scholes_greeks(True, **option), black_scholes_greeks(False, **option)
    assert call.gamma == put.gamma and call.vega == put.vega
    carried = np.exp(-option["dividend_yield"] * option["years"])
    assert call.delta - put.delta == pytest.approx(carried, abs=1e-12)


@given(living, st.booleans())
def test_each_greek_is_the_slope_of_the_price(option: Option, is_call: bool) -> None:
    greeks = black_scholes_greeks(is_call, **option)

    def slope(name: str, step: float) -> float:
        up = black_scholes(is_call, **{**option, name: option[name] + step})
        down = black_scholes(is_call, **{**option, name: option[name] - step})
        return float(up - down) / (2 * step)

    assert greeks.delta == pytest.approx(slope("spot", 1e-3), abs=1e-5)
    assert greeks.vega == pytest.approx(slope("vol", 1e-5), abs=1e-3)
    assert greeks.rho == pytest.approx(slope("rate", 1e-5), abs=1e-3)
    assert greeks.dividend_rho == pytest.approx(slope("dividend_yield", 1e-5), abs=1e-3)
    assert greeks.theta == pytest.approx(-slope("years", 1e-6), abs=2e-2)
    up = black_scholes_greeks(is_call, **{**option, "spot": option["spot"] + 1e-3}).delta
    down = black_scholes_greeks(is_call, **{**option, "spot": option["spot"] - 1e-3}).delta
    assert greeks.gamma == pytest.approx((up - down) / 2e-3, abs=1e-5)


@given(living, st.booleans())
def test_a_price_lies_within_its_bounds_and_rises_with_volatility(
    option: Option, is_call: bool
) -> None:
    low, high = option_price_bounds(
        is_call, *(option[name] for name in ("spot", "strike", "years", "rate", "dividend_yield"))
    )
    price = black_scholes(is_call, **option)
    assert low <= price <= high
    assert price <= black_scholes(is_call, **{**option, "vol": option["vol"] + 0.1})


def test_vega_and_theta_have_their_smaller_units() -> None:
    greeks = black_scholes_greeks(True, 55.0, 60.0, 0.75, 0.1, 0.0, 0.3)
    assert greeks.vega_per_point == pytest.approx(0.189358, abs=1e-6)
    assert greeks.theta_per_day * 365 == pytest.approx(float(greeks.theta))
    assert greeks.theta == pytest.approx(-6.1813, abs=1e-4)


@pytest.mark.parametrize("years", [0.0, -0.5])
def test_an_expired_option_is_its_payoff(years: float) -> None:
    calls = [True, True, True, False, False, False]
    spot = np.array([90.0, 100.0, 130.0] * 2)
    greeks = black_scholes_greeks(calls, spot, 100.0, years, 0.1, 0.2, 0.5)
    assert greeks.price.tolist() == [0, 0, 30, 10, 0, 0]
    assert greeks.delta.tolist() == [0, 0.5, 1, -1, -0.5, 0]
    for still in (greeks.vega, greeks.theta, greeks.rho, greeks.dividend_rho):
        assert (still == 0).all()
    assert np.isnan(greeks.gamma).tolist() == [False, True, False] * 2
    assert (greeks.gamma[[0, 2, 3, 5]] == 0).all()


def test_the_payoff_of_an_expired_option_turns_exactly_at_the_strike() -> None:
    above = np.nextafter(100.0, 200.0)
    greeks = black_scholes_greeks(True, [above, 100.0], [100.0, above], 0.0, 0.0, 0.0, 0.5)
    assert greeks.delta.tolist() == [1, 0]


def test_without_volatility_an_option_is_the_discounted_payoff_of_the_forward() -> None:
    spot, strike, years, rate, carry = 100.0, 90.0, 2.0, 0.05, 0.02
    asset, cash = spot * np.exp(-carry * years), strike * np.exp(-rate * years)
    call = black_scholes_greeks(True, spot, strike, years, rate, carry, 0.0)
    assert call.price == pytest.approx(asset - cash, rel=1e-15)
    assert call.delta == pytest.approx(np.exp(-carry * years))
    assert call.theta == pytest.approx(carry * asset - rate * cash)
    assert call.gamma == 0 and call.vega == 0
    assert black_scholes(False, spot, strike, years, rate, carry, 0.0) == 0
    # A spot above the strike does not matter where the forward is below it.
    assert black_scholes(True, 100.0, 99.0, 1.0, 0.0, 0.05, 0.0) == 0
    assert black_scholes(False, 100.0, 99.0, 1.0, 0.0, 0.05, 0.0) > 0


def test_at_the_kink_without_volatility_vega_is_its_limit_and_gamma_does_not_exist() -> None:
    greeks = black_scholes_greeks(True, 100.0, 100.0, 4.0, 0.03, 0.03, 0.0)
    assert greeks.price == 0 and np.isnan(greeks.gamma)
    limit = black_scholes_greeks(True, 100.0, 100.0, 4.0, 0.03, 0.03, 1e-9).vega
    assert greeks.vega == pytest.approx(float(limit), rel=1e-6)


@pytest.mark.parametrize("vol", [0.0, 0.4])
@pytest.mark.parametrize("spot", [0.0, 50.0])
def test_a_strike_of_zero_is_the_asset_itself(vol: float, spot: float) -> None:
    call = black_scholes_greeks(True, spot, 0.0, 2.0, 0.1, 0.05, vol)
    assert call.price == pytest.approx(spot * np.exp(-0.1)) and call.gamma == 0
    assert call.delta == pytest.approx(np.exp(-0.1))
    assert black_scholes(False, spot, 0.0, 2.0, 0.1, 0.05, vol) == 0


def test_a_spot_of_zero_leaves_the_put_the_discounted_strike() -> None:
    put = black_scholes_greeks(False, 0.0, 50.0, 2.0, 0.1, 0.05, 0.4)
    assert put.price == pytest.approx(50 * np.exp(-0.2)) and put.gamma == 0
    assert put.delta == pytest.approx(-np.exp(-0.1))
    assert black_scholes(True, 0.0, 50.0, 2.0, 0.1, 0.05, 0.4) == 0


def test_an_option_on_a_forward_holds_the_forward_when_the_rate_moves() -> None:
    greeks = black_76_greeks(False, 19.0, 19.0, 0.75, 0.1, 0.28)
    assert greeks.price == pytest.approx(1.7011, abs=1e-4)
    assert greeks.rho == pytest.approx(-0.75 * float(greeks.price))
    assert greeks.dividend_rho == 0
    up, down = (black_76(False, 19.0, 19.0, 0.75, rate, 0.28) for rate in (0.1001, 0.0999))
    assert greeks.rho == pytest.approx(float(up - down) / 2e-4, rel=1e-6)


def test_arguments_broadcast_and_nothing_is_a_valid_answer() -> None:
    prices = black_scholes(True, [[90.0], [110.0]], [80.0, 100.0, 120.0], 1.0, 0.0, 0.0, 0.3)
    assert prices.shape == (2, 3)
    assert prices[1, 2] == black_scholes(True, 110.0, 120.0, 1.0, 0.0, 0.0, 0.3)
    assert black_scholes([], [], [], [], [], [], []).shape == (0,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("is_call", 1),
        ("is_call", "call"),
        ("spot", -1.0),
        ("strike", -0.1),
        ("vol", -1e-9),
        ("years", np.inf),
        ("rate", np.nan),
        ("dividend_yield", np.inf),
        ("strike", [[90.0, 100.0, 110.0]]),
    ],
)
def test_bad_input_is_refused_by_name(name: str, value: Any) -> None:
    good = {
        "is_call": [True, False],
        "spot": [100.0, 100.0],
        "strike": 100.0,
        "years": 1.0,
        "rate": 0.0,
        "dividend_yield": 0.0,
        "vol": 0.2,
    }
    with pytest.raises(InvalidArgument, match=name):
        black_scholes(**{**good, name: value})
