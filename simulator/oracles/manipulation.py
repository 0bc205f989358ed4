"""What it costs to move an oracle that reads a pool, and whether that pays.

Floats; values in quote at the true price, rates per year. The attacker pushes the pool's price to a
multiple, holds it while the oracle looks, and goes back. In a block in which he does not have the
last word, arbitrage brings the price back at his expense and he pushes again. Gas, tips to block
builders and what he loses on other venues are not in it: the true cost is above.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import (
    broadcast,
    finite,
    non_negative,
    one_of,
    positive,
    refuse,
    same_shape,
    within,
)
from simulator.types import AnyArray
from simulator.units import SECONDS_PER_YEAR

MEANS = ("spot", "arithmetic", "geometric")


class Push(NamedTuple):
    """One push of a pool's price; all in quote at the true price."""

    paid: AnyArray
    """Into the pool, fee included: the capital it takes."""
    fee: AnyArray
    """The part of it that the pool keeps as fee."""
    received: AnyArray
    """What came out, at the true price: what is left after arbitrage has gone the way back."""
    unwound: AnyArray
    """What selling it back into the same pool gives, if nobody traded in between."""


class ManipulationCost(NamedTuple):
    """Parts in quote that add up to `total`."""

    capital: AnyArray
    """Needed at one time; comes back but for the parts below."""
    fees: AnyArray
    """Of the pushes, and of the way back where the attacker goes it himself."""
    arbitrage: AnyArray
    """Lost to those who bring the price back."""
    capital_cost: AnyArray
    total: AnyArray


class Attack(NamedTuple):
    """An attack's result: profitable if more can be taken than it costs."""

    cost: AnyArray
    extractable: AnyArray
    """borrowable - collateral left behind; the cost at which nothing is left to gain."""
    profit: AnyArray
    profitable: AnyArray


def spot_multiple(
    mean: str, target_multiple: Any, window_seconds: Any, held_seconds: Any
) -> AnyArray:
    """Where spot must stand for `held_seconds` to move a mean over `window_seconds` to a multiple.

    Geometric: c^(W / t). Arithmetic: 1 + (c - 1) W / t, of the price in the direction that the
    oracle averages. Spot: c. Above 0, times of at least a second and t at most W; InvalidArgument
    where an arithmetic mean cannot be pushed that low. All broadcast.
    """
    one_of("mean", mean, MEANS)
    target = positive("target_multiple", target_multiple)
    window = positive("window_seconds", window_seconds)
    held = positive("held_seconds", held_seconds)
    refuse("held_seconds", *_against(held, held <= window), "must not exceed the window")
    if mean == "spot":
        return np.asarray(target * np.ones_like(window / held))
    if mean == "geometric":
        return np.asarray(target ** (window / held))
    needed = np.asarray(1.0 + (target - 1.0) * window / held)
    rule = "a price above 0 held so long does not pull the mean that low"
    refuse("target_multiple", *_against(target, needed > 0.0), rule)
    return needed


def _against(values: AnyArray, good: AnyArray) -> tuple[AnyArray, AnyArray]:
    return np.broadcast_to(values, good.shape), good


def push_capital(quote_reserve: Any, price_multiple: Any) -> AnyArray:
    """y (sqrt(m) - 1): quote that moves a constant-product price to m times, without a fee.

    For m below 1 the same of the other side, at the true price: y (1 / sqrt(m) - 1).
    """
    return push(quote_reserve, price_multiple).paid


def push(quote_reserve: Any, price_multiple: Any, fee: Any = 0.0) -> Push:
    """Move a constant-product pool's price to a multiple; fees stay in the pool.

    quote_reserve y above 0, worth as much as the other side; price_multiple m above 0, taken as
    1 / m of the reciprocal price below 1; fee f in [0, 1). With k = 1 - f and g paid, the price is
    m times when (y + g) (y + k g) = m y^2. All broadcast.
    """
    depth, up = positive("quote_reserve", quote_reserve), _upward(price_multiple)
    kept = 1.0 - _fee(fee)
    # The root of k g^2 + (1 + k) g = m - 1 in units of y, without cancellation near m = 1.
    gained = up - 1.0
    both = 1.0 + kept
    paid = 2.0 * gained / (both + np.sqrt(both * both + 4.0 * kept * gained))
    out = kept * paid / (1.0 + kept * paid)
    left, back = 1.0 - out, kept * out
    unwound = (1.0 + paid) * back / (left + back)
    return Push(*(np.asarray(depth * part) for part in (paid, (1.0 - kept) * paid, out, unwound)))


def range_capital(
    lower_price: Any, upper_price: Any, liquidity: Any, price: float, price_multiple: float
) -> float:
    """Capital that moves the price of concentrated liquidity to a multiple, without a fee.

    lower_price, upper_price, liquidity [n]: ranges, which may overlap; in quote and base units.
    Upward quote goes in, sum of L (sqrt of the part of the way inside the range); downward base,
    sum of L (1 / sqrt - 1 / sqrt), valued at `price`. Full range, L = sqrt(x y), it is
    `push_capital`. Where there is no liquidity the price moves for nothing.
    """
    low, high = positive("lower_price", lower_price, ndim=1), positive("upper_price", upper_price)
    depth = non_negative("liquidity", liquidity, ndim=1)
    same_shape(lower_price=low, upper_price=high, liquidity=depth)
    refuse("upper_price", high, high > low, "must be above lower_price")
    start = float(positive("price", price, ndim=0))
    end = start * float(positive("price_multiple", price_multiple, ndim=0))
    inside_low = np.clip(min(start, end), low, high)
    inside_high = np.clip(max(start, end), low, high)
    if end >= start:
        return float(depth @ (np.sqrt(inside_high) - np.sqrt(inside_low)))
    return float(depth @ (1.0 / np.sqrt(inside_low) - 1.0 / np.sqrt(inside_high))) * start


def manipulation_cost(
    quote_reserve: Any,
    price_multiple: Any,
    held_blocks: Any,
    arbitraged_blocks: Any,
    fee: Any = 0.0,
    block_seconds: Any = 12.0,
    capital_rate: Any = 0.0,
) -> ManipulationCost:
    """Cost of holding a pool's price at a multiple for `held_blocks`.

    At the start of `arbitraged_blocks` of the blocks that follow, at most all, arbitrage brings the
    price back: the attacker keeps what came out and loses paid - received; before each but the last
    he pushes again. If the last block is not arbitraged he goes the way back himself. A manipulated
    spot price that is read within one transaction has held_blocks 0. capital_rate per year of 365
    days on the capital for the time held. All broadcast.
    """
    one = push(quote_reserve, price_multiple, fee)
    held = non_negative("held_blocks", held_blocks)
    lost = non_negative("arbitraged_blocks", arbitraged_blocks)
    refuse("arbitraged_blocks", *_against(lost, lost <= held), "must not exceed held_blocks")
    seconds = held * positive("block_seconds", block_seconds)
    alone = (lost < held) | (held == 0.0)
    fees = lost * one.fee + alone * (one.paid - one.unwound)
    arbitrage = lost * (one.paid - one.fee - one.received)
    waiting = one.paid * finite("capital_rate", capital_rate) * seconds / SECONDS_PER_YEAR
    paid, fees, arbitrage, waiting = broadcast(
        capital=one.paid, fees=fees, arbitrage=arbitrage, capital_cost=waiting
    )
    return ManipulationCost(paid, fees, arbitrage, waiting, np.asarray(fees + arbitrage + waiting))


def attack(cost: Any, collateral_value: Any, loan_to_value: Any, target_multiple: Any) -> Attack:
    """Borrow against collateral that the oracle overstates, and leave it behind.

    The collateral is worth `collateral_value` (quote) in truth; the oracle says target_multiple
    times that, and loan_to_value of it can be borrowed: extractable = value (ltv m - 1). cost:
    `total` of a ManipulationCost. All broadcast.
    """
    spent = non_negative("cost", cost)
    worth = non_negative("collateral_value", collateral_value)
    share = within("loan_to_value", loan_to_value, 0.0, 1.0)
    extractable = worth * (share * positive("target_multiple", target_multiple) - 1.0)
    profit = np.asarray(extractable - spent)
    spent, extractable, profit = broadcast(cost=spent, extractable=extractable, profit=profit)
    return Attack(spent, extractable, profit, np.asarray(profit > 0.0))


def _upward(multiple: Any) -> AnyArray:
    checked = positive("price_multiple", multiple)
    return np.maximum(checked, 1.0 / checked)


def _fee(fee: Any) -> AnyArray:
    checked = within("fee", fee, 0.0, 1.0)
    if np.any(checked == 1.0):
        raise InvalidArgument("fee", fee, "must be below 1")
    return checked
