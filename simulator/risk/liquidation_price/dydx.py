"""dYdX v4: bankruptcy price of a part of a position, and the price a liquidation may fill at.

Integers of quote quantums (1e-6 USDC) and base quantums; nothing is rounded but where said.
Source: dydxprotocol/v4-chain, x/clob/keeper/liquidations.go.
"""

from __future__ import annotations

from fractions import Fraction

from simulator.errors import InvalidArgument
from simulator.units import PPM, div_euclidean


def dydx_bankruptcy_price(
    net_collateral: int, maintenance: int, delta_net_notional: int, delta_maintenance: int
) -> int:
    """-dNN - (NC x |dMM| div MM), in quote quantums for the whole delta; div is Euclidean.

    NC and MM are the account's net collateral and maintenance requirement, dNN and dMM the changes
    of the position's net notional and requirement by the closed part. The quotient rounds down, so
    the result rounds up for longs and shorts. A closed long has a positive price (received), a
    closed short a negative one (paid). Raises InvalidArgument if MM is not above 0.
    """
    if maintenance <= 0:
        raise InvalidArgument("maintenance", maintenance, "must be above 0")
    share = div_euclidean(net_collateral * abs(delta_maintenance), maintenance)
    return -delta_net_notional - share


def dydx_fillable_price(
    position_quantums: int,
    position_net_notional: int,
    position_maintenance: int,
    net_collateral: int,
    maintenance: int,
    bankruptcy_adjustment_ppm: int = PPM,
    spread_to_maintenance_ppm: int = 100_000,
) -> Fraction:
    """(PNNV - ABR x SMMR x PMMR) / PS in quote quantums per base quantum, exactly.

    ABR = clamp(BA x (1 - NC / MM), 0, 1). PS is signed, so a short's price lies above the oracle's.
    Defaults are those of the source's tests. Raises InvalidArgument for an empty position or an MM
    that is not above 0.
    """
    if position_quantums == 0:
        raise InvalidArgument("position_quantums", 0, "must not be 0")
    if maintenance <= 0:
        raise InvalidArgument("maintenance", maintenance, "must be above 0")
    nearness = 1 - Fraction(net_collateral, maintenance)
    unclamped = Fraction(bankruptcy_adjustment_ppm, PPM) * nearness
    adjusted = min(max(unclamped, Fraction(0)), Fraction(1))
    spread = adjusted * Fraction(spread_to_maintenance_ppm, PPM) * position_maintenance
    return (position_net_notional - spread) / position_quantums
