"""What looks on while code runs: a deadline, a coverage map, a recorder of calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from simulator.chain.checks import check_deadline
from simulator.chain.columns import COVERAGE_SIZE
from simulator.chain.pyevm.traces import Recorder
from simulator.errors import ChainError
from simulator.types import Bytes1D

MOST_COUNTED = 255


class DeadlinePassed(ChainError):
    """Raised within running code, past py-evm, which catches only errors of its own."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which running code is stopped."""

    moment: float

    @staticmethod
    def after(seconds: float | None) -> Deadline | None:
        """Counted from now; None for no deadline, InputError for one that is no time."""
        check_deadline(seconds)
        return None if seconds is None else Deadline(time.monotonic() + seconds)

    def check(self) -> None:
        """DeadlinePassed once it has."""
        if time.monotonic() > self.moment:
            raise DeadlinePassed("stopped: the deadline has passed")


@dataclass(slots=True)
class Coverage:
    """How often each edge was taken: a jump from one place of a code to another."""

    counts: Bytes1D = field(default_factory=lambda: np.zeros(COVERAGE_SIZE, np.uint8))
    _codes: dict[bytes, int] = field(default_factory=dict)

    def take(self, code: bytes, start: int, end: int) -> None:
        """Count the edge from one program counter to another."""
        number = self._codes.get(code)
        if number is None:
            number = self._codes.setdefault(code, crc32(code))
        # Two odd multipliers, so that an edge and its reverse fall into different cells.
        mixed = (number + start * 0x9E3779B1 + end * 0x85EBCA6B) & 0xFFFFFFFF
        cell = (mixed ^ (mixed >> 16)) % COVERAGE_SIZE
        if self.counts[cell] < MOST_COUNTED:
            self.counts[cell] += 1


@dataclass(slots=True)
class Watcher:
    """All of them, each None where it is not wanted. `transaction` is the one at work."""

    deadline: Deadline | None = None
    coverage: Coverage | None = None
    recorder: Recorder | None = None
    transaction: int = 0

    def begin(self, index: int) -> None:
        """Transaction `index` of a batch is next; ChainError if the deadline has passed."""
        self.transaction = index
        if self.recorder is not None:
            self.recorder.transaction = index
        if self.deadline is not None:
            self.deadline.check()

    def jumped(self, code: bytes, start: int, end: int) -> None:
        """A JUMP or JUMPI was executed."""
        if self.deadline is not None:
            self.deadline.check()
        if self.coverage is not None:
            self.coverage.take(code, start, end)

    def called(self) -> None:
        """A call within a transaction begins: code without jumps may call without end."""
        if self.deadline is not None:
            self.deadline.check()
