"""How fast the engine is, next to other engines and to the limit.

    python benchmarks/engine.py [--json] [--repeat N] [--only KEY,...] [--small-only] [--blocks N]

Every row is measured in this run on this machine: the ways of a row take turns, each round gives a
ratio, and the median of the ratios is shown with what was promised. `make bench-setup` installs the
peers (verbs, pyrevm, anvil, the bare loop); an absent one is said and its rows are null.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Idle threads of the linear algebra spin, and would count as processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engine_rows.main import main  # numpy comes after the line above

if __name__ == "__main__":
    sys.exit(main((__doc__ or "").splitlines()[0]))
