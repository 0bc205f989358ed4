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
