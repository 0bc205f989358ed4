"""The command: which rows to run, and how they are shown."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable

import numpy as np

from benchmarks.engine_rows.timing import cores, pinned
from benchmarks.risk_rows import cascade, health, margin, peers, results, tails
from benchmarks.risk_rows.timing import Figures

LEAST_ROUNDS = 15
MODULES: dict[tuple[str, ...], Callable[[int], Figures]] = {
    health.KEYS: health.measure,
    ("cascade_ms", "cascade_index_ms", "cascade_rounds_ms"): cascade.measure,
    tails.KEYS: tails.measure,
    margin.KEYS: margin.measure,
}


def main(description: str) -> int:
    """Exit code 0: speed is shown, not judged."""
    options = _options(description)
    figures: Figures = {}
    _keep_memory()
    with pinned():
        for keys, measure in MODULES.items():
            if any(key in options.only for key in keys):
                figures |= measure(options.repeat)
    machine = f"{platform.machine()}, {len(cores()) or '?'} cores, Python "
    machine += f"{platform.python_version()}, {options.repeat} interleaved rounds on one core"
    if options.json:
        print(json.dumps(results.document(figures, peers.absent(), machine), indent=2))
    else:
        print("\n".join(results.lines(figures, peers.absent(), machine)))
    return 0


def _keep_memory() -> None:
    """As in a program that has run for a while: glibc hands memory of this size back to the system
    until a block of it was freed once, and every answer would pay for fresh pages."""
    block = np.empty(31 << 17)
    del block


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="keys as in the table of the limits")
    parser.add_argument(
        "--repeat", type=_rounds, default=LEAST_ROUNDS, help=f"rounds, {LEAST_ROUNDS} or more"
    )
    keys = ", ".join(results.KEYS)
    parser.add_argument(
        "--only", type=_keys, default=list(results.KEYS), metavar="KEY,...", help=f"of {keys}"
    )
    return parser.parse_args()


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < LEAST_ROUNDS:
        rule = f"must be a whole number from {LEAST_ROUNDS} on"
        raise argparse.ArgumentTypeError(f"{text!r}: {rule}")
    return int(text)


def _keys(text: str) -> list[str]:
    keys = text.split(",")
    for key in keys:
        if key not in results.KEYS:
            raise argparse.ArgumentTypeError(f"{key!r} is none of {', '.join(results.KEYS)}")
    return keys
