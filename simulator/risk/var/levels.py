"""Levels such as 0.99, read as the decimals that were written.

0.95 is a little more than 0.95 in binary, and 0.07 x 100 comes out as 7.000000000000001, whose
ceiling is 8. A level that was computed (0.1 + 0.2, 1 - 0.07) is off by some last bits as well.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from simulator.errors import InvalidArgument

_ROUNDING = Fraction(1, 1 << 50)
"""Some last bits of a float. A product this near to a whole number, relatively, is that number."""


def exact_level(level: float, name: str = "level") -> Fraction:
    """The level as a fraction; refused outside of (0, 1)."""
    if not 0.0 < level < 1.0:
        raise InvalidArgument(name, level, "must lie between 0 and 1")
    return Fraction(str(level))


def tail_share(level: float, name: str = "level") -> float:
    """1 - level, rounded once: 0.05 for 0.95."""
    return float(1 - exact_level(level, name))


def rank(count: int, level: float) -> int:
    """ceil(level x count) - 1: the index of the quantile among `count` sorted samples."""
    exact = exact_level(level) * count
    whole = round(exact)
    if abs(exact - whole) <= exact * _ROUNDING:
        return whole - 1
    return ceil(exact) - 1
