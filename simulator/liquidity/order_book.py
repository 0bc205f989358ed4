"""Order book: walk its levels, and how deep it is when the market is wild.

Floats; prices in quote per base, quantities in base, times in any one unit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, same_shape, within
from simulator.types import AnyArray


class Fill(NamedTuple):
    """What a market order got from one side of a book."""

    filled: float
    """Base."""
    unfilled: float
    """Base that found no level: never dropped silently."""
    value: float
    """Quote paid or received."""
    average_price: float
    """value / filled; NaN if nothing was filled."""
    last_price: float
    """Of the worst level touched; NaN if nothing was filled."""
    levels: int
    """Levels touched."""


def walk_book(price: Any, quantity: Any, order: float) -> Fill:
    """Fill `order` (base, at least 0) from levels [n], the best price first.

    Prices must be positive and go one way, away from the mid: falling for bids, rising for asks,
    equal neighbours allowed. Quantities are at least 0; an empty level is not touched. An order
    that ends exactly with a level does not touch the next. An empty book leaves all unfilled.
    """
    prices, sizes = positive("price", price, ndim=1), non_negative("quantity", quantity, ndim=1)
    same_shape(price=prices, quantity=sizes)
    wanted = float(non_negative("order", order, ndim=0))
    step = np.diff(prices)
    if (step > 0).any() and (step < 0).any():
        raise InvalidArgument("price", prices.tolist(), "must go one way, away from the mid")
    before = np.cumsum(sizes) - sizes
    taken = np.clip(wanted - before, 0.0, sizes)
    touched = np.flatnonzero(taken)
    if not len(touched):
        return Fill(0.0, wanted, 0.0, float("nan"), float("nan"), 0)
    whole = wanted >= sizes.sum()
    filled = float(sizes.sum()) if whole else wanted
    value = float(taken @ prices)
    return Fill(
        filled=filled,
        unfilled=wanted - filled,
        value=value,
        average_price=value / filled,
        last_price=float(prices[touched[-1]]),
        levels=len(touched),
    )


def book_depth(
    distance: Any,
    reference_depth: Any,
    reference_distance: Any,
    volatility: Any = 1.0,
    reference_volatility: Any = 1.0,
    exponent: Any = 0.0,
) -> AnyArray:
    """Cumulative depth within `distance` of the mid: depth0 (d / d0) (sigma0 / sigma)^a.

    Distances as fractions of the mid, depth in any unit of quantity; a >= 0 thins the book as
    volatility grows, and thickens it below the reference (cap volatility where that is not
    meant). All broadcast. Source: a measured depth0 and a are arguments of the scenario.
    """
    near = non_negative("distance", distance)
    depth = non_negative("reference_depth", reference_depth)
    far = positive("reference_distance", reference_distance)
    wild = positive("volatility", volatility)
    calm = positive("reference_volatility", reference_volatility)
    power = non_negative("exponent", exponent)
    return np.asarray(depth * (near / far) * (calm / wild) ** power)


def distance_for_quantity(
    quantity: Any,
    reference_depth: Any,
    reference_distance: Any,
    volatility: Any = 1.0,
    reference_volatility: Any = 1.0,
    exponent: Any = 0.0,
) -> AnyArray:
    """The inverse of `book_depth`: how far from the mid an order of `quantity` walks."""
    wanted = non_negative("quantity", quantity)
    far = positive("reference_distance", reference_distance)
    at_reference = book_depth(
        far, positive("reference_depth", reference_depth), far,
        volatility, reference_volatility, exponent,
    )  # fmt: skip
    return np.asarray(far * wanted / at_reference)


def remaining_consumption(consumed: Any, elapsed: Any, half_life: Any) -> AnyArray:
    """Depth still missing: consumed x 2^(-elapsed / half-life), in the unit of `consumed`."""
    missing, time = non_negative("consumed", consumed), non_negative("elapsed", elapsed)
    return np.asarray(missing * np.exp2(-time / positive("half_life", half_life)))


def impact_after(
    impact: Any, permanent_share: Any, elapsed: Any, half_life: Any
) -> AnyArray:  # fmt: skip
    """Impact `elapsed` after the trade: permanent share stays, the rest halves every half-life.

    impact (phi + (1 - phi) 2^(-t / h)), in the unit and with the sign of `impact`; phi in [0, 1].
    Source: the permanent and temporary split of RiskDAO's simulations.
    """
    moved = finite("impact", impact)
    stays = within("permanent_share", permanent_share, 0.0, 1.0)
    fading = remaining_consumption(1.0, elapsed, half_life)
    return np.asarray(moved * (stays + (1.0 - stays) * fading))
