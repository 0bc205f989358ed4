# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A staking token's price whose ratio may only grow so fast
@notice As Aave's capped-ratio adapters: price = base x min(ratio, cap), where the cap grows from a
        snapshot by at most a yearly rate. A new snapshot may exceed the last one by LIMIT parts per
        10,000 and comes no sooner than DELAY seconds after it. A snapshot that is cut by that limit
        while its time moves on makes a cap below the true ratio: that happened on 2026-03-10.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

PARTS: constant(uint256) = 10**4
SECONDS_PER_YEAR: constant(uint256) = 31_536_000
RATIO_UNIT: constant(uint256) = 10**18

BASE: public(immutable(IAnswerSource))
RATIO: public(immutable(IAnswerSource))
LIMIT: public(immutable(uint256))
DELAY: public(immutable(uint256))

owner: public(address)
snapshot_ratio: public(uint256)
snapshot_time: public(uint256)
growth_per_year: public(uint256)
growth_per_second: public(uint256)

event SnapshotUpdated:
    ratio: uint256
    timestamp: uint256
    growth_per_year: uint256


@deploy
def __init__(
    base: address,
    ratio: address,
    snapshot_ratio: uint256,
    snapshot_time: uint256,
    growth_per_year: uint256,
    limit: uint256,
    delay: uint256,
):
    """@notice ratio in 1e-18; growth_per_year and limit in parts per 10,000."""
    assert snapshot_ratio > 0, "ratio"
    assert snapshot_time <= block.timestamp, "time"
    BASE = IAnswerSource(base)
    RATIO = IAnswerSource(ratio)
    LIMIT = limit
    DELAY = delay
    self.owner = msg.sender
    self._store(snapshot_ratio, snapshot_time, growth_per_year)


@external
def update_snapshot(ratio: uint256, timestamp: uint256, growth_per_year: uint256):
    """@notice What is above the limit is cut, not refused."""
    assert msg.sender == self.owner, "owner"
    assert ratio > 0, "ratio"
    assert timestamp >= self.snapshot_time + DELAY and timestamp <= block.timestamp, "time"
    highest: uint256 = self.snapshot_ratio * (PARTS + LIMIT) // PARTS
    self._store(min(ratio, highest), timestamp, growth_per_year)


@external
@view
def maximum_ratio() -> uint256:
    return self._maximum_ratio()


@external
@view
def is_capped() -> bool:
    ratio: uint256 = 0
    updated_at: uint256 = 0
    ratio, updated_at = staticcall RATIO.peek()
    return ratio > self._maximum_ratio()


@external
@view
def peek() -> (uint256, uint256):
    base: uint256 = 0
    base_time: uint256 = 0
    base, base_time = staticcall BASE.peek()
    ratio: uint256 = 0
    ratio_time: uint256 = 0
    ratio, ratio_time = staticcall RATIO.peek()
    capped: uint256 = min(ratio, self._maximum_ratio())
    return base * capped // RATIO_UNIT, min(base_time, ratio_time)


@internal
@view
def _maximum_ratio() -> uint256:
    return self.snapshot_ratio + self.growth_per_second * (block.timestamp - self.snapshot_time)


@internal
def _store(ratio: uint256, timestamp: uint256, growth_per_year: uint256):
    self.snapshot_ratio = ratio
    self.snapshot_time = timestamp
    self.growth_per_year = growth_per_year
    self.growth_per_second = ratio * growth_per_year // PARTS // SECONDS_PER_YEAR
    log SnapshotUpdated(ratio=ratio, timestamp=timestamp, growth_per_year=growth_per_year)
