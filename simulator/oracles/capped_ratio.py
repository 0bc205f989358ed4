"""A staking token's price whose ratio may only grow so fast: CappedRatioFeed.vy in Python.

price = base x min(ratio, cap), cap = snapshot ratio + growth per second x seconds since. Source:
Aave's capped-ratio adapters (PriceCapAdapterBase.sol): growth per second = ratio x yearly growth
// 10,000 // seconds of a year, both divisions down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.errors import InvalidArgument
from simulator.oracles.answers import Answer
from simulator.units import BPS, SECONDS_PER_YEAR, WAD


@dataclass(frozen=True, slots=True)
class RatioCap:
    """Ratios in 1e-18; growth and limit in basis points, times in seconds."""

    snapshot_ratio: int
    snapshot_time: int
    growth_per_year: int
    limit: int
    """How far a new snapshot may exceed the last one."""
    delay: int
    """How long after the last one it may come at the earliest."""

    @property
    def growth_per_second(self) -> int:
        return self.snapshot_ratio * self.growth_per_year // BPS // SECONDS_PER_YEAR


def maximum_ratio(cap: RatioCap, timestamp: int) -> int:
    """The highest ratio that counts at a time, in 1e-18, down."""
    return cap.snapshot_ratio + cap.growth_per_second * (timestamp - cap.snapshot_time)


def capped_price(cap: RatioCap, base: Answer, ratio: Answer, timestamp: int) -> Answer:
    """base x min(ratio, cap) // 1e18, as old as the older of the two; 0 if one has no answer."""
    capped = min(ratio.value, maximum_ratio(cap, timestamp))
    return Answer(base.value * capped // WAD, min(base.updated_at, ratio.updated_at))


def update_snapshot(
    cap: RatioCap, ratio: int, snapshot_time: int, growth_per_year: int, timestamp: int
) -> RatioCap:
    """A new snapshot; what is above the limit is cut, not refused.

    A ratio that is cut while its time moves on makes a cap below the true ratio. InvalidArgument
    with the contract's reason for a time sooner than the delay or in the future, and a ratio of 0.
    """
    if ratio <= 0:
        raise InvalidArgument("ratio", ratio, "ratio: must be above 0")
    if not cap.snapshot_time + cap.delay <= snapshot_time <= timestamp:
        rule = f"time: must be in {cap.snapshot_time + cap.delay} to {timestamp}"
        raise InvalidArgument("snapshot_time", snapshot_time, rule)
    highest = cap.snapshot_ratio * (BPS + cap.limit) // BPS
    return replace(
        cap,
        snapshot_ratio=min(ratio, highest),
        snapshot_time=snapshot_time,
        growth_per_year=growth_per_year,
    )
