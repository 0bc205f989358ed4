"""Every account with a position is counted once, in the eighth of an octave it belongs to."""

from __future__ import annotations

from math import floor, log2

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.risk import BINS, bin_edges, margin_histogram

MAINTENANCE = 0.0625


def bin_of(equity: float, maintenance: float) -> int:
    """The bin of one account, from the definition."""
    if equity <= 0:
        return 0
    octaves = log2(equity / maintenance)
    return min(63, max(0, floor((octaves + 2) * 8) + 1))


def only(equity: float, maintenance: float = 1.0) -> int:
    counts = margin_histogram(np.array([equity]), np.array([maintenance]))
    assert counts.sum() == 1
    return int(counts.argmax())


# Away from the borders, where one more digit of the logarithm would decide.
octaves = st.floats(-8, 9).filter(lambda y: abs(y * 8 - round(y * 8)) > 1e-6)
accounts = st.tuples(st.one_of(octaves.map(lambda y: 2.0**y), st.floats(-1e6, 0)), st.just(1.0))


@given(st.lists(accounts, max_size=60), st.floats(1e-9, 1e9))
def test_each_account_lies_in_its_bin(book: list[tuple[float, float]], scale: float) -> None:
    equity = np.array([ratio * scale for ratio, _ in book])
    maintenance = np.full(len(book), scale)
    expected = np.bincount([bin_of(ratio, need) for ratio, need in book], minlength=BINS)
    assert margin_histogram(equity, maintenance).tolist() == expected.tolist()


def test_the_borders_belong_to_the_bin_above() -> None:
    assert only(0.25) == 1 and only(0.25 * (1 - 1e-12)) == 0
    assert only(1.0) == 17 and only(1.0 - 1e-12) == 16
    assert only(0.5) == 9 and only(2.0) == 25
    assert only(2.0**5.625 * 1.0001) == 62 and only(2.0**5.75 * 1.0001) == 63


def test_zero_and_negative_equity_are_in_the_lowest_bin() -> None:
    assert only(0.0) == only(-1e9) == only(1e-30) == 0


def test_accounts_without_a_position_are_not_counted() -> None:
    with np.errstate(all="raise"):
        counts = margin_histogram(np.array([5.0, 0.0, -1.0, 7.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    assert counts.sum() == 1 and counts.shape == (BINS,)


def test_extreme_sizes_raise_no_warning_and_keep_their_bin() -> None:
    with np.errstate(all="raise"):
        assert only(1e15, 1e-12) == 63
        assert only(1e-12, 1e15) == 0


def test_the_edges_run_from_a_quarter_to_54_times_the_requirement() -> None:
    edges = bin_edges()
    assert edges.shape == (BINS - 1,)
    assert edges[0] == -2.0 and edges[-1] == 5.75 and set(np.diff(edges)) == {0.125}
    assert edges[16] == 0.0
