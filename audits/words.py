"""Amounts and times in words, exact: no digit is lost on the way to a reader."""

from __future__ import annotations

WAD_DECIMALS = 18
TOKEN_DECIMALS = 6

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def exact_decimal(value: int, decimals: int) -> str:
    """`value` / 10**decimals written out in full, without trailing zeros or separators."""
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**decimals)
    fraction = str(rest).rjust(decimals, "0").rstrip("0") if rest else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def grouped(value: int, decimals: int = WAD_DECIMALS) -> str:
    """As `exact_decimal`, with commas between thousands: 1,234.5."""
    whole, point, fraction = exact_decimal(value, decimals).partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{fraction}"


def signed(value: int, decimals: int = WAD_DECIMALS) -> str:
    """As `grouped`, with a plus sign for amounts above zero."""
    return f"+{grouped(value, decimals)}" if value > 0 else grouped(value, decimals)


def span(seconds: int) -> str:
    """A time span in words: 0 s, 1 h, 2 d 3 h 5 s."""
    parts = []
    for length, unit in _SPANS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    if seconds or not parts:
        parts.append(f"{seconds} s")
    return " ".join(parts)
