"""How far the price stands from its undisturbed level while so much of a market is used up.

A curve knows two things of a pressure X (base sold and not yet absorbed, negative if bought): the
relative distance d(X) of the price below its level, and the area under it, the integral of d from 0
to X, which is what selling X costs. Both are odd and even in X except where a pool says otherwise.
Arrays broadcast; sources stand with the constructors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulator.liquidity.slippage_table import SlippageTable, table_impact
from simulator.risk.checks import finite, non_negative, positive, refuse
from simulator.types import AnyArray

BISECTIONS = 100


class Curve(Protocol):
    """Distance and cost of a pressure, base units; distances relative to the undisturbed price."""

    def distance(self, pressure: AnyArray) -> AnyArray:
        """d(X), rising in X; above 0 where more was sold than bought."""
        ...

    def area(self, pressure: AnyArray) -> AnyArray:
        """Integral of d from 0 to X; at least 0."""
        ...

    def pressure_at(self, distance: AnyArray) -> AnyArray:
        """The X at least 0 with d(X) = distance at least 0; inf where no amount gets there."""
        ...

    def measured(self, pressure: AnyArray) -> AnyArray:
        """bool: the curve was measured (or holds by construction) as far as X."""
        ...


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """d(X) = coefficient |X|^exponent, with the sign of X.

    exponent 1: a book of even density; 1/2: the square-root law.
    """

    coefficient: float
    exponent: float
    measured_up_to: float = float("inf")
    """Base units."""

    def __post_init__(self) -> None:
        non_negative("coefficient", self.coefficient, ndim=0)
        positive("exponent", self.exponent, ndim=0)

    def distance(self, pressure: AnyArray) -> AnyArray:
        size = np.abs(pressure)
        return np.asarray(np.sign(pressure) * self.coefficient * size**self.exponent)

    def area(self, pressure: AnyArray) -> AnyArray:
        power = self.exponent + 1.0
        return np.asarray(self.coefficient * np.abs(pressure) ** power / power)

    def pressure_at(self, distance: AnyArray) -> AnyArray:
        if self.coefficient == 0.0:
            return np.full(np.shape(distance), np.inf)
        return np.asarray((distance / self.coefficient) ** (1.0 / self.exponent))

    def measured(self, pressure: AnyArray) -> AnyArray:
        return np.asarray(np.abs(pressure) <= self.measured_up_to)


@dataclass(frozen=True, slots=True)
class PoolCurve:
    """A constant-product pool without fee that holds `reserve` base: d = 1 - (R / (R + X))^2."""

    reserve: float

    def __post_init__(self) -> None:
        positive("reserve", self.reserve, ndim=0)

    def distance(self, pressure: AnyArray) -> AnyArray:
        return np.asarray(1.0 - (self.reserve / self._left(pressure)) ** 2)

    def area(self, pressure: AnyArray) -> AnyArray:
        return np.asarray(np.square(pressure) / self._left(pressure))

    def _left(self, pressure: AnyArray) -> AnyArray:
        left = np.asarray(self.reserve + pressure)
        refuse("pressure", pressure, left > 0.0, f"the pool holds {self.reserve:g} to be bought")
        return left

    def pressure_at(self, distance: AnyArray) -> AnyArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            reached = self.reserve * (1.0 / np.sqrt(1.0 - distance) - 1.0)
        return np.asarray(np.where(distance < 1.0, reached, np.inf))

    def measured(self, pressure: AnyArray) -> AnyArray:
        return np.ones(np.shape(pressure), bool)


@dataclass(frozen=True, slots=True)
class TableCurve:
    """A fitted table of average slippage s(Q): the cost of selling X is X s(X).

    So d(X) = s(X) + X s'(X), on the table's own monotone cubic and beyond it on its last slope,
    which `measured` says. d is never below s, but a table with kinks can make it dip between them.
    """

    table: SlippageTable

    def distance(self, pressure: AnyArray) -> AnyArray:
        size = np.abs(pressure)
        read = table_impact(self.table, size)
        return np.asarray(np.sign(pressure) * (read.impact + size * read.slope))

    def area(self, pressure: AnyArray) -> AnyArray:
        size = np.abs(pressure)
        return np.asarray(size * table_impact(self.table, size).impact)

    def pressure_at(self, distance: AnyArray) -> AnyArray:
        wanted = np.asarray(distance, dtype=np.float64)
        low, high = np.zeros(wanted.shape), np.full(wanted.shape, float(self.table.size[-1]))
        for _ in range(BISECTIONS):
            short = self.distance(high) < wanted
            if not short.any() or np.all(high > 1e300):
                break
            high = np.where(short, 2.0 * high, high)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            below = self.distance(middle) < wanted
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(np.where(self.distance(high) < wanted, np.inf, high))

    def measured(self, pressure: AnyArray) -> AnyArray:
        return np.asarray(np.abs(pressure) <= float(self.table.size[-1]))


def even_book(depth: float, distance: float) -> PowerCurve:
    """A book with `depth` base within a relative `distance` of its mid, evenly spread."""
    far = float(positive("distance", distance, ndim=0))
    return PowerCurve(far / float(positive("depth", depth, ndim=0)), 1.0)


def square_root_law(coefficient: float, daily_volatility: float, daily_volume: float) -> PowerCurve:
    """Y sigma sqrt(X / V); V in base a day (Toth et al. 2011; Donier and Bonart 2014)."""
    scale = float(non_negative("coefficient", coefficient, ndim=0))
    scale *= float(non_negative("daily_volatility", daily_volatility, ndim=0))
    return PowerCurve(scale / float(positive("daily_volume", daily_volume, ndim=0)) ** 0.5, 0.5)


def average_slippage(logarithm: float, exponent: float, up_to: float = float("inf")) -> PowerCurve:
    """From the average slippage exp(a) Q^b of quotes for sizes Q: d(X) = (1 + b) exp(a) X^b."""
    power = float(positive("exponent", exponent, ndim=0))
    scale = float(np.exp(finite("logarithm", logarithm, ndim=0)))
    return PowerCurve((1.0 + power) * scale, power, up_to)
