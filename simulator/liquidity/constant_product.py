"""Constant-product pool x y = k: in floats for curves, in Uniswap v2's integers for verdicts.

Floats broadcast: every argument may be a number or an array. Amounts in units of the token, prices
in output token per input token, fees as fractions in [0, 1).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray
from simulator.units import div_floor


class Sale(NamedTuple):
    """A sale into a pool; float64 arrays of the broadcast shape."""

    amount_out: AnyArray
    average_price: AnyArray
    """Output per input of this sale, the fee included; the limit, spot x (1 - fee), at amount 0."""
    spot_before: AnyArray
    spot_after: AnyArray
    """Reserve out / reserve in with the whole input, fee included, left in the pool."""


def constant_product_sale(
    reserve_in: Any, reserve_out: Any, amount_in: Any, fee: Any = 0.0
) -> Sale:
    """Sell a = `amount_in`: out = y a (1 - f) / (x + a (1 - f)), spot after = (y - out) / (x + a).

    Raises InvalidArgument unless reserves are positive, the amount is not negative and the fee is
    in [0, 1). Source: Uniswap v2, x y = k with the fee left in the pool.
    """
    have_in, have_out = positive("reserve_in", reserve_in), positive("reserve_out", reserve_out)
    amount, kept = non_negative("amount_in", amount_in), 1.0 - _fee("fee", fee)
    effective = amount * kept
    amount_out = np.asarray(have_out * effective / (have_in + effective))
    shape = amount_out.shape
    return Sale(
        amount_out=amount_out,
        average_price=np.asarray(have_out * kept / (have_in + effective)),
        spot_before=np.broadcast_to(np.asarray(have_out / have_in), shape),
        # y - out as y x / (x + effective): a large sale would lose all digits in the difference.
        spot_after=np.asarray(have_out * (have_in / (have_in + effective)) / (have_in + amount)),
    )


def constant_product_mid_ratio(sold_over_reserve: Any) -> AnyArray:
    """Mid price after / before a sale without fee: (R / (R + s))^2 with s / R given, at least 0."""
    share = non_negative("sold_over_reserve", sold_over_reserve)
    return np.asarray(1.0 / np.square(1.0 + share))


def largest_profitable_sale(bonus: Any, pool_fee: Any) -> AnyArray:
    """A liquidator's break-even against a pool, as a share of its collateral reserve.

    x = ((1 + i)(1 - f) - 1) / (1 - f) with bonus i >= 0 and fee f in [0, 1): selling more of the
    seized collateral at once returns less than was repaid. 0 where even the first unit loses.
    Derived for this project: seizing x costs x / (1 + i) and returns x (1 - f) / (1 + x (1 - f)).
    """
    reward, kept = non_negative("bonus", bonus), 1.0 - _fee("pool_fee", pool_fee)
    return np.asarray(np.maximum(((1.0 + reward) * kept - 1.0) / kept, 0.0))


def uniswap_v2_amount_out(
    amount_in: int,
    reserve_in: int,
    reserve_out: int,
    fee_numerator: int = 997,
    fee_denominator: int = 1000,
) -> int:
    """a n R_out // (R_in d + a n), floor: what the pool pays for `amount_in`, smallest units.

    n / d is the share of the input that counts, 997 / 1000 in Uniswap v2. As its library does, it
    refuses an amount of 0 and empty reserves. Source: Uniswap v2 library, getAmountOut.
    """
    _at_least("amount_in", amount_in, 1)
    _at_least("reserve_in", reserve_in, 1)
    _at_least("reserve_out", reserve_out, 1)
    _kept(fee_numerator, fee_denominator)
    effective = amount_in * fee_numerator
    return div_floor(effective * reserve_out, reserve_in * fee_denominator + effective)


def uniswap_v2_amount_in(
    amount_out: int,
    reserve_in: int,
    reserve_out: int,
    fee_numerator: int = 997,
    fee_denominator: int = 1000,
) -> int:
    """R_in b d // ((R_out - b) n) + 1: what buys `amount_out`, one unit above the floor.

    `amount_out` must be below the reserve. Source: Uniswap v2 library, getAmountIn.
    """
    _at_least("amount_out", amount_out, 1)
    _at_least("reserve_in", reserve_in, 1)
    _at_least("reserve_out", reserve_out, 1)
    _kept(fee_numerator, fee_denominator)
    if amount_out >= reserve_out:
        raise InvalidArgument("amount_out", amount_out, f"must be below reserve_out, {reserve_out}")
    owed = reserve_in * amount_out * fee_denominator
    return div_floor(owed, (reserve_out - amount_out) * fee_numerator) + 1


def _fee(name: str, fee: Any) -> AnyArray:
    checked = finite(name, fee)
    if not np.all((checked >= 0.0) & (checked < 1.0)):
        raise InvalidArgument(name, fee, "must be in [0, 1)")
    return checked


def _kept(numerator: int, denominator: int) -> None:
    if not 0 < numerator <= denominator:
        rule = f"must be in 1 to fee_denominator, {denominator}"
        raise InvalidArgument("fee_numerator", numerator, rule)


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InvalidArgument(name, value, f"must be at least {least}")
