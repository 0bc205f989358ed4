"""What a socialised loss per unit of size gets wrong against the pro rata form.

The textbook cuts winners in proportion to their open profit (risk-spec section 5, step 4). A
contract cannot loop over all accounts, so it raises an index that charges every unit of the
opposite side alike, those without a profit included. This measures the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class Misallocation:
    """Shares of the loss, each in [0, 1]."""

    moved: float
    """Charged to other accounts than pro rata to open profit would: half the sum of differences."""
    without_profit: float
    """Charged to accounts that have no open profit at all."""


def misallocation(size: Float1D, profit: Float1D, long_side: bool) -> Misallocation:
    """Per-unit against pro rata. size, profit [n]: signed size and open profit in the market.

    Zero if nobody is on the charged side; all of it if nobody there has a profit.
    """
    charged = size > 0.0 if long_side else size < 0.0
    units = np.abs(size[charged])
    if not len(units):
        return Misallocation(0.0, 0.0)
    gains = np.maximum(profit[charged], 0.0)
    per_unit = units / units.sum()
    if not gains.any():
        return Misallocation(1.0, 1.0)
    pro_rata = gains / gains.sum()
    moved = 0.5 * float(np.abs(per_unit - pro_rata).sum())
    return Misallocation(moved, float(per_unit[gains == 0.0].sum()))
