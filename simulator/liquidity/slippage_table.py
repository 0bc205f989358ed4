"""A fitted slippage table: measured (size, impact) points, joined without overshoot.

Between points a monotone cubic (PCHIP, Fritsch and Carlson 1980), beyond the last one a straight
line with the slope of the last segment, and a flag: that is a guess, no measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import non_negative, same_shape, sorted_up
from simulator.types import AnyArray, Float1D


class TableImpact(NamedTuple):
    """Impact read off a table."""

    impact: AnyArray
    """float64, relative, positive against the trader."""
    beyond: AnyArray
    """bool: the size lies beyond the last point, where nothing was measured."""
    slope: AnyArray
    """float64, of the impact per unit of size."""


@dataclass(frozen=True, slots=True)
class SlippageTable:
    """Points and where they come from."""

    size: Float1D
    """[n >= 1], rising, above 0 unless the first point is (0, 0)."""
    impact: Float1D
    """[n], relative, at least 0, not falling."""
    source: str
    as_of: str
    """Date of the quotes, such as 2023-11-20."""

    def __post_init__(self) -> None:
        size, impact = sorted_up("size", self.size), non_negative("impact", self.impact, ndim=1)
        same_shape(size=size, impact=impact)
        if not len(size):
            raise InvalidArgument("size", [], "must hold at least one point")
        sorted_up("impact", impact, strictly=False)
        if size[0] < 0.0 or (size[0] == 0.0 and impact[0] != 0.0):
            raise InvalidArgument("size[0]", float(size[0]), "must be above 0, or the point (0, 0)")
        if len(size) == 1 and size[0] == 0.0:
            raise InvalidArgument("size", [0.0], "must hold a point besides (0, 0)")
        for name, text in (("source", self.source), ("as_of", self.as_of)):
            if not text:
                raise InvalidArgument(name, text, "must say where and when the points come from")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "impact", impact)


def table_impact(table: SlippageTable, size: Any) -> TableImpact:
    """Impact of orders `size` (any shape, at least 0); the origin (0, 0) belongs to every table.

    The last point itself is measured, so it is not flagged.
    """
    from scipy.interpolate import PchipInterpolator

    wanted = non_negative("size", size)
    sizes, impacts = table.size, table.impact
    if sizes[0] > 0.0:
        sizes, impacts = np.append(0.0, sizes), np.append(0.0, impacts)
    slope = (impacts[-1] - impacts[-2]) / (sizes[-1] - sizes[-2])
    excess = np.maximum(wanted - sizes[-1], 0.0)
    curve, beyond = PchipInterpolator(sizes, impacts), np.asarray(wanted > sizes[-1])
    within = np.minimum(wanted, sizes[-1])
    return TableImpact(
        impact=np.asarray(curve(within) + slope * excess),
        beyond=beyond,
        slope=np.asarray(np.where(beyond, slope, curve(within, 1))),
    )
