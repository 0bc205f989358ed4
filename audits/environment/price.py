"""Price moves in the protocol's own units: jumps by a factor, and exactly to where it hurts.

A move names an index and a basis; the mark follows from both as in the price feed.
"""

from __future__ import annotations

from enum import Enum

from hypothesis import strategies as st

from simulator.agent import UpdatePrice
from simulator.property import Ledger
from simulator.units import TICK, WAD, div_floor, quantise_floor, wad_mul_floor

LOWEST_PRICE = WAD // 1_000
HIGHEST_PRICE = 10**7 * WAD
"""Outside of them a market of the reference has no meaning; amounts stay far from overflow."""

JUMPS_PERCENT = st.sampled_from(
    [0, -1, 1, -5, 5, -10, 10, -20, 20, -30, 40, -50, 100, -75, 200, -90]
)
"""Change of the index in percent; 0 rewrites the price, which keeps it fresh."""

BASES = st.sampled_from([0, WAD // 100, -WAD // 100, WAD // 20, -WAD // 20, WAD // 5, -WAD // 5])
"""Distance of the mark from the index; the last two lie beyond the clamp."""


class Brink(Enum):
    """A level of equity worth going to; the mark lands on it or one tick beyond."""

    BELOW_MAINTENANCE = "just below the maintenance margin"
    BELOW_HALF = "just below half of the maintenance margin"
    BANKRUPT = "just below zero"
    BEYOND_THE_FUND = "just below what the insurance fund covers"


BRINKS = st.sampled_from(list(Brink))


def jump(index: int, percent: int, market: int, basis: int) -> UpdatePrice:
    """The index moved by `percent`, on the tick and within the sane range."""
    moved = min(max(div_floor(index * (100 + percent), 100), LOWEST_PRICE), HIGHEST_PRICE)
    return UpdatePrice(market, quantise_floor(moved, TICK), basis)


def to_the_brink(ledger: Ledger, account: int, market: int, brink: Brink) -> UpdatePrice | None:
    """The price without basis at which `account` passes `brink`, if a sane one exists.

    Solves E(P) = level(P) for the mark of one market, both linear in it, and steps 1e-6 of the
    price beyond so that roundings of the requirement do not matter.
    """
    size, mark = ledger.size(account, market), ledger.mark(market)
    if not size:
        return None
    halves = {Brink.BELOW_MAINTENANCE: 2, Brink.BELOW_HALF: 1}.get(brink, 0)
    requirement = div_floor(ledger.maintenance(account) * halves, 2)
    floor = -ledger.insurance if brink is Brink.BEYOND_THE_FUND else requirement
    gap = ledger.settled_equity(account) - floor
    # Per unit of the mark: equity changes by size, the requirement by its own share of |size|.
    held = sum(_notional(ledger, account, other) for other in range(ledger.market_count))
    own = div_floor(requirement * _notional(ledger, account, market), max(held, 1))
    slope = size - div_floor(own * WAD, mark)
    if not slope:
        return None
    price = mark - div_floor(gap * WAD, slope)
    price -= div_floor(price, 10**6) * (1 if size > 0 else -1)
    if not LOWEST_PRICE <= price <= HIGHEST_PRICE:
        return None
    return UpdatePrice(market, quantise_floor(price, TICK), 0)


def _notional(ledger: Ledger, account: int, market: int) -> int:
    return wad_mul_floor(abs(ledger.size(account, market)), ledger.mark(market))
