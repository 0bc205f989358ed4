"""Perpetual Protocol's Curie: intervals, clamps, growth and what makers pay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.funding import (
    CurieGrowth,
    curie_funding_payment,
    curie_growth,
    curie_interval,
    curie_maker_coefficient,
    curie_premium_x96,
    curie_price_x96,
)

Q96 = 2**96
WAD = 10**18


def test_the_interval_is_shortened_to_the_time_since_the_first_trade() -> None:
    assert curie_interval(1000, 0) == 0
    assert curie_interval(1000, 1000) == 0
    assert curie_interval(1899, 1000) == 899
    assert curie_interval(1900, 1000) == 900
    assert curie_interval(9999, 1000) == 900
    assert curie_interval(9999, 1000, 60) == 60
    with pytest.raises(InvalidArgument, match="now"):
        curie_interval(999, 1000)


def test_the_premium_is_clamped_at_a_tenth_of_the_index_both_ways() -> None:
    assert curie_premium_x96(109, 100) == 9
    assert curie_premium_x96(110, 100) == 10
    assert curie_premium_x96(111, 100) == 10
    assert curie_premium_x96(90, 100) == -10
    assert curie_premium_x96(89, 100) == -10
    assert curie_premium_x96(200, 109) == 10
    assert curie_premium_x96(50, 109) == -10
    assert curie_premium_x96(300, 100, 1_000_000) == 100
    with pytest.raises(InvalidArgument, match="index_twap_x96"):
        curie_premium_x96(1, 0)


def test_growth_counts_each_second_once_and_none_before_the_first_or_in_a_pause() -> None:
    start = CurieGrowth(5, 7)
    assert curie_growth(start, -3, 2 * Q96, 110, 100) == (5 - 30, 7 - 15)
    assert curie_growth(start, -3, 2 * Q96 + 1, 110, 100) == (5 - 30, 7 - 14)
    assert curie_growth(start, 3, Q96, 100, 100) == start
    assert curie_growth(start, 3, Q96, 100, 0) == start
    assert curie_growth(start, 3, Q96, 500, 100, paused_at=104) == (17, 19)
    assert curie_growth(start, 3, Q96, 102, 100, paused_at=104) == (11, 13)
    with pytest.raises(InvalidArgument, match="now"):
        curie_growth(start, 3, Q96, 99, 100)


def test_payments_are_toward_zero_whoever_pays() -> None:
    growth = curie_premium_x96(curie_price_x96(3 * WAD), curie_price_x96(3 * WAD - 2))
    assert growth == 2 * Q96 // WAD + 1
    assert curie_funding_payment(WAD, 86_400 * Q96) == WAD
    assert curie_funding_payment(1, 86_399 * Q96) == 0
    assert curie_funding_payment(-1, 86_399 * Q96) == 0
    assert curie_funding_payment(-3, 86_400 * Q96 // 2) == -1
    assert curie_funding_payment(1, 0, -86_399) == 0
    assert curie_funding_payment(1, 0, -86_400) == -1
    assert curie_funding_payment(2, 43_200 * Q96, 86_400) == 2


def test_below_the_range_a_maker_pays_on_all_base_and_inside_on_what_is_left() -> None:
    lower, upper, liquidity = Q96, 2 * Q96, 1000
    # All base below the range: L (1 / sqrt(lower) - 1 / sqrt(upper)) = 500.
    assert curie_maker_coefficient(liquidity, lower, upper, 3 * Q96, 0, 0) == 1500
    # Inside at sqrt(price) 1.25: L (1 / 1.25 - 1 / 2) = 300 per unit of growth.
    inside, by_root = 10 * Q96, 8 * Q96
    assert curie_maker_coefficient(liquidity, lower, upper, 0, inside, by_root) == 3000
    assert curie_maker_coefficient(liquidity, lower, upper, 0, -inside, -by_root) == -3000
    # At the upper end nothing is left.
    assert curie_maker_coefficient(liquidity, lower, upper, 0, 10 * Q96, 5 * Q96) == 0
    with pytest.raises(InvalidArgument, match="root_lower_x96"):
        curie_maker_coefficient(1, upper, upper, 0, 0, 0)


@given(st.integers(-(10**24), 10**24), st.integers(-(10**40), 10**40))
def test_a_long_and_a_short_of_one_size_pay_opposite_amounts(size: int, growth: int) -> None:
    assert curie_funding_payment(size, growth) == -curie_funding_payment(-size, growth)


def test_a_makers_base_is_floored_twice_and_the_rest_is_toward_zero() -> None:
    one, two, three = Q96, 2 * Q96, 3 * Q96
    # L (u - l) / u / l: two thirds, and two less a third of a unit.
    assert curie_maker_coefficient(1, one, three, Q96, 0, 0) == 0
    assert curie_maker_coefficient(3, one, three, Q96, 0, 0) == 2
    assert curie_maker_coefficient(3, one, three - 1, Q96, 0, 0) == 1
    for sign in (1, -1):
        assert curie_maker_coefficient(Q96, one, two, 0, sign, 0) == 0
        assert curie_maker_coefficient(1, one, two, 0, 0, sign * (Q96 - 1)) == 0
        assert curie_maker_coefficient(1, one, two, 0, 0, sign * Q96) == sign
        assert curie_funding_payment(-sign, 86_399 * Q96 + Q96 // 2) == 0


def test_zeros_are_answers() -> None:
    assert curie_price_x96(0) == curie_premium_x96(1, 1) == 0
    assert curie_premium_x96(0, 10, 0) == 0
    assert curie_premium_x96(0, 10, 1_000_000) == -10
    assert curie_premium_x96(2 * 10**6, 10**6) == 10**5
    assert curie_interval(9999, 1000, 0) == 0
    assert curie_maker_coefficient(0, 1, 2, Q96, Q96, Q96) == 0
    for wrong in ((-1, 1, 2), (1, 0, 2)):
        with pytest.raises(InvalidArgument):
            curie_maker_coefficient(*wrong, 0, 0, 0)
