"""The average price at which an order of a given notional fills: the impact price."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from simulator.errors import InvalidArgument

Exact: TypeAlias = int | Fraction
Level: TypeAlias = tuple[Exact, Exact]
"""(price, size): the price above 0, the size at least 0, in units of the caller."""


def impact_price(levels: Sequence[Level], impact_notional: Exact) -> Fraction | None:
    """impact notional / quantity filled when the book is walked from its best level, exactly.

    levels: (price, size), bids descending or asks ascending; equal prices may follow each other,
    and levels of size 0 are passed over.
    The last level is filled in part, by value. A notional of 0 gives the best price. None where
    the side is empty or holds less than the notional (a depth of exactly the notional is enough).
    Amounts are integers or fractions (a float would be taken at its binary value).

    Source: dYdX v4, memclob.go, getImpactPriceSubticks; there the quantity is first rounded up to
    a whole base quantum.
    """
    if impact_notional < 0:
        raise InvalidArgument("impact_notional", impact_notional, "must be at least 0")
    _check(levels)
    held = [level for level in levels if level[1]]
    if held and impact_notional == 0:
        return Fraction(held[0][0])
    missing, filled = Fraction(impact_notional), Fraction(0)
    for price, size in held:
        value = Fraction(price) * Fraction(size)
        if value >= missing:
            return Fraction(impact_notional) / (filled + missing / Fraction(price))
        missing -= value
        filled += Fraction(size)
    return None


def _check(levels: Sequence[Level]) -> None:
    direction = 0
    for at, (price, size) in enumerate(levels):
        if price <= 0 or size < 0:
            rule = "must have a price above 0 and a size of at least 0"
            raise InvalidArgument(f"levels[{at}]", (price, size), rule)
        if at == 0 or price == levels[at - 1][0]:
            continue
        step = 1 if price > levels[at - 1][0] else -1
        if direction not in (0, step):
            raise InvalidArgument(f"levels[{at}]", price, "must go on in one direction")
        direction = step
