"""Compound v3: who is liquidatable, what is absorbed, the store front and the two kinks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.lending import (
    CompoundCollateral,
    KinkedRates,
    compound_absorb,
    compound_for_sale,
    compound_liquidatable,
    compound_liquidity,
    compound_present_value,
    compound_principal,
    compound_quote_collateral,
    compound_rate,
    compound_utilisation,
)
from simulator.units import WAD

USD = 10**8
HELD = CompoundCollateral(
    amount=100, price=USD, decimals=0, liquidate_factor=8 * WAD // 10,
    liquidation_factor=9 * WAD // 10,
)  # fmt: skip


def test_an_account_at_exactly_zero_liquidity_is_safe_and_one_unit_less_is_not() -> None:
    assert compound_liquidity(-80, USD, 0, [HELD]) == 0
    assert not compound_liquidatable(-80, USD, 0, [HELD])
    assert compound_liquidatable(-81, USD, 0, [HELD])
    assert compound_liquidatable(-80, USD, 0, [replace(HELD, liquidate_factor=8 * WAD // 10 - 1)])
    assert compound_liquidatable(-1, USD, 0, [])
    assert not compound_liquidatable(0, USD, 0, [])


def test_a_supplier_is_never_liquidatable_and_a_debt_below_the_unit_is_nothing() -> None:
    assert not compound_liquidatable(5, USD, 0, [])
    # Toward zero: -1 x 9 / 10 = 0, no debt is left to be seen.
    assert compound_liquidity(-1, 9, 1, []) == 0
    assert not compound_liquidatable(-1, 9, 1, [])
    assert compound_liquidity(-19, 1, 1, []) == -1
    assert compound_liquidity(19, 1, 1, []) == 1


def test_each_collateral_is_floored_twice() -> None:
    odd = CompoundCollateral(19, 1, 1, WAD // 2 + 1)
    assert odd.value == 1
    assert compound_liquidity(0, USD, 0, [odd, odd]) == 0
    assert compound_liquidity(0, USD, 0, [replace(odd, liquidate_factor=WAD)] * 2) == 2


def test_balances_are_floored_for_suppliers_and_debts_stored_up() -> None:
    supply, borrow = 1_100_000_000_000_000, 1_300_000_000_000_000
    assert compound_present_value(9, supply, borrow) == 9
    assert compound_present_value(-9, supply, borrow) == -11
    assert compound_principal(9, supply, borrow) == 8
    assert compound_principal(-9, supply, borrow) == -7
    assert compound_present_value(0, supply, borrow) == compound_principal(0, supply, borrow) == 0
    with pytest.raises(InvalidArgument, match="supply_index"):
        compound_present_value(1, 0, borrow)


@given(st.integers(-(10**12), 10**12), st.integers(10**15, 10**16), st.integers(10**15, 10**16))
def test_a_round_trip_never_favours_the_account(balance: int, supply: int, borrow: int) -> None:
    stored = compound_principal(balance, supply, borrow)
    back = compound_present_value(stored, supply, borrow)
    if balance >= 0:
        assert back <= balance
    else:
        assert compound_principal(balance, supply, borrow) * borrow <= balance * 10**15


@pytest.mark.parametrize(
    ("balance", "new", "paid", "bad"),
    [(-100, 0, 100, 10), (-90, 0, 90, 0), (-89, 1, 90, 0), (-91, 0, 91, 1), (-1, 89, 90, 0)],
)
def test_all_of_the_debt_is_written_off_and_a_surplus_is_credited(
    balance: int, new: int, paid: int, bad: int
) -> None:
    assert compound_absorb(balance, USD, 0, [HELD]) == (new, paid, bad)


def test_the_credit_is_floored_in_units_of_the_base() -> None:
    assert compound_absorb(-10, 3 * USD, 0, [replace(HELD, amount=10)]) == (0, 10, 7)
    # 10.8 + 0.9 in values of 1e-8: each collateral is floored, not their sum.
    tiny = CompoundCollateral(12, 1, 0, 0, 9 * WAD // 10)
    assert compound_absorb(-100, 1, 0, [tiny, replace(tiny, amount=1)]) == (0, 100, 90)
    with pytest.raises(InvalidArgument, match="balance"):
        compound_absorb(0, USD, 0, [HELD])


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_account_never_gains_more_than_its_collateral(debt: int, amount: int) -> None:
    found = compound_absorb(-debt, USD, 0, [replace(HELD, amount=amount)])
    assert found.base_paid_out == debt + found.new_balance
    assert min(found.new_balance, found.bad_debt) == 0
    assert found.new_balance <= amount and found.bad_debt <= debt


def test_the_quote_is_floored_at_each_step() -> None:
    quote = compound_quote_collateral
    assert quote(100, USD, 0, USD, 0, WAD, WAD) == 100
    assert quote(100, USD, 0, USD, 0, 9 * WAD // 10, WAD) == 111
    assert quote(100, USD, 0, USD, 0, 9 * WAD // 10, WAD // 2) == 105
    assert quote(7, 10, 1, 3, 0, WAD, WAD) == 70 // 3 // 10
    assert quote(7, 10, 0, 3, 1, WAD, WAD) == 700 // 3
    # discount of 3 / 4 of a price of 3: 0.75 -> no price is left.
    with pytest.raises(InvalidArgument, match="store_front_factor"):
        quote(7, 10, 0, 3, 0, WAD // 4, WAD)
    assert quote(7, 10, 0, 4, 0, WAD // 4, WAD) == 70


def test_the_store_front_closes_at_its_target() -> None:
    assert compound_for_sale(9, 10)
    assert not compound_for_sale(10, 10)
    assert compound_for_sale(-5, 0)
    assert not compound_for_sale(0, 0)


RATES = KinkedRates(
    base=WAD // 100, slope_low=WAD // 20, slope_high=3 * WAD // 10, kink=8 * WAD // 10
)


@pytest.mark.parametrize(
    ("used", "rate"), [(0, 100), (4, 300), (8, 500), (9, 800), (10, 1100), (12, 1700)]
)
def test_the_curve_turns_at_its_kink_and_goes_on_beyond_one(used: int, rate: int) -> None:
    assert compound_rate(RATES, used * WAD // 10) == rate * WAD // 10_000


def test_each_product_is_floored_and_the_kink_itself_is_low() -> None:
    odd = KinkedRates(base=0, slope_low=3, slope_high=10 * WAD, kink=WAD // 2)
    assert compound_rate(odd, WAD // 2) == 1
    assert compound_rate(odd, WAD // 2 + 1) == 11
    both = KinkedRates(base=0, slope_low=3, slope_high=3, kink=WAD // 2)
    assert compound_rate(both, WAD) == 2
    assert compound_rate(KinkedRates(7, 0, WAD, 0), 5) == 12


def test_utilisation_may_exceed_one_and_is_zero_without_supply() -> None:
    assert compound_utilisation(3, 2) == 3 * WAD // 2
    assert compound_utilisation(1, 3) == WAD // 3
    assert compound_utilisation(3, 0) == 0


def test_the_base_tokens_decimals_and_price_scale_both_ways() -> None:
    assert compound_liquidity(-25, 3, 1, []) == -7
    assert compound_absorb(-(10**6), 2 * USD, 6, [HELD]) == (44 * 10**6, 45 * 10**6, 0)
    assert compound_absorb(-(10**6), 7 * USD, 6, [HELD]).new_balance == 90 * 10**6 // 7 - 10**6
    # 25 units of 0.1 at a price of 3 are 7.5; at 2 each, 100 per token: 375 units.
    assert compound_quote_collateral(25, 3, 1, 2, 2, WAD, WAD) == 375
    # Half of half of a WAD less one: the discount is floored before it is taken off.
    odd = compound_quote_collateral(10**18, 1, 0, WAD, 0, WAD - 1, WAD // 2)
    assert odd == 1


def test_zeros_are_answers_and_negative_amounts_are_refused() -> None:
    assert compound_quote_collateral(0, 1, 0, 1, 0, WAD, 0) == 0
    assert compound_quote_collateral(5, 1, 0, 1, 0, 0, 0) == 5
    assert compound_present_value(5, 1, 1) == compound_present_value(-5, 1, 1) == 0
    assert compound_principal(5, 10**15, 1) == 5 and compound_principal(-5, 1, 10**15) == -5
    for wrong in (
        (-1, 1, 0, 1, 0, WAD, WAD),
        (1, 0, 0, 1, 0, WAD, WAD),
        (1, 1, 0, 0, 0, WAD, WAD),
        (1, 1, 0, 1, 0, WAD + 1, WAD),
        (1, 1, 0, 1, 0, WAD, WAD + 1),
        (1, 1, 0, 1, 0, -1, WAD),
        (1, 1, 0, 1, 0, WAD, -1),
    ):
        with pytest.raises(InvalidArgument):
            compound_quote_collateral(*wrong)
    with pytest.raises(InvalidArgument, match="base_price"):
        compound_absorb(-1, 0, 0, [])
    with pytest.raises(InvalidArgument, match="borrow_index"):
        compound_principal(1, 1, 0)
    for name in ("amount", "price", "decimals", "liquidate_factor", "liquidation_factor"):
        with pytest.raises(InvalidArgument, match=name):
            replace(HELD, **{name: -1})
    assert replace(HELD, amount=0, price=0, liquidate_factor=0, liquidation_factor=0).value == 0
    for name in ("base", "slope_low", "slope_high", "kink"):
        with pytest.raises(InvalidArgument, match=name):
            replace(RATES, **{name: -1})
    assert compound_utilisation(0, 1) == 0
    for pair in ((-1, 1), (1, -1)):
        with pytest.raises(InvalidArgument):
            compound_utilisation(*pair)
    with pytest.raises(InvalidArgument, match="utilisation_wad"):
        compound_rate(RATES, -1)
