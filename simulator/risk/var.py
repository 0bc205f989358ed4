"""Value at risk and expected shortfall of samples, one per run (risk-spec section 16).

Losses are positive. A figure without percentile, horizon, statistic and the number of failed runs
is not a number, so `TailRisk` carries them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class TailRisk:
    """Tail of a sample of losses and everything needed to read it."""

    statistic: str
    """What was sampled, such as 'shortfall, quote'."""
    level: float
    horizon: str
    """Such as '72 h'."""
    value_at_risk: float
    expected_shortfall: float
    samples: int
    failed: int
    """Runs that gave no sample; they bias the tail, so they are shown beside it."""


def historical_var(losses: Float1D, level: float) -> float:
    """The smallest sample x with F_n(x) >= level."""
    return float(np.sort(losses)[_rank(len(losses), level)])


def historical_es(losses: Float1D, level: float) -> float:
    """VaR + mean(max(loss - VaR, 0)) / (1 - level), exact with atoms (Rockafellar, Uryasev)."""
    threshold = historical_var(losses, level)
    excess = np.maximum(np.asarray(losses) - threshold, 0.0).mean()
    return threshold + float(excess / (1.0 - level))


def quantiles(samples: Float1D, levels: Sequence[float]) -> Float1D:
    """The smallest sample x with F_n(x) >= level for each level, float64[len(levels)]."""
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    return ordered[[_rank(len(ordered), level) for level in levels]]


def tail_risk(
    losses: Float1D, level: float, horizon: str, statistic: str, failed: int = 0
) -> TailRisk:
    """VaR and ES of the samples with their percentile, horizon, statistic and counts."""
    return TailRisk(
        statistic=statistic,
        level=level,
        horizon=horizon,
        value_at_risk=historical_var(losses, level),
        expected_shortfall=historical_es(losses, level),
        samples=len(losses),
        failed=failed,
    )


def _rank(count: int, level: float) -> int:
    """ceil(level x count) - 1, with the level read as the decimal that was written.

    0.95 is a little more than 0.95 in binary, and 0.95 x 100 would come out as rank 96.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: must lie between 0 and 1")
    if count == 0:
        raise ValueError("losses: needs at least one sample")
    return ceil(Fraction(str(level)) * count) - 1
