"""The fixed-point products and powers of single protocols, to the last unit.

Each is named after the function of the contract it equals; arguments are exact integers. The
divisions with a rounding in their name stand in `simulator.units`.
"""

from __future__ import annotations

from simulator.units import RAY, WAD, div_ceil, div_floor, div_half_up, div_trunc

BPS = 10_000
"""Percentages of Aave and others: 10,000 is the whole."""
MAX_UINT256: int = 2**256 - 1
"""What contracts answer for 'no debt'."""
LONGEST_DECAY_MINUTES = 525_600_000
"""decPow's exponent is capped here: a thousand years in minutes (Liquity, LiquityMath.sol)."""

_LN2_WAD = 693147180559945309
_EXP_LOWEST_WAD = -41446531673892822312
_EXP_UPPER_WAD = 93859467695000404319
_EXP_UPPER_VALUE_WAD = 57716089161558943949701069502944508345128422502756744429568


def ray_mul(left: int, right: int) -> int:
    """(left x right + RAY/2) // RAY, half-up (Aave v3, WadRayMath.rayMul)."""
    return div_half_up(left * right, RAY)


def ray_div(numerator: int, denominator: int) -> int:
    """(numerator x RAY + denominator/2) // denominator, half-up (Aave v3, WadRayMath.rayDiv)."""
    return div_half_up(numerator * RAY, denominator)


def percent_mul(value: int, bps: int) -> int:
    """(value x bps + 5,000) // 10,000, half-up (Aave v3, PercentageMath.percentMul)."""
    return div_half_up(value * bps, BPS)


def percent_div(value: int, bps: int) -> int:
    """(value x 10,000 + bps/2) // bps, half-up (Aave v3, PercentageMath.percentDiv)."""
    return div_half_up(value * BPS, bps)


def percent_mul_floor(value: int, bps: int) -> int:
    """value x bps // 10,000, down (Aave v3.7)."""
    return div_floor(value * bps, BPS)


def percent_mul_ceil(value: int, bps: int) -> int:
    """value x bps / 10,000, up (Aave v3.7)."""
    return div_ceil(value * bps, BPS)


def percent_div_floor(value: int, bps: int) -> int:
    """value x 10,000 // bps, down (Aave v3.7)."""
    return div_floor(value * BPS, bps)


def percent_div_ceil(value: int, bps: int) -> int:
    """value x 10,000 / bps, up (Aave v3.7)."""
    return div_ceil(value * BPS, bps)


def wad_div_trunc(numerator: int, denominator: int) -> int:
    """numerator x 1e18 / denominator, toward zero (Morpho's wDivToZero, Synthetix divDecimal)."""
    return div_trunc(numerator * WAD, denominator)


def dec_mul(left: int, right: int) -> int:
    """(left x right + WAD/2) // WAD, half-up (Liquity, LiquityMath.decMul)."""
    return div_half_up(left * right, WAD)


def dec_pow(base_wad: int, minutes: int) -> int:
    """base to the power of minutes, WAD, by squaring with dec_mul (Liquity, LiquityMath._decPow).

    The exponent is capped at 525,600,000; 0 gives 1e18. The order of the products is the
    contract's, because each of them rounds.
    """
    left = min(minutes, LONGEST_DECAY_MINUTES)
    if left == 0:
        return WAD
    odd, power = WAD, base_wad
    while left > 1:
        if left % 2:
            odd = dec_mul(power, odd)
        power = dec_mul(power, power)
        left //= 2
    return dec_mul(power, odd)


def rpow(base: int, exponent: int, unit: int = RAY) -> int:
    """base to the power of exponent in units of `unit`, half-up products (Maker, rpow).

    0 to the power of 0 is `unit`.
    """
    if base == 0:
        return unit if exponent == 0 else 0
    power, result = base, base if exponent % 2 else unit
    left = exponent // 2
    while left:
        power = div_half_up(power * power, unit)
        if left % 2:
            result = div_half_up(result * power, unit)
        left //= 2
    return result


def wad_exp(exponent_wad: int) -> int:
    """e to the power of exponent, WAD (Morpho, ExpLib.wExp): 2^q x (1 + r + r^2/2), floored.

    exponent = q x ln 2 + r with |r| <= ln 2 / 2; 0 below -41446531673892822312, constant from
    93859467695000404319 on. The second-order series is within 1 % of the exponential.
    """
    if exponent_wad < _EXP_LOWEST_WAD:
        return 0
    if exponent_wad >= _EXP_UPPER_WAD:
        return _EXP_UPPER_VALUE_WAD
    half = _LN2_WAD // 2
    q = div_trunc(exponent_wad + (half if exponent_wad >= 0 else -half), _LN2_WAD)
    r = exponent_wad - q * _LN2_WAD
    series = WAD + r + r * r // (2 * WAD)
    return series << q if q >= 0 else series >> -q
