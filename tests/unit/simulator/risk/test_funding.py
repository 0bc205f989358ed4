"""Premium, averages, rates, velocity, Derive, the impact price and conservation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import funding

money = st.integers(1, 10**6).map(float)
rates = st.integers(-10_000, 10_000).map(lambda ppm: ppm / 1e6)
NAN = float("nan")


# --- the impact price ----------------------------------------------------------------------------


def test_the_last_level_is_filled_in_part_by_value() -> None:
    levels = [(Fraction(100), Fraction(1)), (Fraction(50), Fraction(4))]
    assert funding.impact_price(levels, 200) == Fraction(200) / 3
    assert funding.impact_price(levels, 100) == 100


def test_a_depth_of_exactly_the_notional_is_enough_and_one_more_is_not() -> None:
    levels = [(100, 1), (50, 4)]
    assert funding.impact_price(levels, 300) == Fraction(300, 5)
    assert funding.impact_price(levels, 301) is None
    assert funding.impact_price([], 0) is None
    assert funding.impact_price([(100, 0)], 0) is None


def test_no_notional_gives_the_best_price_that_has_a_size() -> None:
    assert funding.impact_price([(100, 0), (99, 2), (98, 1)], 0) == 99


@pytest.mark.parametrize(
    "levels", [[(0, 1)], [(1, -1)], [(100, 1), (90, 1), (95, 1)], [(90, 1), (100, 1), (99, 1)]]
)
def test_a_book_that_is_not_one_side_of_a_book_is_refused(levels: list[tuple[int, int]]) -> None:
    with pytest.raises(InvalidArgument, match="levels"):
        funding.impact_price(levels, 10)


def test_equal_prices_may_follow_each_other_in_either_direction() -> None:
    for levels in ([(9, 1), (9, 1), (8, 1)], [(8, 1), (9, 1), (9, 1), (10, 1)]):
        assert funding.impact_price(levels, 17) is not None
    with pytest.raises(InvalidArgument, match="impact_notional"):
        funding.impact_price([(9, 1)], -1)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9)), max_size=6), st.integers(0, 500))
def test_the_impact_price_lies_between_best_and_worst_and_worsens_with_the_notional(
    book: list[tuple[int, int]], notional: int
) -> None:
    bids = sorted(book, reverse=True)
    price = funding.impact_price(bids, notional)
    held = [level[0] for level in bids if level[1]]
    assert (price is not None) == (bool(held) and sum(p * q for p, q in bids) >= notional)
    if price is not None:
        assert min(held) <= price <= max(held)
        more = funding.impact_price(bids, notional + 1)
        assert more is None or more <= price


# --- premium and rate ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bid", "ask", "premium"),
    [
        (101.0, 102.0, 0.01),
        (98.0, 99.0, -0.01),
        (99.0, 101.0, 0.0),
        (100.0, 100.0, 0.0),
        (NAN, NAN, 0.0),
        (101.0, NAN, 0.01),
        (NAN, 99.0, -0.01),
        (0.0, NAN, 0.0),
    ],
)
def test_the_premium_counts_a_bid_above_and_an_ask_below_the_index(
    bid: float, ask: float, premium: float
) -> None:
    assert funding.premium(bid, ask, 100.0) == pytest.approx(premium, abs=1e-15)
    assert funding.premium(bid, ask, 100.0, 0.5) == pytest.approx(premium + 0.5)


def test_premiums_come_in_the_shape_of_their_prices() -> None:
    found = funding.premium([[102.0], [103.0]], [[110.0], [110.0]], [100.0, 102.0])
    assert found.shape == (2, 2)
    assert found[1].tolist() == pytest.approx([0.03, 1 / 102])


@pytest.mark.parametrize(
    ("bid", "ask", "index"),
    [(1.0, 2.0, 0.0), (1.0, 2.0, -1.0), (-1.0, 2.0, 1.0), (3.0, 2.0, 1.0), (1.0, np.inf, 1.0)],
)
def test_an_index_of_zero_and_a_crossed_book_are_refused(
    bid: float, ask: float, index: float
) -> None:
    with pytest.raises(InvalidArgument):
        funding.premium(bid, ask, index)


def test_the_average_is_plain_unless_weights_are_named() -> None:
    assert funding.time_weighted([1.0, 2.0, 6.0]) == 3.0
    assert funding.time_weighted([1.0, 2.0, 6.0], "linear") == pytest.approx(23 / 6)
    assert funding.time_weighted([1.0, 2.0, 6.0], [0, 1, 1]) == 4.0
    both = funding.time_weighted(np.array([[1.0, 0.0], [3.0, 6.0]]), "linear")
    assert np.asarray(both).tolist() == pytest.approx([7 / 3, 4.0])


def test_the_average_of_nothing_does_not_exist() -> None:
    assert np.isnan(funding.time_weighted([]))
    assert np.isnan(funding.time_weighted(np.zeros((0, 2)))).tolist() == [True, True]


@pytest.mark.parametrize("weights", ["newest", [1.0], [0.0, 0.0], [-1.0, 2.0]])
def test_weights_that_do_not_fit_are_refused(weights: object) -> None:
    with pytest.raises(InvalidArgument, match="weights"):
        funding.time_weighted([1.0, 2.0], weights)
    with pytest.raises(InvalidArgument, match="samples"):
        funding.time_weighted(1.0)


@given(rates, rates, st.integers(0, 5_000).map(lambda ppm: ppm / 1e6))
def test_the_rate_is_the_interest_within_the_band_and_the_premium_less_the_clamp_outside(
    premium: float, interest: float, clamp: float
) -> None:
    rate = float(funding.premium_rate(premium, interest, clamp))
    gap = interest - premium
    if abs(gap) <= clamp:
        assert rate == interest
    else:
        assert rate == pytest.approx(premium + (clamp if gap > 0 else -clamp), abs=1e-15)
    capped = float(funding.premium_rate(premium, interest, clamp, 0.001))
    assert capped == pytest.approx(max(-0.001, min(0.001, rate)), abs=0)


def test_a_clamp_or_a_cap_below_zero_is_refused() -> None:
    assert funding.premium_rate(0.75, 0.5, 0.25) == 0.5
    assert funding.premium_rate(0.75, 0.5, 0.0) == 0.75
    assert funding.premium_rate(0.75, 0.5, 0.0, 0.0) == 0.0
    for arguments in (
        (0.0, 0.0, -0.1),
        (0.0, 0.0, 0.1, -1.0),
        (0.0, NAN, 0.1),
        (0.0, 0.0, 0.1, NAN),
    ):
        with pytest.raises(InvalidArgument):
            funding.premium_rate(*arguments)


def test_a_long_pays_a_positive_rate_for_any_number_of_intervals() -> None:
    assert funding.funding_payment(2.0, 100.0, 0.01, 28_800) == 2.0
    assert funding.funding_payment(-2.0, 100.0, 0.01, 72_000) == -5.0
    assert funding.funding_payment(2.0, 100.0, 0.01, 1_800, 3_600) == 1.0
    assert funding.funding_payment(2.0, 100.0, 0.01, 0) == 0.0
    for wrong in ((2.0, -1.0, 0.1, 1), (2.0, 1.0, 0.1, -1), (2.0, 1.0, 0.1, 1, 0)):
        with pytest.raises(InvalidArgument):
            funding.funding_payment(*wrong)


# --- Derive --------------------------------------------------------------------------------------


def test_derive_adds_the_static_rate_before_the_cap_and_caps_both_ways() -> None:
    rate = funding.derive_rate([1506.0, 1700.0, 1200.0, 1500.0], NAN, 1500.0, 0.001, 0.0075)
    assert rate.tolist() == pytest.approx([0.0015, 0.0075, 0.001, 0.001])
    low = funding.derive_rate(NAN, [1300.0, 1494.0, 1500.0], 1500.0, 0.0, 0.0075)
    assert low.tolist() == pytest.approx([-0.0075, -0.0005, 0.0])
    assert funding.derive_rate(1506.0, 1506.0, 1500.0, 0.0, 1.0, 4) == pytest.approx(0.001)
    with pytest.raises(InvalidArgument, match="impact_bid"):
        funding.derive_rate(2.0, 1.0, 1.0, 0.0, 1.0)
    with pytest.raises(InvalidArgument, match="index"):
        funding.derive_rate(1.0, 1.0, 0.0, 0.0, 1.0)


# --- velocity ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("skew", "scale", "velocity"),
    [(50.0, 100.0, 1.5), (100.0, 100.0, 3.0), (101.0, 100.0, 3.0), (-500.0, 100.0, -3.0),
     (5.0, 0.0, 0.0), (0.0, 0.0, 0.0)],
)  # fmt: skip
def test_the_velocity_follows_the_skew_up_to_its_scale(
    skew: float, scale: float, velocity: float
) -> None:
    assert funding.funding_velocity(skew, scale, 3.0) == velocity


def test_time_passes_with_the_old_skew_before_the_skew_changes() -> None:
    start = funding.VelocityState(100.0, 0.1, 5.0)
    after = funding.velocity_step(start, 43_200, -300.0, 10.0, 1000.0, 2.0)
    assert after.skew == -200.0
    assert after.rate == pytest.approx(0.1 + 0.2 * 0.5)
    assert after.accrued_per_unit == pytest.approx(5.0 + 0.15 * 0.5 * 10.0)
    still = funding.velocity_step(start, 0, 7.0, 10.0, 1000.0, 2.0)
    assert (still.rate, still.accrued_per_unit, still.skew) == (0.1, 5.0, 107.0)
    with pytest.raises(InvalidArgument, match="elapsed_seconds"):
        funding.velocity_step(start, -1, 0.0, 10.0, 1000.0, 2.0)


@given(st.integers(-2_000, 2_000), rates, st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_steps_without_a_trade_are_one(skew: int, rate: float, first: int, second: int) -> None:
    def step(state: funding.VelocityState, seconds: int) -> funding.VelocityState:
        return funding.velocity_step(state, seconds, 0.0, 50.0, 1000.0, 3.0)

    start = funding.VelocityState(float(skew), rate, 0.0)
    once, twice = step(start, first + second), step(step(start, first), second)
    assert twice.rate == pytest.approx(float(once.rate), rel=1e-9, abs=1e-12)
    assert twice.accrued_per_unit == pytest.approx(float(once.accrued_per_unit), rel=1e-9, abs=1e-6)


def test_velocity_funding_leaves_the_skew_times_the_rate_with_the_pool() -> None:
    sizes = np.array([5.0, 3.0, -2.0])
    start = funding.VelocityState(sizes.sum(), 0.01, 0.0)
    after = funding.velocity_step(start, 86_400, 0.0, 100.0, 1000.0, 0.0)
    payments = sizes * after.accrued_per_unit
    assert payments.sum() == pytest.approx(6.0 * 0.01 * 100.0)
    assert funding.conservation_breaks(sizes, 100.0, 1.0) == ("skew",)


# --- conservation --------------------------------------------------------------------------------


@given(
    st.lists(st.integers(-(10**9), 10**9), max_size=8),
    st.integers(-(10**9), 10**9),
    st.integers(1, 10**6),
)
def test_payers_round_up_receivers_down_and_the_pool_keeps_the_dust(
    sizes: list[int], delta: int, unit: int
) -> None:
    balanced = [*sizes, -sum(sizes)]
    found = funding.settle(balanced, delta, unit)
    for size, payment in zip(balanced, found.payments, strict=True):
        assert 0 <= payment - Fraction(size * delta, unit) < 1
    assert funding.conservation_residual(found.payments, found.pool_delta) == 0
    assert -len(balanced) < found.pool_delta <= 0
    assert found.dust == -found.pool_delta * unit
    assert funding.conserves(found.payments, 0)


def test_a_payment_of_204_5_takes_205_and_a_receipt_of_102_5_gives_102() -> None:
    found = funding.settle([409, -205], 1, 2)
    assert found.payments == (205, -102)
    assert found.pool_delta == -103
    assert found.dust == 2
    assert funding.settle([], 5, 2) == funding.Settlement((), 0, 0)


def test_accounts_settled_at_different_indices_break_the_sum() -> None:
    same, apart = funding.settle([10, -10], 7, 1), funding.settle([10, -10], [7, 5], 1)
    assert sum(same.payments) == 0
    assert sum(apart.payments) == 20
    assert not funding.conserves(apart.payments, 0)
    assert funding.conserves([2, 0], 0) and not funding.conserves([3, 0], 0)
    assert funding.conserves([30, 0], 0, 15)
    assert funding.conserves([-2, 0], 0) and not funding.conserves([-3, 0], 0)
    with pytest.raises(InvalidArgument, match="index_delta"):
        funding.settle([1, 2], [1], 1)
    with pytest.raises(InvalidArgument, match="unit"):
        funding.settle([1, 2], 1, 0)


def test_each_broken_condition_is_named_alone() -> None:
    def breaks(size: object = (2.0, -1.0, -1.0), price: object = 10.0, index: object = 1.0, **more):  # type: ignore[no-untyped-def]
        return funding.conservation_breaks(size, price, index, **more)

    assert breaks() == ()
    assert breaks([]) == ()
    assert breaks(price=[10.0, 10.0, 11.0]) == ("price",)
    assert breaks([2.0, -1.0, -0.5]) == ("skew",)
    assert breaks([0.1, 0.2, -0.3]) == ()
    assert breaks(index=[1.0, 1.0, 2.0]) == ("index",)
    assert breaks(rounding_assigned=False) == ("rounding",)
    assert breaks(receiver_clamped=True) == ("clamp",)
    assert breaks([2.0, 1.0, 0.0]) == ("skew", "one-sided")
    assert breaks([-2.0, 0.0, 0.0]) == ("skew", "one-sided")
    assert breaks(unsettled=[False, True, False]) == ("unsettled",)
    assert breaks(paused_seconds=[0.0, 0.0, 60.0]) == ("paused",)
    assert breaks([0.0, 1.0, -1.0], price=[99.0, 10.0, 10.0], unsettled=[True, False, False]) == ()


@given(money, money, st.integers(0, 1000).map(lambda ppm: ppm / 1e6), st.booleans())
def test_two_sides_balance_whoever_pays(
    long: float, short: float, rate: float, longs_pay: bool
) -> None:
    flows = funding.two_sided_funding(long, short, rate, longs_pay)
    paid = rate * (long if longs_pay else short)
    assert (flows.longs if longs_pay else flows.shorts) == paid
    assert flows.total == 0 and flows.pool == 0


def test_what_a_receivers_cap_holds_back_goes_to_the_pool() -> None:
    flows = funding.two_sided_funding(100.0, 10.0, 0.01, receiver_rate_cap=0.05)
    assert flows == (1.0, -0.5, -0.5)
    assert flows.total == 0


def test_an_empty_side_is_the_pools_or_dropped_or_stops_funding() -> None:
    two = funding.two_sided_funding
    assert two(100.0, 0.0, 0.01) == (1.0, 0.0, -1.0)
    assert two(100.0, 0.0, 0.01, longs_pay=False) == (-1.0, 0.0, 1.0)
    assert two(100.0, 0.0, 0.01, empty_side="drop").total == 1.0
    assert two(100.0, 0.0, 0.01, longs_pay=False, empty_side="drop") == (0.0, 0.0, 0.0)
    assert two(0.0, 100.0, 0.01, empty_side="none") == (0.0, 0.0, 0.0)
    assert two(0.0, 0.0, 0.01) == (0.0, 0.0, 0.0)
    assert two(100.0, 50.0, 0.01, empty_side="none") == (1.0, -1.0, 0.0)
    assert two(100.0, 50.0, 0.01, empty_side="drop") == (1.0, -1.0, 0.0)
    assert two(0.5, 0.5, 0.01) == (0.005, -0.005, 0.0)
    assert two(1.0, 1.0, 0.01, receiver_rate_cap=0.0) == (0.01, 0.0, -0.01)
    with pytest.raises(InvalidArgument, match="empty_side"):
        two(1.0, 1.0, 0.01, empty_side="burn")
    with pytest.raises(InvalidArgument, match="receiver_rate_cap"):
        two(1.0, 1.0, 0.01, receiver_rate_cap=-1.0)
