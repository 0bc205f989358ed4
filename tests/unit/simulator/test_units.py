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
    assert units.decimal_to_integer("-1.50000000000", 8) == -150_000_000
    assert units.decimal_to_integer("-1200e-2", 0) == -12
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


# --- products as protocols round them ------------------------------------------------------------

unsigned = st.integers(min_value=0, max_value=10**40)


def nearest_tie_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


@given(unsigned, unsigned)
def test_half_up_products_take_the_nearest_unit_and_a_tie_upward(left: int, right: int) -> None:
    product = Fraction(left * right)
    assert units.ray_mul_half_up(left, right) == nearest_tie_up(product / units.RAY)
    assert units.wad_mul_half_up(left, right) == nearest_tie_up(product / units.WAD)
    assert units.percent_mul_half_up(left, right) == nearest_tie_up(product / units.BPS)


@given(unsigned, st.integers(1, 10**30))
def test_half_up_quotients_add_half_of_the_divisor_floored(left: int, right: int) -> None:
    # For an odd divisor b // 2 is a little less than half, and no exact tie exists.
    assert units.ray_div_half_up(left, right) == (left * units.RAY + right // 2) // right
    assert units.percent_div_half_up(left, right) == (left * units.BPS + right // 2) // right


def test_half_up_at_the_tie_and_one_unit_below_it() -> None:
    assert units.ray_mul_half_up(units.RAY // 2, 1) == 1
    assert units.ray_mul_half_up(units.RAY // 2 - 1, 1) == 0
    assert units.percent_mul_half_up(1, 5000) == 1 and units.percent_mul_half_up(1, 4999) == 0
    assert units.percent_div_half_up(1, 20_000) == 1 and units.percent_div_half_up(1, 20_001) == 0
    assert units.ray_div_half_up(1, 2 * units.RAY) == 1
    assert units.ray_div_half_up(1, 2 * units.RAY + 2) == 0


@given(signed_words, st.integers(0, 10**12))
def test_factors_of_a_signed_amount_round_as_named(amount: int, factor: int) -> None:
    exact = Fraction(amount * factor, 10**6)
    assert units.ppm_mul_floor(amount, factor) == floor(exact)
    assert units.ppm_mul_ceil(amount, factor) == ceil(exact)
    assert units.factor_1e30_trunc(amount, factor) == trunc(Fraction(amount * factor, 10**30))


def test_liquity_halves_in_twelve_hours_and_caps_its_exponent() -> None:
    minute = 999_037_758_833_783_000
    assert units.wad_pow_half_up(minute, 0) == units.WAD
    assert units.wad_pow_half_up(minute, 1) == minute
    # (m x m + 5e17) // 1e18, and the third power multiplies the square by the base once more.
    square = (minute * minute + 5 * 10**17) // 10**18
    assert units.wad_pow_half_up(minute, 2) == square
    assert units.wad_pow_half_up(minute, 3) == (square * minute + 5 * 10**17) // 10**18
    assert units.wad_pow_half_up(minute, 720) == pytest.approx(units.WAD // 2, rel=1e-12)
    capped = 525_600_000
    slow = units.WAD - 10**9
    assert units.wad_pow_half_up(slow, capped + 1) == units.wad_pow_half_up(slow, capped)
    assert units.wad_pow_half_up(slow, capped - 1) != units.wad_pow_half_up(slow, capped)


@given(st.integers(9 * 10**26, 11 * 10**26), st.integers(0, 40))
def test_rpow_is_within_its_rounding_of_the_exact_power(base: int, exponent: int) -> None:
    exact = Fraction(base, units.RAY) ** exponent * units.RAY
    # At most 2 log2(n) roundings of half a unit, each carried by a power of at most 1.1 ** 40.
    assert abs(units.pow_half_up(base, exponent) - exact) <= 12 * 46 * max(exponent, 1)


def test_rpow_of_small_exponents_is_exact_to_the_last_unit() -> None:
    base = units.RAY + 1_547_125_957_863_212_448
    square = (base * base + units.RAY // 2) // units.RAY
    assert units.pow_half_up(base, 0) == units.RAY and units.pow_half_up(base, 1) == base
    assert units.pow_half_up(base, 2) == square
    assert units.pow_half_up(base, 3) == (square * base + units.RAY // 2) // units.RAY
    assert units.pow_half_up(0, 0) == units.RAY and units.pow_half_up(0, 3) == 0
    assert units.pow_half_up(15, 2, 10) == 23  # 22.5, a tie, upward


LN_2 = 693_147_180_559_945_309


def test_morpho_exponential_at_its_branches() -> None:
    lowest, highest = -41_446_531_673_892_822_312, 93_859_467_695_000_404_319
    top = 57716089161558943949701069502944508345128422502756744429568
    assert units.wad_exp(lowest - 1) == 0
    assert units.wad_exp(highest) == top and units.wad_exp(highest + 10**30) == top
    assert units.wad_exp(highest - 1) <= top
    assert units.wad_exp(0) == units.WAD
    assert units.wad_exp(LN_2) == 2 * units.WAD and units.wad_exp(-LN_2) == units.WAD // 2
    # Half of ln 2 (floored) is the last remainder of q = 0; one more belongs to q = 1.
    half = LN_2 // 2
    assert units.wad_exp(half) == units.WAD + half + half * half // units.WAD // 2
    over = half + 1 - LN_2
    assert units.wad_exp(half + 1) == 2 * (units.WAD + over + over * over // units.WAD // 2)
    assert units.wad_exp(-half) == units.WAD - half + half * half // units.WAD // 2
    under = -half - 1 + LN_2
    assert units.wad_exp(-half - 1) == (units.WAD + under + under * under // units.WAD // 2) // 2


@given(st.integers(-41 * 10**18, 93 * 10**18))
def test_morpho_exponential_is_near_the_true_one(exponent: int) -> None:
    # The third-order term left out is at most (ln 2 / 2) ** 3 / 6 = 0.7 % of e ** r.
    truth = Fraction(np.exp(exponent / 1e18).item()) * units.WAD
    assert abs(units.wad_exp(exponent) - truth) <= truth * Fraction(11, 1000) + 1


# --- exact comparison at a threshold -------------------------------------------------------------


@given(signed_words, st.integers(1, 10**30), signed_words, st.integers(1, 10**30))
def test_comparison_of_ratios_is_that_of_the_fractions(a: int, b: int, c: int, d: int) -> None:
    left, right = Fraction(a, b), Fraction(c, d)
    assert units.compare_ratio(a, b, c, d) == (left > right) - (left < right)


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**10), st.integers(1, 10**6))
def test_a_ratio_equals_itself_expanded(a: int, b: int, scale: int) -> None:
    assert units.compare_ratio(a, b, a * scale, b * scale) == 0


def test_a_deviation_of_exactly_the_threshold_counts() -> None:
    # 0.5 % of 100: a float comparison misses it.
    assert units.deviates(10_000, 10_050, 50) and units.deviates(10_000, 9_950, 50)
    assert not units.deviates(10_000, 10_049, 50) and not units.deviates(10_000, 9_951, 50)
    assert units.deviates(-10_000, -10_050, 50) and not units.deviates(-10_000, -10_049, 50)
    assert units.deviates(0, 0, 50) and units.deviates(7, 7, 0)
    assert units.deviates(1000, 1005, 5000, units.PPM)
    assert not units.deviates(1000, 1005, 5001, units.PPM)


def test_scales_are_the_powers_they_stand_for() -> None:
    assert (units.WAD, units.RAY, units.UNIT_1E30) == (10**18, 10**27, 10**30)
    assert (units.PPM, units.BPS) == (1_000_000, 10_000)
    assert (units.Q96, units.Q112, units.Q128) == (1 << 96, 1 << 112, 1 << 128)
