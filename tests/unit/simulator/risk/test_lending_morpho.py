"""Morpho Blue: shares, health, incentive, liquidation, bad debt and the adaptive curve."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.lending import (
    MORPHO_CURVE,
    AdaptiveCurve,
    MorphoMarket,
    MorphoPosition,
    adaptive_error,
    adaptive_rate,
    adaptive_rate_integral,
    morpho_accrue,
    morpho_bad_debt_ltv,
    morpho_compounded,
    morpho_healthy,
    morpho_incentive,
    morpho_liquidate,
    morpho_price_drop,
    morpho_utilisation,
    to_assets_down,
    to_assets_up,
    to_shares_down,
    to_shares_up,
)
from simulator.units import SECONDS_PER_YEAR, WAD

ONE = 10**36
amounts = st.integers(0, 10**24)
MARKET = MorphoMarket(
    lltv=8 * WAD // 10,
    supply_assets=10**9,
    supply_shares=10**15,
    borrow_assets=10**6,
    borrow_shares=10**12,
)
"""One share is worth a millionth of an asset, exactly but for the virtual ones."""


# --- shares --------------------------------------------------------------------------------------


def test_an_empty_market_gives_a_million_shares_per_asset() -> None:
    assert to_shares_down(7, 0, 0) == to_shares_up(7, 0, 0) == 7 * 10**6
    assert to_assets_down(7 * 10**6, 0, 0) == 7
    assert to_assets_down(10**6 - 1, 0, 0) == 0
    assert to_assets_up(1, 0, 0) == 1
    assert to_assets_up(0, 5, 5) == to_shares_up(0, 5, 5) == 0


@given(amounts, amounts, amounts)
def test_shares_are_rounded_against_the_account(assets: int, total: int, shares: int) -> None:
    down, up = to_shares_down(assets, total, shares), to_shares_up(assets, total, shares)
    exact = Fraction(assets * (shares + 10**6), total + 1)
    assert down <= exact <= up <= down + 1
    assert to_assets_down(down, total, shares) <= assets <= to_assets_up(up, total, shares)


# --- health and incentive ------------------------------------------------------------------------


def test_a_position_at_its_limit_is_healthy_and_one_unit_more_is_not() -> None:
    borrowed = MorphoPosition(1_000, 800 * 10**6)
    assert to_assets_up(borrowed.borrow_shares, MARKET.borrow_assets, MARKET.borrow_shares) == 800
    assert morpho_healthy(MARKET, borrowed, ONE)
    assert not morpho_healthy(MARKET, borrowed, ONE - 1)
    assert not morpho_healthy(MARKET, borrowed._replace(borrow_shares=800 * 10**6 + 1), ONE)
    assert morpho_healthy(MARKET, MorphoPosition(0, 0), 0)
    assert not morpho_healthy(MARKET, MorphoPosition(0, 1), ONE)


def test_the_incentive_is_a_minimum_with_its_maximum() -> None:
    assert morpho_incentive(WAD) == WAD
    assert morpho_incentive(0) == 115 * WAD // 100
    # 1 / (1 - 0.3 x 0.4347...) crosses 1.15.
    assert morpho_incentive(56 * WAD // 100) == 115 * WAD // 100
    assert morpho_incentive(57 * WAD // 100) == WAD * 1000 // 871
    assert morpho_incentive(8 * WAD // 10, cursor=0) == WAD
    assert morpho_incentive(WAD - 1) == WAD
    assert morpho_incentive(WAD - 4) == WAD + 1


def test_bad_debt_begins_at_the_inverse_of_the_incentive() -> None:
    incentive = morpho_incentive(86 * WAD // 100)
    assert morpho_bad_debt_ltv(incentive) == WAD * WAD // incentive
    assert morpho_price_drop(86 * WAD // 100, incentive) == WAD - 86 * incentive // 100
    assert morpho_price_drop(WAD, 115 * WAD // 100) == -15 * WAD // 100


# --- liquidation ---------------------------------------------------------------------------------

POSITION = MorphoPosition(1_000, 900 * 10**6)


def test_a_seizure_is_paid_for_at_the_incentive_rounded_up() -> None:
    # LIF at 80 % is 1 / 0.94 = 1.0638...: 100 / LIF = 94.0000...1 -> 95 assets in shares.
    incentive = morpho_incentive(MARKET.lltv)
    found = morpho_liquidate(MARKET, POSITION, ONE, seized=100)
    value = -(-100 * WAD // incentive)
    assert found.repaid_shares == to_shares_up(value, 10**6, 10**12) == 95 * 10**6
    assert found.repaid_assets == 95 and found.bad_debt == 0
    assert found.position == (900, 805 * 10**6)
    assert found.market == replace(
        MARKET, borrow_assets=10**6 - 95, borrow_shares=10**12 - 95 * 10**6
    )


def test_a_repayment_gets_collateral_rounded_down() -> None:
    found = morpho_liquidate(MARKET, POSITION, ONE, repaid_shares=100 * 10**6)
    assert (found.seized, found.repaid_assets) == (106, 100)
    half = morpho_liquidate(MARKET, POSITION, ONE * 95 // 100, repaid_shares=100 * 10**6)
    assert half.seized == 106 * 100 // 95
    fraction = morpho_liquidate(MARKET, POSITION, ONE, repaid_shares=100 * 10**6 + 1)
    assert (fraction.seized, fraction.repaid_assets) == (106, 101)


def test_bad_debt_leaves_supply_and_borrow_totals_at_once() -> None:
    found = morpho_liquidate(MARKET, POSITION, ONE * 8 // 10, seized=1_000)
    # 800 / LIF = 752.0000...1 -> 753 assets are repaid, 147 are lost.
    assert found.repaid_assets == 753 and found.bad_debt == 147
    assert found.position == (0, 0)
    assert found.market.supply_assets == MARKET.supply_assets - 147
    assert found.market.supply_shares == MARKET.supply_shares
    assert found.market.borrow_assets == 10**6 - 753 - 147
    assert found.market.borrow_shares == 10**12 - 900 * 10**6


def test_bad_debt_is_at_most_what_is_borrowed_in_all() -> None:
    alone = replace(MARKET, borrow_assets=2, borrow_shares=900 * 10**6)
    found = morpho_liquidate(alone, POSITION._replace(collateral=1), 1, seized=1)
    assert found.market.borrow_assets == 0 and found.market.borrow_shares == 0
    assert found.repaid_assets + found.bad_debt == 2


def test_collateral_that_is_left_keeps_the_debt() -> None:
    found = morpho_liquidate(MARKET, POSITION, ONE * 8 // 10, seized=999)
    assert found.bad_debt == 0 and found.position.collateral == 1
    assert found.position.borrow_shares > 0


@pytest.mark.parametrize(
    ("seized", "shares", "named"),
    [(0, 0, "seized"), (1, 1, "seized"), (1_001, 0, "seized"), (0, 901 * 10**6, "repaid_shares")],
)
def test_both_or_neither_or_too_much_is_refused(seized: int, shares: int, named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        morpho_liquidate(MARKET, POSITION, ONE, seized=seized, repaid_shares=shares)


def test_a_healthy_position_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="healthy"):
        morpho_liquidate(MARKET, POSITION, 2 * ONE, seized=1)
    # The collateral is worth more than the debt: its seizure would repay more than is owed.
    with pytest.raises(InvalidArgument, match="repaid_shares"):
        morpho_liquidate(MARKET, POSITION, ONE * 105 // 100, seized=1_000)
    with pytest.raises(InvalidArgument, match="price"):
        morpho_liquidate(MARKET, POSITION, 0, repaid_shares=1)


@given(st.integers(1, 1_000), st.integers(700, 1_100))
def test_a_liquidation_conserves_assets_and_never_pays_more_than_the_incentive(
    seized: int, price: int
) -> None:
    try:
        found = morpho_liquidate(MARKET, POSITION, ONE * price // 1000, seized=seized)
    except InvalidArgument:
        return
    gone = MARKET.borrow_assets - found.market.borrow_assets
    assert gone == found.repaid_assets + found.bad_debt
    assert MARKET.supply_assets - found.market.supply_assets == found.bad_debt
    value = Fraction(seized * price, 1000)
    assert value <= Fraction(found.repaid_assets * morpho_incentive(MARKET.lltv), WAD)


def test_interest_is_a_floored_series_and_is_added_to_both_sides() -> None:
    assert morpho_compounded(0, 5) == morpho_compounded(5, 0) == 0
    assert morpho_compounded(WAD, 1) == WAD + WAD // 2 + WAD // 6
    assert morpho_compounded(WAD, 2) == 2 * WAD + 2 * WAD + 4 * WAD // 3
    after, shares = morpho_accrue(MARKET, WAD // 10, 1)
    interest = 10**6 * (WAD // 10 + WAD // 200 + WAD // 6000) // WAD
    assert interest == 105_166 and shares == 0
    assert after == replace(MARKET, borrow_assets=10**6 + interest, supply_assets=10**9 + interest)


def test_the_fee_is_minted_in_shares_that_take_no_more_than_the_fee() -> None:
    after, shares = morpho_accrue(MARKET, WAD // 10, 1, WAD // 4)
    fee = 105_166 // 4
    assert shares == fee * (10**15 + 10**6) // (10**9 + 105_166 - fee + 1)
    assert after.supply_shares == 10**15 + shares
    assert to_assets_down(shares, after.supply_assets, after.supply_shares) <= fee


# --- the adaptive curve --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "error"), [(0, -1.0), (45, -0.5), (90, 0.0), (95, 0.5), (100, 1.0)]
)
def test_the_error_is_one_at_both_ends(used: int, error: float) -> None:
    assert adaptive_error(used * WAD // 100) == error * WAD


def test_one_unit_beside_the_target_is_truncated_toward_zero() -> None:
    target = MORPHO_CURVE.target
    assert adaptive_error(target + 1) == 10
    assert adaptive_error(target - 1) == -1
    tall = replace(MORPHO_CURVE, target=3 * 10**17)
    assert adaptive_error(tall.target - 1, tall) == -3
    with pytest.raises(InvalidArgument, match="utilisation"):
        adaptive_error(WAD + 1)


def test_first_use_starts_at_four_percent() -> None:
    start = 4 * 10**16 // SECONDS_PER_YEAR
    assert adaptive_rate(9 * WAD // 10, 0, 10**6) == (start, start)
    assert adaptive_rate(WAD, 0, 10**6) == (4 * start, start)
    assert adaptive_rate(0, 0, 10**6) == (start // 4, start)


def test_without_time_or_error_nothing_adapts_and_nothing_is_bounded() -> None:
    outside = 3 * MORPHO_CURVE.max_rate
    assert adaptive_rate(9 * WAD // 10, outside, 10**6) == (outside, outside)
    assert adaptive_rate(WAD, outside, 0) == (4 * outside, outside)


def test_another_curve_has_its_own_target_and_steepness() -> None:
    half = replace(MORPHO_CURVE, target=WAD // 2, steepness=2 * WAD)
    at_target = adaptive_rate(WAD // 2, 10**9, 10**6, half)
    assert at_target == (10**9, 10**9)
    assert adaptive_rate(WAD // 2, 10**9, 10**6) != at_target
    assert adaptive_rate(WAD, 10**9, 0, half).borrow_rate == 2 * 10**9
    assert adaptive_rate_integral(WAD // 2, 10**9, 10**6, half) == pytest.approx(10**9 / WAD)


def test_the_end_is_bounded_on_both_sides() -> None:
    year = SECONDS_PER_YEAR
    assert adaptive_rate(WAD, 10**9, year).rate_at_target == MORPHO_CURVE.max_rate
    assert adaptive_rate(0, 10**9, year).rate_at_target == MORPHO_CURVE.min_rate
    half = adaptive_rate(WAD, 10**9, year).borrow_rate
    # Middle and end are both at the bound: (start + 3 x maximum) // 4, times 4.
    assert half == 4 * ((10**9 + 3 * MORPHO_CURVE.max_rate) // 4)


def test_five_days_at_full_use_are_0_7_percent_above_the_integral() -> None:
    start, elapsed = 4 * 10**16 // SECONDS_PER_YEAR, 5 * 86_400
    contract = adaptive_rate(WAD, start, elapsed).borrow_rate / WAD
    true = adaptive_rate_integral(WAD, start, elapsed)
    growth = 50 * 5 / 365
    assert true == pytest.approx(4 * 0.04 / SECONDS_PER_YEAR * (exp(growth) - 1) / growth, rel=1e-6)
    assert contract / true - 1 == pytest.approx(0.007, abs=0.0005)


@given(st.integers(0, 100), st.integers(1, 200), st.integers(0, 40 * 86_400))
def test_the_contract_stays_near_the_integral(
    percent: int, start_percent: int, elapsed: int
) -> None:
    start = start_percent * 10**16 // SECONDS_PER_YEAR
    used = percent * WAD // 100
    contract = adaptive_rate(used, start, elapsed).borrow_rate / WAD
    true = adaptive_rate_integral(used, start, elapsed)
    assert contract == pytest.approx(true, rel=0.6)
    if elapsed <= 86_400:
        assert contract == pytest.approx(true, rel=0.012)


@pytest.mark.parametrize("used", [0, 80, 97, 100])
@pytest.mark.parametrize("days", [3, 60, 400])
def test_the_integral_is_the_mean_of_the_bounded_rate(used: int, days: int) -> None:
    start, seconds = 4 * 10**16 // SECONDS_PER_YEAR, days * 86_400
    error = adaptive_error(used * WAD // 100) / WAD
    low, high = MORPHO_CURVE.min_rate / WAD, MORPHO_CURVE.max_rate / WAD
    steps = 20_000
    speed = MORPHO_CURVE.speed / WAD * error * seconds / steps
    mean = (
        sum(min(high, max(low, start / WAD * exp(speed * (at + 0.5)))) for at in range(steps))
        / steps
    )
    factor = 1 + (0.75 if error < 0 else 3) * error
    found = adaptive_rate_integral(used * WAD // 100, start, seconds)
    assert found == pytest.approx(mean * factor, rel=1e-5)


def test_the_integral_of_no_time_is_the_start() -> None:
    start = 10**9
    assert adaptive_rate_integral(WAD, start, 0) == pytest.approx(4e-9)
    assert adaptive_rate_integral(9 * WAD // 10, start, 99) == pytest.approx(1e-9)
    assert adaptive_rate_integral(9 * WAD // 10, 0, 99) == MORPHO_CURVE.initial_rate / WAD
    assert adaptive_rate_integral(WAD, 0, 99) == pytest.approx(4 * MORPHO_CURVE.initial_rate / WAD)


def test_utilisation_and_the_curves_parameters_are_checked() -> None:
    assert morpho_utilisation(1, 0) == 0
    assert morpho_utilisation(1, 3) == WAD // 3
    for change in ({"target": 0}, {"target": WAD}, {"steepness": WAD - 1}, {"min_rate": 2 * 10**9}):
        with pytest.raises(InvalidArgument):
            AdaptiveCurve(**change)


def test_bounds_of_markets_and_amounts() -> None:
    assert MorphoMarket(lltv=0).lltv == 0 and MorphoMarket(lltv=WAD - 1).supply_shares == 0
    for change in ({"lltv": WAD}, {"lltv": -1}, {"supply_assets": -1}, {"borrow_shares": -1}):
        with pytest.raises(InvalidArgument):
            replace(MARKET, **change)
    assert morpho_incentive(0, WAD - 1, 2 * WAD) == 2 * WAD
    assert morpho_price_drop(0, WAD) == WAD
    for wrong in ((WAD + 1,), (-1,), (0, WAD), (0, -1), (0, 0, WAD - 1)):
        with pytest.raises(InvalidArgument):
            morpho_incentive(*wrong)
    with pytest.raises(InvalidArgument, match="incentive"):
        morpho_bad_debt_ltv(WAD - 1)


def test_the_cheapest_seizure_costs_one_share_at_the_least() -> None:
    # A price of 1e-36: the value of one unit of collateral is rounded up to one asset.
    found = morpho_liquidate(MARKET, POSITION, 1, seized=1)
    assert found.repaid_assets == 1 and found.repaid_shares == 10**6
    nothing = morpho_liquidate(MARKET, POSITION, ONE, repaid_shares=10**6 - 1)
    assert (nothing.seized, nothing.repaid_assets) == (0, 1)
    with pytest.raises(InvalidArgument, match="seized"):
        morpho_liquidate(MARKET, POSITION, 1, repaid_shares=10**6)


def test_each_term_of_the_series_is_floored() -> None:
    # x = 1e9: 1e9 + floor(1e18 / 2e18) = 1e9; x = 2e9: the square counts 2, the cube nothing.
    assert morpho_compounded(10**9, 1) == 10**9
    assert morpho_compounded(10**9, 2) == 2 * 10**9 + 2
    assert morpho_compounded(3 * 10**9, 1) == 3 * 10**9 + 4


def test_the_deployed_constants() -> None:
    per_year = SECONDS_PER_YEAR
    assert (
        AdaptiveCurve(
            target=900_000_000_000_000_000,
            steepness=4_000_000_000_000_000_000,
            speed=50_000_000_000_000_000_000 // per_year,
            initial_rate=40_000_000_000_000_000 // per_year,
            min_rate=1_000_000_000_000_000 // per_year,
            max_rate=2_000_000_000_000_000_000 // per_year,
        )
        == MORPHO_CURVE
    )


def test_signed_products_of_the_curve_are_toward_zero() -> None:
    # One unit below the target: the speed and the curve see nothing of it.
    below, outside = MORPHO_CURVE.target - 1, 10**20
    assert adaptive_error(below) == -1
    assert adaptive_rate(below, outside, 10**5) == (outside, outside)
    # An adaptation of -1: the middle has none of it, the end one unit of each WAD.
    slow = AdaptiveCurve(steepness=WAD, speed=1, max_rate=10**19)
    assert adaptive_rate(0, 4 * WAD, 1, slow) == (4 * WAD - 1, 4 * WAD - 4)


def test_a_curve_without_a_floor_falls_to_zero() -> None:
    bare = replace(MORPHO_CURVE, min_rate=0)
    true = adaptive_rate_integral(0, 10**9, 10**8, bare)
    exponent = -bare.speed / WAD * 10**8
    assert true == pytest.approx(1e-9 * (exp(exponent) - 1) / exponent / 4)
    assert AdaptiveCurve(speed=0, min_rate=0, initial_rate=0, max_rate=0).speed == 0
    with pytest.raises(InvalidArgument, match="max_rate"):
        replace(MORPHO_CURVE, max_rate=MORPHO_CURVE.initial_rate - 1)
    with pytest.raises(InvalidArgument, match="speed"):
        replace(MORPHO_CURVE, speed=-1)
