"""Numbers that lose nothing: integers, decimals, fractions; a float is refused by name."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TypeAlias

from simulator.errors import InvalidArgument

ExactNumber: TypeAlias = int | str | Decimal
"""An integer, a decimal, or a decimal's text."""


def exact_decimal(name: str, value: ExactNumber) -> Decimal:
    """The value as a finite Decimal. Raises InvalidArgument for floats, NaN, inf and other text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise InvalidArgument(name, value, "must be an integer, a Decimal or a decimal's text")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise InvalidArgument(name, value, "must be a decimal number") from None
    if not number.is_finite():
        raise InvalidArgument(name, value, "must be finite")
    return number


def exact_at_least_zero(name: str, value: ExactNumber) -> Decimal:
    """exact_decimal that is at least 0."""
    number = exact_decimal(name, value)
    if number < 0:
        raise InvalidArgument(name, value, "must be at least 0")
    return number


def exact_above_zero(name: str, value: ExactNumber) -> Decimal:
    """exact_decimal that is above 0."""
    number = exact_decimal(name, value)
    if number <= 0:
        raise InvalidArgument(name, value, "must be above 0")
    return number


def exact_multiple(step: Decimal, count: int) -> Decimal:
    """step x count without the context's rounding to 28 digits."""
    sign, digits, exponent = step.as_tuple()
    assert isinstance(exponent, int)  # finite, so not 'n', 'N' or 'F'
    coefficient = int("".join(map(str, digits))) * count * (-1 if sign else 1)
    figures = tuple(map(int, str(abs(coefficient))))
    return Decimal((int(coefficient < 0), figures, exponent))


def steps_of(amount: Decimal, step: Decimal) -> Fraction:
    """amount / step, exactly."""
    return Fraction(amount) / Fraction(step)
