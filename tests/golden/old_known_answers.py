"""Published figures and formulas recomputed by the risk core; the id of each row is kept.

Rows that are printed in their source are independent checks; rows computed from a source's
formula catch mistakes of implementation, not of reading.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulator.liquidity import square_root_move
from simulator.risk import cascade
from simulator.types import Float1D


def test_c07_the_cascade_stops_at_the_least_of_two_fixed_points() -> None:
    """By definition, two implementations agree; a second fixed point with all five is at 22.75."""
    triggers = np.array([92.0, 88.0, 85.0, 80.0, 60.0])
    size = np.array([[40.0], [60.0], [50.0], [100.0], [500.0]])

    def impact(sold: Float1D) -> Float1D:
        return np.array([91.0]) * (1 - 0.001 * sold)

    # Rate 0: liquidatable iff size x (price - trigger) < 0.
    result = cascade(-size[:, 0] * triggers, size, 0.0, impact)
    assert result.prices[:, 0] == pytest.approx([91, 87.36, 81.9, 77.35, 68.25], abs=1e-9)
    assert triggers[result.final].tolist() == [92, 88, 85, 80]
    assert float(size[result.final].sum()) == 250
    everyone = impact(size.sum(axis=0))
    assert everyone == pytest.approx([22.75], abs=1e-9) and (everyone <= triggers).all()


@pytest.mark.parametrize(("share", "move"), [(0.01, 0.004), (0.25, 0.02)])
def test_c12_square_root_impact(share: float, move: float) -> None:
    """Y sigma sqrt(Q / V) with Y = 1 and 4 % a day (Almgren 2005, Toth 2011)."""
    assert square_root_move(1.0, 0.04, share * 1e7, 1e7) == pytest.approx(move, abs=1e-9)
    assert square_root_move(1.0, 0.04, -share * 1e7, 1e7) == pytest.approx(-move, abs=1e-9)
