"""A constant-product pair to the last unit: what contracts/amm/ConstantProduct.vy computes.

The state is an argument and every step gives a new one, so a path can be played and gone back on.
Amounts are integers in smallest units of the two tokens, `zero_for_one` sells token 0. As Uniswap
v2, whose rounding and price accumulators these are (Uniswap/v2-core UniswapV2Pair.sol), with two
differences: amounts are arguments instead of what was sent before the call, and tokens that
arrive by themselves belong to the pool at its next step instead of to the next caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.liquidity.constant_product import uniswap_v2_amount_in, uniswap_v2_amount_out
from simulator.units import Q112

LARGEST_RESERVE = 2**112 - 1
MINIMUM_SHARES = 1_000
"""Shares of the first deposit that nobody owns, so that a share never becomes very dear."""
TIME_WRAP = 2**32
CUMULATIVE_WRAP = 2**256


@dataclass(frozen=True, slots=True)
class Pair:
    """Reserves, shares and price accumulators. n / d of an input counts, 997 / 1000 in Uniswap."""

    reserve0: int = 0
    reserve1: int = 0
    shares: int = 0
    """All, those that nobody owns included."""
    price0_cumulative: int = 0
    """UQ112x112 seconds: sum of floor(2^112 reserve1 / reserve0) x elapsed, modulo 2^256."""
    price1_cumulative: int = 0
    timestamp: int = 0
    """Of the last step, modulo 2^32."""
    donated0: int = 0
    """Tokens that came by themselves since the last step."""
    donated1: int = 0
    fee_numerator: int = 997
    fee_denominator: int = 1000


class Trade(NamedTuple):
    """One swap, and the pair after it."""

    pair: Pair
    amount_in: int
    amount_out: int


def accumulated(pair: Pair, timestamp: int) -> tuple[int, int]:
    """Both accumulators as they would be if the pair were touched at `timestamp` (seconds).

    Each price is floored to UQ112x112 before it is multiplied by the time elapsed modulo 2^32.
    Source: UniswapV2OracleLibrary.currentCumulativePrices.
    """
    elapsed = (timestamp - pair.timestamp) % TIME_WRAP
    if not (elapsed and pair.reserve0 and pair.reserve1):
        return pair.price0_cumulative, pair.price1_cumulative
    price0 = pair.reserve1 * Q112 // pair.reserve0
    price1 = pair.reserve0 * Q112 // pair.reserve1
    return (
        (pair.price0_cumulative + price0 * elapsed) % CUMULATIVE_WRAP,
        (pair.price1_cumulative + price1 * elapsed) % CUMULATIVE_WRAP,
    )


def donate(pair: Pair, amount0: int = 0, amount1: int = 0) -> Pair:
    """Tokens sent without a call; they count from the next step on."""
    return replace(pair, donated0=pair.donated0 + amount0, donated1=pair.donated1 + amount1)


def sync(pair: Pair, timestamp: int) -> Pair:
    """Take what came by itself into the reserves."""
    return _moved(pair, timestamp, 0, 0)


def add_liquidity(pair: Pair, timestamp: int, amount0: int, amount1: int) -> tuple[Pair, int]:
    """Deposit both amounts; the shares for them, rounded down.

    The first deposit gives isqrt(amount0 x amount1) - 1000, a later one the smaller of its two
    parts of the pool: what is beyond the pool's ratio is a gift. InvalidArgument where the contract
    reverts: no shares, or a reserve beyond 2^112 - 1.
    """
    if not pair.shares:
        every = isqrt(amount0 * amount1)
        shares, minted = every - MINIMUM_SHARES, every
    else:
        part0 = amount0 * pair.shares // pair.reserve0
        minted = shares = min(part0, amount1 * pair.shares // pair.reserve1)
    if shares <= 0:
        raise InvalidArgument("amounts", (amount0, amount1), "must give at least one share")
    after = _moved(pair, timestamp, amount0, amount1)
    return replace(after, shares=pair.shares + minted), shares


def remove_liquidity(pair: Pair, timestamp: int, shares: int) -> tuple[Pair, int, int]:
    """Give shares back for their part of both balances, rounded down.

    InvalidArgument where the contract reverts: nothing of a token, or more than all shares.
    """
    if not 0 < shares <= pair.shares:
        raise InvalidArgument("shares", shares, f"must be in 1 to {pair.shares}")
    amount0 = shares * (pair.reserve0 + pair.donated0) // pair.shares
    amount1 = shares * (pair.reserve1 + pair.donated1) // pair.shares
    if not (amount0 and amount1):
        raise InvalidArgument("shares", shares, "must be worth at least one unit of both tokens")
    after = _moved(pair, timestamp, -amount0, -amount1)
    return replace(after, shares=pair.shares - shares), amount0, amount1


def swap_exact_input(pair: Pair, timestamp: int, amount_in: int, zero_for_one: bool) -> Trade:
    """Sell `amount_in`; what the pool pays is rounded down.

    InvalidArgument for an amount of 0, an empty pool, or a reserve beyond 2^112 - 1.
    """
    amount_out = uniswap_v2_amount_out(amount_in, *_sides(pair, zero_for_one), *_fee(pair))
    return _traded(pair, timestamp, amount_in, amount_out, zero_for_one)


def swap_exact_output(pair: Pair, timestamp: int, amount_out: int, zero_for_one: bool) -> Trade:
    """Buy `amount_out`; what the pool asks is one unit above the floor.

    InvalidArgument for an amount that is not in the pool, or a reserve beyond 2^112 - 1.
    """
    amount_in = uniswap_v2_amount_in(amount_out, *_sides(pair, zero_for_one), *_fee(pair))
    return _traded(pair, timestamp, amount_in, amount_out, zero_for_one)


def _sides(pair: Pair, zero_for_one: bool) -> tuple[int, int]:
    both = (pair.reserve0, pair.reserve1)
    return both if zero_for_one else both[::-1]


def _fee(pair: Pair) -> tuple[int, int]:
    return pair.fee_numerator, pair.fee_denominator


def _traded(
    pair: Pair, timestamp: int, amount_in: int, amount_out: int, zero_for_one: bool
) -> Trade:
    change = (amount_in, -amount_out) if zero_for_one else (-amount_out, amount_in)
    return Trade(_moved(pair, timestamp, *change), amount_in, amount_out)


def _moved(pair: Pair, timestamp: int, change0: int, change1: int) -> Pair:
    """The old prices accumulate up to now, then the balances become the reserves."""
    price0, price1 = accumulated(pair, timestamp)
    reserve0 = pair.reserve0 + pair.donated0 + change0
    reserve1 = pair.reserve1 + pair.donated1 + change1
    for name, reserve in (("reserve0", reserve0), ("reserve1", reserve1)):
        if reserve > LARGEST_RESERVE:
            raise InvalidArgument(name, reserve, "must fit 112 bits")
    return replace(
        pair,
        reserve0=reserve0,
        reserve1=reserve1,
        price0_cumulative=price0,
        price1_cumulative=price1,
        timestamp=timestamp % TIME_WRAP,
        donated0=0,
        donated1=0,
    )
