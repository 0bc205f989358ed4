"""The command: which rows to run, in which order, and how they are shown."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.engine_rows import (
    extras,
    large_world,
    on_anvil,
    parallel,
    results,
    single,
    speed,
    worlds,
)
from benchmarks.engine_rows.matched_perp import MatchedPerp
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.small_perp import SmallPerp
from benchmarks.engine_rows.timing import cores
from benchmarks.engine_rows.workload import Workload
from simulator.chain import select_engine
from simulator.errors import MissingComponentError

Maker = Callable[[int], Workload]


def main(description: str) -> int:
    """Exit code 0, or 2 where the engine itself is absent."""
    options = _options(description)
    try:
        select_engine("revm")
    except MissingComponentError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    wanted = options.only or list(results.KEYS)
    small, matched = Results(), Results()
    _measure(SmallPerp, small, wanted, options)
    if not options.small_only:
        _measure(MatchedPerp, matched, wanted, options)
        if not options.only:
            single.measure(MatchedPerp(1), matched, options.repeat)
    if any(key in wanted for key in large_world.KEYS):
        large_world.measure(small, max(1, options.repeat // 3))
    machine = f"{_processor()}, {len(cores()) or '?'} cores, Python {platform.python_version()}"
    if options.json:
        print(json.dumps(results.document(small, matched, machine), indent=2))
    else:
        print("\n".join(results.lines(small, matched, machine)))
    return 0


def _measure(
    make: Maker, into: Results, wanted: Sequence[str], options: argparse.Namespace
) -> None:
    workload, rounds = make(options.blocks), options.repeat
    few = max(1, rounds // 3)
    if any(key in wanted for key in speed.KEYS):
        speed.measure(workload, into, rounds)
    if any(key in wanted for key in worlds.KEYS):
        worlds.measure(workload, into, rounds, make)
    if any(key in wanted for key in extras.KEYS):
        extras.measure(workload, into, rounds)
    if any(key in wanted for key in parallel.KEYS):
        parallel.measure(workload, into, rounds)
    if any(key in wanted for key in on_anvil.KEYS):
        on_anvil.measure(workload, into, few)


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="keys as in the table of the limits")
    parser.add_argument("--repeat", type=_whole(1), default=9, help="interleaved rounds per row")
    parser.add_argument(
        "--blocks", type=_whole(worlds.LAYERS + 1), default=100, help="of 51 transactions each"
    )
    parser.add_argument("--small-only", action="store_true", help="leave MatchedPerp out")
    keys = ", ".join(results.KEYS)
    parser.add_argument("--only", type=_keys, metavar="KEY,...", help=f"rows to measure: {keys}")
    return parser.parse_args()


def _whole(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {least} on")
        return int(text)

    return parse


def _keys(text: str) -> list[str]:
    keys = text.split(",")
    for key in keys:
        if key not in results.KEYS:
            raise argparse.ArgumentTypeError(f"{key!r} is none of {', '.join(results.KEYS)}")
    return keys


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
