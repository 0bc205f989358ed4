"""History, then a model that goes on from its last price."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import (
    Bootstrap,
    Gbm,
    Grid,
    Heston,
    Model,
    correlation_matrix,
    generator,
    load_crash,
    simulate,
    spliced_paths,
    ticks_to_floats,
)
from simulator.prices.bridge import bridge, bridge_paths

HISTORY = np.array([[100.0, 5.0], [90.0, 6.0], [80.0, 7.0], [300.0, 1.0]])
GRID = Grid(3, 4, 1 / 8760)
MODELS: list[Model] = [Gbm(0.0, 0.5), Heston(0.0, 0.5, 3.0, 0.5, 1.0, -0.4)]


def test_history_is_the_same_on_every_path_and_the_model_starts_from_its_last_price() -> None:
    matrix = correlation_matrix([[1.0, 0.5], [0.5, 1.0]])
    prices = spliced_paths(HISTORY, 3, MODELS, GRID, generator(1), correlation=matrix)
    assert prices.shape == (3, 7, 2)
    assert (prices[:, :3] == HISTORY[:3]).all()
    after = simulate(MODELS, HISTORY[2], GRID, generator(1), correlation=matrix)
    assert (prices[:, 3:] == after).all()
    assert np.abs(np.log(prices[:, 3] / prices[:, 2])).max() < 0.05


def test_antithetic_paths_share_history_only() -> None:
    prices = spliced_paths(HISTORY, 4, MODELS, Grid(2, 2, 1 / 8760), generator(1), antithetic=True)
    assert (prices[0, :4] == prices[1, :4]).all() and (prices[0, 4:] != prices[1, 4:]).all()


def test_a_still_model_holds_the_last_price() -> None:
    prices = spliced_paths(HISTORY[:, :1], 2, Gbm(0.0, 0.0), GRID, generator(1))
    assert prices[:, 2:] == pytest.approx(np.full((3, 4, 1), 90.0), rel=1e-15)


@pytest.mark.parametrize("steps", [0, 5])
def test_history_must_reach_to_the_splice(steps: int) -> None:
    with pytest.raises(InvalidArgument, match="history_steps"):
        spliced_paths(HISTORY, steps, MODELS, GRID, generator(1))


def test_a_real_hour_goes_before_a_model() -> None:
    bars = load_crash("black-thursday").series["ETH"].ticks[:2, None, :]
    known = ticks_to_floats(bridge(bars, generator(1), 60))
    prices = spliced_paths(known, 120, Gbm(0.0, 2.0), GRID, generator(2))
    assert prices[:, 119, 0] == pytest.approx(np.full(3, bars[1, 0, 3] / 1e8))


def test_bridges_come_in_the_layout_of_models_and_hit_every_bar() -> None:
    bars = load_crash("black-thursday").series["ETH"].ticks[:3, None, :]
    paths = bridge_paths(bars, 4, generator(1), 60)
    assert paths.shape == (4, 180, 1)
    hours = paths.reshape(4, 3, 60)
    for index, price in enumerate((hours[..., 0], hours.max(-1), hours.min(-1), hours[..., -1])):
        assert (price == bars[:, 0, index] / 1e8).all()
    assert (paths[0] != paths[1]).any()


def test_a_bootstrap_is_no_model_of_one_asset() -> None:
    with pytest.raises(AttributeError):
        simulate(Bootstrap(2.0), 1.0, GRID, generator(1))  # type: ignore[arg-type]
