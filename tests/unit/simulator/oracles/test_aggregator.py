"""What nodes see, and when a feed that sees it publishes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from simulator.errors import InvalidArgument
from simulator.oracles.aggregator import (
    median_answers,
    observe_prices,
    update_times,
    upper_median,
)

PATH = np.arange(1000, 1200, dtype=np.int64) * 10**8


def seen(seed: int = 1, **changes: Any) -> np.ndarray:
    values: dict[str, Any] = {"nodes": 5, "noise": 0.0, "delay_blocks": [1.0]} | changes
    return observe_prices(PATH, generator=default_rng(seed), **values)


def test_without_noise_and_delay_every_node_sees_the_price() -> None:
    assert (seen() == PATH[:, None]).all()


def test_a_node_has_one_delay_for_the_whole_path() -> None:
    late = seen(nodes=31, delay_blocks=[0.5, 0.0, 0.5])
    delays = (PATH[100] - late[100]) // 10**8
    assert set(delays.tolist()) == {0, 2}
    assert (late[150] == PATH[150 - delays]).all() and (late[0] == PATH[0]).all()


def test_noise_has_the_stated_spread_and_the_median_less() -> None:
    noisy = seen(nodes=31, noise=0.01)
    errors = np.log(noisy / PATH[:, None])
    assert errors.std() == pytest.approx(0.01, rel=0.05)
    middle = np.log(median_answers(noisy) / PATH)
    assert middle.std() == pytest.approx(0.01 * (np.pi / 2 / 31) ** 0.5, rel=0.2)


@pytest.mark.parametrize(("faulty", "holds"), [(0, True), (2, True), (3, False), (5, False)])
def test_a_minority_of_faulty_nodes_does_not_move_the_median(faulty: int, holds: bool) -> None:
    observed = seen(faulty_nodes=faulty, faulty_multiple=1000.0)
    assert (median_answers(observed) == PATH).all() == holds


def test_the_same_seed_sees_the_same() -> None:
    first, again, other = (seen(seed, noise=0.01) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=6))
def test_medians_of_blocks_are_the_upper_ones(rows: list[list[int]]) -> None:
    assert median_answers(rows).tolist() == [upper_median(row) for row in rows]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 300)), min_size=1, max_size=30),
    st.integers(1, 400),
)
def test_a_feed_is_never_further_off_than_its_deviation_nor_older_than_its_heartbeat(
    steps: list[tuple[int, int]], heartbeat: int
) -> None:
    time, observations = 0, []
    for seconds, price in steps:
        time += seconds
        observations.append((time, price))
    published = set(update_times(observations, Decimal("0.1"), heartbeat))
    answer, at = observations[0][1], observations[0][0]
    assert at in published
    for when, price in observations:
        if when in published and (abs(price - answer) * 10 >= answer or when - at >= heartbeat):
            answer, at = price, when
        assert abs(price - answer) * 10 < answer or when == at
        assert when - at < heartbeat or when == at


def test_times_of_no_observations_are_none_and_floats_are_refused() -> None:
    assert update_times([], "0.005", 60) == []
    with pytest.raises(InvalidArgument, match="price"):
        update_times([(0, 1.5)], "0.005", 60)  # type: ignore[list-item]
    with pytest.raises(InvalidArgument, match="deviation"):
        update_times([(0, 1)], 0, 60)
    with pytest.raises(InvalidArgument, match="heartbeat"):
        update_times([(0, 1)], "0.005", 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": 0}, "nodes"),
        ({"nodes": 32}, "nodes"),
        ({"noise": -0.1}, "noise"),
        ({"delay_blocks": [0.5, 0.4]}, "must add up to 1"),
        ({"delay_blocks": [1.5, -0.5]}, "delay_blocks"),
        ({"faulty_nodes": 6}, "faulty_nodes"),
        ({"faulty_nodes": 1, "faulty_multiple": 0.0}, "faulty_multiple"),
    ],
)
def test_nodes_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        seen(**changes)


def test_the_median_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least one"):
        upper_median([])
    with pytest.raises(InvalidArgument, match="nodes"):
        median_answers(np.zeros((3, 0), np.int64))
