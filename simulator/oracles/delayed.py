"""A price that is usable one hop late: contracts/oracles/DelayedFeed.vy in Python.

Source: makerdao/osm osm.sol. A hop is an hour there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.errors import InvalidArgument
from simulator.oracles.answers import Answer
from simulator.risk.checks import whole
from simulator.types import Int1D, Int2D


@dataclass(frozen=True, slots=True)
class DelayedFeed:
    """The value that counts and the one that will; poked_at lies on the hop's own grid."""

    hop: int
    """Seconds."""
    current: int = 0
    """0: no price."""
    following: int = 0
    poked_at: int = 0
    stopped: bool = False


def poke(feed: DelayedFeed, source: Answer, timestamp: int) -> DelayedFeed:
    """Move on by one hop; a source without an answer changes nothing.

    InvalidArgument with the contract's reason while stopped and before the hop has passed.
    """
    if feed.stopped:
        raise InvalidArgument("feed", "stopped", "stopped")
    if timestamp < feed.poked_at + feed.hop:
        rule = f"not passed: must be at least {feed.poked_at + feed.hop}"
        raise InvalidArgument("timestamp", timestamp, rule)
    if not source.value:
        return feed
    grid = timestamp - timestamp % feed.hop
    return replace(feed, current=feed.following, following=source.value, poked_at=grid)


def stop(feed: DelayedFeed) -> DelayedFeed:
    """Freeze both values."""
    return replace(feed, stopped=True)


def start(feed: DelayedFeed) -> DelayedFeed:
    """Let it go on."""
    return replace(feed, stopped=False)


def void(feed: DelayedFeed) -> DelayedFeed:
    """No price at all rather than a bad one; stopped, too."""
    return replace(feed, current=0, following=0, stopped=True)


def usable(feed: DelayedFeed) -> Answer:
    """What a reader gets."""
    return Answer(feed.current, feed.poked_at)


def hopped_blocks(blocks: int, hop_blocks: int) -> Int1D:
    """int64[blocks]: the block whose price counts in each block, poked as soon as it may be.

    The hop before the last boundary: between one and two hops late. At the start the first price
    is both values.
    """
    whole("hop_blocks", hop_blocks, 1)
    boundary = np.arange(blocks) // hop_blocks * hop_blocks
    return np.maximum(boundary - hop_blocks, 0)


def delayed_path(prices: Int2D, hop_blocks: int) -> Int2D:
    """The prices [T, k] that count, hop by hop; see `hopped_blocks`."""
    late: Int2D = prices[hopped_blocks(len(prices), hop_blocks)]
    return late
