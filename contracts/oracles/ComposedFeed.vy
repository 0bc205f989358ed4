# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title The product of two feeds
@notice ETH in BTC times BTC in USD. As old as its older leg. A leg without an answer leaves the
        product without one, unless MISSING_IS_ONE: then it counts as 1, which is the mistake that
        has priced staked ether at little more than a dollar.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

BASE: public(immutable(IAnswerSource))
QUOTE: public(immutable(IAnswerSource))
BASE_UNIT: public(immutable(uint256))
MISSING_IS_ONE: public(immutable(bool))


@deploy
def __init__(base: address, quote: address, base_decimals: uint256, missing_is_one: bool):
    """@notice The product has the quote leg's decimals."""
    assert base_decimals <= 36, "decimals"
    BASE = IAnswerSource(base)
    QUOTE = IAnswerSource(quote)
    BASE_UNIT = 10**base_decimals
    MISSING_IS_ONE = missing_is_one


@external
@view
def peek() -> (uint256, uint256):
    base: uint256 = 0
    base_time: uint256 = 0
    base, base_time = staticcall BASE.peek()
    quote: uint256 = 0
    quote_time: uint256 = 0
    quote, quote_time = staticcall QUOTE.peek()
    if MISSING_IS_ONE and base == 0:
        return quote, quote_time
    if MISSING_IS_ONE and quote == 0:
        return base, base_time
    return base * quote // BASE_UNIT, min(base_time, quote_time)
