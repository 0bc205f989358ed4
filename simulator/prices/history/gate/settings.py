"""What the gate is told: repairs, overrides, declarations, and series to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from simulator.types import Float1D, Int1D

OUTLIER_FACTOR: Final = 2.0
"""A low (high) this far beyond its own body and its neighbours is flagged. In 94 series around
crashes the largest factor of a true path is 1.77 (LUNA, 5 minutes); the flash wick has 24,693."""
UNIT_JUMP: Final = 20.0
"""Between two closes; the largest true one of those series is 2.07."""
NEIGHBOURS: Final = 6
"""Bars on each side whose median is the neighbourhood."""
STALE_BARS: Final = 12
THIN_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Reference:
    """Hourly closes of the same asset that are known to be right."""

    name: str
    times: Int1D
    closes: Float1D


@dataclass(frozen=True, slots=True)
class Gate:
    """Settings of one inspection; everything is off unless told."""

    repairs: Mapping[str, str] = field(default_factory=dict)
    """Rule -> way of repairing."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Rule -> reason."""
    zone: tzinfo | None = None
    resolution: int = 0
    """Declared, seconds; 0 to infer it."""
    kind: str = ""
    """Declared; empty to take what the file shows."""
    expected: tuple[float, float] | None = None
    """Declared lowest and highest price."""
    references: tuple[Reference, ...] = ()
    now: int = 0
    """Unix seconds; a bar that is not over by then is unfinished. 0: no such check."""
