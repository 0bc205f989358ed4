"""A charge per unit of size against one in proportion to profit."""

import numpy as np
import pytest

from simulator.risk.socialised import misallocation


def test_equal_profit_per_unit_leaves_nothing_to_move() -> None:
    result = misallocation(np.array([-1.0, -3.0, 4.0]), np.array([10.0, 30.0, -40.0]), False)
    assert result.moved == pytest.approx(0.0)
    assert result.without_profit == 0.0


def test_a_loser_on_the_charged_side_pays_for_a_winner() -> None:
    # Two shorts of one unit: one has all the profit, so half of the charge is misplaced.
    result = misallocation(np.array([-1.0, -1.0, 2.0]), np.array([50.0, -5.0, -45.0]), False)
    assert result.moved == pytest.approx(0.5)
    assert result.without_profit == pytest.approx(0.5)


def test_the_other_side_is_not_looked_at() -> None:
    sizes, profit = np.array([1.0, 1.0, -2.0]), np.array([5.0, 5.0, 1e9])
    assert misallocation(sizes, profit, True).moved == pytest.approx(0.0)


def test_without_any_profit_everything_is_misplaced() -> None:
    result = misallocation(np.array([1.0, 2.0]), np.array([-1.0, 0.0]), True)
    assert (result.moved, result.without_profit) == (1.0, 1.0)


def test_nobody_on_the_side_means_nothing_charged() -> None:
    assert misallocation(np.array([1.0]), np.array([1.0]), False).moved == 0.0
