"""Liquidation price where no formula exists: portfolios with options."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from simulator.errors import InvalidArgument


def first_liquidation_price(
    excess: Callable[[float], float], price: float, stop: float, steps: int = 256
) -> float | None:
    """First price from `price` toward `stop` at which excess = account value - requirement < 0.

    The way is walked in `steps` equal ratios and the first crossing is bisected to the last digit;
    a dip below 0 that begins and ends within one step is not seen. `price` itself if the account is
    liquidatable there, None if it never is on the way. Both prices above 0.
    """
    for name, value in (("price", price), ("stop", stop)):
        if not 0.0 < value < float("inf"):
            raise InvalidArgument(name, value, "must be finite and above 0")
    if excess(price) < 0.0:
        return price
    ratio = (stop / price) ** (1.0 / steps)
    good = price
    for step in range(1, steps + 1):
        bad = stop if step == steps else price * ratio**step
        if excess(bad) < 0.0:
            return _bisected(excess, good, bad)
        good = bad
    return None


def _bisected(excess: Callable[[float], float], good: float, bad: float) -> float:
    """The last price on the good side, between two neighbouring floats at the end."""
    while True:
        middle = sqrt(good) * sqrt(bad)
        if not min(good, bad) < middle < max(good, bad):
            middle = good + (bad - good) / 2
        if middle in (good, bad):
            return good
        if excess(middle) < 0.0:
            bad = middle
        else:
            good = middle
