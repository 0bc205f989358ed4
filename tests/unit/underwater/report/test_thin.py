"""Thinning keeps what can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from underwater.report.thin import (
    bin_edges,
    bin_of,
    largest_per_bin,
    nice_minutes,
    steps,
    sums_per_bin,
    thin,
)

lines = arrays.arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6))


@settings(max_examples=100, deadline=None)
@given(lines, st.integers(1, 20))
def test_thinning_keeps_the_extremes_the_ends_and_the_order(y: np.ndarray, buckets: int) -> None:
    x = np.arange(len(y), dtype=np.float64)
    kept_x, kept_y = thin(x, y, buckets)
    assert len(kept_x) <= max(2 * buckets + 2, 2)
    assert kept_y.min() == y.min() and kept_y.max() == y.max()
    assert kept_x[0] == 0 and kept_x[-1] == len(y) - 1
    assert np.all(np.diff(kept_x) > 0)
    assert np.array_equal(kept_y, y[kept_x.astype(int)])


def test_a_staircase_keeps_every_step() -> None:
    y = np.repeat([0.0, 5.0, 5.0, 2.0], 1_000)
    x, kept = steps(np.arange(len(y), dtype=np.float64), y)
    assert x.tolist() == [0, 1_000, 3_000, 3_999]
    assert kept.tolist() == [0, 5, 2, 2]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1e6)), max_size=50))
def test_bins_lose_no_amount(pairs: list[tuple[float, float]]) -> None:
    hours = np.array([hour for hour, _ in pairs])
    amounts = np.array([amount for _, amount in pairs])
    edges = bin_edges(0.0, 10.0, 15)
    sums = sums_per_bin(hours, amounts, edges)
    assert float(sums.sum()) == pytest.approx(float(amounts.sum()))
    if pairs:
        place = bin_of(hours, edges)
        assert place.min() >= 0 and place.max() < len(sums)
        assert largest_per_bin(hours, amounts, edges).max() == amounts.max()


def test_the_width_of_bins_is_a_round_number_of_minutes() -> None:
    assert nice_minutes(72, 288) == 15
    assert nice_minutes(2, 60) == 2
    assert nice_minutes(4.5, 90) == 3
