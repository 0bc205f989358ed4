"""Block-based TWAP funding of Perpetual Protocol's Curie, to the last unit (risk-spec section 6).

Source: perpetual-protocol/perp-curie-contract, contracts/Exchange.sol
(_getFundingGrowthGlobalAndTwaps, _getDeltaTwapX96), contracts/lib/Funding.sol. Sizes are integers
of 1e-18, prices and growths of 2^-96; every signed division is toward zero.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import PPM, Q96, SECONDS_PER_DAY, WAD, div_floor, div_trunc, ppm_mul_floor

TWAP_SECONDS = 900
MAX_FUNDING_PPM = 100_000
"""10 % of the index per day."""


class CurieGrowth(NamedTuple):
    """Premium x time since the start, per unit of base and per unit of liquidity's base."""

    premium_x96: int
    premium_by_root_x96: int
    """The same, divided by the square root of the market price: what makers pay by."""


def curie_price_x96(price_wad: int) -> int:
    """price x 2^96 / 1e18, down."""
    return div_floor(checks.whole("price_wad", price_wad, 0) * Q96, WAD)


def curie_interval(now: int, first_traded: int, interval: int = TWAP_SECONDS) -> int:
    """Seconds of the TWAP: min(interval, now - first traded); 0 (spot) before the first trade.

    first_traded is the time of the market's first trade, 0 if there was none.
    """
    checks.whole("interval", interval, 0)
    if checks.whole("first_traded", first_traded, 0) == 0:
        return 0
    return min(interval, checks.whole("now", now, first_traded) - first_traded)


def curie_premium_x96(
    market_twap_x96: int, index_twap_x96: int, max_rate_ppm: int = MAX_FUNDING_PPM
) -> int:
    """market TWAP - index TWAP, its magnitude at most index x max rate / 1e6 (floored)."""
    index = checks.whole("index_twap_x96", index_twap_x96, 1)
    checks.whole("max_rate_ppm", max_rate_ppm, 0, PPM)
    limit = ppm_mul_floor(index, max_rate_ppm)
    return max(-limit, min(limit, checks.whole("market_twap_x96", market_twap_x96, 0) - index))


def curie_growth(
    growth: CurieGrowth,
    premium: int,
    root_price_x96: int,
    now: int,
    last_settled: int,
    paused_at: int | None = None,
) -> CurieGrowth:
    """growth + premium x (now - last settled), once per time stamp; unchanged before the first.

    premium is `curie_premium_x96`, root_price_x96 the square root of the market's spot price.
    Time stops at `paused_at`. A time before the last settlement is refused.
    """
    until = now if paused_at is None else min(now, paused_at)
    if last_settled == 0:
        return growth
    if until < last_settled:
        raise InvalidArgument("now", now, f"must not be before the last settlement {last_settled}")
    if until == last_settled:
        return growth
    checks.whole("root_price_x96", root_price_x96, 1)
    step = premium * (until - last_settled)
    return CurieGrowth(
        growth.premium_x96 + step,
        growth.premium_by_root_x96 + div_trunc(step * Q96, root_price_x96),
    )


def curie_maker_coefficient(
    liquidity: int,
    root_lower_x96: int,
    root_upper_x96: int,
    below_x96: int,
    inside_x96: int,
    inside_by_root_x96: int,
) -> int:
    """What an order of liquidity pays by: base held below its range and inside it.

    below_x96, inside_x96: growth of the premium since the last settlement while the price was
    below and inside the range; inside_by_root_x96: the same by root price. Above the range all
    liquidity is quote and pays nothing. Result in base x quote x seconds, 1e-18.
    """
    upper = checks.whole("root_upper_x96", root_upper_x96, 1)
    lower = checks.whole("root_lower_x96", root_lower_x96, 1, upper - 1)
    amount = checks.whole("liquidity", liquidity, 0) * Q96
    base_below = div_floor(div_floor(amount * (upper - lower), upper), lower)
    inside = liquidity * (inside_by_root_x96 - div_trunc(inside_x96 * Q96, upper))
    return div_trunc(base_below * below_x96 + inside, Q96)


def curie_funding_payment(
    base_wad: int, growth_delta_x96: int, liquidity_coefficient: int = 0
) -> int:
    """(maker coefficient + base x growth delta / 2^96) / 86400, toward zero at each division.

    base_wad is the signed balance of the base token; above 0 the account pays, 1e-18 quote.
    """
    balance = div_trunc(checks.whole("base_wad", base_wad) * growth_delta_x96, Q96)
    return div_trunc(liquidity_coefficient + balance, SECONDS_PER_DAY)
