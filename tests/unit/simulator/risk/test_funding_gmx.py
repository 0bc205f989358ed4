"""GMX v2 funding and borrowing: every branch, and the points at its thresholds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.funding import (
    GmxBorrowingParameters,
    GmxFundingParameters,
    gmx_borrowing_rate,
    gmx_funding,
    gmx_imbalance,
    gmx_power,
    gmx_receiver_rate,
)

ONE = 10**30
ADAPTIVE = GmxFundingParameters(
    increase_factor=10**24,
    decrease_factor=2 * 10**22,
    stable_threshold=5 * 10**28,
    decrease_threshold=3 * 10**28,
)
interest = st.integers(1, 10**6).map(lambda usd: usd * ONE)


def sides(imbalance_percent: int) -> tuple[int, int]:
    """Open interest of long and short with this imbalance, out of 200,000 USD."""
    return (100_000 + 1000 * imbalance_percent) * ONE, (100_000 - 1000 * imbalance_percent) * ONE


def test_static_funding_is_paid_by_the_larger_side_and_capped() -> None:
    parameters = GmxFundingParameters(funding_factor=2 * 10**25)
    long, short = 150_000 * ONE, 50_000 * ONE
    assert gmx_funding(parameters, long, short, 7) == (10**25, True, 0)
    assert gmx_funding(parameters, short, long, 7, 5) == (10**25, False, 0)
    assert gmx_funding(parameters, long, long, 7) == (0, True, 0)
    assert gmx_funding(parameters, 0, 0, 7) == (0, True, 0)
    assert gmx_funding(replace(parameters, max_rate=10**24), long, short, 7).rate == 10**24


def test_the_exponent_is_on_the_difference_not_on_the_ratio() -> None:
    parameters = GmxFundingParameters(funding_factor=10**20, exponent=2 * ONE)
    found = gmx_funding(parameters, 150_000 * ONE, 50_000 * ONE, 1)
    assert found.rate == 10**20 * 100_000**2 // 200_000
    assert found.rate != 10**20 // 4


@pytest.mark.parametrize(
    ("value", "exponent", "power"),
    [
        (ONE - 1, ONE, 0),
        (ONE, ONE, ONE),
        (3 * ONE + 1, ONE, 3 * ONE + 1),
        (3 * ONE, 2 * ONE, 9 * ONE),
        (3 * ONE + 10**12 - 1, 2 * ONE, 9 * ONE),
        (4 * ONE, ONE // 2, 2 * ONE),
        (ONE - 1, 2 * ONE, 0),
        (5 * ONE, 0, ONE),
    ],
)
def test_powers_are_taken_at_the_contracts_resolution(
    value: int, exponent: int, power: int
) -> None:
    assert gmx_power(value, exponent) == power


def test_a_power_that_is_no_root_is_floored_to_a_multiple_of_1e12() -> None:
    root = gmx_power(2 * ONE, ONE // 2)
    assert root == 1_414_213_562_373_095_048 * 10**12


def test_the_rate_rises_by_imbalance_times_time_above_the_stable_threshold() -> None:
    assert gmx_funding(ADAPTIVE, *sides(6), 600).saved_rate == 36 * 10**24
    assert gmx_funding(ADAPTIVE, *sides(-6), 600) == (36 * 10**24, False, -36 * 10**24)
    assert gmx_funding(ADAPTIVE, *sides(6), 600, 10**24).saved_rate == 37 * 10**24
    assert gmx_funding(ADAPTIVE, *sides(6), 0, 10**24) == (10**24, True, 10**24)


def test_at_the_thresholds_themselves_the_rate_holds() -> None:
    assert gmx_funding(ADAPTIVE, *sides(5), 600, 10**24).saved_rate == 10**24
    assert gmx_funding(ADAPTIVE, *sides(3), 600, 10**24).saved_rate == 10**24
    assert gmx_funding(ADAPTIVE, *sides(4), 600, -(10**24)).saved_rate != -(10**24)
    assert gmx_funding(ADAPTIVE, *sides(2), 600, 10**26).saved_rate == 10**26 - 12 * 10**24
    assert gmx_funding(ADAPTIVE, *sides(-2), 600, -(10**26)).saved_rate == 12 * 10**24 - 10**26


def test_a_fall_that_would_cross_zero_stops_at_one_unit() -> None:
    step = 600 * 2 * 10**22
    for sign in (1, -1):
        book = sides(2 * sign)
        assert gmx_funding(ADAPTIVE, *book, 600, sign * step).saved_rate == sign
        assert gmx_funding(ADAPTIVE, *book, 600, sign * (step + 1)).saved_rate == sign
        assert gmx_funding(ADAPTIVE, *book, 600, sign * (step + 2)).saved_rate == 2 * sign
        assert gmx_funding(ADAPTIVE, *book, 600, sign * (step - 1)).saved_rate == sign


def test_one_unit_saved_keeps_its_direction() -> None:
    assert gmx_funding(ADAPTIVE, *sides(2), 600, 1) == (1, True, 1)


def test_a_skew_against_the_saved_rate_or_nothing_saved_counts_as_a_rise() -> None:
    assert gmx_funding(ADAPTIVE, *sides(1), 600, -(10**24)).saved_rate == 6 * 10**24 - 10**24
    assert gmx_funding(ADAPTIVE, *sides(-1), 600, 10**24).saved_rate == 10**24 - 6 * 10**24
    assert gmx_funding(ADAPTIVE, *sides(1), 600, 0).saved_rate == 6 * 10**24
    # The side that paid goes on paying until the rate has changed its sign.
    assert gmx_funding(ADAPTIVE, *sides(-1), 60, 10**24) == (4 * 10**23, True, 4 * 10**23)


def test_a_balanced_or_empty_book_leaves_the_saved_rate() -> None:
    assert gmx_funding(ADAPTIVE, *sides(0), 600, 10**24) == (10**24, True, 10**24)
    assert gmx_funding(ADAPTIVE, 0, 0, 600, 10**24) == (0, True, 10**24)


def test_the_saved_rate_has_only_a_maximum_and_the_applied_one_both_bounds() -> None:
    bounded = replace(ADAPTIVE, min_rate=5 * 10**24, max_rate=30 * 10**24)
    assert gmx_funding(bounded, *sides(6), 600) == (30 * 10**24, True, 30 * 10**24)
    assert gmx_funding(bounded, *sides(-6), 600) == (30 * 10**24, False, -30 * 10**24)
    assert gmx_funding(bounded, *sides(6), 10) == (5 * 10**24, True, 6 * 10**23)
    assert gmx_funding(bounded, *sides(-6), 10) == (5 * 10**24, False, -6 * 10**23)
    # Nothing saved and no time: a magnitude of 0 counts as longs pay.
    assert gmx_funding(bounded, *sides(-6), 0) == (5 * 10**24, True, 0)
    assert gmx_funding(ADAPTIVE, *sides(-6), 0) == (0, False, 0)


@given(interest, interest, st.integers(0, 10**6), st.integers(-(10**26), 10**26))
def test_longs_and_shorts_are_alike(long: int, short: int, elapsed: int, saved: int) -> None:
    one = gmx_funding(ADAPTIVE, long, short, elapsed, saved)
    other = gmx_funding(ADAPTIVE, short, long, elapsed, -saved)
    if long != short:
        assert other.saved_rate == -one.saved_rate
        assert other.rate == one.rate


@given(interest, interest, st.integers(0, 10**28))
def test_the_receivers_get_what_the_payers_pay_less_dust(long: int, short: int, rate: int) -> None:
    received = gmx_receiver_rate(rate, long, short)
    assert 0 <= rate * long - received * short < short
    assert gmx_receiver_rate(rate, long, 0) == 0


def test_imbalance_is_the_difference_over_the_total() -> None:
    assert gmx_imbalance(106_000 * ONE, 94_000 * ONE, ONE) == 6 * 10**28
    assert gmx_imbalance(2 * ONE, ONE, ONE) == ONE // 3
    assert gmx_imbalance(0, 0, ONE) == 0
    for wrong in ((-1, 1, ONE), (1, -1, ONE)):
        with pytest.raises(InvalidArgument, match="open_interest"):
            gmx_imbalance(*wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"decrease_threshold": 6 * 10**28},
        {"min_rate": -1},
        {"min_rate": 2, "max_rate": 1},
        {"exponent": -1},
        {"funding_factor": 1.0},
    ],
)
def test_impossible_parameters_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        replace(ADAPTIVE, **change)
    with pytest.raises(InvalidArgument, match="elapsed_seconds"):
        gmx_funding(ADAPTIVE, 1, 1, -1)


# --- borrowing -----------------------------------------------------------------------------------


def test_the_curve_is_a_power_of_the_reserves_over_the_pool() -> None:
    linear = GmxBorrowingParameters(factor=10**22)
    assert gmx_borrowing_rate(linear, 30 * ONE, 100 * ONE) == 3 * 10**21
    square = replace(linear, exponent=2 * ONE)
    assert gmx_borrowing_rate(square, 30 * ONE, 100 * ONE) == 9 * 10**22
    assert gmx_borrowing_rate(linear, 0, 0) == 0
    with pytest.raises(InvalidArgument, match="pool_usd"):
        gmx_borrowing_rate(linear, 30 * ONE, 0)


KINK = GmxBorrowingParameters(
    optimal_usage=75 * 10**28, base_factor=4 * 10**22, above_optimal_factor=12 * 10**22
)


@pytest.mark.parametrize(
    ("usage", "rate"), [(0, 0), (50, 2 * 10**22), (75, 3 * 10**22), (100, 12 * 10**22)]
)
def test_above_the_kink_the_rate_rises_to_the_second_factor(usage: int, rate: int) -> None:
    assert gmx_borrowing_rate(KINK, 1, ONE, usage * 10**28) == rate
    assert gmx_borrowing_rate(KINK, usage * ONE, 100 * ONE) == rate


def test_a_second_factor_below_the_first_adds_nothing_and_a_kink_at_one_never_comes() -> None:
    flat = replace(KINK, above_optimal_factor=10**22)
    assert gmx_borrowing_rate(flat, ONE, ONE) == 4 * 10**22
    assert gmx_borrowing_rate(replace(KINK, optimal_usage=ONE), 3 * ONE, 2 * ONE) == 6 * 10**22


def test_the_smaller_side_may_be_spared_and_equal_sides_pay() -> None:
    spared = replace(KINK, skip_smaller_side=True)

    def rate(long: int, short: int, is_long: bool) -> int:
        return gmx_borrowing_rate(
            spared,
            ONE,
            2 * ONE,
            is_long=is_long,
            open_interest_long=long,
            open_interest_short=short,
        )

    assert [rate(1, 2, True), rate(1, 2, False)] == [0, 2 * 10**22]
    assert [rate(2, 1, True), rate(2, 1, False)] == [2 * 10**22, 0]
    assert rate(1, 1, True) == rate(1, 1, False) == 2 * 10**22
    # Unless it is said otherwise a side is long, and nothing is open on either.
    assert gmx_borrowing_rate(spared, ONE, 2 * ONE) == 2 * 10**22
    assert gmx_borrowing_rate(spared, ONE, 2 * ONE, is_long=False) == 2 * 10**22
    assert gmx_borrowing_rate(spared, ONE, 2 * ONE, open_interest_long=1) == 2 * 10**22


@given(st.integers(0, 100), st.integers(0, 100))
def test_borrowing_rises_with_usage(first: int, second: int) -> None:
    low, high = sorted((first, second))
    rates = [gmx_borrowing_rate(KINK, 1, ONE, usage * 10**28) for usage in (low, high)]
    assert rates[0] <= rates[1]
    exact = Fraction(4, 100) * low + (Fraction(32, 100) * (low - 75) if low > 75 else 0)
    assert rates[0] == int(exact * 10**22)


def test_every_product_and_quotient_is_floored() -> None:
    third = (2 * ONE, ONE)
    assert gmx_imbalance(*third, ONE) == ONE // 3
    static = GmxFundingParameters(funding_factor=4)
    assert gmx_funding(static, *third, 1).rate == 1
    rising = GmxFundingParameters(increase_factor=4)
    assert gmx_funding(rising, *third, 10).saved_rate == 10
    curve = GmxBorrowingParameters(factor=4)
    assert gmx_borrowing_rate(curve, ONE, 3 * ONE) == 1
    assert gmx_borrowing_rate(GmxBorrowingParameters(factor=ONE), ONE, 3 * ONE) == ONE // 3
    kinked = GmxBorrowingParameters(optimal_usage=ONE // 4, base_factor=4, above_optimal_factor=14)
    # 4 x 1/3 = 1.33, and 10 x (1/3 - 1/4) / (3/4) = 1.11.
    assert gmx_borrowing_rate(kinked, ONE, 3 * ONE) == 2
    assert gmx_power(2 * ONE + 10**12 - 1, 2 * ONE) == 4 * ONE
    assert gmx_power(2 * ONE, 2 * ONE + 10**12 - 1) == 4 * ONE


def test_zeros_are_answers_and_negative_amounts_are_refused() -> None:
    assert gmx_funding(GmxFundingParameters(exponent=0, max_rate=0), 0, 0, 0) == (0, True, 0)
    bare = GmxFundingParameters(increase_factor=1, max_rate=0)
    assert gmx_funding(bare, *sides(6), 10**30) == (0, False, 0)
    assert gmx_borrowing_rate(GmxBorrowingParameters(exponent=0), 0, 0) == 0
    assert gmx_borrowing_rate(KINK, 1, ONE, 0) == 0
    assert gmx_receiver_rate(0, 0, 1) == 0
    for name in ("funding_factor", "increase_factor", "decrease_factor", "stable_threshold"):
        with pytest.raises(InvalidArgument, match=name):
            GmxFundingParameters(**{name: -1})
    for name in ("factor", "exponent", "optimal_usage", "base_factor", "above_optimal_factor"):
        with pytest.raises(InvalidArgument, match=name):
            replace(KINK, **{name: -1})  # type: ignore[arg-type]
    for wrong in ((-1, 0, 0), (0, -1, 0), (0, 0, -1)):
        with pytest.raises(InvalidArgument):
            gmx_receiver_rate(*wrong)
