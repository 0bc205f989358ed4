"""Linear impact where floats cannot tell a price from a trigger: decided on written decimals."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Protocol

import numpy as np

from simulator.risk.cascade.sums import running_sum_error
from simulator.risk.cascade.triggers import TriggerBook
from simulator.types import AnyArray, Float1D, Int1D

_CHUNK = 512
"""Positions looked at together; a threshold is rarely far from where its search begins."""


class LinearFunction(Protocol):
    """`simulator.liquidity.LinearImpact`: max(P (1 - impact_per_unit s), 0)."""

    @property
    def impact_per_unit(self) -> float:
        """k, per unit of base."""

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after."""


def tolerance(size: int, impact_per_unit: float) -> float:
    """Error of p (1 - k Q) - t and of t / (1 - k Q +- it), as a share of p; none if k = 0."""
    return running_sum_error(size) + 16 * 2.0**-53 if impact_per_unit else 0.0


def _decimal(value: float) -> Fraction:
    """The decimal that was written: 0.001 is 1/1000."""
    return Fraction(repr(float(value)))


class ExactRecount:
    """Comparisons of one call on fractions; the running quantities are made when first asked."""

    def __init__(self, book: TriggerBook, impact: LinearFunction) -> None:
        self._book, self._impact = book, impact
        self._slope = _decimal(impact.impact_per_unit)
        self._sold: list[Fraction] = []
        self._tolerance = tolerance(len(book), impact.impact_per_unit)

    def _price(self, shocked: float, count: int) -> Fraction:
        """Price with the first `count` positions sold."""
        if not count:
            return _decimal(shocked)
        if not self._sold:
            terms = (_decimal(one) for one in self._book.quantity[self._book.order].tolist())
            self._sold = list(accumulate(terms, initial=Fraction(0)))
        return max(_decimal(shocked) * (1 - self._slope * self._sold[count]), Fraction(0))

    def least(self, shocked: float, count: int) -> int:
        """The first position that stays, if the first `count` surely go."""
        trigger, size = self._book.rising[::-1], len(self._book)
        slack = shocked * self._tolerance
        for start in range(count, size, _CHUNK):
            part = trigger[start : start + _CHUNK]
            price = self._impact(np.asarray(shocked), self._book.sold[start : start + len(part)])
            for at in np.flatnonzero(price >= part - slack).tolist():
                stays = price[at] > part[at] + slack
                if stays or self._price(shocked, start + at) > _decimal(part[at]):
                    return start + int(at)
        return size

    def greatest(self, shocked: float, count: int) -> int:
        """One past the last position that goes even when it and all before it are sold, if those
        from `count` on surely stay."""
        trigger = self._book.rising[::-1]
        slack = shocked * self._tolerance
        for end in range(count, 0, -_CHUNK):
            start = max(end - _CHUNK, 0)
            part = trigger[start:end]
            price = self._impact(np.asarray(shocked), self._book.sold[start + 1 : end + 1])
            for at in np.flatnonzero(price <= part + slack)[::-1].tolist():
                goes = price[at] < part[at] - slack
                if goes or self._price(shocked, start + at + 1) <= _decimal(part[at]):
                    return start + int(at) + 1
        return 0

    def recount(self, shocked: Float1D, before: Int1D, met: Float1D, found: Int1D) -> Int1D:
        """Triggers at or above the price with `before` sold, corrected where it is too near.

        With nothing sold the price is the shocked one, without rounding.
        """
        trigger, size = self._book.rising[::-1], len(self._book)
        if not size or not self._tolerance:
            return found
        slack = shocked * self._tolerance
        doubtful = (found > 0) & (trigger[np.maximum(found - 1, 0)] <= met + slack)
        doubtful |= (found < size) & (trigger[np.minimum(found, size - 1)] >= met - slack)
        for at in np.flatnonzero(doubtful & (before > 0)).tolist():
            found[at] = self._recount(float(shocked[at]), int(before[at]), int(found[at]))
        return found

    def _recount(self, shocked: float, before: int, count: int) -> int:
        trigger, price = self._book.rising[::-1], self._price(shocked, before)
        while count < len(trigger) and _decimal(trigger[count]) >= price:
            count += 1
        while count and _decimal(trigger[count - 1]) < price:
            count -= 1
        return count
