"""Concentrated liquidity: steps of the square root of the price, exact in Python integers.

Prices are sqrt(token1 / token0) x 2^96 (Q96), amounts and liquidity in smallest units. The pool
never loses by rounding: a price moves no further than the input pays for, an output is rounded
down, an input up. Source: Uniswap v3 core, SqrtPriceMath and SwapMath, and its white paper, 6.2.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.units import div_ceil, div_floor

_Q96 = 1 << 96
_WORD = 1 << 256
_LARGEST_PRICE = (1 << 160) - 1
_LARGEST_LIQUIDITY = (1 << 128) - 1
_PIPS = 10**6
"""Fees are parts per million of the input."""


class SwapStep(NamedTuple):
    """One step of a swap inside a range of constant liquidity."""

    next_sqrt_price_x96: int
    amount_in: int
    """Without the fee, rounded up."""
    amount_out: int
    """Rounded down."""
    fee_amount: int


def next_sqrt_price_from_input(
    sqrt_price_x96: int, liquidity: int, amount_in: int, zero_for_one: bool
) -> int:
    """The price after `amount_in` has come in; it never moves past what was paid.

    token0 in (zero_for_one): ceil(L 2^96 sqrtP / (L 2^96 + a sqrtP)); where a sqrtP leaves 256 bits
    the contract computes ceil(L 2^96 / (L 2^96 // sqrtP + a)), and so does this.
    token1 in: sqrtP + (a 2^96) // L.
    InvalidArgument for price or liquidity outside of 1 to 2^160 - 1 and 2^128 - 1, and for a
    price above 2^160 - 1.
    """
    _check_price("sqrt_price_x96", sqrt_price_x96)
    _check_liquidity(liquidity, 1)
    _check_amount("amount_in", amount_in)
    if zero_for_one:
        return _after_token0_in(sqrt_price_x96, liquidity, amount_in)
    price = sqrt_price_x96 + div_floor(amount_in << 96, liquidity)
    return _fits("amount_in", amount_in, price)


def next_sqrt_price_from_output(
    sqrt_price_x96: int, liquidity: int, amount_out: int, zero_for_one: bool
) -> int:
    """The price after `amount_out` has been paid; it moves at least as far as the amount needs.

    token1 out (zero_for_one): sqrtP - ceil(a 2^96 / L). token0 out:
    ceil(L 2^96 sqrtP / (L 2^96 - a sqrtP)). InvalidArgument if the range holds no more than that.
    """
    _check_price("sqrt_price_x96", sqrt_price_x96)
    _check_liquidity(liquidity, 1)
    _check_amount("amount_out", amount_out)
    if zero_for_one:
        price = sqrt_price_x96 - div_ceil(amount_out << 96, liquidity)
        if price <= 0:
            raise InvalidArgument("amount_out", amount_out, "must be below the virtual reserve")
        return price
    if amount_out == 0:
        return sqrt_price_x96
    numerator, product = liquidity << 96, amount_out * sqrt_price_x96
    if product >= min(numerator, _WORD):
        raise InvalidArgument("amount_out", amount_out, "must be below the virtual reserve")
    price = div_ceil(numerator * sqrt_price_x96, numerator - product)
    return _fits("amount_out", amount_out, price)


def amount0_delta(
    sqrt_price_a_x96: int, sqrt_price_b_x96: int, liquidity: int, round_up: bool
) -> int:
    """token0 between two prices: L 2^96 (b - a) / b / a, each division in the same direction."""
    low, high = _ordered(sqrt_price_a_x96, sqrt_price_b_x96)
    _check_liquidity(liquidity, 0)
    product = (liquidity << 96) * (high - low)
    if round_up:
        return div_ceil(div_ceil(product, high), low)
    return div_floor(div_floor(product, high), low)


def amount1_delta(
    sqrt_price_a_x96: int, sqrt_price_b_x96: int, liquidity: int, round_up: bool
) -> int:
    """token1 between two prices: L (b - a) / 2^96, up when owed to the pool, else down."""
    low, high = _ordered(sqrt_price_a_x96, sqrt_price_b_x96)
    _check_liquidity(liquidity, 0)
    product = liquidity * (high - low)
    return div_ceil(product, _Q96) if round_up else div_floor(product, _Q96)


def swap_step(
    sqrt_price_x96: int, target_x96: int, liquidity: int, amount_remaining: int, fee_pips: int
) -> SwapStep:
    """Swap toward `target_x96`, at most to it. The side follows from the prices.

    amount_remaining > 0 is an exact input that the fee is taken from, < 0 an exact output.
    fee = ceil(in x fee / (1e6 - fee)), or all that is left of an exact input that stops short of
    the target. fee_pips in 0 to 999,999.
    """
    _check_price("sqrt_price_x96", sqrt_price_x96)
    _check_price("target_x96", target_x96)
    _check_liquidity(liquidity, 0)
    if not 0 <= fee_pips < _PIPS:
        raise InvalidArgument("fee_pips", fee_pips, "must be in 0 to 999,999")
    down = sqrt_price_x96 >= target_x96
    owed = amount0_delta if down else amount1_delta
    paid = amount1_delta if down else amount0_delta
    if amount_remaining >= 0:
        budget = div_floor(amount_remaining * (_PIPS - fee_pips), _PIPS)
        reaches = budget >= owed(sqrt_price_x96, target_x96, liquidity, True)
        price = (
            target_x96
            if reaches
            else next_sqrt_price_from_input(sqrt_price_x96, liquidity, budget, down)
        )
    else:
        wanted = -amount_remaining
        reaches = wanted >= paid(sqrt_price_x96, target_x96, liquidity, False)
        price = (
            target_x96
            if reaches
            else next_sqrt_price_from_output(sqrt_price_x96, liquidity, wanted, down)
        )
    amount_in = owed(sqrt_price_x96, price, liquidity, True)
    amount_out = paid(sqrt_price_x96, price, liquidity, False)
    if amount_remaining < 0:
        amount_out = min(amount_out, -amount_remaining)
    if amount_remaining >= 0 and price != target_x96:
        fee = amount_remaining - amount_in
    else:
        fee = div_ceil(amount_in * fee_pips, _PIPS - fee_pips)
    return SwapStep(price, amount_in, amount_out, fee)


def _after_token0_in(sqrt_price_x96: int, liquidity: int, amount: int) -> int:
    if amount == 0:
        return sqrt_price_x96
    numerator, product = liquidity << 96, amount * sqrt_price_x96
    if product < _WORD and numerator + product < _WORD:
        return div_ceil(numerator * sqrt_price_x96, numerator + product)
    return div_ceil(numerator, div_floor(numerator, sqrt_price_x96) + amount)


def _ordered(price_a: int, price_b: int) -> tuple[int, int]:
    _check_price("sqrt_price_a_x96", price_a)
    _check_price("sqrt_price_b_x96", price_b)
    return min(price_a, price_b), max(price_a, price_b)


def _check_price(name: str, price: int) -> None:
    if not 0 < price <= _LARGEST_PRICE:
        raise InvalidArgument(name, price, "must be in 1 to 2^160 - 1")


def _check_liquidity(liquidity: int, least: int) -> None:
    if not least <= liquidity <= _LARGEST_LIQUIDITY:
        raise InvalidArgument("liquidity", liquidity, f"must be in {least} to 2^128 - 1")


def _check_amount(name: str, amount: int) -> None:
    if not 0 <= amount < _WORD:
        raise InvalidArgument(name, amount, "must be in 0 to 2^256 - 1")


def _fits(name: str, amount: int, price: int) -> int:
    if price > _LARGEST_PRICE:
        raise InvalidArgument(name, amount, "must not move the price above 2^160 - 1")
    return price
