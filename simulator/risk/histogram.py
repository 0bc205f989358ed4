"""How far accounts are from liquidation: a histogram of the margin ratio on a log scale.

y = log2(margin ratio / maintenance rate) = log2(equity / maintenance requirement): 0 at the
threshold, -1 at half of it. Bin 0 holds y < -2, zero and negative equity included; bins 1 to 62
are eighths of an octave from -2 to +5.75; bin 63 holds the rest.
"""

from __future__ import annotations

import numpy as np

from simulator.types import Float1D, Int1D

BINS = 64
BINS_PER_OCTAVE = 8
LOWEST = -2.0
_TINY_EQUITY = 1e-200
_TINY_REQUIREMENT = 1e-60
"""Far outside of the bins, and their quotient is still a normal float: no warnings, no infinity."""


def margin_histogram(equity: Float1D, maintenance: Float1D) -> Int1D:
    """int64[64]: accounts per bin. Accounts without a position (maintenance 0) are not counted."""
    position = np.maximum(equity, _TINY_EQUITY)
    position /= np.maximum(maintenance, _TINY_REQUIREMENT)
    np.log2(position, out=position)
    position *= BINS_PER_OCTAVE
    position += 1.0 - LOWEST * BINS_PER_OCTAVE
    np.maximum(position, 0.0, out=position)
    np.minimum(position, BINS - 1, out=position)
    bins = position.astype(np.int64)
    np.putmask(bins, maintenance == 0.0, BINS)
    return np.bincount(bins, minlength=BINS + 1)[:BINS]


def bin_edges() -> Float1D:
    """float64[63]: y at the borders between the 64 bins, -2 to +5.75."""
    return LOWEST + np.arange(BINS - 1) / BINS_PER_OCTAVE
