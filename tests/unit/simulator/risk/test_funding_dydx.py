"""dYdX v4 funding: roundings, clamps, tails and padding, edge by edge."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import funding

samples = st.lists(st.integers(-(10**6), 10**6), max_size=12)


def test_the_premium_is_truncated_toward_zero_on_both_sides() -> None:
    assert funding.dydx_premium_ppm(Fraction(99982, 10), None, 9000) == 110911
    assert funding.dydx_premium_ppm(None, 2, 3) == -333333
    assert funding.dydx_premium_ppm(4, None, 3) == 333333
    assert funding.dydx_premium_ppm(4, 5, 3, clamp=1000) == 1000
    assert funding.dydx_premium_ppm(1, 2, 3, clamp=1000) == -1000


def test_no_impact_price_and_an_index_within_the_spread_give_no_premium() -> None:
    assert funding.dydx_premium_ppm(None, None, 3) == 0
    assert funding.dydx_premium_ppm(3, 3, 3) == 0
    assert funding.dydx_premium_ppm(2, 4, 3) == 0
    assert funding.dydx_premium_ppm(2, None, 3) == 0
    assert funding.dydx_premium_ppm(None, 4, 3) == 0


def test_an_index_of_zero_and_a_crossed_book_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="index"):
        funding.dydx_premium_ppm(1, 2, 0)
    with pytest.raises(InvalidArgument, match="impact_bid"):
        funding.dydx_premium_ppm(3, 2, 1)


def test_clamps_are_multiples_of_the_difference_of_the_margins() -> None:
    assert funding.dydx_clamp_ppm(funding.FUNDING_CLAMP_FACTOR_PPM, 50_000, 30_000) == 120_000
    assert funding.dydx_clamp_ppm(funding.VOTE_CLAMP_FACTOR_PPM, 50_000, 30_000) == 1_200_000
    assert funding.dydx_clamp_ppm(6_000_000, 30_000, 30_000) == 0
    assert funding.dydx_clamp_ppm(1_500_000, 3, 0) == 4
    with pytest.raises(InvalidArgument, match="maintenance_ppm"):
        funding.dydx_clamp_ppm(6_000_000, 30_000, 30_001)


@pytest.mark.parametrize(
    ("votes", "median"),
    [
        ([], 0),
        ([7], 7),
        ([3, 1, 2], 2),
        ([1, 2], 2),
        ([-1, -2], -2),
        ([-1, 2], 1),
        ([-2, 1], -1),
        ([-1, 1], 0),
        ([4, 2], 3),
        ([9, -5, 1, 2], 2),
    ],
)
def test_the_median_of_an_even_count_is_rounded_away_from_zero(
    votes: list[int], median: int
) -> None:
    assert funding.dydx_sample_ppm(votes) == median


def test_votes_are_clamped_each_and_missing_ones_are_zero() -> None:
    assert funding.dydx_sample_ppm([100, -100, 50], clamp=10) == 10
    assert funding.dydx_sample_ppm([5, 100], clamp=10) == 8
    assert funding.dydx_sample_ppm([4, 6], at_least=4) == 2
    assert funding.dydx_sample_ppm([4, 6], at_least=5) == 0
    assert funding.dydx_sample_ppm([], at_least=3) == 0


@pytest.mark.parametrize(
    ("count", "kept"),
    [
        ([], []),
        ([0], [0]),
        ([0, -1, -3], [-3, -1]),
        ([0, -1, -3, 5], [-1, 0]),
        ([0, -1, -3, 5, 7], [-1, 0, 5]),
    ],
)
def test_tails_of_a_quarter_take_the_odd_one_from_the_top(
    count: list[int], kept: list[int]
) -> None:
    """Printed in dydxprotocol/v4-chain, perpetual_test.go, TestGetRemoveSampleTailsFunc."""
    assert funding.dydx_remove_tails(count, 250_000) == kept


def test_nothing_to_remove_or_too_much_leaves_the_list_as_it_is() -> None:
    assert funding.dydx_remove_tails([3, 1, 2], 0) == [3, 1, 2]
    assert funding.dydx_remove_tails([3, 1, 2], 166_666) == [3, 1, 2]
    assert funding.dydx_remove_tails([3, 1, 2], 166_667) == [1, 2]
    assert funding.dydx_remove_tails([3, 1, 2], 500_000) == [3, 1, 2]
    assert funding.dydx_remove_tails([3, 1], 499_999) == [1]


@given(samples, st.integers(0, 10**6))
def test_the_kept_samples_are_a_middle_of_the_sorted_ones_in_any_order(
    values: list[int], tail: int
) -> None:
    kept = funding.dydx_remove_tails(values, tail)
    removed = len(values) - len(kept)
    assert removed in (0, 2 * len(values) * tail // 10**6)
    ordered = sorted(values)
    if removed:
        assert kept == ordered[removed // 2 : len(values) - (removed - removed // 2)]
        assert funding.dydx_remove_tails(values[::-1], tail) == kept
    else:
        assert kept == values


def test_padding_comes_before_the_tails_and_the_mean_is_toward_zero() -> None:
    assert funding.dydx_tick_premium_ppm([10, 10, 11], 3) == 10
    assert funding.dydx_tick_premium_ppm([-10, -10, -11], 3) == -10
    assert funding.dydx_tick_premium_ppm([60], 60) == 1
    assert funding.dydx_tick_premium_ppm([59], 60) == 0
    assert funding.dydx_tick_premium_ppm([8, 8], 1) == 8
    # [8, 8, 0, 0] without one at each end: (0 + 8) / 2.
    assert funding.dydx_tick_premium_ppm([8, 8], 4, 250_000) == 4
    assert funding.dydx_tick_premium_ppm([], 0) == 0
    assert funding.dydx_tick_premium_ppm([], 60) == 0


def test_the_rate_adds_the_default_and_is_clamped_both_ways() -> None:
    assert funding.dydx_rate_ppm(100, 20, 1000) == 120
    assert funding.dydx_rate_ppm(990, 20, 1000) == 1000
    assert funding.dydx_rate_ppm(-1990, 20, 1000) == -1000
    assert funding.dydx_rate_ppm(980, 20, 1000) == 1000


def test_the_index_delta_is_truncated_twice_toward_zero() -> None:
    # 7 x 28,800 x 10^-6 = 0.2016: already 0 after the first division.
    assert funding.dydx_index_delta(-7, 28_800, 1, 0, -12) == 0
    assert funding.dydx_index_delta(-3, 14_401, 1, 0, -6) == -1
    assert funding.dydx_index_delta(-3, 28_799, 1, 0, -6) == -2
    assert funding.dydx_index_delta(5, 0, 1, 0, -6) == 0
    assert funding.dydx_index_delta(2, 28_800, 3, 1, -6) == 60
    # floor(floor(x)) and floor of the whole can differ from one division: 19 / 10 / 28,800.
    assert funding.dydx_index_delta(1_999_999, 28_800, 1, -6, -6) == 1
    with pytest.raises(InvalidArgument, match="elapsed_seconds"):
        funding.dydx_index_delta(1, -1, 1, 0, 0)
    with pytest.raises(InvalidArgument, match="price"):
        funding.dydx_index_delta(1, 1, -1, 0, 0)


def test_a_settlement_is_floored_over_all_perpetuals_of_the_account() -> None:
    assert funding.dydx_settlement([1], [-102_500_000]) == 102
    assert funding.dydx_settlement([1], [204_500_000]) == -205
    assert funding.dydx_settlement([1, 1], [500_000, 500_000]) == -1
    assert funding.dydx_settlement([], []) == 0
    with pytest.raises(InvalidArgument, match="quantums"):
        funding.dydx_settlement([1], [])


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-(10**9), 10**9), max_size=8))
def test_settlements_of_a_balanced_book_leave_dust_and_take_none(
    delta: int, sizes: list[int]
) -> None:
    book = [*sizes, -sum(sizes)]
    settled = [funding.dydx_settlement([delta], [size]) for size in book]
    assert -len(book) < sum(settled) <= 0
    payments = funding.settle(book, delta, 10**6).payments
    assert settled == [-payment for payment in payments]


def test_a_negative_exponent_divides_toward_zero_before_the_time_does() -> None:
    assert funding.dydx_index_delta(288_000, 1, 1, 0, -7) == 1
    assert funding.dydx_index_delta(-287_995, 1, 1, 0, -7) == 0
    assert funding.dydx_index_delta(-288_000, 1, 1, -1, -6) == -1
    # Down to the last unit, where a float would not reach.
    assert funding.dydx_index_delta(288_000, 1, 2**60 + 1, 0, -7) == 2**60 + 1


def test_zeros_and_the_published_factors_are_answers() -> None:
    assert funding.dydx_clamp_ppm(0, 0, 0) == 0
    assert funding.dydx_clamp_ppm(funding.FUNDING_CLAMP_FACTOR_PPM, 10**6, 0) == 6_000_000
    assert funding.dydx_clamp_ppm(funding.VOTE_CLAMP_FACTOR_PPM, 10**6, 0) == 60_000_000
    assert funding.dydx_rate_ppm(5, 5, 0) == 0
    assert funding.dydx_index_delta(5, 5, 0, 0, 0) == 0
    for wrong in ((-1, 2, 1), (1, 2, -1), (1, -1, -1)):
        with pytest.raises(InvalidArgument):
            funding.dydx_clamp_ppm(*wrong)
    with pytest.raises(InvalidArgument, match="clamp"):
        funding.dydx_rate_ppm(5, 5, -1)
    with pytest.raises(InvalidArgument, match="tail_ppm"):
        funding.dydx_remove_tails([1, 2, 3], -1)
    with pytest.raises(InvalidArgument, match="at_least"):
        funding.dydx_sample_ppm([1], at_least=-1)
