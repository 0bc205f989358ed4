"""Exposure, profit, concentration and marks, at their edges."""

from __future__ import annotations

from math import exp, inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    account_value,
    collateral_value,
    concentration,
    delta_notional,
    effective_leverage,
    ema,
    exposure_by,
    free_collateral,
    index_price,
    inverse_notional_coin,
    inverse_notional_usd,
    inverse_unrealised_profit,
    isolated_loss,
    isolated_value,
    mark_from_basis,
    mark_of_three,
    maximum_leverage,
    quanto_notional,
    skew_fill_price,
    unrealised_profit,
    weighted_median,
)

LIMITS = {"maximum_age_seconds": 1.0, "maximum_deviation": 1.0}
prices = st.floats(0.01, 1e6)
sizes = st.floats(-1e4, 1e4)


def test_notional_of_inverse_quanto_and_option_positions_ignores_the_side() -> None:
    contracts = np.array([-300.0, 200.0, 0.0])
    assert inverse_notional_usd(contracts, 10.0).tolist() == [3000.0, 2000.0, 0.0]
    assert inverse_notional_coin(contracts, 10.0, 500.0).tolist() == [6.0, 4.0, 0.0]
    assert quanto_notional([-3.0, 0.0], 2000.0, 0.001).tolist() == [6.0, 0.0]
    assert quanto_notional(3.0, 0.0, 0.001) == 0.0
    assert delta_notional([-0.4, 0.4], [10.0, -10.0], 50.0).tolist() == [200.0, 200.0]


def test_a_price_of_zero_is_refused_for_inverse_contracts_only() -> None:
    assert unrealised_profit(2.0, 10.0, 0.0) == -20.0
    for price in (0.0, -1.0, nan, 1e-320):
        with pytest.raises(InvalidArgument, match="price"):
            inverse_notional_coin(1.0, 1.0, price)
        with pytest.raises(InvalidArgument, match="price"):
            inverse_unrealised_profit(1.0, 1.0, 100.0, price)
    assert np.isfinite(inverse_notional_coin(1.0, 1.0, 1e-300))


@given(sizes, prices, prices)
def test_profit_of_two_sides_is_zero_in_sum(size: float, entry: float, price: float) -> None:
    assert unrealised_profit(size, entry, price) == -unrealised_profit(-size, entry, price)
    coin = inverse_unrealised_profit(size, 10.0, entry, price)
    assert coin == -inverse_unrealised_profit(-size, 10.0, entry, price)
    exact = size * 10.0 * (1 / entry - 1 / price)
    assert coin == pytest.approx(exact, rel=1e-9, abs=1e-9 * abs(size) * 10 / min(entry, price))


def test_profit_is_a_gain_for_a_long_when_the_price_rises() -> None:
    assert unrealised_profit([2.0, -2.0], 100.0, 110.0).tolist() == [20.0, -20.0]
    rising = inverse_unrealised_profit([1000.0, -1000.0], 1.0, 100.0, 125.0)
    assert rising == pytest.approx([2.0, -2.0])


def test_concentration_of_equal_parts_and_of_one() -> None:
    assert concentration([5.0] * 4, top=1) == (0.25, 0.25)
    assert concentration([5.0] * 4, top=3) == (0.75, 0.25)
    assert concentration([0.0, 7.0]) == (1.0, 1.0)
    assert concentration([1.0, 3.0, 6.0], top=2) == pytest.approx((0.9, 0.46))
    assert concentration([1.0, 3.0], top=9) == (1.0, 0.625)
    assert concentration([]) == (0.0, 0.0) == concentration([0.0, 0.0])
    with pytest.raises(InvalidArgument, match="top"):
        concentration([1.0], top=0)
    with pytest.raises(InvalidArgument, match="exposures"):
        concentration([1.0, -1.0])


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=12), st.integers(1, 12))
def test_herfindahl_lies_between_one_over_n_and_one(parts: list[float], top: int) -> None:
    result = concentration(parts, top)
    assert concentration(parts[::-1], top) == pytest.approx(result)
    if sum(parts) > 1e-300:
        assert 1 / len(parts) - 1e-12 <= result.herfindahl <= 1 + 1e-12
        assert result.herfindahl - 1e-12 <= concentration(parts).top_share <= 1 + 1e-12


def test_exposure_is_summed_by_group() -> None:
    assert exposure_by([2, 0, 2], [1.0, 5.0, -4.0], 4).tolist() == [5.0, 0.0, -3.0, 0.0]
    assert exposure_by([], [], 2).tolist() == [0.0, 0.0]
    for group in ([0, 4], [-1, 0], [0]):
        with pytest.raises(InvalidArgument, match="group"):
            exposure_by(group, [1.0, 2.0], 4)


def test_account_value_of_cross_and_isolated_margin() -> None:
    held = collateral_value([[1000.0, 500.0], [0.0, 0.0]], [0.0, 0.2])
    assert held.tolist() == [1400.0, 0.0]
    assert collateral_value([1000.0, 500.0], 0.5) == 750.0
    profit = np.array([[100.0, -300.0], [0.0, 0.0]])
    value = account_value(held, profit, funding_owed=10.0, borrow_fee=4.0, pending_fees=1.0)
    assert value.tolist() == [1185.0, -15.0]
    assert isolated_value([100.0, 100.0], [-90.0, -130.0], 5.0).tolist() == [5.0, -35.0]
    # The loss of an isolated position ends at its margin, and a gain is no loss.
    assert isolated_loss([100.0] * 4, [-90.0, -130.0, -95.0, 60.0], 5.0).tolist() == [
        95.0,
        100.0,
        100.0,
        0.0,
    ]
    assert account_value(7.0, np.zeros(0)) == 7.0


def test_free_collateral_counts_open_losses_but_not_open_profit() -> None:
    assert free_collateral(1000.0, [1500.0, 800.0, 200.0], 300.0).tolist() == [700.0, 500.0, 0.0]
    assert free_collateral(1000.0, 300.0, 300.0) == 0.0


def test_leverage_of_a_small_account_value_is_finite() -> None:
    gross, value = np.array([1.0, 1.0]), np.array([0.5, 0.0])
    assert effective_leverage(gross, value).tolist() == [2.0, inf]


def test_maximum_leverage_is_the_inverse_of_the_rate() -> None:
    assert maximum_leverage([0.5, 1.0]).tolist() == [2.0, 1.0]
    for rate in (0.0, 1.01, -0.1):
        with pytest.raises(InvalidArgument, match="initial_margin_rate"):
            maximum_leverage(rate)


@given(st.floats(1, 1e5), sizes, st.floats(-1e5, 1e5), st.floats(1e5, 1e8))
def test_fill_price_is_the_mean_of_the_prices_before_and_after(
    oracle: float, size: float, skew: float, scale: float
) -> None:
    before, after = (oracle * (1 + s / scale) for s in (skew, skew + size))
    assert skew_fill_price(oracle, size, skew, scale) == pytest.approx((before + after) / 2)


def test_fill_price_without_a_skew_scale_is_the_oracle_price() -> None:
    assert skew_fill_price(100.0, 5.0, 3.0, 0.0) == 100.0
    assert skew_fill_price(1200.0, -100.0, 0.0, 1e6) == pytest.approx(1199.94)
    # A short into a long skew is filled above the oracle.
    assert skew_fill_price(100.0, -10.0, 100.0, 1000.0) == pytest.approx(109.5)


def test_weighted_median_takes_the_lower_value_at_exactly_half() -> None:
    assert weighted_median([3.0, 1.0, 2.0], [1.0, 1.0, 1.0]) == 2.0
    assert weighted_median([1.0, 2.0], [1.0, 1.0]) == 1.0
    assert weighted_median([1.0, 2.0], [1.0, 1.1]) == 2.0
    assert weighted_median([9.0, 2.0, 5.0], [0.0, 3.0, 4.0]) == 5.0
    # A majority of the weight decides alone.
    assert weighted_median([1e9, 2.0, 2.1], [6.0, 3.0, 2.0]) == 1e9
    for weights in ([0.0, 0.0], [1.0], [-1.0, 2.0]):
        with pytest.raises(InvalidArgument, match="weights"):
            weighted_median([1.0, 2.0], weights)


def test_index_drops_stale_venues_then_outliers() -> None:
    quotes = [100.0, 101.0, 102.0, 150.0, 500.0]
    fresh = [0.0, 10.0, 10.0, 3.0, 11.0]
    # The last is stale; 150 is 48 % off the fresh median of 101.5.
    assert index_price(quotes, fresh, 10.0, 0.1) == 101.0
    assert index_price(quotes, [11.0] * 5, 10.0, 0.1) != index_price(quotes, [10.0] * 5, 10.0, 0.1)
    assert np.isnan(index_price(quotes, [11.0] * 5, 10.0, 0.1))
    # A deviation of exactly the limit stays: 10 % of 100.
    assert index_price([90.0, 100.0, 110.0, 110.1], [0.0, 0.0, 0.0, 9.0], 1.0, 0.1) == 100.0
    assert index_price([100.0, 100.0, 125.0], [0.0] * 3, 1.0, 0.25) == 100.0
    assert (
        index_price([80.0, 160.0], [0.0, 0.0], 1.0, 0.01) == 120.0
    )  # all are outliers: the centre
    weighted = index_price([100.0, 101.0, 102.0], [0.0] * 3, 1.0, 1.0, [1.0, 1.0, 5.0])
    assert weighted == 102.0
    assert index_price([100.0, 300.0], [0.0] * 2, 1.0, 9.0, [0.2, 0.1]) == 100.0
    # The weights decide which quotes are near: 300 has most, and 100 is beyond a tenth of it.
    assert index_price([100.0, 300.0, 310.0], [0.0] * 3, 1.0, 0.1, [1.0, 5.0, 1.0]) == 300.0
    assert index_price([100.0, 110.0], [0.0] * 2, 1.0, 0.1, [5.0, 6.0]) == 110.0
    for bad in ({"prices": [[1.0]]}, {"weights": [[1.0]]}, {"maximum_age_seconds": [1.0]}):
        with pytest.raises(InvalidArgument, match=next(iter(bad))):
            index_price(**({"prices": [1.0], "ages_seconds": [0.0]} | LIMITS | bad))
    assert np.isnan(index_price([1.0], [0.0], 1.0, 1.0, [0.0]))
    assert np.isnan(index_price([], [], 1.0, 1.0))


def test_marks_from_basis_and_from_three_prices() -> None:
    assert mark_from_basis(100.0, -0.5) == 99.5
    assert mark_of_three([1.0, 3.0], [2.0, 2.0], [9.0, 1.0]).tolist() == [2.0, 2.0]
    assert ema([5.0], [], 10.0) == 5.0
    assert ema([1.0, 2.0], [10.0], 10.0) == pytest.approx(2 - exp(-1))
    assert ema([1.0, 2.0, 2.0], [3.0, 7.0], 10.0) == pytest.approx(2 - exp(-1))
    with pytest.raises(InvalidArgument, match="time_steps"):
        ema([1.0, 2.0], [1.0, 1.0], 10.0)


@pytest.mark.parametrize("bad", [nan, inf])
def test_numbers_that_are_not_finite_are_named(bad: float) -> None:
    with pytest.raises(InvalidArgument, match=r"size\[1\]"):
        unrealised_profit([1.0, bad], 1.0, 1.0)
    with pytest.raises(InvalidArgument, match="entry_price"):
        unrealised_profit(1.0, bad, 1.0)
    with pytest.raises(InvalidArgument, match="haircut"):
        collateral_value([1.0], [1.5])
