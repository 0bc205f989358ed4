"""Uniswap v3's tick and square-root price, equal to the contract to the last bit.

price = 1.0001 ** tick = (sqrt_ratio_x96 / 2 ** 96) ** 2. Source: Uniswap/v3-core TickMath and its
tests; the twenty constants are computed here and equal the published ones.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import floor, isqrt, log

from simulator.errors import InvalidArgument
from simulator.risk.precision.exact import ExactNumber, exact_above_zero
from simulator.units import Q96, Q128, div_ceil, quantise_floor

MINIMUM_TICK = -887_272
MAXIMUM_TICK = 887_272
MINIMUM_SQRT_RATIO_X96 = 4_295_128_739
"""sqrt_ratio_at_tick(MINIMUM_TICK), allowed."""
MAXIMUM_SQRT_RATIO_X96 = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
"""sqrt_ratio_at_tick(MAXIMUM_TICK), not allowed as a ratio."""

_BASE = Decimal("1.0001")
_LOG_SQRT_BASE = log(1.0001) / 2


def _factors_x128() -> tuple[int, ...]:
    """round(2 ** 128 / 1.0001 ** (2 ** k / 2)) for k = 0..19."""
    with localcontext() as context:
        context.prec = 120
        power = _BASE.sqrt()
        factors = []
        for _ in range(20):
            factors.append(int((Decimal(Q128) / power).to_integral_value()))
            power *= power
        return tuple(factors)


_FACTORS_X128 = _factors_x128()


def sqrt_ratio_at_tick(tick: int) -> int:
    """sqrt(1.0001 ** tick) x 2 ** 96, rounded up from the contract's 128-bit fraction.

    One product with a constant, floored to 128 bits, for each bit of |tick|; the reciprocal for a
    positive tick. Raises InvalidArgument if |tick| > 887,272.
    """
    if abs(tick) > MAXIMUM_TICK:
        raise InvalidArgument("tick", tick, f"must be in [{MINIMUM_TICK}, {MAXIMUM_TICK}]")
    ratio, bits = Q128, abs(tick)
    for bit, factor in enumerate(_FACTORS_X128):
        if bits >> bit & 1:
            ratio = ratio * factor >> 128
    if tick > 0:
        ratio = (2**256 - 1) // ratio
    return div_ceil(ratio, 1 << 32)


def tick_at_sqrt_ratio(sqrt_ratio_x96: int) -> int:
    """The greatest tick whose sqrt_ratio_at_tick is at most the input.

    Raises InvalidArgument outside of [MINIMUM_SQRT_RATIO_X96, MAXIMUM_SQRT_RATIO_X96).
    """
    if not MINIMUM_SQRT_RATIO_X96 <= sqrt_ratio_x96 < MAXIMUM_SQRT_RATIO_X96:
        rule = f"must be in [{MINIMUM_SQRT_RATIO_X96}, {MAXIMUM_SQRT_RATIO_X96})"
        raise InvalidArgument("sqrt_ratio_x96", sqrt_ratio_x96, rule)
    # A float's logarithm is within a tick of the truth; exact ratios decide.
    tick = floor(log(sqrt_ratio_x96 / Q96) / _LOG_SQRT_BASE)
    tick = min(max(tick, MINIMUM_TICK), MAXIMUM_TICK - 1)
    while sqrt_ratio_at_tick(tick) > sqrt_ratio_x96:
        tick -= 1
    while sqrt_ratio_at_tick(tick + 1) <= sqrt_ratio_x96:
        tick += 1
    return tick


def sqrt_ratio_of_price(amount_1: int, amount_0: int = 1) -> int:
    """floor(sqrt(amount_1 / amount_0) x 2 ** 96), exactly; amounts above 0."""
    for name, amount in (("amount_1", amount_1), ("amount_0", amount_0)):
        if amount <= 0:
            raise InvalidArgument(name, amount, "must be above 0")
    return isqrt((amount_1 << 192) // amount_0)


def tick_at_price(price: ExactNumber | Fraction) -> int:
    """floor(log_1.0001(price)), exactly: the greatest tick with 1.0001 ** tick <= price.

    It differs from the tick of the rounded square root only within that rounding of a tick's price.
    Raises InvalidArgument for a price that is not above 0, or a tick outside of the range.
    """
    value = price if isinstance(price, Fraction) else Fraction(exact_above_zero("price", price))
    if value <= 0:
        raise InvalidArgument("price", price, "must be above 0")
    with localcontext() as context:
        context.prec = 80
        ratio = Decimal(value.numerator).ln() - Decimal(value.denominator).ln()
        logarithm = ratio / _BASE.ln()
        tick = floor(logarithm)
        nearest = round(logarithm)
        doubtful = abs(logarithm - nearest) < Decimal("1e-50")
    if not MINIMUM_TICK <= (nearest if doubtful else tick) <= MAXIMUM_TICK:
        rule = f"its tick must be in [{MINIMUM_TICK}, {MAXIMUM_TICK}]"
        raise InvalidArgument("price", price, rule)
    if doubtful:
        # A price within 1e-54 of a tick's own: the power itself decides.
        tick = nearest if Fraction(10_001, 10_000) ** nearest <= value else nearest - 1
    return tick


def align_tick(tick: int, spacing: int) -> int:
    """The multiple of the tick spacing at or below tick, toward minus infinity."""
    if spacing <= 0:
        raise InvalidArgument("spacing", spacing, "must be above 0")
    return quantise_floor(tick, spacing)
