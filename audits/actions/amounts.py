"""Amounts in domain units: a share of the most that the protocol accepts, or that very boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from simulator.units import div_floor

Accepts = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Amount:
    """`percent` of the largest accepted amount, plus `offset` smallest units."""

    percent: int = 100
    offset: int = 0

    def of(self, largest: int) -> int:
        return max(div_floor(largest * self.percent, 100) + self.offset, 0)


MAXIMUM = Amount()
AMOUNTS = st.sampled_from(
    [
        MAXIMUM,
        Amount(offset=-1),
        Amount(offset=1),
        *(Amount(percent) for percent in (1, 10, 25, 50, 75, 90, 99)),
    ]
)
"""Shrinks to the maximum, which reads best and sits where checks go wrong."""
EDGE_AMOUNTS = st.sampled_from(
    [MAXIMUM, MAXIMUM, Amount(offset=-1), Amount(offset=1), Amount(50), Amount(99)]
)
"""For withdrawals, whose check only matters at its edge."""


def largest_accepted(accepts: Accepts, upper: int, guess: int) -> int:
    """The largest amount up to `upper` that is accepted, 0 if none is.

    Bisection, so acceptance must not return after it was lost. guess: what the amount should be;
    confirmed by two trials when it is right.
    """
    if upper <= 0 or not accepts(1):
        return 0
    low, high = 1, upper + 1
    for trial in (guess, guess + 1, upper):
        if low < trial < high:
            low, high = (trial, high) if accepts(trial) else (low, trial)
    while high - low > 1:
        middle = div_floor(low + high, 2)
        low, high = (middle, high) if accepts(middle) else (low, middle)
    return low
