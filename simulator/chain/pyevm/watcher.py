"""What looks on while code runs: a deadline, a coverage map, a recorder of calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from simulator.chain.columns import COVERAGE_SIZE
from simulator.chain.pyevm.traces import Recorder
from simulator.errors import ChainError, InputError
from simulator.types import Bytes1D

MOST_COUNTED = 255


@dataclass(slots=True)
class Deadline:
    """A moment after which running code is stopped; `transaction` is told in the error."""

    seconds: float
    moment: float
    transaction: int = 0

    @staticmethod
    def after(seconds: float | None) -> Deadline | None:
        """Counted from now; None for no deadline, InputError for a negative one or NaN."""
        if seconds is None:
            return None
        if not seconds >= 0:
            raise InputError("deadline_seconds", seconds, "must be at least 0")
        return Deadline(seconds, time.monotonic() + seconds)

    def check(self) -> None:
        """ChainError once it has passed."""
        if time.monotonic() > self.moment:
            raise ChainError(
                f"transaction {self.transaction}: the deadline of {self.seconds} s has passed; "
                "the batch's earlier transactions stay"
            )


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
    """All of them, each None where it is not wanted."""

    deadline: Deadline | None = None
    coverage: Coverage | None = None
    recorder: Recorder | None = None

    def begin(self, index: int) -> None:
        """Transaction `index` of a batch is next; ChainError if the deadline has passed."""
        if self.recorder is not None:
            self.recorder.transaction = index
        if self.deadline is not None:
            self.deadline.transaction = index
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
