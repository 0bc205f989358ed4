"""A market that is sold into: it gives a price, its mark moves, and with time it recovers.

One shape for books, laws, tables and pools: a `Venue` is a curve with its habits, a `VenueState` is
what trading has done to it so far, and `sell` gives the new state and the `Execution`. States are
arguments: nothing is changed in place. Everything broadcasts, so many paths are traded at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from simulator.liquidity.curves import Curve
from simulator.liquidity.order_book import remaining_consumption
from simulator.liquidity.square_root import depth_share
from simulator.risk.checks import finite, non_negative, positive, within
from simulator.types import AnyArray


@dataclass(frozen=True, slots=True)
class Venue:
    """A curve measured at `calm_volatility`, and how the market behaves around it."""

    curve: Curve
    half_life: float
    """Time in which half of what trading used up comes back, in any one unit; inf: never."""
    permanent_share: float = 0.0
    """Share of each move of the mark that stays."""
    half_spread: float = 0.0
    """Relative; paid on top of the curve, both ways."""
    calm_volatility: float = 1.0
    """Up to which the market has its full depth; the unit of every volatility given."""
    thinning_exponent: float = 0.0
    """Depth is (calm / volatility) ^ exponent of the full one, at most all of it."""
    volatility_exponent: float = 0.0
    """Distances grow with (volatility / calm) ^ exponent: 1 for the square-root law, else 0."""

    def __post_init__(self) -> None:
        if not np.isinf(self.half_life):
            positive("half_life", self.half_life, ndim=0)
        within("permanent_share", self.permanent_share, 0.0, 1.0, ndim=0)
        within("half_spread", self.half_spread, 0.0, 1.0, ndim=0)
        positive("calm_volatility", self.calm_volatility, ndim=0)
        non_negative("thinning_exponent", self.thinning_exponent, ndim=0)
        non_negative("volatility_exponent", self.volatility_exponent, ndim=0)


@dataclass(frozen=True, slots=True)
class VenueState:
    """Of one path or many; all of one shape."""

    price: AnyArray
    """Undisturbed, quote per base."""
    pressure: AnyArray
    """Base sold and not yet absorbed; negative if bought."""
    lasting: AnyArray
    """Relative distance that stays; above 0 below the price."""


class Execution(NamedTuple):
    """What a trade got; base is signed as the trade was, above 0 for a sale."""

    filled: AnyArray
    unfilled: AnyArray
    """Base that found no buyer above a price of 0: never dropped silently."""
    value: AnyArray
    """Quote received; below 0 where it was paid."""
    average_price: AnyArray
    """|value / filled|; the mark, less or more the half spread, where nothing was filled."""
    mark_before: AnyArray
    mark_after: AnyArray
    beyond: AnyArray
    """bool: it went further than the curve was measured."""


def open_venue(price: Any) -> VenueState:
    """Undisturbed, at a price above 0 of any shape."""
    level = positive("price", price)
    return VenueState(level, np.zeros(level.shape), np.zeros(level.shape))


def mark(venue: Venue, state: VenueState, volatility: Any = None) -> AnyArray:
    """price (1 - lasting - (1 - permanent share) d(X)); volatility: calm where not given."""
    return _mark(venue, state, _scales(venue, volatility))


def recover(venue: Venue, state: VenueState, elapsed: Any) -> VenueState:
    """After a time without trades: 2^(-elapsed / half-life) of the pressure is left."""
    if np.isinf(venue.half_life):
        return state
    left = remaining_consumption(1.0, elapsed, venue.half_life)
    return replace(state, pressure=np.asarray(state.pressure * left))


def reprice(state: VenueState, price: Any) -> VenueState:
    """The undisturbed price has moved by itself; pressure and lasting distance stay."""
    return replace(state, price=positive("price", price))


def sell(
    venue: Venue, state: VenueState, quantity: Any, volatility: Any = None
) -> tuple[VenueState, Execution]:
    """Sell `quantity` base (below 0: buy) at once.

    The price runs along the curve from X to X + quantity; the trade gets its average, less the half
    spread. A sale stops where the mark would fall to 0. Selling in parts without time between is
    selling at once, up to rounding. Raises InvalidArgument for a quantity that is not finite, or
    more than a pool holds bought.
    """
    wanted = finite("quantity", quantity)
    scales = _scales(venue, volatility)
    depth, spread = scales
    before = _mark(venue, state, scales)
    start = state.pressure / depth
    taken = np.minimum(wanted, _room(venue, state, scales))
    end = (state.pressure + taken) / depth
    distance = venue.curve.distance
    moved = spread * (distance(end) - distance(start))
    area = spread * depth * (venue.curve.area(end) - venue.curve.area(start))
    # What the trade runs through lies d(X) - d(start) below the mark it began at.
    lost = area - spread * distance(start) * taken
    middle = before * taken - state.price * lost
    value = middle - venue.half_spread * np.abs(middle)
    after = VenueState(
        *np.broadcast_arrays(
            state.price,
            state.pressure + taken,
            state.lasting + venue.permanent_share * moved,
        )
    )
    quote = before * (1.0 - np.sign(wanted) * venue.half_spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        average = np.where(taken != 0.0, value / taken, quote)
    return after, Execution(
        *np.broadcast_arrays(
            taken,
            wanted - taken,
            value,
            average,
            before,
            _mark(venue, after, scales),
            ~venue.curve.measured(end),
        )
    )


def sale_impact(venue: Venue, state: VenueState, volatility: Any = None) -> VenueImpact:
    """The venue as an impact function of the cascade: price before, quantity sold -> price."""
    return VenueImpact(venue, state, volatility)


@dataclass(frozen=True, slots=True)
class VenueImpact:
    """Mark after selling into a venue as it stands, relative to its mark, times the price given."""

    venue: Venue
    state: VenueState
    volatility: Any = None

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after selling `sold` (base, at least 0) into a market at `price`."""
        _, execution = sell(self.venue, self.state, sold, self.volatility)
        return np.asarray(price * execution.mark_after / execution.mark_before)


def _scales(venue: Venue, volatility: Any) -> tuple[AnyArray, AnyArray]:
    """Share of the full depth that is there, and by how much distances are stretched."""
    calm = venue.calm_volatility
    wild = positive("volatility", calm if volatility is None else volatility)
    stretched = np.asarray((wild / calm) ** venue.volatility_exponent)
    return depth_share(wild, calm, venue.thinning_exponent), stretched


def _mark(venue: Venue, state: VenueState, scales: tuple[AnyArray, AnyArray]) -> AnyArray:
    depth, spread = scales
    fading = (1.0 - venue.permanent_share) * spread * venue.curve.distance(state.pressure / depth)
    return np.asarray(state.price * np.maximum(1.0 - state.lasting - fading, 0.0))


def _room(venue: Venue, state: VenueState, scales: tuple[AnyArray, AnyArray]) -> AnyArray:
    """Base that can be sold before the mark is 0."""
    depth, spread = scales
    start = venue.curve.distance(state.pressure / depth)
    left = _mark(venue, state, scales) / state.price
    reach = np.maximum(start + left / np.maximum(spread, 1e-300), 0.0)
    return np.asarray(np.maximum(venue.curve.pressure_at(reach) * depth - state.pressure, 0.0))
