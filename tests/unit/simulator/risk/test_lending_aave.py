"""Aave v3 and v4: interest, rates, health, close factor, seizure, dust and deficit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.lending import (
    AAVE_DIRECTED,
    AAVE_HALF_UP,
    AAVE_HALF_UP_DEBT_UP,
    AAVE_VERSIONS,
    MAX_HEALTH,
    AaveEMode,
    AavePosition,
    AaveRates,
    AaveReserve,
    AaveRounding,
    AaveSeizure,
    aave_borrow_rate,
    aave_compounded_interest,
    aave_health_factor,
    aave_linear_interest,
    aave_liquidatable_debt,
    aave_liquidate,
    aave_liquidity_rate,
    aave_seizure,
    aave_totals,
    aave_utilisation,
    aave_v4_bonus,
    net_bonus_rate,
)
from simulator.units import RAY, SECONDS_PER_YEAR, WAD

USD = 10**8
DOLLAR = AaveReserve(price=USD, decimals=8)
"""A token whose unit is the unit of the base currency: amounts are values."""
ETHER = AaveReserve(
    price=USD,
    decimals=8,
    liquidation_threshold_bps=8_000,
    liquidation_bonus_bps=10_500,
    protocol_fee_bps=1_000,
)


def account(collateral: int, debt: int, reserve: AaveReserve = ETHER) -> list[AavePosition]:
    """Collateral and debt in units of 1e-8 USD, in two reserves."""
    return [AavePosition(reserve, collateral=collateral), AavePosition(DOLLAR, debt=debt)]


# --- interest and rates --------------------------------------------------------------------------


def test_interest_of_no_time_or_no_rate_is_one() -> None:
    for accrue in (aave_linear_interest, aave_compounded_interest):
        assert accrue(0, 10**9) == RAY
        assert accrue(RAY, 0) == RAY
        with pytest.raises(InvalidArgument, match="elapsed_seconds"):
            accrue(RAY, -1)
        with pytest.raises(InvalidArgument, match="rate_ray"):
            accrue(-1, 1)


def test_linear_interest_floors_the_year() -> None:
    assert aave_linear_interest(RAY, SECONDS_PER_YEAR) == 2 * RAY
    assert aave_linear_interest(SECONDS_PER_YEAR - 1, 1) == RAY
    assert aave_linear_interest(SECONDS_PER_YEAR, 1) == RAY + 1


def test_compounding_is_the_series_to_the_third_order() -> None:
    # x = 1: 1 + 1 + 1/2 + 1/6, the sixth floored and the products half-up.
    assert aave_compounded_interest(RAY, SECONDS_PER_YEAR) == 2 * RAY + RAY // 2 + RAY // 6
    # x = 3 units: x // 2 + rayMul(3, 0) = 1, and rayMul(3, 1) = 0.
    assert aave_compounded_interest(3 * SECONDS_PER_YEAR, 1) == RAY + 3


@given(st.integers(0, RAY), st.integers(0, 10**9))
def test_compounding_never_gives_less_than_linear_interest(rate: int, elapsed: int) -> None:
    linear = aave_linear_interest(rate, elapsed)
    assert linear <= aave_compounded_interest(rate, elapsed)


RATES = AaveRates(optimal=8 * RAY // 10, base=RAY // 100, slope1=4 * RAY // 100, slope2=RAY // 2)


@pytest.mark.parametrize(
    ("used", "rate"),
    [(0, 10), (4, 30), (8, 50), (9, 300), (10, 550)],
)
def test_the_rate_has_its_kink_at_the_optimal_utilisation(used: int, rate: int) -> None:
    assert aave_borrow_rate(RATES, used * RAY // 10) == rate * RAY // 1000


def test_one_unit_beyond_the_kink_the_second_slope_begins() -> None:
    steep = AaveRates(optimal=RAY // 2, base=0, slope1=0, slope2=3 * RAY)
    assert aave_borrow_rate(steep, RAY // 2) == 0
    assert aave_borrow_rate(steep, RAY // 2 + 1) == 6
    full = AaveRates(optimal=RAY, base=0, slope1=7, slope2=3 * RAY)
    assert aave_borrow_rate(full, RAY) == 7
    # Half-up: 7 x 0.5 = 3.5 -> 4, over an optimum of 1.
    assert aave_borrow_rate(full, RAY // 2) == 4
    with pytest.raises(InvalidArgument, match="utilisation_ray"):
        aave_borrow_rate(full, RAY + 1)
    with pytest.raises(InvalidArgument, match="optimal"):
        AaveRates(optimal=0, base=0, slope1=0, slope2=0)


@given(st.integers(0, RAY), st.integers(0, RAY))
def test_the_rate_rises_with_utilisation(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert aave_borrow_rate(RATES, low) <= aave_borrow_rate(RATES, high)


def test_suppliers_get_the_used_share_less_the_reserve_factor_half_up() -> None:
    assert aave_liquidity_rate(RAY, RAY // 2, 1_000) == 45 * RAY // 100
    assert aave_liquidity_rate(1, RAY // 2, 0) == 1
    assert aave_liquidity_rate(1, RAY // 2 - 1, 0) == 0
    assert aave_liquidity_rate(1, RAY, 5_000) == 1
    assert aave_liquidity_rate(1, RAY, 5_001) == 0
    assert aave_utilisation(0, 0) == 0
    assert aave_utilisation(1, 0) == RAY
    assert aave_utilisation(1, 2) == RAY // 3
    assert aave_utilisation(2, 1) == 2 * RAY // 3 + 1


# --- health --------------------------------------------------------------------------------------


def test_the_health_factor_is_half_up_in_the_ratio_and_floored_in_the_threshold() -> None:
    assert aave_health_factor([10], [8_000], [8]) == WAD
    # 1 x 1 bps over 3: 0.333... wad bps, half-up at 1e-18, then // 10,000.
    assert aave_health_factor([1], [10_000], [3]) == WAD // 3
    # Half-up: 20,000 / 3 wad is ...666.67 -> ...667; // 10,000 keeps the last digits.
    assert aave_health_factor([2 * 10**4], [1], [3]) == (2 * 10**4 * WAD + 1) // 3 // 10**4
    assert aave_health_factor([0], [8_000], [5]) == 0
    assert aave_health_factor([], [], [5]) == 0
    assert aave_health_factor([5], [8_000], []) == MAX_HEALTH
    assert aave_health_factor([], [], [0]) == MAX_HEALTH
    with pytest.raises(InvalidArgument, match="thresholds_bps"):
        aave_health_factor([5], [], [1])


def test_half_up_can_lift_the_last_digit_of_the_health_factor() -> None:
    # sum x LT = 10^4 - 1 over a debt of 10^18 x 2: (9,999e18 + 1e18) // 2e18 = 5,000 -> 0.
    debt = 2 * WAD
    assert aave_health_factor([19_999], [1], [debt]) == 1
    assert aave_health_factor([19_998], [1], [debt]) == 0


def test_collateral_is_floored_and_debt_rounded_up_per_reserve() -> None:
    third = AaveReserve(price=1, decimals=1, liquidation_threshold_bps=10_000)
    book = [AavePosition(third, 19, 0), AavePosition(third, 9, 11), AavePosition(third, 0, 1)]
    assert aave_totals(book) == (1, 3, aave_health_factor([1], [10_000], [3]))
    assert aave_totals([]) == (0, 0, MAX_HEALTH)


def test_a_category_replaces_threshold_and_bonus_of_the_reserves_in_its_bitmap() -> None:
    book = [AavePosition(ETHER, 100), AavePosition(ETHER, 100), AavePosition(DOLLAR, 0, 100)]
    mode = AaveEMode(9_500, 10_100, collateral_bitmap=0b10)
    assert aave_totals(book).health_factor_wad == 16 * WAD // 10
    assert aave_totals(book, mode).health_factor_wad == (8_000 + 9_500) * WAD // 10_000
    unusable = AaveEMode(0, 10_100, collateral_bitmap=0b01)
    assert aave_totals(book, unusable) == (100, 100, 8 * WAD // 10)
    assert aave_totals(book[:1], mode).collateral == 100
    # A reserve that is no collateral of its own can be one in the category.
    only = [AavePosition(DOLLAR, 100), AavePosition(DOLLAR, 0, 10)]
    assert aave_totals(only).collateral == 0
    assert aave_totals(only, replace(mode, collateral_bitmap=1)).collateral == 100


@given(st.integers(1, 10**6), st.integers(0, 10**12), st.integers(1, 10**12))
def test_health_rises_with_the_price_of_the_collateral(price: int, held: int, owed: int) -> None:
    def health(at: int) -> int:
        return aave_totals(account(held, owed, replace(ETHER, price=at))).health_factor_wad

    assert health(price) <= health(price + 1)


# --- how much ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("debt", "collateral", "total", "health", "closable"),
    [
        (4_000, 4_000, 4_000, 951, 2_000),
        (4_000, 4_000, 4_000, 950, 4_000),
        (4_000, 4_000, 4_000, 949, 4_000),
        (2_000, 2_000, 2_000, 960, 1_000),
        (1_999, 2_000, 1_999, 960, 1_999),
        (2_000, 1_999, 2_000, 960, 2_000),
        # Half of the total debt, not of the reserve's.
        (4_000, 4_000, 6_000, 960, 3_000),
        (4_000, 4_000, 8_000, 960, 4_000),
        (4_000, 4_000, 7_999, 960, 3_999.5),
        (4_000, 4_000, 20_000, 960, 4_000),
    ],
)
def test_half_of_the_total_debt_unless_small_or_deeply_unhealthy(
    debt: int, collateral: int, total: int, health: int, closable: float
) -> None:
    found = aave_liquidatable_debt(
        DOLLAR, debt * USD, collateral * USD, total * USD, health * WAD // 1000
    )
    assert found == closable * USD


def test_the_close_factor_looks_at_the_last_unit() -> None:
    low, big = 95 * WAD // 100, 3_000 * USD
    assert aave_liquidatable_debt(DOLLAR, big, big, big, low) == big
    assert aave_liquidatable_debt(DOLLAR, big, big, big, low + 1) == big // 2
    small = 2_000 * USD
    assert aave_liquidatable_debt(DOLLAR, small, small, small, WAD - 1) == small // 2
    assert aave_liquidatable_debt(DOLLAR, small, small - 1, small, WAD - 1) == small
    assert aave_liquidatable_debt(DOLLAR, small - 1, small, small - 1, WAD - 1) == small - 1
    # Half of an odd total is rounded half-up, the amount down.
    pricey = AaveReserve(price=3 * USD, decimals=8)
    assert (
        aave_liquidatable_debt(pricey, big, big, 9 * 10**11 + 1, WAD - 1) == (45 * 10**10 + 1) // 3
    )


# --- how much is seized --------------------------------------------------------------------------

ROUNDING = AaveReserve(USD, 8, 8_000, 10_500, 3_333)


@pytest.mark.parametrize(
    ("repay", "directed", "half_up"),
    [
        # base 9 x 1.05 = 9.45, and 10 x 1.05 = 10.5: down against half-up.
        (9, AaveSeizure(8, 9, 1), AaveSeizure(9, 9, 0)),
        (10, AaveSeizure(9, 10, 1), AaveSeizure(11, 10, 0)),
    ],
)
def test_the_versions_round_collateral_and_fee_differently(
    repay: int, directed: AaveSeizure, half_up: AaveSeizure
) -> None:
    arguments = (repay, DOLLAR, ROUNDING, 10**9, 10_500)
    assert aave_seizure(*arguments) == directed
    assert aave_seizure(*arguments, AAVE_HALF_UP) == half_up


def test_the_debt_for_all_collateral_is_rounded_up_or_to_the_nearest() -> None:
    plain = replace(ROUNDING, protocol_fee_bps=0)
    # 11 / 1.05 = 10.476: up 11, nearest 10; 20 / 1.05 = 19.05.
    for balance, up, nearest in ((11, 11, 10), (20, 20, 19), (21, 20, 20)):
        arguments = (1_000, DOLLAR, plain, balance, 10_500)
        assert aave_seizure(*arguments, AAVE_DIRECTED) == (balance, up, 0)
        assert aave_seizure(*arguments, AAVE_HALF_UP) == (balance, nearest, 0)
        assert aave_seizure(*arguments, AAVE_HALF_UP_DEBT_UP) == (balance, up, 0)


def test_versions_are_named() -> None:
    assert AAVE_VERSIONS["3.3"] is AAVE_VERSIONS["3.6"] is AAVE_HALF_UP
    assert AAVE_VERSIONS["3.7"] is AAVE_DIRECTED


def test_a_balance_that_is_just_enough_is_not_a_cap() -> None:
    plain = replace(ROUNDING, protocol_fee_bps=0)
    assert aave_seizure(100, DOLLAR, plain, 105, 10_500) == (105, 100, 0)
    assert aave_seizure(100, DOLLAR, plain, 104, 10_500) == (104, 100, 0)
    assert aave_seizure(200, DOLLAR, plain, 104, 10_500) == (104, 100, 0)
    assert aave_seizure(0, DOLLAR, plain, 104, 10_500) == (0, 0, 0)


def test_decimals_and_prices_of_the_two_reserves_both_count() -> None:
    debt, held = AaveReserve(3 * USD, 6), AaveReserve(7 * USD, 2, 8_000, 11_000)
    # 7e6 units at 3 USD are 21 USD, 3 tokens of 7 USD, 300 units, 330 with the bonus.
    assert aave_seizure(7 * 10**6, debt, held, 1_000, 11_000) == (330, 7 * 10**6, 0)
    assert aave_seizure(7 * 10**6, debt, held, 165, 11_000) == (165, 3_500_000, 0)
    with pytest.raises(InvalidArgument, match=r"collateral\.price"):
        aave_seizure(1, debt, replace(held, price=0), 1, 11_000)


@given(
    st.integers(0, 10**9),
    st.integers(1, 10**5),
    st.integers(1, 10**5),
    st.integers(0, 10**9),
    st.integers(10_000, 12_000),
    st.integers(0, 10_000),
    st.sampled_from(sorted(AAVE_VERSIONS)),
)
def test_the_value_seized_is_at_most_the_value_repaid_with_its_bonus(
    repay: int, debt_price: int, price: int, balance: int, bonus: int, fee: int, version: str
) -> None:
    debt, held = AaveReserve(debt_price, 3), AaveReserve(price, 3, 8_000, bonus, fee)
    found = aave_seizure(repay, debt, held, balance, bonus, AAVE_VERSIONS[version])
    assert found.collateral <= balance
    assert found.debt_repaid <= repay + 1
    worth = Fraction(found.debt_repaid * debt_price * bonus, 10_000)
    # The debt of a capped seizure is floored once before the bonus is taken off, here in values.
    slack = 0 if version == "3.7" and found.collateral < balance else 3 * debt_price + price
    assert found.collateral * price <= worth + slack
    assert 0 <= found.protocol_fee <= found.collateral


# --- the whole call ------------------------------------------------------------------------------


def test_a_health_factor_of_exactly_one_is_not_liquidated() -> None:
    with pytest.raises(InvalidArgument, match="account"):
        aave_liquidate(account(10_000 * USD, 8_000 * USD), 0, 1)
    found = aave_liquidate(account(10_000 * USD, 8_000 * USD + 1), 0, 1)
    assert found.before.health_factor_wad < WAD < found.after.health_factor_wad
    # Half of an odd debt is rounded up, and every unit more costs the liquidator one.
    assert found.seizure.debt_repaid == 4_000 * USD + 1
    assert found.seizure.collateral == 4_200 * USD + 1
    assert found.seizure.protocol_fee == 20 * USD + 1
    assert found.deficits == (0, 0)


def test_the_deficit_is_the_debt_left_in_every_reserve_when_all_collateral_is_gone() -> None:
    book = [*account(10_000 * USD, 9_000 * USD), AavePosition(DOLLAR, debt=2_000 * USD)]
    found = aave_liquidate(book, 0, 1)
    assert found.seizure.debt_repaid == 9_000 * USD
    assert found.deficits == (0, 0, 0)
    assert found.account[2].debt == 2_000 * USD
    worse = aave_liquidate(account(9_000 * USD, 9_000 * USD)[:1] + book[1:], 0, 1)
    repaid = -(-9_000 * USD * 10_000 // 10_500)
    assert worse.seizure.debt_repaid == repaid
    assert worse.deficits == (0, 9_000 * USD - repaid, 2_000 * USD)
    assert worse.after == (0, 0, MAX_HEALTH)


def test_other_collateral_keeps_the_debt_alive() -> None:
    book = [*account(5_000 * USD, 9_000 * USD), AavePosition(ETHER, 10)]
    found = aave_liquidate(book, 0, 1)
    assert found.account[0].collateral == 0 and found.deficits == (0, 0, 0)
    assert found.account[1].debt == 9_000 * USD - found.seizure.debt_repaid > 0


def test_leftovers_of_exactly_a_thousand_are_no_dust_and_one_less_is() -> None:
    book = account(3_000 * USD, 2_800 * USD)
    allowed = aave_liquidate(book, 0, 1, 1_800 * USD)
    assert allowed.account[1].debt == 1_000 * USD
    with pytest.raises(InvalidArgument, match="dust"):
        aave_liquidate(book, 0, 1, 1_800 * USD + 1)
    assert aave_liquidate(book, 0, 1, 2_800 * USD).account[1].debt == 0
    # Collateral: 2,900 - 1,900 = 1,000 stays, one unit less does not.
    plain = replace(ETHER, liquidation_bonus_bps=10_000, protocol_fee_bps=0)
    rich = account(2_900 * USD, 2_950 * USD, plain)
    assert aave_liquidate(rich, 0, 1, 1_900 * USD).account[0].collateral == 1_000 * USD
    with pytest.raises(InvalidArgument, match="dust"):
        aave_liquidate(rich, 0, 1, 1_900 * USD + 1)
    assert aave_liquidate(rich, 0, 1, 2_900 * USD).account[0].collateral == 0


def test_what_is_asked_is_capped_by_what_is_allowed() -> None:
    book = account(10_000 * USD, 8_100 * USD)
    most = aave_liquidate(book, 0, 1)
    assert most.seizure.debt_repaid == 4_050 * USD
    assert aave_liquidate(book, 0, 1, 10**20) == most
    assert aave_liquidate(book, 0, 1, 100 * USD).seizure.debt_repaid == 100 * USD


def test_the_two_reserves_must_hold_collateral_and_debt() -> None:
    book = [*account(10_000 * USD, 9_000 * USD), AavePosition(DOLLAR, collateral=5)]
    with pytest.raises(InvalidArgument, match="collateral_at"):
        aave_liquidate(book, 1, 1)
    with pytest.raises(InvalidArgument, match="collateral_at"):
        aave_liquidate(book, 2, 1)
    with pytest.raises(InvalidArgument, match="debt_at"):
        aave_liquidate(book, 0, 0)
    with pytest.raises(InvalidArgument, match="debt_to_cover"):
        aave_liquidate(book, 0, 1, 0)


def test_a_liquidation_seizes_as_its_version_rounds() -> None:
    odd = AaveReserve(
        price=3 * USD // 7,
        decimals=8,
        liquidation_threshold_bps=8_000,
        liquidation_bonus_bps=10_501,
        protocol_fee_bps=999,
    )
    seen = set()
    for rounding in AAVE_VERSIONS.values():
        book = account(10_000 * USD + 1, 4_000 * USD + 3, odd)
        found = aave_liquidate(book, 0, 1, 1_001 * USD + 7, rounding=rounding).seizure
        direct = aave_seizure(1_001 * USD + 7, DOLLAR, odd, 10_000 * USD + 1, 10_501, rounding)
        assert found == direct
        seen.add(found)
    assert len(seen) > 1, "the versions round alike here: the test sees nothing"


def test_the_categorys_threshold_decides_who_is_liquidated_and_how_he_stands_after() -> None:
    book = account(10_000 * USD, 8_500 * USD)  # 0.94 of the reserve's own threshold
    generous = AaveEMode(9_000, 10_500, collateral_bitmap=1)
    assert aave_liquidate(book, 0, 1, 100 * USD).after.health_factor_wad < WAD
    with pytest.raises(InvalidArgument, match="account"):
        aave_liquidate(book, 0, 1, 100 * USD, generous)
    strict = AaveEMode(7_000, 10_500, collateral_bitmap=1)
    found = aave_liquidate(account(10_000 * USD, 7_500 * USD), 0, 1, 100 * USD, strict)
    left = aave_totals(found.account, strict)
    assert found.after == left and left.health_factor_wad < WAD
    # Without a threshold of its own the reserve is collateral by its category alone.
    alone = AaveReserve(price=USD, decimals=8, liquidation_bonus_bps=10_500)
    by_category = aave_liquidate(account(10_000 * USD, 7_500 * USD, alone), 0, 1, USD, strict)
    assert by_category.seizure.debt_repaid == USD
    with pytest.raises(InvalidArgument):
        aave_liquidate(account(10_000 * USD, 7_500 * USD, alone), 0, 1, USD)


def test_the_categorys_bonus_is_paid() -> None:
    mode = AaveEMode(8_000, 10_100, collateral_bitmap=1)
    found = aave_liquidate(account(10_000 * USD, 8_100 * USD), 0, 1, 100 * USD, mode)
    assert found.seizure.collateral == 101 * USD


@given(
    st.integers(5_000, 20_000),
    st.integers(700, 999).filter(lambda health: health != 840),
    st.sampled_from(sorted(AAVE_VERSIONS)),
)
def test_a_liquidation_conserves_both_sides_and_helps_exactly_below_the_toxic_ltv(
    value: int, health: int, version: str
) -> None:
    held, owed = value * USD, value * USD * 800 // health
    found = aave_liquidate(account(held, owed), 0, 1, owed // 4, rounding=AAVE_VERSIONS[version])
    assert found.account[1].debt + found.seizure.debt_repaid == owed
    assert found.account[0].collateral + found.seizure.collateral == held
    # At 0.840 the loan is 1 / 1.05 of the collateral, and rounding decides.
    helps = health > 840
    assert (found.after.health_factor_wad > found.before.health_factor_wad) == helps


@given(st.integers(1, 5_000), st.integers(300, 999), st.sampled_from(sorted(AAVE_VERSIONS)))
def test_debt_is_repaid_or_owed_or_a_deficit(value: int, health: int, version: str) -> None:
    held, owed = value * USD, value * USD * 800 // health
    found = aave_liquidate(account(held, owed), 0, 1, rounding=AAVE_VERSIONS[version])
    assert found.account[1].debt + found.seizure.debt_repaid + found.deficits[1] == owed
    assert (found.deficits[1] > 0) <= (found.account[0].collateral == 0)


@pytest.mark.parametrize(
    "change",
    [
        {"price": -1},
        {"decimals": -1},
        {"liquidation_threshold_bps": 10_001},
        {"liquidation_bonus_bps": 9_999},
        {"protocol_fee_bps": 10_001},
        {"price": 1.5},
    ],
)
def test_an_impossible_reserve_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(change))):
        replace(ETHER, **change)


# --- v4 ------------------------------------------------------------------------------------------


def test_the_v4_bonus_is_flat_below_its_turn_and_nowhere_above_one() -> None:
    found = aave_v4_bonus([0.0, 0.8, 0.9, 0.95, 1.0, 1.01], 1.1, 0.5, 0.9)
    assert found[:5].tolist() == pytest.approx([1.1, 1.1, 1.1, 1.075, 1.05])
    assert np.isnan(found[5])
    for wrong in ((0.9, 0.99, 0.5, 0.9), (0.9, 1.1, 1.5, 0.9), (0.9, 1.1, 0.5, 1.0)):
        with pytest.raises(InvalidArgument):
            aave_v4_bonus(*wrong)


def test_the_liquidator_keeps_the_bonus_less_the_fees_share() -> None:
    assert net_bonus_rate(10_500, 0) == 0.05
    assert net_bonus_rate(10_500, 10_000) == 0.0
    assert net_bonus_rate(10_000, 1_000) == 0.0
    assert net_bonus_rate(11_000, 2_500) == pytest.approx(0.075)


def test_each_rounding_of_the_half_up_versions_is_to_the_nearest() -> None:
    def seized(amount: int, balance: int, fee: int, rounding: AaveRounding) -> AaveSeizure:
        held = replace(ROUNDING, protocol_fee_bps=fee)
        return aave_seizure(amount, DOLLAR, held, balance, 10_500, rounding)

    for rounding in (AAVE_HALF_UP, AAVE_HALF_UP_DEBT_UP):
        # 10 -> 10.5 -> 11; 11 / 1.05 = 10.48 -> 10; the fee is half of a bonus of 1.
        assert seized(10, 99, 5_000, rounding) == (10, 10, 1)
        assert seized(10, 99, 4_999, rounding) == (11, 10, 0)
        # 18 -> 18.9 -> 19; 19 / 1.05 = 18.1; 14 -> 14.7 -> 15; 15 / 1.05 = 14.3.
        assert seized(18, 99, 10_000, rounding) == (18, 18, 1)
        # 8 / 1.05 = 7.62: to the nearest there is no bonus in it.
        assert seized(1_000, 8, 10_000, rounding) == (8, 8, 0)
    assert seized(1_000, 17, 0, AAVE_HALF_UP) == (17, 16, 0)
    assert seized(1_000, 17, 0, AAVE_HALF_UP_DEBT_UP) == (17, 17, 0)


def test_a_debt_of_exactly_half_of_the_total_is_closed_as_it_is() -> None:
    third = AaveReserve(price=USD // 3, decimals=8)
    debt = 9_000 * USD
    half = third.debt_value(debt)
    assert aave_liquidatable_debt(third, debt, half, 2 * half, WAD - 1) == debt
    assert half * third.unit // third.price >= debt
    uneven = aave_liquidatable_debt(third, debt + 2, half, 2 * half, WAD - 1)
    assert uneven == half * third.unit // third.price


def test_a_seizure_of_exactly_the_balance_keeps_its_debt_and_a_capped_one_is_floored() -> None:
    pricey, double = AaveReserve(3, 0), AaveReserve(2, 0)
    assert aave_seizure(10, AaveReserve(1, 0), pricey, 3, 10_000) == (3, 10, 0)
    assert aave_seizure(10, AaveReserve(1, 0), pricey, 2, 10_000) == (2, 6, 0)
    assert aave_seizure(99, double, pricey, 3, 10_000) == (3, 4, 0)


def test_one_unit_left_on_either_side_is_dust() -> None:
    with pytest.raises(InvalidArgument, match="dust"):
        aave_liquidate(account(10_000 * USD, 9_000 * USD), 0, 1, 9_000 * USD - 1)
    plain = replace(ETHER, liquidation_bonus_bps=10_000, protocol_fee_bps=0)
    with pytest.raises(InvalidArgument, match="dust"):
        aave_liquidate(account(2_900 * USD, 2_950 * USD, plain), 0, 1, 2_900 * USD - 1)
    book = [*account(10_000 * USD, 8_500 * USD), AavePosition(ETHER, 10)]
    small = aave_liquidate(book, 0, 1, 1)
    assert small.seizure.debt_repaid == 1
    assert [position.collateral for position in small.account] == [10_000 * USD - 1, 0, 10]


def nearest(value: Fraction) -> int:
    """To the nearest integer, a tie upward."""
    return int((2 * value + 1) // 2)


@given(st.integers(0, 3 * RAY))
def test_compounding_rounds_each_product_to_the_nearest(x: int) -> None:
    inner = nearest(Fraction(x * (x // 6), RAY))
    second = nearest(Fraction(x * (x // 2 + inner), RAY))
    assert aave_compounded_interest(x * SECONDS_PER_YEAR, 1) == RAY + x + second


@given(st.integers(0, RAY), st.integers(1, RAY - 1), st.integers(0, RAY), st.integers(0, RAY))
def test_the_rate_rounds_each_step_to_the_nearest(
    used: int, optimal: int, slope1: int, slope2: int
) -> None:
    rates = AaveRates(optimal, 5, slope1, slope2)
    if used <= optimal:
        product = nearest(Fraction(slope1 * used, RAY))
        wanted = 5 + nearest(Fraction(product * RAY, optimal))
    else:
        share = nearest(Fraction((used - optimal) * RAY, RAY - optimal))
        wanted = 5 + slope1 + nearest(Fraction(slope2 * share, RAY))
    assert aave_borrow_rate(rates, used) == wanted
    liquidity = nearest(Fraction(wanted * used, RAY))
    assert aave_liquidity_rate(wanted, used, 1_234) == nearest(Fraction(liquidity * 8_766, 10**4))


def test_zeros_of_rates_and_thresholds_are_answers() -> None:
    assert MAX_HEALTH == 2**256 - 1
    assert aave_liquidity_rate(0, 0, 10_000) == 0
    assert aave_borrow_rate(AaveRates(1, 0, 0, 0), 0) == 0
    assert AaveReserve(price=0, decimals=77).collateral_value(5) == 0
    assert AaveEMode(0, 10_000, 0).holds(0) is False
    for wrong in ((-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 0, 10_001)):
        with pytest.raises(InvalidArgument):
            aave_liquidity_rate(*wrong)
    for name in ("liquidation_threshold_bps", "collateral_bitmap"):
        with pytest.raises(InvalidArgument, match=name):
            replace(AaveEMode(0, 10_000, 0), **{name: -1})
    with pytest.raises(InvalidArgument, match="decimals"):
        AaveReserve(price=1, decimals=78)
    with pytest.raises(InvalidArgument, match="account"):
        aave_totals([AavePosition(ETHER, -1)])
