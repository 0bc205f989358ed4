"""The one layout, and random numbers that can be compared between runs."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import (
    Gbm,
    Grid,
    Heston,
    Merton,
    Model,
    empty_paths,
    gbm_paths,
    generator,
    simulate,
)
from simulator.prices.models.draws import NORMALS, UNIFORMS, Draws

HOUR = 1 / 8760
HESTON = Heston(0.1, 0.5, 3.0, 0.4, 1.0, -0.6)
TRUNCATED = Heston(0.1, 0.5, 3.0, 0.4, 1.0, -0.6, "full-truncation")
MERTON = Merton(0.1, 0.5, 400.0, -0.02, 0.05)


def test_paths_steps_and_assets_come_in_this_order() -> None:
    prices = simulate([HESTON, MERTON], [100.0, 2.0], Grid(5, 7, HOUR), generator(1))
    assert prices.shape == (5, 7, 2) and prices.dtype == np.float64
    assert np.abs(prices[..., 0] / 100 - 1).max() < 0.3 > np.abs(prices[..., 1] / 2 - 1).max()


def test_a_single_run_is_one_path() -> None:
    assert simulate(Gbm(0.0, 0.5), 10.0, Grid(1, 3, HOUR), generator(1)).shape == (1, 3, 1)


def test_the_first_step_is_one_step_after_the_start() -> None:
    grid = Grid(2, 3, 0.5)
    assert grid.times.tolist() == [0.5, 1.0, 1.5] and grid.years == 1.5
    prices = simulate(Gbm(np.log(2.0), 0.0), 1.0, grid, generator(1))
    assert prices[0, :, 0] == pytest.approx([2**0.5, 2.0, 2**1.5], rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((0, 1, 1.0), "paths"),
        ((1, 0, 1.0), "steps"),
        ((1, 1, 0.0), "step_years"),
        ((1, 1, float("nan")), "step_years"),
        ((1.5, 1, 1.0), "paths"),
    ],
)
def test_an_empty_grid_is_refused(arguments: tuple[int, int, float], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Grid(*arguments)
    assert caught.value.field == field


@pytest.mark.parametrize("model", [Gbm(0.1, 0.8), HESTON, MERTON])
@pytest.mark.parametrize("antithetic", [False, True])
def test_a_seed_gives_the_same_paths_and_another_seed_others(
    model: Gbm | Heston | Merton, antithetic: bool
) -> None:
    grid = Grid(8, 20, HOUR)
    first, again, other = (
        simulate(model, 100.0, grid, generator(seed), antithetic=antithetic) for seed in (1, 1, 2)
    )
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize("model", [Gbm(0.1, 0.8), HESTON, MERTON])
def test_a_longer_run_begins_with_the_shorter_one(model: Gbm | Heston | Merton) -> None:
    short, long = (simulate(model, 1.0, Grid(6, steps, HOUR), generator(3)) for steps in (9, 30))
    assert (long[:, :9] == short).all()


def test_blocks_of_steps_do_not_change_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid(6, 25, HOUR)
    whole = simulate([HESTON, MERTON], 1.0, grid, generator(3))
    monkeypatch.setattr("simulator.prices.models.simulation._CELLS_PER_BLOCK", 36)
    assert (simulate([HESTON, MERTON], 1.0, grid, generator(3)) == whole).all()


@pytest.mark.parametrize("model", [TRUNCATED, Merton(0.1, 0.5, 0.0, 0.0, 0.0), Gbm(0.1, 0.8)])
def test_antithetic_pairs_mirror_the_shocks(model: Heston | Merton | Gbm) -> None:
    grid = Grid(10, 1, HOUR)
    prices = simulate(model, 1.0, grid, generator(4), antithetic=True)
    logs = np.log(prices[:, 0, 0])
    # Over one step the log return is a constant plus a multiple of the normal.
    assert logs[:5] + logs[5:] == pytest.approx(np.full(5, logs[0] + logs[5]), abs=1e-14)
    assert np.ptp(logs[:5]) > 1e-3


def test_an_odd_number_of_paths_has_no_pairs() -> None:
    for model in (Gbm(0.0, 0.5), HESTON):
        with pytest.raises(InvalidArgument, match="even"):
            simulate(model, 1.0, Grid(3, 2, HOUR), generator(1), antithetic=True)


def test_draws_are_mirrored_and_never_0_or_1() -> None:
    grid = Grid(1000, 4, HOUR)
    draws = Draws(generator(1), grid, 2, NORMALS, UNIFORMS, True)
    normals, uniforms = draws.normals(4), draws.uniforms(4)
    assert normals.shape == (4, NORMALS, 2, 1000) and uniforms.shape == (4, UNIFORMS, 2, 1000)
    assert (normals[..., 500:] == -normals[..., :500]).all()
    assert (uniforms[..., 500:] == 1.0 - uniforms[..., :500]).all()
    assert uniforms.min() > 0.0 and uniforms.max() < 1.0
    assert len(np.unique(normals[..., :500])) == normals[..., :500].size


def test_a_zero_from_the_generator_becomes_the_smallest_uniform() -> None:
    class Zeros:
        def spawn(self, count: int) -> list[Zeros]:
            return [self] * count

        def random(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.zeros(shape)

    draws = Draws(Zeros(), Grid(2, 1, 1.0), 1, 0, 1, True)  # type: ignore[arg-type]
    assert draws.uniforms(1).ravel().tolist() == [2.0**-53, 1.0 - 2.0**-53]


def test_another_value_of_a_parameter_meets_the_same_numbers() -> None:
    """Common random numbers: twice the volatility is twice the noise of every step."""
    grid = Grid(50, 10, HOUR)
    calm, wild = (
        np.log(simulate(Merton(0.0, sigma, 0.0, 0.0, 0.0), 1.0, grid, generator(5)))
        + 0.5 * sigma**2 * grid.times[:, None]
        for sigma in (0.4, 0.8)
    )
    assert wild == pytest.approx(2.0 * calm, abs=1e-12)


def test_jumps_leave_the_price_shocks_alone() -> None:
    grid = Grid(200, 10, HOUR)
    without, with_jumps = (
        np.log(simulate(Merton(0.0, 0.5, rate, 0.3, 0.0), 1.0, grid, generator(6)))
        for rate in (0.0, 200.0)
    )
    drift = 200.0 * np.expm1(0.3) * grid.times[:, None]
    jumps = (with_jumps - without + drift) / 0.3
    assert jumps == pytest.approx(np.rint(jumps), abs=1e-9) and jumps.max() > 0.5


def test_paths_are_written_where_the_caller_says() -> None:
    grid = Grid(4, 5, HOUR)
    out = empty_paths(grid, 2)
    pairs: list[list[Model]] = [[HESTON, MERTON], [Gbm(0.0, 0.5), Gbm(0.0, 0.5)]]
    for models in pairs:
        assert simulate(models, 1.0, grid, generator(1), out=out) is out
    plain = np.empty((4, 5, 1))
    assert gbm_paths(Gbm(0.0, 0.5), 1.0, grid, generator(1), out=plain) is plain
    assert (plain == gbm_paths(Gbm(0.0, 0.5), 1.0, grid, generator(1))).all()


@pytest.mark.parametrize(
    "out", [np.empty((5, 4, 1)), np.empty((4, 5, 1), dtype=np.float32), np.empty((4, 5))]
)
def test_an_array_that_does_not_fit_is_refused(out: np.ndarray) -> None:
    with pytest.raises(InvalidArgument, match="float64 array of shape"):
        simulate(HESTON, 1.0, Grid(4, 5, HOUR), generator(1), out=out)


def test_impossible_starts_are_refused() -> None:
    grid = Grid(2, 2, HOUR)
    for spot in (0.0, -1.0, float("nan"), [1.0, 2.0, 3.0], [[1.0], [2.0]]):
        with pytest.raises(InvalidArgument, match="spot"):
            simulate([HESTON, MERTON], spot, grid, generator(1))
    with pytest.raises(InvalidArgument, match="models"):
        simulate([], 1.0, grid, generator(1))
    with pytest.raises(InvalidArgument, match="spot"):
        gbm_paths(Gbm(0.0, 0.5), 0.0, grid, generator(1))
