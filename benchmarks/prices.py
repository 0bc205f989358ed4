"""How fast price paths are made, next to the bare generator that they cannot outrun.

    python benchmarks/prices.py [--json] [--repeat N]

All ways take turns on one core; each round gives a ratio, and the median of the ratios is shown
with what was promised. `pip install numba` adds a compiled loop as a peer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

# Idle threads of the linear algebra spin, and would count as processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # after the line above

from benchmarks.engine_rows.timing import pinned
from benchmarks.price_rows.measure import CELLS, measure
from benchmarks.price_rows.results import document, lines


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeat", type=int, default=9, metavar="N", help="rounds [9]")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error(f"--repeat {options.repeat}: must be at least 1")
    with pinned():
        rates, notes = measure(options.repeat)
    machine = (
        f"{CELLS / 1e6:g} million cells, {platform.machine()}, Python "
        f"{platform.python_version()}, numpy {np.__version__}"
    )
    if options.json:
        print(json.dumps(document(rates, notes, machine), indent=2))
    else:
        print("\n".join(lines(rates, notes, machine)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
