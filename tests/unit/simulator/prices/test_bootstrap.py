"""Blocks of history, and how long they should be."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import (
    Bootstrap,
    Grid,
    bootstrap_paths,
    generator,
    log_returns_of,
    politis_white,
)
from simulator.prices.models import bootstrap_rows

HISTORY = np.stack((np.arange(50.0), -np.arange(50.0)), axis=1) * 1e-3


def test_circular_blocks_have_their_length_and_go_around_the_end() -> None:
    rows = bootstrap_rows(Bootstrap(4.0, "circular"), 10, Grid(300, 11, 1.0), generator(1))
    assert rows.shape == (11, 300) and rows.min() == 0 and rows.max() == 9
    follows = (np.diff(rows, axis=0) % 10) == 1
    inner = [step for step in range(10) if (step + 1) % 4]
    assert follows[inner].all() and not follows[3].all() and not follows[7].all()
    assert (rows[0] == 9).any() and (rows[1][rows[0] == 9] == 0).all()


def test_a_circular_length_is_rounded_to_whole_steps() -> None:
    rows = bootstrap_rows(Bootstrap(2.6, "circular"), 1000, Grid(50, 7, 1.0), generator(1))
    follows = (np.diff(rows, axis=0) % 1000) == 1
    assert [bool(step.all()) for step in follows] == [True, True, False, True, True, False]


def test_stationary_blocks_have_a_geometric_length() -> None:
    rows = bootstrap_rows(Bootstrap(5.0), 100_000, Grid(200, 500, 1.0), generator(2))
    ends = (np.diff(rows, axis=0) % 100_000) != 1
    share = ends.mean()
    assert abs(share - 0.2) < 4 * sqrt(0.2 * 0.8 / ends.size)
    # Geometric: an end says nothing of the next one.
    both = (ends[1:] & ends[:-1]).mean()
    assert both == pytest.approx(0.04, abs=0.003)


def test_every_row_is_as_likely_as_any_other() -> None:
    rows = bootstrap_rows(Bootstrap(3.0), 10, Grid(2000, 20, 1.0), generator(3))
    counts = np.bincount(rows.ravel(), minlength=10) / rows.size
    assert counts == pytest.approx(np.full(10, 0.1), abs=0.005)


def test_a_block_of_one_is_the_ordinary_bootstrap() -> None:
    for kind in ("stationary", "circular"):
        rows = bootstrap_rows(Bootstrap(1.0, kind), 5000, Grid(100, 100, 1.0), generator(4))
        assert ((np.diff(rows, axis=0) % 5000) == 1).mean() < 0.002


def test_all_assets_take_the_same_rows() -> None:
    prices = bootstrap_paths(Bootstrap(5.0), HISTORY, [2.0, 8.0], Grid(6, 30, 1.0), generator(5))
    assert prices.shape == (6, 30, 2)
    assert np.log(prices[..., 0] / 2.0) == pytest.approx(-np.log(prices[..., 1] / 8.0), abs=1e-12)
    returns = np.diff(np.log(prices[..., 0]), axis=1)
    assert np.abs(returns[..., None] - HISTORY[:, 0]).min(axis=-1).max() < 1e-12


def test_centred_returns_keep_the_mean_price() -> None:
    returns = generator(6).standard_normal((500, 1)) * 0.05 + 0.01
    grid = Grid(20_000, 10, 1.0)
    model = Bootstrap(1.0, centred=True)
    last = bootstrap_paths(model, returns, 1.0, grid, generator(7))[:, -1, 0]
    assert abs(last.mean() - 1.0) < 4 * last.std() / sqrt(last.size)
    drifting = bootstrap_paths(Bootstrap(1.0), returns, 1.0, grid, generator(7))[:, -1, 0]
    expected = np.exp(returns).mean() ** 10
    assert abs(drifting.mean() - expected) < 4 * drifting.std() / sqrt(last.size)


def test_log_returns_of_one_or_several_assets() -> None:
    assert log_returns_of([1.0, 2.0, 1.0]) == pytest.approx(np.log([[2.0], [0.5]]))
    assert log_returns_of([[1.0, 4.0], [2.0, 1.0]]) == pytest.approx(np.log([[2.0, 0.25]]))
    for wrong in ([1.0], [1.0, 0.0], [1.0, float("nan")], np.ones((2, 2, 2))):
        with pytest.raises(InvalidArgument, match="prices"):
            log_returns_of(wrong)


@pytest.mark.parametrize(
    ("block", "kind"), [(0.99, "stationary"), (float("nan"), "circular"), (5.0, "moving")]
)
def test_impossible_blocks_are_refused(block: float, kind: str) -> None:
    with pytest.raises(InvalidArgument):
        Bootstrap(block, kind)


def test_history_must_hold_numbers() -> None:
    grid = Grid(2, 2, 1.0)
    for wrong in (np.empty((0, 1)), np.array([1.0]), np.array([[np.nan]])):
        with pytest.raises(InvalidArgument, match="log_returns"):
            bootstrap_paths(Bootstrap(2.0), wrong, 1.0, grid, generator(1))


def autoregression(phi: float, count: int, seed: int) -> np.ndarray:
    noise = generator(seed).standard_normal(count)
    for step in range(1, count):
        noise[step] += phi * noise[step - 1]
    return noise


def test_the_block_length_by_the_rule_written_out() -> None:
    x = autoregression(0.6, 1500, 1)
    n = x.size
    c = x - x.mean()
    r = np.array([(c[k:] * c[: n - k]).sum() / n for k in range(100)])
    bound, run = 2 * sqrt(np.log10(n) / n), max(5, ceil(sqrt(np.log10(n))))
    m = next(m for m in range(1, 90) if (np.abs(r[m + 1 : m + run + 1] / r[0]) < bound).all())
    k = np.arange(-2 * m, 2 * m + 1)
    t = np.abs(k) / (2 * m)
    weight = np.where(t <= 0.5, 1.0, 2 * (1 - t))
    g = (weight * np.abs(k) * r[np.abs(k)]).sum()
    spectrum = (weight * r[np.abs(k)]).sum()
    stationary = (2 * g**2 / (2 * spectrum**2)) ** (1 / 3) * n ** (1 / 3)
    circular = (2 * g**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * n ** (1 / 3)
    assert politis_white(x) == pytest.approx((stationary, circular), rel=1e-12)
    assert 5.0 < stationary < circular < 40.0


def test_the_block_length_is_near_that_of_arch() -> None:
    """arch starts counting one lag earlier, so that its lengths differ by some per cent."""
    bootstrap = pytest.importorskip("arch.bootstrap")
    for phi, seed in ((0.3, 2), (0.6, 1), (0.8, 3)):
        x = autoregression(phi, 1500, seed)
        theirs = bootstrap.optimal_block_length(x).to_numpy()[0]
        assert politis_white(x) == pytest.approx(tuple(theirs), rel=0.25)


def test_more_memory_needs_longer_blocks() -> None:
    lengths = [politis_white(autoregression(phi, 2000, 4)).stationary for phi in (0.0, 0.4, 0.8)]
    assert lengths == sorted(lengths) and lengths[0] < 4.0


def test_the_block_length_stays_in_its_bounds() -> None:
    for count, bound in ((400, 60.0), (40, 14.0)):
        # What was differenced once too often has next to no spectrum at 0.
        noise = np.diff(generator(count).standard_normal(count + 1))
        assert politis_white(noise).circular == bound
    assert politis_white(np.tile([1.0, -1.0], 50)).stationary >= 1.0
    lengths = politis_white(generator(1).standard_normal(500))
    assert 1.0 <= lengths.stationary <= lengths.circular


@pytest.mark.parametrize("wrong", [np.ones(100), np.arange(19.0), np.full(50, np.nan)])
def test_a_series_without_variation_or_too_short_has_no_block_length(wrong: np.ndarray) -> None:
    with pytest.raises(InvalidArgument, match="series"):
        politis_white(wrong)
