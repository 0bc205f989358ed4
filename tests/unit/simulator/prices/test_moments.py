"""What is measured on paths."""

from __future__ import annotations

from math import isnan, log, sqrt

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import Gbm, Grid, Model, generator, path_moments, simulate
from simulator.prices.models.catalogue import PRESETS


def test_moments_by_hand() -> None:
    prices = np.array([[[2.0], [1.0]], [[1.0], [4.0]]])
    found = path_moments(prices, 2.0, 0.5)
    assert (found.mean, found.deviation, found.mean_error) == pytest.approx((2.5, sqrt(4.5), 1.5))
    assert found.median == 2.5 and found.low == pytest.approx(1.15)
    assert found.high == pytest.approx(3.85)
    assert found.log_mean == pytest.approx(0.0, abs=1e-15)
    assert found.log_deviation == pytest.approx(sqrt(2.0) * log(2.0))
    # The steps: 0 and -ln 2, then -ln 2 and ln 4.
    squares = (0.0 + 1.0 + 1.0 + 4.0) * log(2.0) ** 2
    assert found.step_volatility == pytest.approx(sqrt(squares / 4 / 0.5))
    # The start counts as a high: both paths fall by half at most.
    assert found.median_drawdown == found.worst_drawdown == pytest.approx(0.5)
    assert found.excess_kurtosis == pytest.approx(-2.0)


def test_a_fall_is_measured_from_the_highest_price_so_far() -> None:
    prices = np.array([[[3.0], [1.5], [6.0]], [[4.0], [3.0], [1.0]], [[2.5], [2.0], [1.9]]])
    found = path_moments(prices, 2.0, 0.5)
    assert found.median_drawdown == pytest.approx(0.5)
    assert found.worst_drawdown == pytest.approx(0.5 + 0.9 * 0.25)


def test_a_path_that_stands_still_has_no_shape() -> None:
    prices = simulate(Gbm(0.0, 0.0), 1.0, Grid(3, 4, 0.1), generator(1))
    found = path_moments(prices, 1.0, 0.1)
    assert found.deviation == 0.0 and isnan(found.skewness) and isnan(found.step_excess_kurtosis)
    assert found.worst_drawdown == 0.0
    single = path_moments(prices[:1], 1.0, 0.1)
    assert single.mean_error == single.log_deviation == 0.0


def test_another_asset_is_another_column() -> None:
    prices = simulate([Gbm(0.0, 0.0), Gbm(0.0, 0.5)], [1.0, 3.0], Grid(9, 4, 0.1), generator(1))
    assert (
        path_moments(prices, 3.0, 0.1, 1).deviation
        > 0.0
        == path_moments(prices, 1.0, 0.1).deviation
    )
    with pytest.raises(InvalidArgument):
        path_moments(prices, 0.0, 0.1)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"bootstrap"}))
def test_every_model_gives_positive_numbers_by_seed(name: str) -> None:
    model: Model = PRESETS[name]
    spot = 1.0 if name == "depeg" else 100.0
    grid = Grid(40, 60, 1 / 8760)
    one, again = (simulate(model, spot, grid, generator(1), antithetic=True) for _ in range(2))
    assert np.isfinite(one).all() and (one > 0).all() and (one == again).all()
    assert isinstance(model, Model)
