"""Children of the benchmark.

python -m benchmarks.engine_rows.worker blocks NAME REPEATS CORE
python -m benchmarks.engine_rows.worker large-world
"""

from __future__ import annotations

import json
import os
import sys

from benchmarks.engine_rows import large_world, sequences
from benchmarks.engine_rows.matched_perp import MatchedPerp
from benchmarks.engine_rows.small_perp import SmallPerp
from benchmarks.engine_rows.workload import Workload, fresh_chain


def main() -> None:
    kind, *arguments = sys.argv[1:]
    if kind == "large-world":
        print(json.dumps(large_world.figures()))
        return
    name, repeats, core = arguments
    os.sched_setaffinity(0, {int(core)})
    workload: Workload = SmallPerp() if name == SmallPerp.name else MatchedPerp()
    base = fresh_chain(workload)
    worlds = [base.clone() for _ in range(int(repeats))]
    _answer()
    for _ in sys.stdin:
        for chain in worlds:
            sequences.ready(chain, workload.blocks)
        _answer()
        worlds = [base.clone() for _ in worlds]


def _answer() -> None:
    print("done", flush=True)


if __name__ == "__main__":
    main()
