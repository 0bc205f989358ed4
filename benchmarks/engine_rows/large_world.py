"""A world with 100,000 accounts: its memory, its clone, its state root. In a fresh process each."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import median, seconds_per_call
from simulator.chain import open_chain

KEYS = ("clone_us", "memory_mb", "state_root_s")
ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = 100_000
SLOTS = 4
CONTRACT = bytes([7]) * 20
STOP = b"\x00"


def measure(results: Results, rounds: int) -> None:
    """Medians over processes."""
    runs = [_child() for _ in range(rounds)]
    for key in KEYS:
        results.figures[key] = median([run[key] for run in runs])


def _child() -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.engine_rows.worker", "large-world"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"the large world ended with exit code {done.returncode}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def figures() -> dict[str, float]:
    """Build the world here and measure it."""
    chain = open_chain("revm")
    chain.set_code(CONTRACT, STOP)
    random = np.random.default_rng(1)
    chain.clone()
    gc.collect()
    before = _memory_mb()
    for number in range(ACCOUNTS):
        chain.set_balance(b"\x09" + number.to_bytes(19, "big"), number + 1)
        # As the hash of a mapping's key: a struct of four words somewhere.
        first = int.from_bytes(random.bytes(31), "big")
        for member in range(SLOTS):
            chain.set_storage(CONTRACT, first + member, number * SLOTS + member + 1)
    gc.collect()
    memory = _memory_mb() - before
    clone = seconds_per_call(chain.clone, 10_000, 5)
    start = time.perf_counter()
    chain.state_root()
    root = time.perf_counter() - start
    return {"memory_mb": memory, "clone_us": clone * 1e6, "state_root_s": root}


def _memory_mb() -> float:
    """Resident memory, or its peak where the system does not tell the present one."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
    return pages * resource.getpagesize() / 1e6
