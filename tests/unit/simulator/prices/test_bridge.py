"""The path hits every hour's four prices, never leaves [low, high], and moves like the market."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.prices import TICKS_PER_UNIT, bridge, load_crash, ticks_to_floats
from simulator.types import Float2D, Int2D, Int3D

HOURS, STEPS = 72, 300
SEEDS = range(12)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


@pytest.fixture(scope="module")
def bars() -> Int3D:
    crash = load_crash("black-thursday")
    return crash.bars(("ETH", "BTC"), crash.start, HOURS)


@pytest.fixture(scope="module")
def paths(bars: Int3D) -> list[Int2D]:
    return [bridge(bars, generator(seed)) for seed in SEEDS]


def five_minute_returns(path: Int2D) -> Float2D:
    """Log returns between the last blocks of 25, as five-minute closes are."""
    prices = np.log(ticks_to_floats(path))
    return np.diff(prices[24::25], axis=0, prepend=prices[:1])


ticks = st.integers(min_value=1, max_value=10**12)


@st.composite
def hour(draw: st.DrawFn) -> tuple[int, int, int, int]:
    low = draw(ticks)
    # Flat, nearly flat and wild hours; open and close often on an extreme.
    high = low + draw(st.one_of(st.just(0), st.integers(1, 20), st.integers(0, 2 * low)))
    inside = st.one_of(st.just(low), st.just(high), st.integers(low, high))
    return draw(inside), high, low, draw(inside)


@given(
    st.integers(1, 3).flatmap(
        lambda assets: st.lists(
            st.lists(hour(), min_size=assets, max_size=assets), min_size=1, max_size=4
        )
    ),
    st.integers(0, 2**32),
    st.sampled_from([4, 5, 7, 60, 300]),
)
@settings(max_examples=150, deadline=None)
def test_all_four_prices_are_hit_exactly_and_nothing_lies_outside(
    hours: list[list[tuple[int, int, int, int]]], seed: int, steps: int
) -> None:
    given_bars = np.array(hours, dtype=np.int64)
    path = bridge(given_bars, generator(seed), steps)
    assert path.dtype == np.int64 and path.shape == (len(hours) * steps, given_bars.shape[1])
    by_hour = path.reshape(len(hours), steps, -1)
    assert (by_hour[:, 0] == given_bars[..., 0]).all()
    assert (by_hour.max(axis=1) == given_bars[..., 1]).all()
    assert (by_hour.min(axis=1) == given_bars[..., 2]).all()
    assert (by_hour[:, -1] == given_bars[..., 3]).all()


def test_a_flat_hour_stays_flat() -> None:
    flat = np.full((2, 1, 4), 12_345, dtype=np.int64)
    assert (bridge(flat, generator(0)) == 12_345).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(bars: Int3D) -> None:
    path = bridge(bars, generator(7))
    assert path.tobytes() == bridge(bars, generator(7)).tobytes()
    assert path.tobytes() != bridge(bars, generator(8)).tobytes()


def test_a_shorter_replay_is_the_beginning_of_the_longer_one(bars: Int3D) -> None:
    assert (bridge(bars[:5], generator(3)) == bridge(bars, generator(3))[: 5 * STEPS]).all()


def test_the_input_is_not_written_to(bars: Int3D) -> None:
    before = bars.copy()
    bridge(bars, generator(1))
    assert (bars == before).all()


def test_too_few_steps_are_refused(bars: Int3D) -> None:
    with pytest.raises(ValueError, match="needs at least 4 steps"):
        bridge(bars, generator(0), 3)


def test_realised_volatility_is_that_of_five_minute_data(paths: list[Int2D]) -> None:
    """457 % a year in the five-minute bars of ETH; the bridge gives 1.10 of it (demo: 503 %)."""
    yearly = [np.sqrt((five_minute_returns(path) ** 2).sum(axis=0) * 365 / 3)[0] for path in paths]
    assert np.mean(yearly) / 4.572 == pytest.approx(1.10, abs=0.06)


@pytest.mark.parametrize(("blocks", "expected"), [(150, 0.87), (25, 0.56)])
def test_the_assets_move_together(paths: list[Int2D], blocks: int, expected: float) -> None:
    """Half-hour returns correlate by 0.87 (data 0.95). With independent noise in the legs
    five-minute returns would fall from 0.56 to 0.30."""
    correlations = []
    for path in paths:
        prices = np.log(ticks_to_floats(path))[blocks - 1 :: blocks]
        correlations.append(np.corrcoef(np.diff(prices, axis=0).T)[0, 1])
    assert np.mean(correlations) == pytest.approx(expected, abs=0.05)


def test_few_points_pile_up_at_an_extreme(paths: list[Int2D], bars: Int3D) -> None:
    """Within 5 basis points: 1.1 % measured; clipping would give 21 %, folding alone 6.5 %."""
    shares = []
    for path in paths:
        prices = path.reshape(HOURS, STEPS, 2)
        to_high = np.log(bars[:, None, :, 1] / prices)
        to_low = np.log(prices / bars[:, None, :, 2])
        shares.append((np.minimum(to_high, to_low) < 5e-4).mean())
    assert np.mean(shares) < 0.025


def test_no_block_jumps_out_of_proportion(paths: list[Int2D]) -> None:
    """Drawing again instead of folding made one-block jumps of 17 %."""
    largest = [np.abs(np.diff(np.log(ticks_to_floats(path)), axis=0)).max() for path in paths]
    assert max(largest) < 0.08


def test_the_likely_order_of_the_extremes_is_usual_and_shared(bars: Int3D) -> None:
    """An hour that opens at its high and closes at its low meets the high first, nearly always."""
    falling = np.tile(np.array([110, 110, 90, 90]) * TICKS_PER_UNIT, (400, 2, 1))
    path = bridge(falling, generator(5)).reshape(400, STEPS, 2)
    high_first = path[:, 1:-1].argmax(axis=1) < path[:, 1:-1].argmin(axis=1)
    assert high_first.mean() > 0.97
    undecided = np.tile(np.array([100, 110, 90, 100]) * TICKS_PER_UNIT, (400, 2, 1))
    path = bridge(undecided, generator(6)).reshape(400, STEPS, 2)
    high_first = path.argmax(axis=1) < path.argmin(axis=1)
    assert 0.35 < high_first.mean() < 0.65
    assert (high_first[:, 0] == high_first[:, 1]).all()


def test_ticks_become_the_nearest_float() -> None:
    path = np.array([[20_074_000_000, 1]], dtype=np.int64)
    assert ticks_to_floats(path).tolist() == [[200.74, 1e-8]]
