"""Implied volatility, SVI and SSVI slices, their arbitrage, calibration and interpolation."""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.options import black_scholes, black_scholes_greeks, option_price_bounds
from simulator.risk.volatility import (
    JumpWings,
    RawSvi,
    calibrate_ssvi,
    calibrate_svi,
    implied_volatility,
    interpolate_total_variance,
    jump_wings_to_svi,
    power_law_phi,
    ssvi_butterfly,
    ssvi_calendar,
    ssvi_slice,
    ssvi_total_variance,
    surface_volatility,
    svi_arbitrage,
    svi_butterfly,
    svi_calendar_gap,
    svi_derivatives,
    svi_to_jump_wings,
    svi_total_variance,
)

VOGT = RawSvi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
"""Gatheral and Jacquier's example of a slice with butterfly arbitrage."""
PLAIN = RawSvi(0.01, 0.1, -0.3, 0.05, 0.2)

slices = st.builds(
    lambda least, b, rho, m, s: RawSvi(least - b * s * sqrt(1 - rho**2), b, rho, m, s),
    st.floats(0.001, 0.2),
    st.floats(0.01, 1),
    st.floats(-0.95, 0.95),
    st.floats(-1, 1),
    st.floats(0.01, 1),
)


# --- implied volatility ---------------------------------------------------------------------


@given(
    is_call=st.booleans(),
    strike=st.floats(20, 500),
    years=st.floats(0.01, 4),
    rate=st.floats(-0.05, 0.1),
    dividend=st.floats(-0.05, 0.1),
    vol=st.floats(0.02, 3),
)
def test_volatility_comes_back_from_the_price(
    is_call: bool, strike: float, years: float, rate: float, dividend: float, vol: float
) -> None:
    market = (is_call, 100.0, strike, years, rate, dividend)
    greeks = black_scholes_greeks(*market, vol)
    # A deep in-the-money price holds its time value to one unit in its own last place only.
    lost = 1e-15 * max(100.0, strike, float(greeks.price)) * 30
    assume(greeks.vega > 1e-8)
    found = implied_volatility(greeks.price, *market)
    assert abs(found - vol) < 1e-8 + lost / float(greeks.vega)


def test_the_far_tail_keeps_its_volatility_as_far_as_prices_go() -> None:
    strikes = np.array([300.0, 1000.0, 3000.0])
    prices = black_scholes(True, 100.0, strikes, 0.5, 0.0, 0.0, 0.2)
    assert (prices > 0).all() and prices[-1] < 1e-100
    found = implied_volatility(prices, True, 100.0, strikes, 0.5, 0.0, 0.0)
    assert found == pytest.approx(0.2, abs=1e-12)


def test_a_put_in_the_money_agrees_with_the_call_of_the_same_strike() -> None:
    market = (100.0, 140.0, 1.0, 0.03, 0.01)
    put = black_scholes(False, *market, 0.4)
    call = black_scholes(True, *market, 0.4)
    assert implied_volatility(put, False, *market) == pytest.approx(0.4, abs=1e-12)
    assert implied_volatility(call, True, *market) == pytest.approx(0.4, abs=1e-12)


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("strike", [70.0, 100.0, 150.0])
def test_the_bounds_are_prices_and_what_lies_beyond_is_refused(
    is_call: bool, strike: float
) -> None:
    market = (is_call, 100.0, strike, 0.5, 0.02, 0.01)
    low, high = (float(end) for end in option_price_bounds(*market))
    assert implied_volatility(low, *market) == 0
    assert implied_volatility(high, *market) == inf
    assert implied_volatility((low + high) / 2, *market) > 0
    with pytest.raises(InvalidArgument, match="arbitrage bounds"):
        implied_volatility(np.nextafter(low, -1.0), *market)
    with pytest.raises(InvalidArgument, match=r"price\[1\]"):
        implied_volatility([high, np.nextafter(high, 1e9)], *market)


def test_where_every_volatility_fits_there_is_none() -> None:
    assert np.isnan(implied_volatility(10.0, True, 110.0, 100.0, 0.0, 0.0, 0.0))
    assert np.isnan(implied_volatility(100.0, True, 100.0, 0.0, 1.0, 0.0, 0.0))
    assert np.isnan(implied_volatility(0.0, True, 0.0, 100.0, 1.0, 0.0, 0.0))
    with pytest.raises(InvalidArgument):
        implied_volatility(10.1, True, 110.0, 100.0, 0.0, 0.0, 0.0)


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    vols = np.array([0.05, 0.2, 0.8, 2.5])
    prices = black_scholes(True, 100.0, 100.0, 0.25, 0.0, 0.0, vols)
    found = implied_volatility(prices, True, 100.0, 100.0, 0.25, 0.0, 0.0)
    assert found == pytest.approx(vols, abs=1e-12)
    assert found[1] == implied_volatility(prices[1], True, 100.0, 100.0, 0.25, 0.0, 0.0)
    assert implied_volatility([], [], [], [], [], [], []).shape == (0,)


# --- SVI ----------------------------------------------------------------------------------------


@given(slices, st.floats(-3, 3))
def test_derivatives_are_the_slopes_of_the_variance(slice_: RawSvi, k: float) -> None:
    step = 1e-5 * slice_.s
    w, first, second = svi_derivatives(slice_, [k - step, k, k + step])
    assert (w[2] - w[0]) / (2 * step) == pytest.approx(first[1], abs=1e-5)
    assert (first[2] - first[0]) / (2 * step) == pytest.approx(second[1], rel=1e-4, abs=1e-4)


@given(slices)
def test_the_least_variance_is_reached_and_never_passed(slice_: RawSvi) -> None:
    bottom = slice_.m - slice_.rho * slice_.s / sqrt(1 - slice_.rho**2)
    assert svi_total_variance(slice_, bottom) == pytest.approx(slice_.minimum_variance, abs=1e-12)
    around = svi_total_variance(slice_, np.linspace(-5, 5, 201))
    assert (around >= slice_.minimum_variance - 1e-12).all()


@given(slices, st.floats(0.1, 3))
def test_jump_wings_lead_back_to_the_slice(slice_: RawSvi, years: float) -> None:
    wings = svi_to_jump_wings(slice_, years)
    assume(wings.v - wings.v_tilde > 1e-4)
    back = jump_wings_to_svi(wings, years)
    k = np.linspace(-2, 2, 41)
    wanted = svi_total_variance(slice_, k)
    assert svi_total_variance(back, k) == pytest.approx(wanted, rel=1e-5, abs=1e-7)


def test_jump_wings_at_a_vertex_on_the_money() -> None:
    slice_ = RawSvi(0.02, 0.2, -0.5, 0.0, 0.3)
    assert svi_to_jump_wings(slice_, 0.5).v == pytest.approx((0.02 + 0.2 * 0.3) / 0.5)
    back = jump_wings_to_svi(svi_to_jump_wings(slice_, 0.5), 0.5)
    assert back.m == pytest.approx(0.0, abs=1e-12) and back.s == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("b", -0.1), ("rho", 1.0), ("rho", -1.0), ("s", 0.0), ("a", -0.06), ("m", np.nan)],
)
def test_an_impossible_slice_is_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidArgument, match=name):
        replace(RawSvi(0.01, 0.2, 0.0, 0.0, 0.25), **{name: value})


def test_a_slice_may_touch_zero_but_not_cross_it() -> None:
    touching = RawSvi(-0.05, 0.2, 0.0, 0.0, 0.25)
    assert touching.minimum_variance == 0
    assert np.isnan(svi_butterfly(touching, 0.0))
    with pytest.raises(InvalidArgument, match="at-the-money variance"):
        svi_to_jump_wings(touching, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("v", 0.0), ("v_tilde", 0.05), ("v_tilde", -0.01), ("p", 0.0), ("c", -1.0), ("psi", 0.4)],
)
def test_impossible_jump_wings_are_refused(name: str, value: float) -> None:
    wings = JumpWings(v=0.04, psi=-0.1, p=0.6, c=0.7, v_tilde=0.03)
    jump_wings_to_svi(wings, 1.0)
    with pytest.raises(InvalidArgument, match=name):
        jump_wings_to_svi(replace(wings, **{name: value}), 1.0)
    with pytest.raises(InvalidArgument, match="width is not determined"):
        jump_wings_to_svi(replace(wings, psi=0.0, v_tilde=0.04), 1.0)
    with pytest.raises(InvalidArgument, match="years"):
        jump_wings_to_svi(wings, 0.0)


# --- arbitrage --------------------------------------------------------------------------------


def test_the_example_slice_has_butterfly_arbitrage_and_g_is_its_density() -> None:
    found = svi_arbitrage(VOGT)
    assert found.lee and found.vanishing_call and not found.free
    assert found.minimum_g == pytest.approx(-0.03286, abs=1e-5)
    assert found.at_k == pytest.approx(0.8793, abs=1e-3)
    # g against the second difference of call prices: density of ln S at k.
    k = 0.1 + np.array([-1e-3, 0, 1e-3])
    vol = np.sqrt(svi_total_variance(PLAIN, k))
    prices = black_scholes(True, 1.0, np.exp(k), 1.0, 0.0, 0.0, vol)
    # p(k) = e^k (C'' - C') in k, C in units of the forward, against g φ(d−) / √w.
    slope, bend = (prices[2] - prices[0]) / 2e-3, (prices[2] - 2 * prices[1] + prices[0]) / 1e-6
    density = (bend - slope) / np.exp(k[1])
    w = vol[1] ** 2
    minus = -k[1] / sqrt(w) - sqrt(w) / 2
    wanted = svi_butterfly(PLAIN, k[1]) * np.exp(-(minus**2) / 2) / sqrt(2 * np.pi * w)
    assert density == pytest.approx(float(wanted), rel=1e-4)


def test_a_plain_and_a_flat_slice_are_free_of_arbitrage() -> None:
    assert svi_arbitrage(PLAIN).free and svi_arbitrage(PLAIN).minimum_g > 0
    flat = svi_arbitrage(RawSvi(0.04, 0.0, 0.0, 0.0, 0.1))
    assert flat.free and flat.minimum_g == 1


def test_a_wing_of_slope_two_meets_lee_but_its_calls_do_not_vanish() -> None:
    right = svi_arbitrage(RawSvi(1.0, 1.25, 0.6, 0.0, 1.0))
    assert right.lee and not right.vanishing_call and not right.free
    left = svi_arbitrage(RawSvi(1.0, 1.25, -0.6, 0.0, 1.0))
    assert left.lee and left.vanishing_call
    beyond = svi_arbitrage(RawSvi(1.0, 1.2501, -0.6, 0.0, 1.0))
    assert not beyond.lee and not beyond.free and beyond.vanishing_call
    assert beyond.minimum_g < 0


def test_the_least_g_may_lie_in_a_wing() -> None:
    found = svi_arbitrage(RawSvi(5.0, 0.95, -0.9, 0.0, 0.5))
    assert found.at_k == -inf and found.minimum_g == pytest.approx(0.25 - (0.95 * 1.9) ** 2 / 16)


def test_calendar_arbitrage_is_found_between_slices_and_in_the_wings() -> None:
    later = RawSvi(0.02, 0.1, -0.3, 0.05, 0.2)
    gap, _ = svi_calendar_gap(PLAIN, later)
    assert gap == pytest.approx(0.01)
    assert svi_calendar_gap(PLAIN, PLAIN)[0] == 0
    gap, at_k = svi_calendar_gap(later, PLAIN)
    assert gap == pytest.approx(-0.01)
    assert svi_calendar_gap(PLAIN, replace(later, rho=-0.2)) == (-inf, -inf)
    assert svi_calendar_gap(PLAIN, replace(later, rho=-0.4)) == (-inf, inf)
    # Wings in order, but the later slice dips below in the middle.
    dipping = RawSvi(-0.1, 0.4, 0.0, 0.05, 0.27)
    gap, at_k = svi_calendar_gap(PLAIN, dipping)
    assert gap < 0 and abs(at_k) < 1
    difference = svi_total_variance(dipping, at_k) - svi_total_variance(PLAIN, at_k)
    assert gap == pytest.approx(float(difference))


# --- SSVI ---------------------------------------------------------------------------------------


@given(st.floats(0.01, 1), st.floats(0.1, 5), st.floats(-0.95, 0.95), st.floats(-2, 2))
def test_an_ssvi_slice_is_a_raw_slice(theta: float, phi: float, rho: float, k: float) -> None:
    raw = ssvi_slice(theta, phi, rho)
    value = ssvi_total_variance(theta, phi, rho, k)
    assert svi_total_variance(raw, k) == pytest.approx(float(value), rel=1e-9, abs=1e-12)
    assert ssvi_total_variance(theta, phi, rho, 0.0) == pytest.approx(theta)


def test_the_butterfly_conditions_are_strict_for_the_slope_and_not_for_the_curvature() -> None:
    # θφ(1 + |ρ|) = 4 and below; θφ²(1 + |ρ|) = 4 and above.
    slope = ssvi_butterfly([4.0, 3.999], [0.8, 0.8], -0.25)
    assert slope.slope.tolist() == [False, True] and slope.free.tolist() == [False, True]
    bend = ssvi_butterfly([0.8, 0.8001], 2.0, 0.25)
    assert bend.curvature.tolist() == [True, False] and bend.free.tolist() == [True, False]


def test_the_calendar_conditions_hold_at_their_ends() -> None:
    rho, phi = -0.6, 1.0
    limit = phi * (1 + 0.8) / 0.36
    assert ssvi_calendar(0.0, [0.0, limit], phi, rho).all()
    assert not ssvi_calendar(0.0, np.nextafter(limit, 9.0), phi, rho)
    assert not ssvi_calendar(0.0, -1e-12, phi, rho)
    assert not ssvi_calendar(-1e-12, 1.0, phi, rho)
    assert ssvi_calendar(0.0, 1e12, phi, 0.0)


def test_the_power_law_meets_its_formula_and_its_limits() -> None:
    assert power_law_phi(0.25, 1.5, 0.5) == pytest.approx(1.5 / (0.5 * sqrt(1.25)))
    assert power_law_phi(1.0, 1.5, 0.25) == pytest.approx(1.5 / 2**0.75)
    for gamma in (0.0, 0.51):
        with pytest.raises(InvalidArgument, match="gamma"):
            power_law_phi(0.25, 1.5, gamma)
    with pytest.raises(InvalidArgument, match="rho"):
        ssvi_total_variance(0.1, 1.0, 1.0, 0.0)


# --- calibration --------------------------------------------------------------------------------


def test_a_slice_is_found_again_from_its_quotes() -> None:
    k = np.linspace(-0.8, 0.6, 15)
    vol = np.sqrt(svi_total_variance(PLAIN, k) / 0.5)
    fit = calibrate_svi(k, vol, np.exp(-(k**2)), 0.5, seed=3, starts=2)
    assert svi_total_variance(fit.slice_, k) == pytest.approx(svi_total_variance(PLAIN, k))
    assert np.abs(fit.residuals).max() < 1e-6 and fit.root_mean_square < 1e-6
    assert fit.active == () and fit.seed == 3 and fit.starts == 2
    again = calibrate_svi(k, vol, np.exp(-(k**2)), 0.5, seed=3, starts=2)
    assert again.slice_ == fit.slice_


def test_a_slice_with_butterfly_arbitrage_is_fitted_without_it() -> None:
    k = np.linspace(-1.5, 1.5, 21)
    vol = np.sqrt(svi_total_variance(VOGT, k))
    free = calibrate_svi(k, vol, np.ones(21), 1.0, starts=1)
    assert "butterfly" in free.active and svi_arbitrage(free.slice_).free
    assert 1e-4 < free.root_mean_square < 0.01
    assert free.root_mean_square == pytest.approx(sqrt(np.mean(free.residuals**2)))
    bound = calibrate_svi(k, vol, np.ones(21), 1.0, starts=1, butterfly=False)
    assert bound.root_mean_square < 1e-8 and "butterfly" not in bound.active


def test_vega_decides_which_quote_counts() -> None:
    k = np.linspace(-0.5, 0.5, 9)
    vol = np.sqrt(svi_total_variance(PLAIN, k))
    vol[4] += 0.05
    vega = np.ones(9)
    vega[4] = 0.0
    fit = calibrate_svi(k, vol, vega, 1.0, starts=1)
    assert fit.residuals[4] == pytest.approx(-0.05, abs=1e-4)
    assert np.abs(np.delete(fit.residuals, 4)).max() < 1e-5


def test_flat_quotes_say_which_constraint_holds_the_fit() -> None:
    k = np.linspace(-0.5, 0.5, 7)
    fit = calibrate_svi(k, np.full(7, 0.3), np.ones(7), 2.0, starts=1)
    assert svi_total_variance(fit.slice_, k) == pytest.approx(0.18, rel=1e-4)


def test_wings_that_are_too_steep_are_held_by_the_limit_of_lee() -> None:
    steep = RawSvi(0.1, 2.0, -0.3, 0.0, 0.1)
    k = np.linspace(-0.5, 0.5, 9)
    quotes = np.sqrt(svi_total_variance(steep, k))
    fit = calibrate_svi(k, quotes, np.ones(9), 1.0, starts=1, butterfly=False)
    assert "lee" in fit.active
    assert fit.slice_.b * (1 + abs(fit.slice_.rho)) == pytest.approx(2.0, rel=1e-5)


def test_a_surface_is_found_again_and_its_slices_are_in_order() -> None:
    theta, expiries = np.array([0.02, 0.05, 0.1]), [0.25, 0.5, 1.0]
    phi = power_law_phi(theta, 1.1, 0.4)
    k = np.linspace(-0.5, 0.5, 9)
    quotes = [
        np.sqrt(ssvi_total_variance(each, bend, -0.4, k) / time)
        for each, bend, time in zip(theta, phi, expiries, strict=True)
    ]
    fit = calibrate_ssvi(expiries, [k] * 3, quotes, [np.ones(9)] * 3, starts=1)
    assert fit.theta == pytest.approx(theta, rel=1e-6)
    assert (fit.rho, fit.eta, fit.gamma) == pytest.approx((-0.4, 1.1, 0.4), rel=1e-4)
    assert fit.active == () and max(np.abs(each).max() for each in fit.residuals) < 1e-6
    near, middle, far = fit.slices()
    assert svi_calendar_gap(near, middle)[0] >= 0 and svi_calendar_gap(middle, far)[0] >= 0


def test_a_falling_surface_is_held_by_the_calendar() -> None:
    k = np.linspace(-0.3, 0.3, 5)
    quotes = [np.full(5, 0.5), np.full(5, 0.3)]
    fit = calibrate_ssvi([0.5, 1.0], [k, k], quotes, [np.ones(5)] * 2, starts=1)
    assert "calendar" in fit.active and fit.theta[1] >= fit.theta[0]
    assert (fit.starts, fit.seed) == (1, 0)
    every = np.concatenate(fit.residuals)
    assert fit.root_mean_square == pytest.approx(sqrt(np.mean(every**2)))
    # A quote's weight is its share of all vegas.
    vega = [np.full(5, 3.0), np.full(5, 1.0)]
    fit = calibrate_ssvi([0.5, 1.0], [k, k], quotes, vega, starts=1, seed=7)
    squares = [np.mean(each**2) for each in fit.residuals]
    assert fit.root_mean_square == pytest.approx(sqrt(0.75 * squares[0] + 0.25 * squares[1]))
    assert fit.seed == 7


def test_wings_of_a_surface_are_held_where_a_butterfly_would_begin() -> None:
    theta, expiries = np.array([0.05, 0.1]), [0.5, 1.0]
    k = np.linspace(-0.5, 0.5, 9)
    for eta, held in ((1.4, ()), (1.7, ("eta",))):  # at a correlation of -0.4 up to 1.43
        quotes = [
            np.sqrt(ssvi_total_variance(each, bend, -0.4, k) / time)
            for each, bend, time in zip(
                theta, power_law_phi(theta, eta, 0.4), expiries, strict=True
            )
        ]
        fit = calibrate_ssvi(expiries, [k] * 2, quotes, [np.ones(9)] * 2, starts=1)
        assert fit.active == held
        assert fit.eta * (1 + abs(fit.rho)) == pytest.approx(min(1.4 * eta, 2.0), rel=1e-3)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"k": np.zeros(4), "volatility": np.ones(4), "vega": np.ones(4)}, "k"),
        ({"volatility": np.zeros(5)}, "volatility"),
        ({"vega": np.zeros(5)}, "vega"),
        ({"vega": -np.ones(5)}, "vega"),
        ({"vega": np.ones(6)}, "vega"),
        ({"years": 0.0}, "years"),
        ({"starts": 0}, "starts"),
    ],
)
def test_bad_quotes_are_refused(change: dict[str, Any], name: str) -> None:
    good: dict[str, Any] = {
        "k": np.linspace(-1, 1, 5),
        "volatility": np.full(5, 0.3),
        "vega": np.ones(5),
        "years": 1.0,
    }
    with pytest.raises(InvalidArgument, match=name):
        calibrate_svi(**{**good, **change})


def test_a_surface_needs_quotes_for_each_expiry() -> None:
    with pytest.raises(InvalidArgument, match="k"):
        calibrate_ssvi([0.5, 1.0], [[0.0]], [[0.3]], [[1.0]])
    with pytest.raises(InvalidArgument, match="k"):
        calibrate_ssvi([], [], [], [])


# --- surface -----------------------------------------------------------------------------------


def test_variance_is_linear_between_expiries_and_exact_at_them() -> None:
    rows = [[0.02, 0.03], [0.05, 0.04], [0.1, 0.2]]
    found = interpolate_total_variance([0.25, 0.5, 1.0], rows, [0.25, 0.375, 0.5, 1.0, 0.75])
    assert found[0].tolist() == rows[0] and found[2].tolist() == rows[1]
    assert found[3].tolist() == rows[2]
    assert found[1] == pytest.approx([0.035, 0.035]) and found[4] == pytest.approx([0.075, 0.12])


def test_before_the_first_expiry_variance_grows_from_nothing_and_after_the_last_there_is_none() -> (
    None
):
    found = interpolate_total_variance([0.25, 0.5], [0.02, 0.05], [0.0, 0.125, 0.5000001])
    assert found[:2] == pytest.approx([0.0, 0.01]) and np.isnan(found[2])
    assert float(interpolate_total_variance([0.25], [0.02], 0.125)) == pytest.approx(0.01)


@settings(max_examples=50)
@given(st.floats(0.001, 2), st.lists(st.floats(0, 0.3), min_size=3, max_size=3))
def test_no_calendar_arbitrage_is_made_by_interpolation(time: float, steps: list[float]) -> None:
    rows = np.cumsum(steps)
    here, later = interpolate_total_variance([0.5, 1.0, 2.0], rows, [time, min(time + 0.01, 2.0)])
    assert later >= here - 1e-15


def test_a_surface_is_read_at_fixed_forward_moneyness() -> None:
    near, far = PLAIN, RawSvi(0.04, 0.12, -0.3, 0.05, 0.2)
    strike = np.array([80.0, 100.0, 130.0])
    found = surface_volatility([near, far], [0.5, 1.0], 105.0, strike, 0.75)
    k = np.log(strike / 105.0)
    variance = (svi_total_variance(near, k) + svi_total_variance(far, k)) / 2
    assert found == pytest.approx(np.sqrt(variance / 0.75))
    shaped = surface_volatility([near, far], [0.5, 1.0], 105.0, strike, [[0.5], [1.0], [1.1]])
    assert shaped.shape == (3, 3) and np.isnan(shaped[2]).all()
    assert shaped[0] == pytest.approx(np.sqrt(svi_total_variance(near, k) / 0.5))
    assert surface_volatility([near], [0.5], 105.0, [], 0.25).shape == (0,)


def test_bad_surfaces_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="total_variance"):
        interpolate_total_variance([0.5, 1.0], [0.1], 0.7)
    with pytest.raises(InvalidArgument, match="total_variance"):
        interpolate_total_variance([], [], 0.7)
    with pytest.raises(InvalidArgument, match="expiries"):
        interpolate_total_variance([1.0, 0.5], [0.1, 0.2], 0.7)
    with pytest.raises(InvalidArgument, match="years"):
        interpolate_total_variance([0.5], [0.1], -0.1)
    with pytest.raises(InvalidArgument, match="slices"):
        surface_volatility([PLAIN], [0.5, 1.0], 100.0, 100.0, 0.7)
