"""What time the next block has."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.chain.node.faults import invalid

Seconds = Callable[[], int]


def wall_clock_from(timestamp: int) -> Seconds:
    """A timestamp plus the seconds that go by from now on."""
    begin = time.monotonic()
    return lambda: timestamp + int(time.monotonic() - begin)


@dataclass(frozen=True, slots=True)
class ClockState:
    """What a snapshot remembers; seconds. increased: the sum of all increases; pending: those
    since the last block; shift: of the running clock; forced: the next block's timestamp."""

    increased: int = 0
    pending: int = 0
    shift: int = 0
    forced: int | None = None
    interval: int | None = None


class Clock:
    """Timestamps of blocks: of a running clock, or so many seconds after the parent (None)."""

    def __init__(self, running: Seconds | None, seconds_per_block: int) -> None:
        self._running = running
        self._seconds_per_block = seconds_per_block
        self.state = ClockState()

    def peek(self, parent: int) -> int:
        """The timestamp that the next block would get; always after its parent's."""
        state = self.state
        if state.forced is not None:
            return max(state.forced, parent + 1)
        if state.interval is not None:
            return parent + max(1, state.interval + state.pending)
        if self._running is not None:
            return max(self._running() + state.shift, parent + 1)
        return parent + self._seconds_per_block + state.pending

    def take(self, parent: int) -> int:
        """The timestamp of the block that is made now. Time goes on from a forced one."""
        timestamp = self.peek(parent)
        shift = self.state.shift
        if self.state.forced is not None and self._running is not None:
            shift = timestamp - self._running()
        self.state = replace(self.state, shift=shift, pending=0, forced=None)
        return timestamp

    def increase(self, seconds: int) -> int:
        """Let the next block come so much later; the sum of all such seconds."""
        state = self.state
        self.state = replace(
            state,
            increased=state.increased + seconds,
            pending=state.pending + seconds,
            shift=state.shift + seconds,
        )
        return self.state.increased

    def force(self, timestamp: int, parent: int) -> None:
        """Give the next block this timestamp; RpcError if it is not after its parent's."""
        if timestamp <= parent:
            raise invalid("timestamp", timestamp, f"must be after the latest block's, {parent}")
        self.state = replace(self.state, forced=timestamp)

    def set_interval(self, seconds: int | None) -> None:
        """Let each block come so many seconds after its parent, or no longer (None)."""
        self.state = replace(self.state, interval=seconds)
