"""Ctrl-C: the first asks a run to stop after its block, the second leaves at once.

An own handler, because a KeyboardInterrupt that strikes inside a write of results surfaces as some
other error; a flag that is read between blocks cannot.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from simulator.errors import UnderwaterError
from underwater import console
from underwater.commands.failures import INTERRUPTED

_SECOND: Final = b"\nLeft at once; what was recorded until the last flush is kept.\n"
_SHOW_CURSOR: Final = b"\x1b[?25h"


class StopFlag:
    """Callable that says whether the user asked to stop."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> bool:
        return self._asked

    def ask(self) -> None:
        """Ask to stop; the one who works reads it when it can."""
        self._asked = True


@contextmanager
def stoppable(what: str = "Stopping after this block") -> Iterator[StopFlag]:
    """A stop flag that Ctrl-C sets for as long as the context lasts (main thread only)."""
    flag = StopFlag()
    first = f"\n{what}; Ctrl-C again leaves at once.\n".encode()

    def answer(number: int, frame: FrameType | None) -> None:
        if flag():
            _tell((_SHOW_CURSOR if sys.stderr.isatty() else b"") + _SECOND)
            os._exit(INTERRUPTED)
        flag.ask()
        _tell(first)

    # A polite kill (SIGTERM) is a wish to stop as well, and what was recorded matters as much.
    before = {number: signal.signal(number, answer) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def told_how_far(
    show: console.ShowProgress, unit: str, left: str
) -> Iterator[console.ShowProgress]:
    """Progress that, when the work breaks off, says how far it got and what is `left` of it."""
    last: tuple[int, int, str] | None = None

    def follow(done: int, total: int, what: str) -> None:
        nonlocal last
        last = (done, total, what)
        show(done, total, what)

    try:
        yield follow
    except (UnderwaterError, OSError, KeyboardInterrupt):
        if last is not None:
            done, total, what = last
            console.note(f"underwater: {what} broke off after {done:,} of {total:,} {unit}; {left}")
        raise


def _tell(message: bytes) -> None:
    """Unbuffered, because the handler may strike in the middle of a print."""
    with suppress(OSError):
        os.write(2, message)
