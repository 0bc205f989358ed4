"""dYdX v4: what one block may liquidate of a position, and what the insurance fund gets or pays.

Integers of quote quantums (1e-6 USDC). Source: dydxprotocol/v4-chain, x/clob liquidations.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import trunc
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk.margin.dydx import DydxMarket
from simulator.units import PPM, ppm_mul_floor, quantise_floor


@dataclass(frozen=True, slots=True)
class DydxBlockLimits:
    """Per position and per subaccount, for one block."""

    minimum_position_notional: int
    maximum_position_portion_ppm: int
    maximum_subaccount_notional: int
    maximum_insurance_lost: int

    def __post_init__(self) -> None:
        if not 0 < self.maximum_position_portion_ppm <= PPM:
            value = self.maximum_position_portion_ppm
            raise InvalidArgument("maximum_position_portion_ppm", value, "must be in (0, 1000000]")


class DydxRoom(NamedTuple):
    """What a subaccount may still lose to liquidations in this block."""

    notional: int
    insurance: int


def dydx_block_room(
    limits: DydxBlockLimits, notional_liquidated: int, insurance_lost: int
) -> DydxRoom:
    """Limits minus what the block has used; InvalidArgument if it has used more than allowed."""
    room = DydxRoom(
        limits.maximum_subaccount_notional - notional_liquidated,
        limits.maximum_insurance_lost - insurance_lost,
    )
    if room.notional < 0:
        raise InvalidArgument("notional_liquidated", notional_liquidated, "exceeds its limit")
    if room.insurance < 0:
        raise InvalidArgument("insurance_lost", insurance_lost, "exceeds its limit")
    return room


def dydx_maximum_position_notional(notional: int, limits: DydxBlockLimits) -> int:
    """Most of a position [quote quantums, >= 0] that one block may liquidate:
    max(min(minimum, notional), floor(notional x portion / 1e6))."""
    least = min(limits.minimum_position_notional, notional)
    return max(least, ppm_mul_floor(notional, limits.maximum_position_portion_ppm))


def dydx_liquidatable_delta(
    quantums: int,
    price: int,
    market: DydxMarket,
    limits: DydxBlockLimits,
    step_base_quantums: int,
    notional_liquidated: int = 0,
) -> int:
    """Signed change of base quantums that a liquidation order may make, against the position.

    The whole position if its notional is at most both limits, or its size at most one step;
    otherwise the limit in base quantums, floored to a step, at least one step, at most all.
    """
    room = dydx_block_room(limits, notional_liquidated, 0).notional
    notional = abs(market.notional(quantums, price))
    most = min(dydx_maximum_position_notional(notional, limits), room)
    size, side = abs(quantums), (quantums > 0) - (quantums < 0)
    if notional <= most or size <= step_base_quantums:
        return -quantums
    unit = price * Fraction(10) ** (market.price_exponent + market.atomic_resolution + 6)
    aligned = quantise_floor(trunc(most / unit), step_base_quantums)
    return -side * min(max(aligned, step_base_quantums), size)


def dydx_insurance_delta(
    fill_quote_quantums: int, bankruptcy_quote_quantums: int, maximum_fee_ppm: int
) -> int:
    """What the insurance fund gains by a fill; below 0 what it pays.

    d = fill - bankruptcy price, both signed (positive when a long is sold, negative when a short is
    bought back). d <= 0 is paid in full; a positive d goes to the fund up to
    floor(maximum fee x |fill| / 1e6), and the rest stays with the account.
    """
    delta = fill_quote_quantums - bankruptcy_quote_quantums
    if delta <= 0:
        return delta
    return min(ppm_mul_floor(abs(fill_quote_quantums), maximum_fee_ppm), delta)
