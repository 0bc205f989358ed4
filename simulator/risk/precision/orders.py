"""Limit orders on a grid of ticks and lots."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, trunc

from simulator.risk.checks import one_of
from simulator.risk.precision.exact import (
    ExactNumber,
    exact_above_zero,
    exact_at_least_zero,
    exact_decimal,
    exact_multiple,
    steps_of,
)

SIDES = ("buy", "sell")


@dataclass(frozen=True, slots=True)
class QuantisedOrder:
    """An order on the grid, and why it is refused if it is."""

    price: Decimal
    size: Decimal
    """Signed as it was given."""
    refused: str | None
    """None if the venue takes it; else 'price 0', 'size 0' or 'below the minimum notional'."""


def quantise_price(price: ExactNumber, tick: ExactNumber, side: str) -> Decimal:
    """Price on the grid of ticks: side 'buy' floors, 'sell' ceils, never worse for the owner.

    Raises InvalidArgument for a float, a negative price, a tick that is not above 0.
    """
    one_of("side", side, SIDES)
    number, step = exact_at_least_zero("price", price), exact_above_zero("tick", tick)
    steps = steps_of(number, step)
    return exact_multiple(step, floor(steps) if side == "buy" else ceil(steps))


def quantise_size(size: ExactNumber, lot: ExactNumber) -> Decimal:
    """Size on the grid of lots, toward zero: it never grows, whatever its sign."""
    step = exact_above_zero("lot", lot)
    return exact_multiple(step, trunc(steps_of(exact_decimal("size", size), step)))


def quantise_order(
    side: str,
    price: ExactNumber,
    size: ExactNumber,
    tick: ExactNumber,
    lot: ExactNumber,
    minimum_notional: ExactNumber = 0,
) -> QuantisedOrder:
    """The order that a venue would hold: price and size on their grids, or refused.

    It is refused if the price or the size becomes 0, or if rounded price x |rounded size| is below
    the minimum notional (strict: the minimum itself is taken).
    """
    on_tick, on_lot = quantise_price(price, tick, side), quantise_size(size, lot)
    least = exact_at_least_zero("minimum_notional", minimum_notional)
    refused = None
    if not on_tick:
        refused = "price 0"
    elif not on_lot:
        refused = "size 0"
    elif Fraction(on_tick) * abs(Fraction(on_lot)) < Fraction(least):
        refused = "below the minimum notional"
    return QuantisedOrder(on_tick, on_lot, refused)
