"""Liquidation prices of single positions: the account is at its requirement there, or they do not
exist."""

from __future__ import annotations

from fractions import Fraction
from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    MarginTiers,
    binance_tiers,
    cross_liquidation_price,
    dydx_bankruptcy_price,
    dydx_fillable_price,
    first_liquidation_price,
    hyperliquid_tiers,
    inverse_bankruptcy_price,
    inverse_liquidation_price,
    isolated_bankruptcy_price,
    isolated_liquidation_price,
    liquidation_price,
    liquidation_price_from_equity,
    tiered_liquidation_price,
    tiered_maintenance,
)

amounts = st.floats(0.01, 100)
sides = st.sampled_from([-1.0, 1.0])
rates = st.floats(0, 0.3)


# --- linear --------------------------------------------------------------------------------------


@given(
    amounts,
    sides,
    st.floats(1, 1e4),
    st.floats(-0.5, 3),
    rates,
    st.floats(0, 0.01),
    st.floats(-9, 9),
)
def test_an_isolated_position_is_at_its_requirement_at_its_price(
    amount: float, side: float, entry: float, share: float, rate: float, fee: float, funding: float
) -> None:
    size, margin = side * amount, share * amount * entry
    price = float(isolated_liquidation_price(size, entry, margin, rate, fee, funding))
    if isnan(price):
        # No positive price where the definition holds.
        numerator = size * entry - margin + funding
        assert numerator / (size - amount * (rate + fee)) <= 0
        return
    left = margin - funding + size * (price - entry)
    assert left == pytest.approx((rate + fee) * amount * price, abs=1e-9 * amount * (price + entry))


@given(amounts, sides, st.floats(1, 1e4), st.floats(0.01, 0.9), rates)
def test_all_forms_of_one_position_give_one_price(
    amount: float, side: float, entry: float, share: float, rate: float
) -> None:
    size, margin = side * amount, share * amount * entry
    price = float(isolated_liquidation_price(size, entry, margin, rate))
    ledger = liquidation_price(
        np.array([margin - size * entry]), np.array([[size]]), np.array([entry]), rate
    )
    assert float(ledger[0, 0]) == pytest.approx(price, nan_ok=True, rel=1e-9)
    # From a later price and the equity there, as Hyperliquid and dYdX write it.
    now = entry * 1.1
    equity = margin + size * (now - entry)
    later = liquidation_price_from_equity(size, now, equity, rate)
    assert float(later) == pytest.approx(price, nan_ok=True, rel=1e-6)
    published = now - side * (equity - rate * amount * now) / amount / (1 - rate * side)
    if not isnan(price):
        assert price == pytest.approx(published, rel=1e-6)


@given(amounts, sides, st.floats(1, 1e4), st.floats(0.01, 0.9), st.floats(0.001, 0.3))
def test_bankruptcy_lies_beyond_liquidation(
    amount: float, side: float, entry: float, share: float, rate: float
) -> None:
    size, margin = side * amount, share * amount * entry
    bankrupt = float(isolated_bankruptcy_price(size, entry, margin))
    liquidated = float(isolated_liquidation_price(size, entry, margin, rate))
    assert side * bankrupt < side * liquidated
    assert bankrupt == pytest.approx(entry * (1 - side * share))
    owed = float(isolated_bankruptcy_price(size, entry, margin, margin))
    assert owed == pytest.approx(entry)


def test_a_long_at_leverage_one_has_no_price_and_a_short_one_near_twice_its_entry() -> None:
    assert isnan(float(isolated_bankruptcy_price(2.0, 100.0, 200.0)))
    assert isnan(float(isolated_liquidation_price(2.0, 100.0, 200.0, 0.05)))
    assert isnan(float(isolated_liquidation_price(2.0, 100.0, 200.01, 0.05)))
    assert float(isolated_liquidation_price(2.0, 100.0, 199.99, 0.05)) > 0
    assert float(isolated_bankruptcy_price(-2.0, 100.0, 200.0)) == 200.0
    assert float(isolated_liquidation_price(-2.0, 100.0, 200.0, 0.05)) == pytest.approx(400 / 2.1)


def test_a_rate_above_one_is_no_rate() -> None:
    with pytest.raises(InvalidArgument, match="maintenance_rate"):
        isolated_liquidation_price(1.0, 100.0, 10.0, 1.01)


def test_there_is_none_without_a_position_or_where_the_side_equals_the_rate() -> None:
    assert isnan(float(isolated_liquidation_price(0.0, 100.0, 10.0, 0.05)))
    assert isnan(float(isolated_liquidation_price(1.0, 100.0, 10.0, 1.0)))
    assert isnan(float(isolated_liquidation_price(1.0, 100.0, 10.0, 0.75, 0.25)))
    assert isolated_liquidation_price(-1.0, 100.0, 10.0, 1.0) == 55.0
    for rate, fee in ((1.01, 0.0), (0.9, 0.11), (-0.1, 0.0), (0.1, -0.1)):
        with pytest.raises(InvalidArgument, match="rate"):
            isolated_liquidation_price(1.0, 100.0, 10.0, rate, fee)
    with pytest.raises(InvalidArgument, match="entry_price"):
        isolated_liquidation_price(1.0, -100.0, 10.0, 0.1)


def test_other_positions_of_a_cross_wallet_move_the_price() -> None:
    alone = cross_liquidation_price(1000.0, 1.0, 5000.0, 0.1)
    assert alone == pytest.approx(4000 / 0.9)
    assert cross_liquidation_price(1000.0, 1.0, 5000.0, 0.1, 90.0) == pytest.approx(3910 / 0.9)
    assert cross_liquidation_price(1000.0, 1.0, 5000.0, 0.1, 0.0, 90.0) == pytest.approx(4090 / 0.9)
    lost = cross_liquidation_price(1000.0, 1.0, 5000.0, 0.1, 0.0, 0.0, -90.0)
    assert lost == pytest.approx(4090 / 0.9)
    short = cross_liquidation_price(1000.0, -1.0, 5000.0, 0.1, [0.0, 90.0])
    assert short == pytest.approx([6000 / 1.1, 6090 / 1.1])


# --- tiers ---------------------------------------------------------------------------------------

TIERS = binance_tiers([0, 1000, 5000, 20_000], [0.01, 0.05, 0.1, 0.5])


@given(amounts, sides, st.floats(1, 1000), st.floats(-0.5, 1.5))
def test_a_tiered_price_meets_the_requirement_of_its_own_tier(
    amount: float, side: float, now: float, share: float
) -> None:
    size, equity = side * amount, share * amount * now
    price = float(tiered_liquidation_price(size, now, equity, TIERS))
    here = equity - float(tiered_maintenance([amount * now], TIERS)[0])
    assume(abs(here) > 1e-9 * amount * now)
    if isnan(price):
        assert (side > 0) == (here > 0)
        return
    assert (price < now) == ((here > 0) == (side > 0))
    left = equity + size * (price - now)
    required = float(tiered_maintenance([amount * price], TIERS)[0])
    assert left == pytest.approx(required, abs=1e-9 * amount * (now + price))


def test_the_tier_of_the_solved_notional_decides_and_not_the_current_one() -> None:
    # Short 10 at 90 (first tier), equity 500: in the first tier 1400 / 10.1 = 138.6, a notional of
    # 1386 that is in the second: (1400 + 40) / 10.5.
    price = tiered_liquidation_price([-10.0], 90.0, 500.0, TIERS)
    assert price == pytest.approx([1440 / 10.5])
    # A fee of 1 % of the notional on top.
    with_fee = tiered_liquidation_price([-10.0], 90.0, 500.0, TIERS, 0.01)
    assert with_fee == pytest.approx([1440 / 10.6])


def test_a_root_on_a_floor_is_found_once() -> None:
    # Equity equals the requirement at the notional 1000 exactly: 10.
    for size in (-10.0, 10.0):
        equity = 10.0 + size * (90.0 - 100.0)
        assert float(tiered_liquidation_price(size, 90.0, equity, TIERS)) == pytest.approx(100.0)


def test_an_account_exactly_at_its_requirement_is_at_its_price() -> None:
    for size in (-10.0, 10.0):
        assert float(tiered_liquidation_price(size, 90.0, 9.0, TIERS)) == pytest.approx(90.0)


def test_the_closing_fee_decides_whether_an_account_is_healthy_too() -> None:
    # Short 10 at 90: 9 are needed, and 9 more with a fee of 1 %. With 9.5 it is one or the other.
    assert float(tiered_liquidation_price(-10.0, 90.0, 9.5, TIERS)) > 90.0
    assert float(tiered_liquidation_price(-10.0, 90.0, 9.5, TIERS, 0.01)) < 90.0


def test_the_fee_counts_at_a_jump_as_well() -> None:
    steps = MarginTiers(
        np.array([0.0, 1000.0]), np.array([0.01, 0.2]), np.array([9.0, 9.0]), np.zeros(2)
    )
    # Short 10 at 90 with equity 120: 20 are left at 100, which a fee of 1 % does not change ...
    assert float(tiered_liquidation_price(-10.0, 90.0, 120.0, steps, 0.01)) == pytest.approx(100.0)
    # ... but 115 leave 15 there, between the 10 without and the 20 with the fee.
    below = float(tiered_liquidation_price(-10.0, 90.0, 115.0, steps, 0.01))
    assert below == pytest.approx(1015 / 10.2)


def test_an_account_below_its_requirement_is_followed_to_where_it_recovers() -> None:
    # Short 100 at 100: 710 are needed in the third tier (100 by the rate of the first), 500 there.
    down = float(tiered_liquidation_price(-100.0, 100.0, 500.0, TIERS))
    assert down == pytest.approx((10_500 + 290) / 110)
    # A hundredth of the size is healthy by 0.05 and goes up.
    up = float(tiered_liquidation_price(-0.01, 100.0, 0.06, TIERS))
    assert up == pytest.approx(1.06 / 0.0101)


def test_no_position_and_a_fully_paid_long_have_no_tiered_price() -> None:
    assert np.isnan(tiered_liquidation_price([0.0, 5.0], 10.0, [7.0, 50.0], TIERS)).all()
    assert tiered_liquidation_price(np.zeros(0), 10.0, np.zeros(0), TIERS).shape == (0,)


def test_a_jump_of_the_requirement_is_a_price_of_its_own() -> None:
    steps = MarginTiers(
        np.array([0.0, 1000.0]), np.array([0.01, 0.2]), np.array([9.0, 9.0]), np.zeros(2)
    )
    # Short 10 at 90 with equity 120: 20 are left at 100, above 10 and below 200.
    assert float(tiered_liquidation_price(-10.0, 90.0, 120.0, steps)) == pytest.approx(100.0)
    # With more equity the second tier has the root: 1200 + ... = 0.2 x 10 P.
    later = float(tiered_liquidation_price(-10.0, 90.0, 700.0, steps))
    assert later == pytest.approx(1600 / 12)
    # Less: the first tier has it.
    early = float(tiered_liquidation_price(-10.0, 90.0, 60.0, steps))
    assert early == pytest.approx(960 / 10.1)
    # A long with two roots, 108.75 (second tier) and 87.9 (first): the first met from above.
    two = float(tiered_liquidation_price(10.0, 120.0, 330.0, steps))
    assert two == pytest.approx(870 / 8)
    # Between the floor and the upper root it lacks margin: it recovers upward, not at the floor.
    between = float(tiered_liquidation_price(10.0, 101.5, 145.0, steps))
    assert between == pytest.approx(870 / 8)


def test_hyperliquids_tiers_are_solved_alike() -> None:
    tiers = hyperliquid_tiers([0, 2000], [50, 10])
    price = float(tiered_liquidation_price(-1.0, 1900.0, 300.0, tiers))
    assert price == pytest.approx((2200 + 80) / 1.05)


# --- inverse -------------------------------------------------------------------------------------


@given(amounts, sides, st.floats(10, 1e4), st.floats(0.01, 3), rates, st.floats(0, 0.01))
def test_an_inverse_position_is_at_its_requirement_at_its_price(
    amount: float, side: float, entry: float, share: float, rate: float, fee: float
) -> None:
    contracts = side * amount * 100
    face = contracts * 10.0
    margin = share * abs(face) / entry
    assume(abs(share - 1) > 1e-6)
    price = float(inverse_liquidation_price(contracts, 10.0, entry, margin, rate, fee))
    if side < 0 and share > 1:
        assert isnan(price)
        return
    left = margin + face * (1 / entry - 1 / price)
    assert left == pytest.approx((rate + fee) * abs(face) / price, rel=1e-6, abs=1e-9)


def test_an_inverse_short_with_its_whole_value_as_margin_is_never_liquidated() -> None:
    assert isnan(float(inverse_liquidation_price(-1000.0, 1.0, 500.0, 2.0, 0.01)))
    assert isnan(float(inverse_bankruptcy_price(-1000.0, 1.0, 500.0, 2.5)))
    assert float(inverse_bankruptcy_price(-1000.0, 1.0, 500.0, 1.0)) == pytest.approx(1000.0)
    assert float(inverse_bankruptcy_price(1000.0, 1.0, 500.0, 2.0)) == pytest.approx(250.0)
    assert isnan(float(inverse_liquidation_price(0.0, 1.0, 500.0, 1.0, 0.01)))
    assert isnan(float(inverse_liquidation_price(-1000.0, 1.0, 500.0, 1.0, 1.0)))
    # A long that owes more coin than it is worth is beyond any price.
    assert isnan(float(inverse_liquidation_price(1000.0, 1.0, 500.0, -2.0, 0.01)))
    for entry in (0.0, -1.0):
        with pytest.raises(InvalidArgument, match="entry_price"):
            inverse_liquidation_price(1.0, 1.0, entry, 1.0, 0.01)
    with pytest.raises(InvalidArgument, match="rate"):
        inverse_liquidation_price(1.0, 1.0, 1.0, 1.0, 0.9, 0.2)
    with pytest.raises(InvalidArgument, match="maintenance_rate = "):
        inverse_liquidation_price(1.0, 1.0, 1.0, 1.0, 1.1)


# --- dYdX ----------------------------------------------------------------------------------------


def test_dydx_bankruptcy_price_rounds_up_on_both_sides_and_below_zero() -> None:
    # A long closed: 7 x 3 / 2 = 10.5 is taken off as 10, or as -11 when it is owed.
    assert dydx_bankruptcy_price(7, 2, -100, -3) == 90
    assert dydx_bankruptcy_price(-7, 2, -100, -3) == 111
    # A short bought back costs; the account's collateral pays for more than its notional.
    assert dydx_bankruptcy_price(7, 2, 100, -3) == -110
    assert dydx_bankruptcy_price(7, 2, 100, 3) == -110
    for maintenance in (0, -5):
        with pytest.raises(InvalidArgument, match="maintenance"):
            dydx_bankruptcy_price(1, maintenance, 1, 1)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**12), st.integers(-(10**12), 10**12))
def test_closing_everything_at_the_bankruptcy_price_leaves_nothing(
    collateral: int, maintenance: int, notional: int
) -> None:
    price = dydx_bankruptcy_price(collateral, maintenance, -notional, -maintenance)
    assert collateral - notional + price == 0


def fillable(collateral: int, side: int = 1, adjustment: int = 10**6) -> Fraction:
    return dydx_fillable_price(side * 10, side * 1000, 100, collateral, 100, adjustment, 100_000)


def test_dydx_fillable_price_moves_from_the_oracle_to_the_full_spread() -> None:
    assert fillable(100) == 100 and fillable(150) == 100
    assert fillable(50) == Fraction(995, 10)
    assert fillable(0) == 99 and fillable(-50) == 99
    # A short is bought back above the oracle.
    assert fillable(50, side=-1) == Fraction(1005, 10) and fillable(0, side=-1) == 101
    # A larger adjustment reaches the full spread earlier.
    assert fillable(50, adjustment=2 * 10**6) == 99
    assert fillable(60, adjustment=2 * 10**6) == Fraction(992, 10)
    assert fillable(50) == dydx_fillable_price(10, 1000, 100, 50, 100)


def test_dydx_fillable_price_equals_the_documented_form_for_a_long() -> None:
    # P (1 - SMMR x MMF x BA x (1 - Q)), Q = NC / MMR.
    price = dydx_fillable_price(10**7, 5 * 10**9, 25 * 10**7, 10**8, 25 * 10**7)
    spread = Fraction(1, 10) * Fraction(5, 100) * (1 - Fraction(10, 25))
    assert price == 500 * (1 - spread)


def test_dydx_fillable_price_needs_a_position_and_a_requirement() -> None:
    with pytest.raises(InvalidArgument, match="position_quantums"):
        dydx_fillable_price(0, 0, 0, 1, 1)
    with pytest.raises(InvalidArgument, match="maintenance"):
        dydx_fillable_price(1, 1, 1, 1, 0)


# --- without a formula ---------------------------------------------------------------------------


@given(st.floats(0.02, 0.9), st.floats(1.1, 50))
def test_the_search_finds_the_first_crossing_on_either_side(low: float, high: float) -> None:
    def excess(price: float) -> float:
        return (price - low) * (high - price)

    down, up = (
        first_liquidation_price(excess, 1.0, 0.01),
        first_liquidation_price(excess, 1.0, 100.0),
    )
    assert down is not None and up is not None
    assert down == pytest.approx(low, rel=1e-12) and excess(down) >= 0.0
    assert up == pytest.approx(high, rel=1e-12) and excess(up) >= 0.0


def test_the_search_answers_none_or_the_current_price() -> None:
    assert first_liquidation_price(lambda price: 1.0, 5.0, 500.0) is None
    assert first_liquidation_price(lambda price: -1.0, 5.0, 500.0) == 5.0
    # At the requirement itself an account is not liquidatable.
    assert first_liquidation_price(lambda price: 0.0, 5.0, 500.0) is None
    # The end of the way counts.
    assert first_liquidation_price(lambda price: 400.0 - price, 5.0, 400.0) is None
    found = first_liquidation_price(lambda price: 399.0 - price, 5.0, 400.0, steps=1)
    assert found == pytest.approx(399.0)
    # It looks at the very end, not at a product of ratios near it, and never at the start twice.
    seen: list[float] = []

    def noted(price: float) -> float:
        seen.append(price)
        return 1.0

    assert first_liquidation_price(noted, 3.0, 7.1, steps=3) is None
    assert seen == pytest.approx([3.0, 3.0 * (7.1 / 3) ** (1 / 3), 3.0 * (7.1 / 3) ** (2 / 3), 7.1])
    assert seen[-1] == 7.1
    for price, stop in ((0.0, 1.0), (1.0, 0.0), (nan, 1.0), (1.0, float("inf"))):
        with pytest.raises(InvalidArgument):
            first_liquidation_price(sqrt, price, stop)
