"""Linear impact where floats cannot tell a price from a trigger: decided on written decimals."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Protocol

import numpy as np

from simulator.risk.cascade.sums import running_sum_error
from simulator.risk.cascade.triggers import TriggerBook
from simulator.types import AnyArray, Float1D, Int1D


class LinearFunction(Protocol):
    """`simulator.liquidity.LinearImpact`: max(P (1 - impact_per_unit s), 0)."""

    @property
    def impact_per_unit(self) -> float:
        """k, per unit of base."""

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after."""


def tolerance(size: int) -> float:
    """Error of p (1 - k Q) - t and of t / (1 - k Q +- it), as a share of p."""
    return running_sum_error(size) + 16 * 2.0**-53


def _decimal(value: float) -> Fraction:
    """The decimal that was written: 0.001 is 1/1000."""
    return Fraction(repr(float(value)))


class ExactRecount:
    """Comparisons of one call on fractions; the running quantities are made when first asked."""

    def __init__(self, book: TriggerBook, impact: LinearFunction) -> None:
        self._book, self._impact = book, impact
        self._slope = _decimal(impact.impact_per_unit)
        self._sold: list[Fraction] = []

    def _price(self, shocked: float, count: int) -> Fraction:
        """Price with the first `count` positions sold."""
        if not self._sold:
            terms = (_decimal(one) for one in self._book.quantity[self._book.order].tolist())
            self._sold = list(accumulate(terms, initial=Fraction(0)))
        return max(_decimal(shocked) * (1 - self._slope * self._sold[count]), Fraction(0))

    def least(self, shocked: float) -> int:
        """The first position that stays."""
        trigger = self._book.rising[::-1]
        price = self._impact(np.asarray(shocked), self._book.sold[:-1])
        slack = shocked * tolerance(len(trigger))
        stays = np.flatnonzero(price > trigger + slack)
        end = int(stays[0]) if len(stays) else len(trigger)
        for at in np.flatnonzero(price[:end] >= trigger[:end] - slack).tolist():
            if self._price(shocked, at) > _decimal(trigger[at]):
                return int(at)
        return end

    def greatest(self, shocked: float) -> int:
        """One past the last position that goes even when it and all before it are sold."""
        trigger = self._book.rising[::-1]
        price = self._impact(np.asarray(shocked), self._book.sold[1:])
        slack = shocked * tolerance(len(trigger))
        goes = np.flatnonzero(price < trigger - slack)
        start = int(goes[-1]) + 1 if len(goes) else 0
        doubtful = np.flatnonzero(price[start:] <= trigger[start:] + slack) + start
        for at in doubtful[::-1].tolist():
            if self._price(shocked, at + 1) <= _decimal(trigger[at]):
                return int(at) + 1
        return start

    def recount(self, shocked: Float1D, before: Int1D, met: Float1D, found: Int1D) -> Int1D:
        """Triggers at or above the price with `before` sold, corrected where it is too near."""
        trigger = self._book.rising[::-1]
        size = len(trigger)
        if not size:
            return found
        slack = shocked * tolerance(size)
        doubtful = (found > 0) & (trigger[np.maximum(found - 1, 0)] <= met + slack)
        doubtful |= (found < size) & (trigger[np.minimum(found, size - 1)] >= met - slack)
        for at in np.flatnonzero(doubtful).tolist():
            found[at] = self._recount(float(shocked[at]), int(before[at]), int(found[at]))
        return found

    def _recount(self, shocked: float, before: int, count: int) -> int:
        trigger, price = self._book.rising[::-1], self._price(shocked, before)
        while count < len(trigger) and _decimal(trigger[count]) >= price:
            count += 1
        while count and _decimal(trigger[count - 1]) < price:
            count -= 1
        return count
