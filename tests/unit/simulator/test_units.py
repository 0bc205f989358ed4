"""Rounding is what its name says, and nothing is lost between text, words, integers and floats."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, trunc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import units
from simulator.errors import InputError

signed_words = st.integers(min_value=-(2**255), max_value=2**255 - 1)
words = st.integers(min_value=0, max_value=2**256 - 1)
divisors = st.integers(min_value=-(10**30), max_value=10**30).filter(bool)
steps = st.integers(min_value=1, max_value=10**20)


@given(signed_words, divisors)
def test_each_division_rounds_as_its_name_says(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert units.div_floor(numerator, denominator) == floor(exact)
    assert units.div_ceil(numerator, denominator) == ceil(exact)
    assert units.div_trunc(numerator, denominator) == trunc(exact)
    euclidean = units.div_euclidean(numerator, denominator)
    assert 0 <= numerator - euclidean * denominator < abs(denominator)


@given(words, st.integers(min_value=1, max_value=10**30))
def test_half_up_takes_the_nearest_and_a_tie_upward(numerator: int, denominator: int) -> None:
    result = units.div_half_up(numerator, denominator)
    # b // 2 makes the tie of an odd divisor impossible, so the nearest is the only answer.
    assert abs(Fraction(numerator, denominator) - result) <= Fraction(1, 2)
    assert units.div_half_up(5, 10) == 1 and units.div_half_up(4, 10) == 0


@given(signed_words, signed_words)
def test_wad_products_differ_by_their_rounding_only(left: int, right: int) -> None:
    exact = Fraction(left * right, units.WAD)
    assert units.wad_mul_floor(left, right) == floor(exact)
    assert units.wad_mul_ceil(left, right) == ceil(exact)
    assert units.wad_mul_trunc(left, right) == trunc(exact)


@given(signed_words, steps)
def test_quantising_lands_on_the_step_in_the_named_direction(amount: int, step: int) -> None:
    toward_zero = units.quantise_trunc(amount, step)
    down, up = units.quantise_floor(amount, step), units.quantise_ceil(amount, step)
    nearest = units.quantise_half_up(amount, step)
    assert {value % step for value in (toward_zero, down, up, nearest)} == {0}
    assert down <= amount <= up and up - down == (step if amount % step else 0)
    assert abs(toward_zero) <= abs(amount) < abs(toward_zero) + step
    assert 2 * abs(nearest - amount) <= step


@given(st.integers(min_value=-(10**30), max_value=10**30), st.integers(0, 18))
def test_decimal_text_becomes_the_exact_integer(value: int, decimals: int) -> None:
    digits = f"{abs(value):0{decimals + 1}d}"
    cut = len(digits) - decimals
    text = ("-" if value < 0 else "") + digits[:cut] + ("." + digits[cut:] if decimals else "")
    assert units.decimal_to_integer(text, decimals) == value
    assert units.decimal_to_integer(text, decimals + 3) == value * 1000


def test_scientific_notation_and_trailing_zeros_are_exact() -> None:
    assert units.decimal_to_integer("4e-05", 8) == 4_000
    assert units.decimal_to_integer("1.50000000000", 8) == 150_000_000
    assert units.decimal_to_integer("2E3", 0) == 2_000


@pytest.mark.parametrize(
    "text", ["", "abc", "nan", "inf", "1,5", " 1", "1 ", "0x10", "1_000", "--1", "1.", "\u0663"]
)
def test_text_that_is_no_decimal_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match=r"price = .*must be a decimal number"):
        units.decimal_to_integer(text, 8, "price")


def test_more_decimals_than_the_scale_are_refused_not_rounded() -> None:
    with pytest.raises(InputError, match="at most 8 decimal places"):
        units.decimal_to_integer("0.000000001", 8, "price")
    with pytest.raises(InputError, match="at most 2 decimal places"):
        units.decimal_to_integer("-1e-3", 2, "price")


@given(st.lists(signed_words, min_size=1, max_size=5))
def test_signed_words_and_integers_are_inverse(values: list[int]) -> None:
    limbs = units.integers_to_words(values, signed=True)
    assert limbs.shape == (len(values), 4) and limbs.dtype == np.uint64
    assert units.words_to_integers(limbs, signed=True) == values


@given(st.lists(words, min_size=1, max_size=5))
def test_unsigned_words_and_integers_are_inverse(values: list[int]) -> None:
    limbs = units.integers_to_words(values, signed=False)
    assert units.words_to_integers(limbs, signed=False) == values


def test_the_least_significant_limb_comes_first() -> None:
    limbs = units.integers_to_words([2**64 + 7], signed=False)
    assert limbs.tolist() == [[7, 1, 0, 0]]


@pytest.mark.parametrize(("value", "signed"), [(2**255, True), (-1, False), (2**256, False)])
def test_an_integer_that_does_not_fit_is_refused(value: int, signed: bool) -> None:
    with pytest.raises(OverflowError):
        units.integers_to_words([value], signed=signed)


# Half between two floats, or a digit beside it in another limb: where rounding twice goes wrong.
near_half_way = st.builds(
    lambda head, limb, shift, tail, sign: sign * (((2 * head + 1) << (64 * limb + shift)) + tail),
    st.integers(2**52, 2**53 - 1),
    st.integers(0, 2),
    st.integers(0, 9),
    st.integers(-1, 1),
    st.sampled_from([1, -1]),
)
# Negating these carries through limbs of zeros.
round_words = st.builds(
    lambda head, limbs: head << (64 * limbs), st.integers(-(2**63), 2**63 - 1), st.integers(0, 3)
)
words_to_convert = st.one_of(near_half_way, signed_words, round_words, st.integers(-(2**66), 2**66))


@given(st.lists(words_to_convert, max_size=6))
def test_words_become_the_correctly_rounded_float(values: list[int]) -> None:
    limbs = units.integers_to_words(values, signed=True)
    # float() of a Python integer rounds to nearest, ties to even.
    assert units.words_to_floats(limbs, signed=True).tolist() == [float(v) for v in values]


@given(st.lists(words, max_size=6))
def test_unsigned_words_become_the_correctly_rounded_float(values: list[int]) -> None:
    limbs = units.integers_to_words(values, signed=False)
    assert units.words_to_floats(limbs, signed=False).tolist() == [float(v) for v in values]


def test_words_keep_their_leading_shape() -> None:
    limbs = units.integers_to_words([1, -2, 3, -4, 5, -6], signed=True).reshape(2, 3, 4)
    assert units.words_to_floats(limbs, signed=True).tolist() == [[1, -2, 3], [-4, 5, -6]]


@given(st.integers(min_value=-(10**40), max_value=10**40))
def test_a_wad_becomes_the_nearest_float(amount: int) -> None:
    assert units.wad_to_float(amount) == float(Fraction(amount, units.WAD))


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_a_float_becomes_a_multiple_of_the_step_toward_zero(amount: float) -> None:
    size = units.float_to_wad(amount, units.LOT)
    exact = Fraction(amount) * units.WAD
    assert size % units.LOT == 0
    assert 0 <= abs(exact) - abs(size) < units.LOT


def test_a_historical_price_is_a_tick_on_chain() -> None:
    assert units.price_ticks_to_wad(20_074_000_000) == 200_740_000_000_000_000_000
    assert units.WAD_PER_PRICE_TICK % units.TICK == 0
    # int64 would overflow at BTC prices.
    assert units.price_ticks_to_wad(int(np.int64(789_457_000_000))) == 7_894_570_000_000_000_000_000
