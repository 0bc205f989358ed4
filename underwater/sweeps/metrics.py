"""The numbers of a run that a sweep compares, and how each is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from underwater import console


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a run: its key in the run's values, its words, and its place in the output."""

    key: str
    words: str
    unit: str = ""
    factor: float = 1.0
    """From the recorded number to the unit it is shown in."""
    shown: bool = False
    """Whether the table on the terminal and the picture have it."""

    def form(self, value: float) -> str:
        """The number as the terminal shows it, without its unit."""
        return console.short(value * self.factor)


METRICS: Final = (
    Metric("shortfall", "bad debt", "USD"),
    Metric("shortfall_bp", "bad debt", "bp of OI", shown=True),
    Metric("forced_notional", "liquidated", "USD"),
    Metric("forced_share", "liquidated", "% of OI", 100, shown=True),
    Metric("insurance_used", "insurance used", "USD", shown=True),
    Metric("insurance_minimum", "insurance fund at its lowest", "USD"),
    Metric("adl_notional", "ADL", "USD"),
    Metric("adl_share", "ADL", "% of OI", 100, shown=True),
    Metric("socialised", "loss shared by all", "USD"),
    Metric("underwater_max", "under water", "accounts", shown=True),
    Metric("fixed_point_extra", "extra of impact", "% of OI", 100, shown=True),
    Metric("lowest_basis", "lowest mark against index", "%", 100),
    Metric("liquidations", "liquidations", ""),
    Metric("transactions", "transactions", ""),
)

KEYS: Final = tuple(metric.key for metric in METRICS)
SHOWN: Final = tuple(metric for metric in METRICS if metric.shown)

MECHANISM: Final[tuple[tuple[str, str], ...]] = (
    ("shortfall", "shortfall"),
    ("adl_notional", "ADL"),
    ("underwater_max", "accounts under water"),
    ("fixed_point_extra", "the fixed point's extra"),
)
"""What a pair of variants is judged on; the volume of forced closures is not among them."""

FORCED: Final = "forced_share"
