"""Orders on their grids, and Uniswap v3's ticks to the last bit."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    MAXIMUM_SQRT_RATIO_X96,
    MAXIMUM_TICK,
    MINIMUM_SQRT_RATIO_X96,
    MINIMUM_TICK,
    DydxPrecision,
    align_tick,
    hyperliquid_price,
    hyperliquid_price_valid,
    hyperliquid_size,
    hyperliquid_size_valid,
    quantise_order,
    quantise_price,
    quantise_size,
    sqrt_ratio_at_tick,
    sqrt_ratio_of_price,
    tick_at_price,
    tick_at_sqrt_ratio,
)
from simulator.risk.precision import uniswap_v3
from simulator.units import Q96

decimals = st.decimals(0, 10**12, allow_nan=False, places=9)
grids = st.sampled_from([Decimal("0.05"), Decimal("0.1"), Decimal(1), Decimal("2.5"), Decimal(100)])


# --- orders --------------------------------------------------------------------------------------


@given(decimals, grids)
def test_a_rounded_price_is_on_the_grid_and_never_worse_for_its_owner(
    price: Decimal, tick: Decimal
) -> None:
    buy, sell = quantise_price(price, tick, "buy"), quantise_price(price, tick, "sell")
    assert buy <= price <= sell and sell - buy == (0 if buy == price else tick)
    assert Fraction(buy) % Fraction(tick) == 0 == Fraction(sell) % Fraction(tick)
    assert quantise_price(buy, tick, "sell") == buy and quantise_price(sell, tick, "buy") == sell


@given(decimals, grids)
def test_a_size_goes_toward_zero_on_both_sides(size: Decimal, lot: Decimal) -> None:
    held = quantise_size(size, lot)
    assert 0 <= held <= size < held + lot and Fraction(held) % Fraction(lot) == 0
    assert quantise_size(-size, lot) == -held


def test_long_numbers_keep_every_digit() -> None:
    text = "1234567890123456789012345678901234567890.123"
    assert str(quantise_price(text, "0.001", "buy")) == text
    assert quantise_price(10**40 + 7, 10, "sell") == 10**40 + 10
    assert quantise_size(-(10**40) - 7, 10) == -(10**40)


def test_orders_are_refused_at_zero_and_below_the_minimum_notional() -> None:
    def refused(price: str, size: str, side: str = "buy", least: str = "10") -> str | None:
        return quantise_order(side, price, size, "0.5", "0.1", least).refused

    assert refused("100.4", "0.1") is None  # 100 x 0.1 is the minimum itself
    assert refused("99.9", "0.1") == "below the minimum notional"
    assert refused("99.9", "0.1", "sell") is None  # 100
    assert refused("100", "0.19") is None and refused("100", "0.09") == "size 0"
    assert refused("100", "-0.19") is None and refused("100", "-0.09") == "size 0"
    assert refused("0.4", "50") == "price 0" and refused("0.4", "50", "sell") is None
    assert refused("0.4", "0.01") == "price 0"
    assert refused("0.5", "0.1", least="0") is None
    assert quantise_order("buy", "0.5", "0.1", "0.5", "0.1").refused is None
    assert str(quantise_size("-0.05", "0.1")) == "0.0"
    order = quantise_order("sell", "7.26", "-3.99", "0.5", "0.1")
    assert (order.price, order.size) == (Decimal("7.5"), Decimal("-3.9"))


@pytest.mark.parametrize("bad", [1.5, True, None, "1,5", "nan", "inf", Decimal("nan")])
def test_floats_and_texts_that_are_no_number_are_refused(bad: object) -> None:
    for arguments in ((bad, "1", "buy"), ("1", bad, "buy")):
        with pytest.raises(InvalidArgument):
            quantise_price(*arguments)
    with pytest.raises(InvalidArgument):
        quantise_size(bad, 1)  # type: ignore[arg-type]


def test_prices_ticks_and_sides_that_cannot_be_are_refused() -> None:
    for name, arguments in (
        ("price", ("-0.1", 1, "buy")),
        ("tick", (1, 0, "buy")),
        ("tick", (1, -1, "buy")),
        ("side", (1, 1, "hold")),
    ):
        with pytest.raises(InvalidArgument, match=name):
            quantise_price(*arguments)
    with pytest.raises(InvalidArgument, match="lot"):
        quantise_size(1, 0)
    with pytest.raises(InvalidArgument, match="minimum_notional"):
        quantise_order("buy", 1, 1, 1, 1, -1)


# --- Hyperliquid ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "size_decimals", "market", "valid"),
    [
        ("1234.50", 0, "perp", True),
        ("0.001234", 0, "perp", True),
        ("0.0012345", 0, "perp", False),
        ("0.012345", 0, "perp", True),
        ("0.012345", 1, "perp", False),
        ("0.01234", 1, "perp", True),
        ("0.0001234", 0, "spot", True),
        ("0.00012345", 0, "spot", True),
        ("0.00012345", 1, "spot", False),
        ("100000.5", 0, "perp", False),
        ("10000.5", 0, "perp", False),
        ("1000.05", 0, "perp", False),
        ("1000.5", 0, "perp", True),
        ("12345678", 5, "perp", True),
        ("1E+7", 0, "perp", True),
        ("1.0", 7, "perp", True),
        ("1.1", 6, "perp", False),
        ("1.1", 5, "perp", True),
        ("0", 0, "perp", False),
        ("-1", 0, "perp", False),
    ],
)
def test_hyperliquid_prices(price: str, size_decimals: int, market: str, valid: bool) -> None:
    assert hyperliquid_price_valid(price, size_decimals, market) is valid


@given(
    st.decimals("0.000001", 10**7, places=9), st.integers(0, 6), st.sampled_from(["perp", "spot"])
)
@example(Decimal("99999.5"), 0, "perp")
@example(Decimal("9.99999"), 0, "perp")
def test_hyperliquid_prices_are_rounded_to_the_nearest_valid_ones(
    price: Decimal, size_decimals: int, market: str
) -> None:
    buy = hyperliquid_price(price, "buy", size_decimals, market)
    sell = hyperliquid_price(price, "sell", size_decimals, market)
    assert buy <= price <= sell
    assert hyperliquid_price_valid(sell, size_decimals, market)
    assert buy == 0 or hyperliquid_price_valid(buy, size_decimals, market)
    if hyperliquid_price_valid(price, size_decimals, market):
        assert buy == sell == price
    elif buy:
        middle = (Fraction(buy) + Fraction(sell)) / 2
        with localcontext() as context:
            context.prec = 60
            between = Decimal(middle.numerator) / Decimal(middle.denominator)
        assert not hyperliquid_price_valid(between, size_decimals, market)


def test_hyperliquid_sizes_and_arguments() -> None:
    assert hyperliquid_size_valid("1.50", 1) and not hyperliquid_size_valid("1.55", 1)
    assert hyperliquid_size_valid("-2", 0) and not hyperliquid_size_valid("0.0", 3)
    assert hyperliquid_size("-1.559", 2) == Decimal("-1.55")
    assert hyperliquid_price("123.456", "buy", 0) == Decimal("123.45")
    assert hyperliquid_price("123.456", "sell", 5) == Decimal("123.5")
    assert hyperliquid_price(0, "buy", 0) == 0
    assert hyperliquid_price("1.7", "sell", 7) == 2
    with pytest.raises(InvalidArgument, match="market"):
        hyperliquid_price_valid("1", 0, "option")
    with pytest.raises(InvalidArgument, match="size_decimals"):
        hyperliquid_price_valid("1", -1)


# --- dYdX ----------------------------------------------------------------------------------------

BTC = DydxPrecision(-10, -9, 100_000, 1_000_000)


def test_dydx_fillable_prices_become_subticks_and_stay_in_64_bits() -> None:
    # 49,999 USD per BTC at 1e-10 BTC per quantum: 4.9999 quote quantums.
    ratio = Fraction(49_999, 10_000)
    assert BTC.subticks_of_ratio(ratio, "sell") == BTC.subticks("49999", "sell") == 4_999_900_000
    assert BTC.subticks_of_ratio(ratio + Fraction(1, 10**9), "sell") == 5_000_000_000
    assert BTC.subticks_of_ratio(ratio + Fraction(1, 10**9), "buy") == 4_999_900_000
    highest = (2**64 - 1) // 100_000 * 100_000
    assert BTC.subticks_of_ratio(Fraction(10**12), "sell") == highest


def test_dydx_subticks_and_quantums() -> None:
    # 1e-10 BTC per quantum; a subtick is 1e-9 quote quantums per quantum: 1e-5 USD.
    assert BTC.subticks("50000", "buy") == 5_000_000_000
    assert BTC.price(5_000_000_000) == 50_000
    assert BTC.subticks("50000.5", "buy") == 5_000_000_000
    assert BTC.subticks("50000.5", "sell") == 5_000_100_000
    assert BTC.subticks("50001", "buy") == BTC.subticks("50001", "sell") == 5_000_100_000
    assert BTC.subticks("0.000001", "buy") == 100_000
    assert BTC.quantums("0.12345678") == 1_234_000_000 and BTC.quantums("-0.00019") == -1_000_000
    # 0.1 BTC at 50,000.
    assert BTC.quote_quantums(5_000_000_000, 10**9) == 5_000_000_000
    assert BTC.quote_quantums(3, 10**9 - 1) == 2 and BTC.quote_quantums(3, 1 - 10**9) == -2
    for name, arguments in (
        ("subticks_per_tick", (-10, -9, 0, 1)),
        ("step_base_quantums", (-10, -9, 1, 0)),
    ):
        with pytest.raises(InvalidArgument, match=name):
            DydxPrecision(*arguments)
    with pytest.raises(InvalidArgument, match="price"):
        BTC.subticks(0, "buy")
    with pytest.raises(InvalidArgument, match="side"):
        BTC.subticks(1, "hold")


# --- Uniswap v3 ----------------------------------------------------------------------------------

ticks = st.integers(MINIMUM_TICK, MAXIMUM_TICK)


def test_the_constants_are_the_published_ones() -> None:
    # First and last of the twenty in TickMath.sol.
    assert uniswap_v3._FACTORS_X128[0] == 0xFFFCB933BD6FAD37AA2D162D1A594001
    assert uniswap_v3._FACTORS_X128[1] == 0xFFF97272373D413259A46990580E213A
    assert uniswap_v3._FACTORS_X128[19] == 0x48A170391F7DC42444E8FA2
    assert len(uniswap_v3._FACTORS_X128) == 20


def test_ratios_at_the_ends() -> None:
    assert sqrt_ratio_at_tick(MINIMUM_TICK) == MINIMUM_SQRT_RATIO_X96
    assert sqrt_ratio_at_tick(MAXIMUM_TICK) == MAXIMUM_SQRT_RATIO_X96
    assert sqrt_ratio_at_tick(0) == Q96
    for tick in (MINIMUM_TICK - 1, MAXIMUM_TICK + 1):
        with pytest.raises(InvalidArgument, match="tick"):
            sqrt_ratio_at_tick(tick)
    assert tick_at_sqrt_ratio(MINIMUM_SQRT_RATIO_X96) == MINIMUM_TICK
    assert tick_at_sqrt_ratio(MAXIMUM_SQRT_RATIO_X96 - 1) == MAXIMUM_TICK - 1
    for ratio in (MINIMUM_SQRT_RATIO_X96 - 1, MAXIMUM_SQRT_RATIO_X96):
        with pytest.raises(InvalidArgument, match="sqrt_ratio_x96"):
            tick_at_sqrt_ratio(ratio)


@given(ticks)
@example(0)
@example(-1)
@example(1)
@example(524_288)
@example(-524_287)
def test_a_ratio_is_within_a_few_units_of_the_true_root(tick: int) -> None:
    with localcontext() as context:
        context.prec = 60
        truth = int(Decimal("1.0001") ** (Decimal(tick) / 2) * Q96)
    assert abs(sqrt_ratio_at_tick(tick) - truth) <= 2 + truth // 10**9


@given(st.integers(MINIMUM_TICK, MAXIMUM_TICK - 1))
@example(MINIMUM_TICK)
@example(MAXIMUM_TICK - 1)
@example(0)
def test_a_tick_is_the_greatest_whose_ratio_is_not_above(tick: int) -> None:
    ratio, following = sqrt_ratio_at_tick(tick), sqrt_ratio_at_tick(tick + 1)
    assert ratio < following
    assert tick_at_sqrt_ratio(ratio) == tick == tick_at_sqrt_ratio(following - 1)
    if tick > MINIMUM_TICK:
        assert tick_at_sqrt_ratio(ratio - 1) == tick - 1


@given(st.fractions(Fraction(1, 10**9), 10**9, max_denominator=10**9))
def test_the_tick_of_a_price_is_that_of_its_root(price: Fraction) -> None:
    tick = tick_at_price(price)
    root = tick_at_sqrt_ratio(sqrt_ratio_of_price(price.numerator, price.denominator))
    assert abs(tick - root) <= 1
    with localcontext() as context:
        context.prec = 60
        value = Decimal(price.numerator) / Decimal(price.denominator)
        assert Decimal("1.0001") ** tick <= value < Decimal("1.0001") ** (tick + 1)


@pytest.mark.parametrize("tick", [-200, -1, 0, 1, 7, 300])
def test_a_price_that_is_a_power_has_its_exponent_as_tick(tick: int) -> None:
    power = Fraction(10_001, 10_000) ** tick
    tiny = Fraction(1, 10**70)
    assert tick_at_price(power) == tick == tick_at_price(power * (1 + tiny))
    assert tick_at_price(power * (1 - tiny)) == tick - 1


def test_prices_outside_of_the_ticks_are_refused() -> None:
    with localcontext() as context:
        context.prec = 60
        lowest, highest = (Decimal("1.0001") ** tick for tick in (MINIMUM_TICK, MAXIMUM_TICK))
        above, beyond = lowest * Decimal("1.00001"), highest * Decimal("1.00011")
        below = lowest * Decimal("0.99999")
    assert tick_at_price(above) == MINIMUM_TICK
    assert tick_at_price(beyond / Decimal("1.0001")) == MAXIMUM_TICK
    for outside in (below, beyond):
        with pytest.raises(InvalidArgument, match="price"):
            tick_at_price(outside)
    assert tick_at_price("1.0001") == 1 and tick_at_price(2) == 6931
    for price in (0, -1, Fraction(-1, 2), Fraction(0), 2**200, Fraction(1, 2**200), 1.5):
        with pytest.raises(InvalidArgument, match="price"):
            tick_at_price(price)  # type: ignore[arg-type]
    assert sqrt_ratio_of_price(1, 4) == Q96 // 2
    for amounts in ((0, 1), (1, 0), (-1, 1)):
        with pytest.raises(InvalidArgument, match="amount"):
            sqrt_ratio_of_price(*amounts)


def test_ticks_align_toward_minus_infinity() -> None:
    assert [align_tick(tick, 60) for tick in (59, 60, 0, -1, -60, -61)] == [
        0,
        60,
        0,
        -60,
        -60,
        -120,
    ]
    with pytest.raises(InvalidArgument, match="spacing"):
        align_tick(1, 0)


def test_constants_fall_as_their_bits_rise() -> None:
    assert all(high > low for high, low in pairwise(uniswap_v3._FACTORS_X128))
