"""Pools: the constant product in floats and integers, concentrated liquidity to the last unit."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import (
    amount0_delta,
    amount1_delta,
    constant_product_mid_ratio,
    constant_product_sale,
    largest_profitable_sale,
    next_sqrt_price_from_input,
    next_sqrt_price_from_output,
    swap_step,
    uniswap_v2_amount_in,
    uniswap_v2_amount_out,
)

Q96 = 1 << 96
WAD = 10**18
WORD = 1 << 256
HIGHEST = (1 << 160) - 1
amounts = st.integers(1, 10**24)


# --- constant product -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_in", "reserve_in", "reserve_out", "out"),
    [
        (1, 5, 10, 1662497915624478906),
        (1, 10, 5, 453305446940074565),
        (2, 5, 10, 2851015155847869602),
        (2, 10, 5, 831248957812239453),
        (1, 10, 10, 906610893880149131),
        (1, 100, 100, 987158034397061298),
        (1, 1000, 1000, 996006981039903216),
    ],
)
def test_amounts_of_the_pair_contracts_own_test(
    given_in: int, reserve_in: int, reserve_out: int, out: int
) -> None:
    """Printed in Uniswap/v2-core, test/UniswapV2Pair.spec.ts."""
    assert uniswap_v2_amount_out(given_in * WAD, reserve_in * WAD, reserve_out * WAD) == out


@given(amounts, amounts, amounts, st.integers(1, 1000))
def test_the_integer_pool_pays_the_floor_and_never_loses(
    amount: int, reserve_in: int, reserve_out: int, kept: int
) -> None:
    out = uniswap_v2_amount_out(amount, reserve_in, reserve_out, kept, 1000)
    exact = Fraction(amount * kept * reserve_out, reserve_in * 1000 + amount * kept)
    assert out <= exact < out + 1
    assert (reserve_in + amount) * (reserve_out - out) >= reserve_in * reserve_out
    assert out < reserve_out


@given(amounts, amounts, amounts)
def test_the_amount_in_buys_what_was_wanted(wanted: int, reserve_in: int, extra: int) -> None:
    reserve_out = wanted + extra
    paid = uniswap_v2_amount_in(wanted, reserve_in, reserve_out)
    assert uniswap_v2_amount_out(paid, reserve_in, reserve_out) >= wanted
    needed = Fraction(reserve_in * wanted * 1000, (reserve_out - wanted) * 997)
    assert paid - 1 <= needed < paid


def test_the_amount_in_is_one_above_the_floor_even_when_exact() -> None:
    assert uniswap_v2_amount_in(1, 997, 1001) == 997 * 1000 // (1000 * 997) + 1 == 2


@pytest.mark.parametrize(
    "arguments", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1, 0), (1, 1, 1, 1001)]
)
def test_empty_pools_and_amounts_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgument):
        uniswap_v2_amount_out(*arguments)
    amount, reserve_in, reserve_out, *rest = arguments
    with pytest.raises(InvalidArgument):
        uniswap_v2_amount_in(amount, reserve_in, 10 * reserve_out, *rest)
    assert uniswap_v2_amount_out(1, 1, 1, 1000, 1000) == 0


def test_a_pool_cannot_pay_all_it_has() -> None:
    assert uniswap_v2_amount_in(9, 10, 10) > 0
    with pytest.raises(InvalidArgument, match="amount_out"):
        uniswap_v2_amount_in(10, 10, 10)


@given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9), st.floats(0.0, 1e9), st.floats(0.0, 0.99))
def test_a_sale_keeps_the_product_and_lowers_the_price(
    reserve_in: float, reserve_out: float, amount: float, fee: float
) -> None:
    sale = constant_product_sale(reserve_in, reserve_out, amount, fee)
    effective = amount * (1 - fee)
    left = reserve_out * reserve_in / (reserve_in + effective)
    assert left + float(sale.amount_out) == pytest.approx(reserve_out)
    assert left * (reserve_in + effective) == pytest.approx(reserve_in * reserve_out, rel=1e-6)
    assert sale.spot_before == pytest.approx(reserve_out / reserve_in)
    assert sale.spot_after == pytest.approx(left / (reserve_in + amount))
    assert sale.spot_after <= sale.spot_before * (1 + 1e-12)
    if amount > 0:
        assert sale.average_price * amount == pytest.approx(float(sale.amount_out))
    else:
        assert sale.amount_out == 0
        assert sale.average_price == pytest.approx(float(sale.spot_before) * (1 - fee))


def test_without_a_fee_the_spot_is_the_squared_ratio() -> None:
    sale = constant_product_sale(10.0, 20.0, [0.0, 1.0, 10.0])
    assert sale.spot_after == pytest.approx(2.0 * constant_product_mid_ratio([0.0, 0.1, 1.0]))
    assert sale.spot_before.tolist() == [2.0, 2.0, 2.0]
    assert constant_product_mid_ratio(1.0) == 0.25


@given(st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_the_largest_sale_breaks_even(bonus: float, fee: float) -> None:
    share = float(largest_profitable_sale(bonus, fee))

    def gain(part: float) -> float:
        received = constant_product_sale(1.0, 1.0, part, fee).amount_out
        return float(received) - part / (1 + bonus)

    if (1 + bonus) * (1 - fee) <= 1:
        assert share == pytest.approx(0.0, abs=1e-12) and gain(1e-3) < 0
    else:
        assert gain(share) == pytest.approx(0.0, abs=1e-9)
        assert gain(share * 1.01 + 1e-6) < 0
    assert share >= 0.0


def test_pools_are_checked_at_the_door() -> None:
    for arguments in (
        (0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, -1.0), (1.0, 1.0, 1.0, 1.0),
        (1.0, 1.0, 1.0, -0.1), (1.0, np.nan, 1.0),
    ):  # fmt: skip
        with pytest.raises(InvalidArgument):
            constant_product_sale(*arguments)
    with pytest.raises(InvalidArgument, match="fee"):
        constant_product_sale(1.0, 1.0, 1.0, [0.1, 1.0])
    for bonus, fee in ((-0.1, 0.0), (0.1, 1.0), (0.1, -0.1)):
        with pytest.raises(InvalidArgument):
            largest_profitable_sale(bonus, fee)
    with pytest.raises(InvalidArgument):
        constant_product_mid_ratio(-0.1)


# --- concentrated liquidity -----------------------------------------------------------------------
# Vectors: Uniswap/v3-core, test/SqrtPriceMath.spec.ts and SwapMath.spec.ts.


@pytest.mark.parametrize(
    ("price", "liquidity", "amount", "zero_for_one", "after"),
    [
        (Q96, WAD, 10**17, False, 87150978765690771352898345369),
        (Q96, WAD, 10**17, True, 72025602285694852357767227579),
        (Q96, 10 * WAD, 1 << 100, True, 624999999995069620),
        (Q96, 1, WORD // 2 - 1, True, 1),
        (1, 1, 1 << 255, True, 1),
        (Q96, WAD, 0, True, Q96),
        (Q96, WAD, 0, False, Q96),
        (
            HIGHEST, (1 << 128) - 1, WORD - 1 - ((((1 << 128) - 1) << 96) // HIGHEST), True, 1,
        ),
    ],
)  # fmt: skip
def test_prices_after_an_input(
    price: int, liquidity: int, amount: int, zero_for_one: bool, after: int
) -> None:
    assert next_sqrt_price_from_input(price, liquidity, amount, zero_for_one) == after


@pytest.mark.parametrize(
    ("price", "liquidity", "amount", "zero_for_one", "after"),
    [
        (Q96, WAD, 10**17, False, 88031291682515930659493278152),
        (Q96, WAD, 10**17, True, 71305346262837903834189555302),
        (20282409603651670423947251286016, 1024, 262143, True, 77371252455336267181195264),
        (Q96, WAD, 0, True, Q96),
        (Q96, WAD, 0, False, Q96),
    ],
)
def test_prices_after_an_output(
    price: int, liquidity: int, amount: int, zero_for_one: bool, after: int
) -> None:
    assert next_sqrt_price_from_output(price, liquidity, amount, zero_for_one) == after


@pytest.mark.parametrize(
    ("amount", "zero_for_one"),
    [(4, False), (5, False), (262144, True), (262145, True), (WORD - 1, True), (WORD - 1, False)],
)
def test_an_output_of_the_whole_virtual_reserve_is_refused(amount: int, zero_for_one: bool) -> None:
    with pytest.raises(InvalidArgument, match="amount_out"):
        next_sqrt_price_from_output(20282409603651670423947251286016, 1024, amount, zero_for_one)


def test_a_price_beyond_its_word_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="amount_in"):
        next_sqrt_price_from_input(HIGHEST, 1024, 1024, False)
    assert next_sqrt_price_from_input(HIGHEST - 1, Q96, 1, False) == HIGHEST
    with pytest.raises(InvalidArgument, match="amount_in"):
        next_sqrt_price_from_input(HIGHEST, Q96, 1, False)
    with pytest.raises(InvalidArgument, match="amount_out"):
        next_sqrt_price_from_output(HIGHEST, 1 << 127, (1 << 63) - 1, False)


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 1), (HIGHEST + 1, 1, 1), (1, 0, 1), (1, 1 << 128, 1), (1, 1, -1), (1, 1, WORD)],
)
def test_words_that_do_not_exist_are_refused(arguments: tuple[int, int, int]) -> None:
    for step in (next_sqrt_price_from_input, next_sqrt_price_from_output):
        for side in (True, False):
            with pytest.raises(InvalidArgument):
                step(*arguments, side)


def test_the_contracts_second_formula_is_used_from_the_overflow_on() -> None:
    price, liquidity = Q96 * 3, 12345
    edge = WORD // price + 1
    for amount in (edge - 1, edge, edge + 1):
        numerator = liquidity << 96
        if amount * price < WORD and numerator + amount * price < WORD:
            wanted = -(-numerator * price // (numerator + amount * price))
        else:
            wanted = -(-numerator // (numerator // price + amount))
        assert next_sqrt_price_from_input(price, liquidity, amount, True) == wanted
    # The two differ for the same amount: this one depends on which is used.
    price, liquidity = (1 << 160) - 1, (1 << 128) - 1
    numerator = liquidity << 96
    amount = (WORD - numerator) // price
    assert numerator + amount * price < WORD <= numerator + (amount + 1) * price
    first = next_sqrt_price_from_input(price, liquidity, amount, True)
    second = next_sqrt_price_from_input(price, liquidity, amount + 1, True)
    assert first == -(-numerator * price // (numerator + amount * price))
    assert second == -(-numerator // (numerator // price + amount + 1))


prices = st.integers(1 << 60, 1 << 130)
liquidities = st.integers(1, 1 << 100)


@given(prices, liquidities, st.integers(0, 1 << 100), st.booleans())
def test_the_price_never_moves_past_what_was_paid(
    price: int, liquidity: int, amount: int, zero_for_one: bool
) -> None:
    try:
        after = next_sqrt_price_from_input(price, liquidity, amount, zero_for_one)
    except InvalidArgument:
        return
    if zero_for_one:
        assert after <= price and amount >= amount0_delta(after, price, liquidity, True)
    else:
        assert after >= price and amount >= amount1_delta(price, after, liquidity, True)


@given(prices, liquidities, st.integers(0, 1 << 100), st.booleans())
def test_the_price_moves_far_enough_for_what_is_paid_out(
    price: int, liquidity: int, amount: int, zero_for_one: bool
) -> None:
    try:
        after = next_sqrt_price_from_output(price, liquidity, amount, zero_for_one)
    except InvalidArgument:
        return
    if zero_for_one:
        assert amount <= amount1_delta(after, price, liquidity, False)
    else:
        assert amount <= amount0_delta(price, after, liquidity, False)


@given(prices, prices, st.integers(0, 1 << 100))
def test_deltas_round_against_the_trader_by_one_unit_per_division(
    one: int, two: int, liquidity: int
) -> None:
    for delta, exact, most in (
        (amount0_delta, Fraction((liquidity << 96) * abs(one - two), one * two), 2),
        (amount1_delta, Fraction(liquidity * abs(one - two), Q96), 1),
    ):
        down, up = delta(one, two, liquidity, False), delta(two, one, liquidity, True)
        assert down <= exact <= up and up - down <= most
        if exact.denominator == 1 and most == 1:
            assert up == down == exact


def test_deltas_between_one_and_one_point_one_squared() -> None:
    high = 87150978765690771352898345369
    assert amount0_delta(Q96, high, WAD, True) == 90909090909090910
    assert amount0_delta(Q96, high, WAD, False) == 90909090909090909
    assert amount1_delta(Q96, high, WAD, True) == 100000000000000000
    assert amount1_delta(Q96, high, WAD, False) == 99999999999999999
    assert amount0_delta(Q96, Q96, WAD, True) == amount1_delta(Q96, high, 0, True) == 0
    for bad in ((0, Q96), (Q96, 0)):
        for delta in (amount0_delta, amount1_delta):
            with pytest.raises(InvalidArgument):
                delta(*bad, WAD, True)


def price_of(numerator: int, denominator: int) -> int:
    return isqrt((numerator << 192) // denominator)


@pytest.mark.parametrize(
    ("target", "remaining", "fee", "paid", "out", "taken"),
    [
        ((101, 100), WAD, 600, 9975124224178055, 9925619580021728, 5988667735148),
        ((101, 100), -WAD, 600, 9975124224178055, 9925619580021728, 5988667735148),
        ((1000, 100), WAD, 600, 999400000000000000, 666399946655997866, 600000000000000),
        ((10000, 100), -WAD, 600, 2000000000000000000, WAD, 1200720432259356),
    ],
)
def test_swap_steps(
    target: tuple[int, int], remaining: int, fee: int, paid: int, out: int, taken: int
) -> None:
    step = swap_step(Q96, price_of(*target), 2 * WAD, remaining, fee)
    assert (step.amount_in, step.amount_out, step.fee_amount) == (paid, out, taken)
    reaches = target == (101, 100)
    assert (step.next_sqrt_price_x96 == price_of(*target)) == reaches


def test_an_output_is_capped_at_what_was_wanted() -> None:
    price, target = 417332158212080721273783715441582, 1452870262520218020823638996
    step = swap_step(price, target, 159344665391607089467575320103, -1, 1)
    assert step == (417332158212080721273783715441581, 1, 1, 1)


def test_dust_that_cannot_move_the_price_is_all_fee() -> None:
    step = swap_step(2413, 79887613182836312, 1985041575832132834610021537970, 10, 1872)
    assert step == (2413, 0, 0, 10)


@given(
    prices, prices, st.integers(0, 1 << 100), st.integers(-(1 << 100), 1 << 100),
    st.integers(0, 999_999),
)  # fmt: skip
def test_a_step_takes_no_more_and_gives_no_more_than_was_asked(
    price: int, target: int, liquidity: int, remaining: int, fee: int
) -> None:
    if liquidity == 0:
        step = swap_step(price, target, 0, remaining, fee)
        assert step.amount_in == step.amount_out == 0 and step.next_sqrt_price_x96 == target
        return
    step = swap_step(price, target, liquidity, remaining, fee)
    after = step.next_sqrt_price_x96
    assert min(price, target) <= after <= max(price, target)
    if remaining >= 0:
        assert step.amount_in + step.fee_amount <= remaining
    else:
        assert step.amount_out <= -remaining
    if after != target and remaining >= 0:
        assert step.amount_in + step.fee_amount == remaining
    if after != target and remaining < 0:
        assert step.amount_out == -remaining


def test_nothing_to_sell_leaves_the_price_even_where_a_unit_of_it_pays_nothing() -> None:
    assert swap_step(Q96, Q96 - 1, 1, 0, 0) == (Q96, 0, 0, 0)
    assert swap_step(Q96, Q96 - 1, 1, 1, 0) == (Q96 - 1, 1, 0, 0)


def test_a_step_needs_a_fee_below_the_whole() -> None:
    for fee in (-1, 1_000_000):
        with pytest.raises(InvalidArgument, match="fee_pips"):
            swap_step(Q96, Q96 + 1, 1, 1, fee)
