"""Interleaved repeats: every way once a round, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

Subject = TypeVar("Subject")
Way = Callable[[], float]
"""Runs once and returns the seconds it took."""
Times = Mapping[str, Sequence[float]]


TURN_SECONDS = 0.2
"""A way runs again within its turn until this is over: what is short would mostly pay for the cold
caches that the way before has left."""


def interleaved(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
    """Seconds of every way in every round: the median of its turn. One before does not count."""
    repeats = {name: max(1, round(TURN_SECONDS / way())) for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(statistics.median(way() for _ in range(repeats[name])))
    return times


def processor(make: Callable[[], Subject], run: Callable[[Subject], object]) -> Way:
    """Processor time of `run` on what `make` returns, which does not count."""
    return _timed(make, run, time.process_time)


def clock(make: Callable[[], Subject], run: Callable[[Subject], object]) -> Way:
    """The same by the wall clock, for what waits or runs in several threads."""
    return _timed(make, run, time.perf_counter)


def _timed(
    make: Callable[[], Subject], run: Callable[[Subject], object], now: Callable[[], float]
) -> Way:
    def way() -> float:
        subject = make()
        gc.collect()  # of what others left; what a way leaves itself is its own
        start = now()
        kept = run(subject)  # dropped after the clock stopped
        seconds = now() - start
        del kept
        return seconds

    return way


def median(times: Sequence[float]) -> float:
    return statistics.median(times)


def ratio(times: Times, slow: str, quick: str) -> float:
    """Median over the rounds of one way's time over another's in the same round."""
    return statistics.median(
        left / right for left, right in zip(times[slow], times[quick], strict=True)
    )


def seconds_per_call(run: Callable[[], object], calls: int, rounds: int) -> float:
    """Median over rounds of the mean processor time of a call."""
    means = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            run()
        means.append((time.process_time() - start) / calls)
    return statistics.median(means)


def cores() -> list[int]:
    """Cores that this process may use; empty where the system does not say."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


@contextmanager
def pinned() -> Iterator[None]:
    """On one core (the last) where the system allows that; its threads and children follow."""
    allowed = cores()
    if not allowed:
        yield
        return
    os.sched_setaffinity(0, {allowed[-1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
