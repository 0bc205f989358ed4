"""The product of two feeds: contracts/oracles/ComposedFeed.vy in Python."""

from __future__ import annotations

from simulator.oracles.answers import Answer
from simulator.risk.checks import whole


def composed_answer(
    base: Answer, quote: Answer, base_decimals: int = 8, missing_is_one: bool = False
) -> Answer:
    """base x quote // 10^base_decimals, in the quote leg's decimals, as old as the older leg.

    A leg without an answer leaves the product without one; with missing_is_one the other leg is the
    answer, in its own decimals: the mistake that has priced staked ether at its ratio.
    """
    whole("base_decimals", base_decimals, 0, 36)
    if missing_is_one and not base.value:
        return quote
    if missing_is_one and not quote.value:
        return base
    product = base.value * quote.value // 10**base_decimals
    return Answer(product, min(base.updated_at, quote.updated_at))
