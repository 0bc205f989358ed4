"""How fast the risk core is, next to reading its inputs and to other ways.

    python benchmarks/risk.py [--json] [--repeat N] [--only KEY,...]

Every row is measured in this run on one core of this machine: its ways take turns, and the minimum
and the median over the rounds are shown with what was promised, which the minimum has to keep.
Peers are polars, numba and one line of numpy; an absent one is said.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# One thread each, or a peer with a pool is compared with ours on one core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.risk_rows.main import main  # numpy comes after the lines above

if __name__ == "__main__":
    sys.exit(main((__doc__ or "").splitlines()[0]))
