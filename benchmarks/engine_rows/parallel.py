"""What a second core brings: two worlds in two threads, and read-only calls on two threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

from benchmarks.engine_rows import sequences
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import Way, clock, cores, interleaved, median, ratio
from benchmarks.engine_rows.workload import Workload, fresh_chain
from simulator.chain import Batch, Chain

KEYS = ("threads_vs_processes", "calls_two_threads_vs_one")
ROOT = Path(__file__).resolve().parents[2]
REPEATS = 3
"""Sequences per world and round, so that starting is small beside running."""
VIEW_REPEATS = 50
ONE_CORE = "one core only: nothing of what threads bring was measured"


def measure(workload: Workload, results: Results, rounds: int) -> None:
    """Throughput of threads over that of processes, and of two threads over one."""
    allowed = cores()
    if len(allowed) < 2:
        results.note(ONE_CORE)
        return
    base = fresh_chain(workload)
    with ExitStack() as stack:
        pair = [stack.enter_context(Process(workload.name, core)) for core in allowed[-2:]]
        ways = {
            "processes": lambda: _processes(pair),
            "threads": lambda: _threads(base, workload, allowed[-2:]),
        }
        times = interleaved(ways, rounds)
    results.figures["threads_vs_processes"] = ratio(times, "processes", "threads")
    calls = interleaved(_call_ways(base, workload), rounds)
    results.figures["calls_two_threads_vs_one"] = ratio(calls, "one", "two")
    count = len(workload.views()) * VIEW_REPEATS
    for name, seconds in calls.items():
        results.single[f"read-only call, threads: {name}"] = median(seconds) / count * 1e6


class Process:
    """A child on a core of its own, which has a world ready and runs its blocks when asked."""

    def __init__(self, name: str, core: int) -> None:
        command = [sys.executable, "-m", "benchmarks.engine_rows.worker", "blocks", name]
        self._process = subprocess.Popen(
            [*command, str(REPEATS), str(core)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.wait()

    def start(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def wait(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError(f"a child ended with exit code {self._process.wait()}")

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def _processes(pair: Sequence[Process]) -> float:
    start = time.perf_counter()
    for process in pair:
        process.start()
    for process in pair:
        process.wait()
    return time.perf_counter() - start


def _threads(base: Chain, workload: Workload, allowed: Sequence[int]) -> float:
    worlds = [[base.clone() for _ in range(REPEATS)] for _ in allowed]
    gate = threading.Barrier(len(allowed) + 1)

    def run(chains: Sequence[Chain], core: int) -> None:
        os.sched_setaffinity(0, {core})  # of this thread
        gate.wait()
        for chain in chains:
            sequences.ready(chain, workload.blocks)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip(worlds, allowed, strict=True)
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def _call_ways(base: Chain, workload: Workload) -> dict[str, Way]:
    chain = base.clone()
    sequences.ready(chain, workload.blocks[:10])
    views = _repeated(workload.views(), VIEW_REPEATS)
    return {
        "one": clock(lambda: chain, lambda world: world.call_many(views, threads=1)),
        "two": clock(lambda: chain, lambda world: world.call_many(views, threads=2)),
    }


def _repeated(batch: Batch, times: int) -> Batch:
    lengths = np.tile(np.diff(batch.data_offsets), times)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Batch(
        senders=np.tile(batch.senders, (times, 1)),
        targets=np.tile(batch.targets, (times, 1)),
        data=np.tile(batch.data, times),
        data_offsets=offsets,
        gas_limits=np.tile(batch.gas_limits, times),
    )
