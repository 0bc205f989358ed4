"""Fixed point with named rounding, exact words, and the one place where integers become floats.

Python integers hold every amount that decides something; float64 lives in the risk core only.
`//` floors and `int(a / b)` passes through a float: a bare `//` is written only where the signs or
an exact division leave no question.
"""

from __future__ import annotations

import re

import numpy as np

from simulator.errors import InputError
from simulator.types import AnyArray, Words

WAD = 10**18
RAY = 10**27
UNIT_1E30 = 10**30
"""Factors, sizes and USD amounts of GMX v2."""
PPM = 10**6
BPS = 10**4
Q96 = 2**96
"""Square-root prices of Uniswap v3."""
Q112 = 2**112
"""UQ112x112: prices of Uniswap v2."""
Q128 = 2**128
TOKEN_DECIMALS = 6
TOKEN: int = 10**TOKEN_DECIMALS
WAD_PER_TOKEN = WAD // TOKEN
"""The exchange's token has 6 decimals, its ledger 18."""
LOT = 10**12
"""Sizes are multiples of it (1e-6 of the base asset), so that size x price / 1e18 is exact."""
TICK = 10**6
"""Prices are multiples of it (1e-12 of the quote)."""
WAD_PER_PRICE_TICK = 10**10
"""Historical prices are integers of 1e-8."""
SECONDS_PER_DAY = 86_400
SECONDS_PER_YEAR = 31_536_000

_WORD = 1 << 256
_LIMB_MASK = (1 << 64) - 1
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


# --- division with the rounding in the name -------------------------------------------------


def div_floor(numerator: int, denominator: int) -> int:
    """Toward minus infinity: the EVM's `/` on unsigned words."""
    return numerator // denominator


def div_ceil(numerator: int, denominator: int) -> int:
    """Toward plus infinity: requirements, debts and penalties."""
    return -(-numerator // denominator)


def div_trunc(numerator: int, denominator: int) -> int:
    """Toward zero: signed division of Solidity, Vyper and Go's Quo."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def div_half_up(numerator: int, denominator: int) -> int:
    """(a + b // 2) // b for a >= 0, b > 0: Aave's rayMul and percentMul, Maker's rpow."""
    return (numerator + denominator // 2) // denominator


def div_euclidean(numerator: int, denominator: int) -> int:
    """Remainder >= 0 whatever the signs: Go's Div."""
    quotient, remainder = divmod(numerator, denominator)
    return quotient + 1 if remainder < 0 else quotient


def wad_mul_floor(left: int, right: int) -> int:
    """left x right / 1e18, toward minus infinity."""
    return left * right // WAD


def wad_mul_ceil(left: int, right: int) -> int:
    """left x right / 1e18, toward plus infinity."""
    return div_ceil(left * right, WAD)


def wad_mul_trunc(left: int, right: int) -> int:
    """left x right / 1e18, toward zero."""
    return div_trunc(left * right, WAD)


# --- products as protocols round them ------------------------------------------------------------


def ray_mul_half_up(left: int, right: int) -> int:
    """(a x b + RAY / 2) // RAY for a, b >= 0: Aave's rayMul."""
    return div_half_up(left * right, RAY)


def ray_div_half_up(left: int, right: int) -> int:
    """(a x RAY + b // 2) // b for a >= 0, b > 0: Aave's rayDiv."""
    return div_half_up(left * RAY, right)


def percent_mul_half_up(amount: int, bps: int) -> int:
    """(a x bps + 5,000) // 10,000 for a, bps >= 0: Aave's percentMul."""
    return div_half_up(amount * bps, BPS)


def percent_div_half_up(amount: int, bps: int) -> int:
    """(a x 10,000 + bps // 2) // bps for a >= 0, bps > 0: Aave's percentDiv."""
    return div_half_up(amount * BPS, bps)


def ppm_mul_floor(amount: int, ppm: int) -> int:
    """a x ppm / 1e6 toward minus infinity: dYdX's BigIntMulPpm."""
    return amount * ppm // PPM


def ppm_mul_ceil(amount: int, ppm: int) -> int:
    """a x ppm / 1e6 toward plus infinity: dYdX's margin requirements."""
    return div_ceil(amount * ppm, PPM)


def factor_1e30_trunc(amount: int, factor_1e30: int) -> int:
    """a x factor / 1e30 toward zero: GMX's applyFactor."""
    return div_trunc(amount * factor_1e30, UNIT_1E30)


def wad_mul_half_up(left: int, right: int) -> int:
    """(a x b + WAD / 2) // WAD for a, b >= 0: Liquity's decMul."""
    return div_half_up(left * right, WAD)


_LIQUITY_MINUTES = 525_600_000
"""Liquity caps the exponent at a thousand years, or squaring would overflow."""


def wad_pow_half_up(base: int, minutes: int) -> int:
    """base ** minutes at 1e18 by squaring with wad_mul_half_up: Liquity's decPow.

    The exponent is capped at 525,600,000.
    """
    exponent = min(minutes, _LIQUITY_MINUTES)
    if exponent == 0:
        return WAD
    odd, square = WAD, base
    while exponent > 1:
        if exponent % 2:
            odd = wad_mul_half_up(square, odd)
        square = wad_mul_half_up(square, square)
        exponent //= 2
    return wad_mul_half_up(square, odd)


def pow_half_up(base: int, exponent: int, unit: int = RAY) -> int:
    """base ** exponent at `unit` by squaring with half-up products: Maker's rpow."""
    result = base if exponent % 2 else unit
    exponent //= 2
    while exponent:
        base = div_half_up(base * base, unit)
        if exponent % 2:
            result = div_half_up(result * base, unit)
        exponent //= 2
    return result


_LN_2_WAD = 693_147_180_559_945_309
_WEXP_LOWEST = -41_446_531_673_892_822_312
_WEXP_HIGHEST = 93_859_467_695_000_404_319
_WEXP_HIGHEST_RESULT = (
    57_716_089_161_558_943_949_701_069_502_944_508_345_128_422_502_756_744_429_568
)


def wad_exp(exponent: int) -> int:
    """e ** x at 1e18 as Morpho's wExp has it: 2 ** q x (1 + r + r ** 2 / 2), x = q ln 2 + r.

    q is rounded to the nearest whole number (trunc of x +- ln 2 / 2), the result floors. Below
    -41.446531673892822312 it is 0, at or above 93.859467695000404319 a constant.
    """
    if exponent < _WEXP_LOWEST:
        return 0
    if exponent >= _WEXP_HIGHEST:
        return _WEXP_HIGHEST_RESULT
    half = _LN_2_WAD // 2
    shift = div_trunc(exponent - half if exponent < 0 else exponent + half, _LN_2_WAD)
    rest = exponent - shift * _LN_2_WAD
    power = WAD + rest + rest * rest // WAD // 2
    return power << shift if shift >= 0 else power >> -shift


# --- exact comparison at a threshold -------------------------------------------------------------


def compare_ratio(
    numerator: int, denominator: int, threshold_numerator: int, threshold_denominator: int
) -> int:
    """-1, 0 or 1: the sign of numerator / denominator - threshold, without a division.

    Both denominators are above 0. At the threshold itself the answer is 0, which no float
    comparison guarantees: 100.5 against 100 is a deviation of exactly 0.5 %.
    """
    left, right = numerator * threshold_denominator, threshold_numerator * denominator
    return (left > right) - (left < right)


def deviates(old: int, new: int, threshold: int, unit: int = BPS) -> bool:
    """|new - old| / |old| >= threshold / unit, inclusive, in integers; True if old is 0."""
    return abs(new - old) * unit >= threshold * abs(old)


# --- steps -------------------------------------------------------------------------------------


def quantise_trunc(amount: int, step: int) -> int:
    """The multiple of step next to amount toward zero: a size never grows by rounding."""
    return div_trunc(amount, step) * step


def quantise_floor(amount: int, step: int) -> int:
    """The multiple of step at or below amount: a bid price is never worse for its owner."""
    return amount // step * step


def quantise_ceil(amount: int, step: int) -> int:
    """The multiple of step at or above amount: an ask price is never worse for its owner."""
    return div_ceil(amount, step) * step


def quantise_half_up(amount: int, step: int) -> int:
    """The nearest multiple of step, a tie upward."""
    return (2 * amount + step) // (2 * step) * step


# --- text and prices -----------------------------------------------------------------------------


def decimal_to_integer(text: str, decimals: int, field: str = "value") -> int:
    """'200.74' with 8 decimals -> 20_074_000_000, exactly.

    Raises InputError for anything but a plain or scientific decimal, and for more decimal places
    than the scale holds (trailing zeros do not count): nothing is rounded silently.
    """
    if _DECIMAL.fullmatch(text) is None:
        raise InputError(field, text, "must be a decimal number")
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, shift = int(whole + fraction), decimals - len(fraction) + int(exponent or "0")
    if shift >= 0:
        return digits * int(10**shift)
    quotient, lost = divmod(abs(digits), int(10**-shift))
    if lost:
        raise InputError(field, text, f"must have at most {decimals} decimal places")
    return -quotient if digits < 0 else quotient


def price_ticks_to_wad(ticks: int) -> int:
    """Historical price ticks of 1e-8 -> 1e-18, always a multiple of TICK."""
    return int(ticks) * WAD_PER_PRICE_TICK


def wad_to_float(amount: int) -> float:
    """1e-18 integer -> float64, correctly rounded (int / int is)."""
    return amount / WAD


def float_to_wad(amount: float, step: int = 1) -> int:
    """A modelled float amount -> a 1e-18 integer, truncated to a multiple of step.

    For what agents wish (sizes, limits), never for what decides a liquidation.
    """
    numerator, denominator = float(amount).as_integer_ratio()
    return quantise_trunc(div_trunc(numerator * WAD, denominator), step)


# --- exact words ---------------------------------------------------------------------------------


def words_to_integers(words: Words, signed: bool) -> list[int]:
    """uint64[n, 4] limbs, least significant first -> n Python integers."""
    raw = np.ascontiguousarray(words, dtype="<u8").tobytes()
    cut = range(0, len(raw), 32)
    return [int.from_bytes(raw[at : at + 32], "little", signed=signed) for at in cut]


def integers_to_words(values: list[int], signed: bool) -> Words:
    """n Python integers -> uint64[n, 4]; OverflowError if one does not fit in 256 bits."""
    raw = b"".join(value.to_bytes(32, "little", signed=signed) for value in values)
    return np.frombuffer(raw, dtype="<u8").reshape(-1, 4).astype(np.uint64)


def words_to_floats(words: Words, signed: bool) -> AnyArray:
    """uint64[..., 4] -> float64[...], correctly rounded (to nearest, ties to even).

    Words of magnitude below 2**64 (nearly all amounts in practice) take the shorter path.
    """
    flat = words.reshape(-1, 4)
    negative = (flat[:, 3] >> np.uint64(63)).astype(bool) if signed else np.zeros(len(flat), bool)
    magnitude = np.where(negative[:, None], _negated(flat), flat)
    result = magnitude[:, 0].astype(np.float64)
    large = np.flatnonzero(magnitude[:, 1:].any(axis=1))
    if len(large):
        result[large] = _large_to_floats(magnitude[large])
    np.negative(result, out=result, where=negative)
    return result.reshape(words.shape[:-1])


def _large_to_floats(limbs: Words) -> AnyArray:
    """Magnitudes of at least 2**64, uint64[m, 4] -> float64[m], to nearest, ties to even.

    The first 64 bits from the highest one on are rounded to float64 once; the lowest of them stands
    for all bits that are cut off, which is enough to tell a tie from more than a tie.
    """
    rows = np.arange(len(limbs))
    top = 3 - np.argmax(limbs[:, ::-1] != 0, axis=1)
    high, below = limbs[rows, top], limbs[rows, top - 1]
    shifted = high >> np.uint64(11)  # frexp of at most 53 bits is exact
    bits = np.where(
        shifted > 0,
        np.frexp(shifted.astype(np.float64))[1] + 11,
        np.frexp(high.astype(np.float64))[1],
    )
    lead = (64 - bits).astype(np.uint64)
    mantissa = (high << lead) | ((below >> (np.uint64(63) - lead)) >> np.uint64(1))
    rest = (below << lead) != 0
    for limb in range(2):
        rest |= (limb < top - 1) & (limbs[:, limb] != 0)
    mantissa |= rest.astype(np.uint64)
    floats: AnyArray = np.ldexp(mantissa.astype(np.float64), 64 * top - lead.astype(np.int64))
    return floats


def _negated(flat: Words) -> Words:
    """Two's complement per row: invert, add one, carry through the limbs."""
    inverted = ~flat
    carry = np.ones(len(flat), dtype=np.uint64)
    for limb in range(4):
        inverted[:, limb] += carry
        carry = carry & (inverted[:, limb] == 0).astype(np.uint64)
    return inverted
