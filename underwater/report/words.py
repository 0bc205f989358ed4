"""Numbers in sentences: money, shares, hours."""

from __future__ import annotations

import numpy as np

from underwater.report.data import VariantData


def number(value: object, digits: int = 3) -> str:
    """A number for a sentence: thousands separated, so many significant digits below a thousand."""
    amount = float(value) if isinstance(value, (int, float, np.number)) else 0.0
    if abs(amount) >= 1000:
        return f"{amount:,.0f}"
    rounded = float(f"{amount:.{digits}g}")
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:g}"


def money(value: object) -> str:
    """An amount of quote currency for a sentence: 1.24 million, 63 thousand, 120."""
    amount = float(value) if isinstance(value, (int, float, np.number)) else 0.0
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(amount) >= size:
            return f"{float(f'{amount / size:.3g}'):g}{word} USD"
    return f"{amount:.0f} USD"


def compact(value: float) -> str:
    """An amount in as few characters as a card has room for: 1.24M, 63k, 120."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{float(f'{value / size:.3g}'):g}{letter}"
    return f"{value:.0f}"


def percent(share: object, digits: int = 2) -> str:
    """A fraction as percent."""
    amount = float(share) * 100 if isinstance(share, (int, float, np.number)) else 0.0
    return f"{number(amount, digits)} %"


def hour_text(data: VariantData, hour: object) -> str:
    """An hour of the run with its time of day in UTC."""
    if not isinstance(hour, (int, float)):
        return "never"
    moment = np.datetime64(int(data.start.timestamp() + hour * 3600), "s").item()
    return f"{moment.day} {moment:%B %H:%M} UTC"


def count(amount: object, one: str, many: str) -> str:
    """A number of things: 1 account, 94 accounts."""
    whole = int(amount) if isinstance(amount, (int, float)) else 0
    return f"{whole:,} {one if whole == 1 else many}"
