"""Averages of paths, and the edges of mean ticks and quotes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity.pair import Pair
from simulator.oracles.twap_v2 import arithmetic_twap, average_price, consult_twap, open_twap
from simulator.oracles.twap_v3 import (
    geometric_twap,
    grow_ring,
    harmonic_mean_liquidity,
    mean_tick,
    mean_ticks,
    observe,
    open_ring,
    quote_at_tick,
    write_observation,
)
from simulator.risk.precision import sqrt_ratio_at_tick

PATHS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=40)


@given(PATHS, st.integers(1, 50))
def test_a_mean_is_over_the_last_window_or_what_there_is(path: list[float], window: int) -> None:
    arithmetic, geometric = arithmetic_twap(path, window), geometric_twap(path, window)
    for step in range(len(path)):
        seen = np.array(path[max(step + 1 - window, 0) : step + 1])
        assert arithmetic[step] == pytest.approx(seen.mean(), rel=1e-6)
        assert geometric[step] == pytest.approx(np.exp(np.log(seen).mean()), rel=1e-9)


@given(PATHS, st.integers(1, 50))
def test_a_geometric_mean_is_never_above_the_arithmetic_one(path: list[float], window: int) -> None:
    assert (geometric_twap(path, window) <= arithmetic_twap(path, window) * (1 + 1e-6)).all()


def test_many_paths_are_averaged_at_once() -> None:
    paths = np.array([[1.0, 2.0, 3.0], [8.0, 4.0, 2.0]])
    assert arithmetic_twap(paths, 2).tolist() == [[1.0, 1.5, 2.5], [8.0, 6.0, 3.0]]
    assert geometric_twap(paths, 3)[1].tolist() == pytest.approx([8.0, 32**0.5, 4.0])


def test_windows_and_prices_are_checked() -> None:
    for bad in (0, -1, 1.5):
        with pytest.raises(InvalidArgument, match="window"):
            arithmetic_twap([1.0], bad)  # type: ignore[arg-type]
    for twap in (arithmetic_twap, geometric_twap):
        with pytest.raises(InvalidArgument, match="prices"):
            twap([1.0, 0.0], 1)


def test_an_oracle_has_no_answer_before_its_first_window_closes() -> None:
    twap = open_twap(Pair(10**18, 10**18), 10, 0)
    with pytest.raises(InvalidArgument, match="no window has closed yet"):
        consult_twap(twap, 1, True)
    with pytest.raises(InvalidArgument, match="period"):
        open_twap(Pair(), 0, 0)
    with pytest.raises(InvalidArgument, match="elapsed"):
        average_price(0, 1, 0)


def test_the_difference_of_two_readings_wraps() -> None:
    assert average_price(2**256 - 10, 30, 4) == 10


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_a_mean_tick_is_the_floor(total: int, seconds: int) -> None:
    mean = mean_tick(0, total, seconds)
    assert mean <= Fraction(total, seconds) < mean + 1


def test_the_accumulator_of_ticks_wraps_at_fifty_six_bits() -> None:
    assert mean_tick(2**55 - 5, -(2**55) + 5, 10) == 1


def test_a_path_of_ticks_is_weighted_by_its_seconds() -> None:
    assert mean_ticks([100, -100], [30, 10]) == 50
    assert mean_ticks([0, -1], [3, 1]) == -1
    with pytest.raises(InvalidArgument, match="seconds"):
        mean_ticks([1], [1, 2])


def test_the_harmonic_mean_of_one_liquidity_is_that_liquidity() -> None:
    ring = write_observation(open_ring(0), 1, 0, 1)
    later = observe(ring, 101, 0, 0, 10**18)
    before = observe(ring, 101, 100, 0, 10**18)
    mean = harmonic_mean_liquidity(before.seconds_per_liquidity, later.seconds_per_liquidity, 100)
    assert mean == pytest.approx(10**18, rel=1e-9)
    with pytest.raises(InvalidArgument, match="must differ"):
        harmonic_mean_liquidity(7, 7, 1)


@given(st.integers(-400_000, 400_000), st.integers(0, 10**30))
def test_a_quote_is_the_square_of_the_root_price_down(tick: int, amount: int) -> None:
    exact = Fraction(sqrt_ratio_at_tick(tick), 2**96) ** 2
    up, down = quote_at_tick(tick, amount, True), quote_at_tick(tick, amount, False)
    # Above 2^128 the square is floored to 2^-128 first.
    assert amount * exact - 1 - Fraction(amount, 2**128) < up <= amount * exact
    assert abs(down - amount / exact) <= 1 + Fraction(amount, 2**96)


def test_quotes_and_ticks_are_checked() -> None:
    with pytest.raises(InvalidArgument, match="base_amount"):
        quote_at_tick(0, 2**128, True)
    with pytest.raises(InvalidArgument, match="tick"):
        quote_at_tick(887_273, 1, True)
    with pytest.raises(InvalidArgument, match="size"):
        grow_ring(open_ring(0), 65_536)
    with pytest.raises(InvalidArgument, match="tick"):
        write_observation(open_ring(0), 1, 887_273, 1)


def test_a_second_write_in_a_block_and_a_smaller_size_change_nothing() -> None:
    ring = grow_ring(write_observation(open_ring(0), 5, 10, 1), 4)
    assert write_observation(ring, 5, 99, 1) is ring
    assert grow_ring(ring, 2).grown == 4
    assert write_observation(ring, 6, 0, 1).cardinality == 4
