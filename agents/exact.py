"""From an agent's float wishes to the exact integers of an action.

An agent decides in float64; what it sends is a whole number of lots, ticks or token units, so no
float ever reaches a threshold on chain.
"""

from __future__ import annotations

from simulator.units import LOT, TICK, TOKEN, WAD

LOTS_PER_UNIT = WAD // LOT


def size_to_lots_down(size: float) -> int:
    """Signed size in units (float) to 1e-18 units, truncated toward zero to the lot."""
    return int(size * LOTS_PER_UNIT) * LOT


def price_to_ticks(price_wad: int, factor_ppm: int) -> int:
    """A price moved by parts per million, truncated to the tick."""
    return price_wad * (1_000_000 + factor_ppm) // (1_000_000 * TICK) * TICK


def quote_to_tokens(quote: float) -> int:
    """Quote (float) to 1e-6 token units, truncated."""
    return int(quote * TOKEN)
