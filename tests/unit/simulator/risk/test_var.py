"""Tail figures of samples follow their definitions, atoms and decimal levels included."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    age_weights,
    euler_allocation,
    historical_es,
    historical_var,
    quantiles,
    var_es,
    weighted_es,
    weighted_var,
)
from simulator.risk.var import historical
from simulator.types import Float1D

# Many equal values, as a shortfall of zero in most runs gives.
losses = st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0, 100.0]), min_size=1, max_size=40)
levels = st.integers(1, 99).map(lambda percent: percent / 100)


def by_sorting(values: Float1D, level: float) -> tuple[float, float]:
    """VaR and ES of the definition."""
    ordered = np.sort(values)
    exact = Fraction(str(level))
    threshold = ordered[-(-exact * len(ordered) // 1) - 1]
    excess = np.maximum(ordered - threshold, 0.0).sum()
    return float(threshold), float(threshold + excess / float((1 - exact) * len(ordered)))


@given(losses, levels)
def test_var_is_the_smallest_sample_that_covers_the_level(
    samples: list[float], level: float
) -> None:
    found = historical_var(np.array(samples), level)
    written = Fraction(str(level))
    covered = [
        x for x in samples if Fraction(sum(y <= x for y in samples), len(samples)) >= written
    ]
    assert found == min(covered)


@given(losses, levels)
def test_es_is_the_smallest_value_of_the_rockafellar_uryasev_program(
    samples: list[float], level: float
) -> None:
    array = np.array(samples)

    def objective(threshold: float) -> float:
        return threshold + float(np.maximum(array - threshold, 0).mean()) / (1 - level)

    found = historical_es(array, level)
    assert found == pytest.approx(min(objective(x) for x in samples), abs=1e-9)
    assert found >= historical_var(array, level) - 1e-12


@given(losses, levels, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(
    samples: list[float], level: float, rng: Random
) -> None:
    shuffled = list(samples)
    rng.shuffle(shuffled)
    one, other = var_es(np.array(samples), level), var_es(np.array(shuffled), level)
    assert one[0] == other[0] and one[1] == pytest.approx(other[1], abs=1e-12)


@given(losses, levels, st.integers(-50, 50), st.integers(1, 9))
def test_a_tail_moves_and_scales_with_its_losses(
    samples: list[float], level: float, shift: int, factor: int
) -> None:
    array = np.array(samples)
    threshold, shortfall = var_es(array, level)
    moved = var_es(factor * array + shift, level)
    assert moved == pytest.approx((factor * threshold + shift, factor * shortfall + shift))


@pytest.mark.parametrize(("level", "rank"), [(0.07, 7), (0.95, 95), (0.56, 56), (0.99, 99)])
def test_the_level_is_the_decimal_that_was_written(level: float, rank: int) -> None:
    """0.07 x 100 is 7.000000000000001 in floats, whose ceiling is 8."""
    assert historical_var(np.arange(1.0, 101.0), level) == rank


@pytest.mark.parametrize(
    ("level", "rank"), [(0.1 + 0.2, 30), (1 - 0.07, 93), (1 - 0.9, 10), (0.3001, 31), (0.2999, 30)]
)
def test_a_level_that_was_computed_is_forgiven_its_last_bits(level: float, rank: int) -> None:
    assert historical_var(np.arange(1.0, 101.0), level) == rank


def test_a_level_beyond_the_last_sample_but_one_gives_the_largest() -> None:
    assert var_es(np.array([3.0, 1.0, 2.0]), 0.99) == (3.0, 3.0)
    assert var_es(np.array([3.0, 1.0, 2.0]), 0.01)[0] == 1.0
    assert var_es(np.array([5.0]), 0.5) == (5.0, 5.0)


def test_an_atom_at_var_enters_es_with_its_share_of_the_tail() -> None:
    """96 zeros, 4 at 10, level 0.95: a fifth of the tail is the atom at 0."""
    array = np.array([0.0] * 96 + [10.0] * 4)
    assert var_es(array, 0.95) == pytest.approx((0.0, 8.0), abs=1e-12)
    assert historical_es(array, 0.96) == pytest.approx(10.0, abs=1e-12)
    assert historical_var(array, 0.96) == 0.0
    assert var_es(array, 0.97) == (10.0, 10.0)


SIZE = 300_000
"""More than two samples for each that guesses the threshold, so that guessing is tried."""


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99, 0.9999])
@pytest.mark.parametrize(
    "shape", ["random", "rising", "falling", "mostly zero", "all equal", "periodic", "two values"]
)
def test_the_quick_way_is_exact_for_every_shape(shape: str, level: float) -> None:
    rng = np.random.default_rng(3)
    step = SIZE // historical.SAMPLE
    assert step >= 2
    values = rng.standard_t(3, SIZE)
    if shape == "rising":
        values.sort()
    elif shape == "falling":
        values = np.sort(values)[::-1]
    elif shape == "mostly zero":
        values = np.where(values > 3.0, values, 0.0)
    elif shape == "all equal":
        values[:] = -2.5
    elif shape == "periodic":  # the sample sees only the large ones and guesses far too high
        values[::step] += 1000.0
    elif shape == "two values":
        values = np.where(values > 2.0, 1.0, -1.0)
    assert var_es(values, level) == pytest.approx(by_sorting(values, level), rel=1e-12)
    assert historical_var(values, level) == by_sorting(values, level)[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, SIZE // 2, SIZE - 1])
def test_a_loss_that_is_not_finite_is_named(bad: float, place: int) -> None:
    values = np.zeros(SIZE)
    values[place] = bad
    with pytest.raises(InvalidArgument, match=rf"losses\[{place}\]"):
        var_es(values, 0.99)
    with pytest.raises(InvalidArgument, match=r"losses\[1\]"):
        var_es(np.array([0.0, bad, 1.0]), 0.99)


def test_the_first_loss_is_named_where_none_is_finite() -> None:
    with pytest.raises(InvalidArgument, match=r"losses\[0\]"):
        var_es(np.full(SIZE, np.nan), 0.99)


def test_finite_losses_whose_squares_are_not_are_still_losses() -> None:
    values = np.zeros(SIZE)
    values[:6000] = 1e200
    assert var_es(values, 0.99) == (1e200, 1e200)


@given(losses)
def test_quantiles_are_the_var_at_each_level(samples: list[float]) -> None:
    array = np.array(samples)
    found = quantiles(array, (0.05, 0.5, 0.95))
    assert found.tolist() == [historical_var(array, level) for level in (0.05, 0.5, 0.95)]


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5, np.nan])
def test_a_level_outside_of_zero_and_one_is_refused(level: float) -> None:
    with pytest.raises(InvalidArgument, match="must lie between 0 and 1"):
        historical_var(np.ones(3), level)


def test_no_samples_are_refused_and_so_is_a_table() -> None:
    for figure in (historical_var, historical_es):
        with pytest.raises(InvalidArgument, match="at least one sample"):
            figure(np.empty(0), 0.95)
        with pytest.raises(InvalidArgument, match="must have 1 dimension"):
            figure(np.ones((2, 2)), 0.95)
    with pytest.raises(InvalidArgument, match="must be numbers"):
        historical_var(["x"], 0.95)  # type: ignore[arg-type]


# --- weights ----------------------------------------------------------------------------------


def test_weights_by_age_are_those_of_the_formula_with_the_newest_last() -> None:
    decay, count = 0.98, 7
    wanted = [decay ** (i - 1) * (1 - decay) / (1 - decay**count) for i in range(1, count + 1)]
    assert age_weights(count, decay)[::-1] == pytest.approx(wanted, rel=1e-13)
    assert age_weights(count, 1.0) == pytest.approx([1 / 7] * 7)
    assert age_weights(1, 0.5).tolist() == [1.0]


@pytest.mark.parametrize("decay", [0.0, -0.1, 1.01, np.nan])
def test_a_decay_outside_of_zero_and_one_is_refused(decay: float) -> None:
    with pytest.raises(InvalidArgument, match="decay"):
        age_weights(3, decay)


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="count"):
        age_weights(0, 0.9)


@given(losses, levels)
def test_equal_weights_give_the_plain_figures(samples: list[float], level: float) -> None:
    array = np.array(samples)
    weights = age_weights(len(array), 1.0)
    assert weighted_var(array, weights, level) == historical_var(array, level)
    wanted = historical_es(array, level)
    assert weighted_es(array, weights, level) == pytest.approx(wanted, abs=1e-9)


def test_weighted_var_is_where_the_cumulated_weight_reaches_the_level() -> None:
    array, weights = np.array([30.0, 10.0, 20.0]), np.array([1.0, 5.0, 4.0])
    assert weighted_var(array, weights, 0.5) == 10.0
    assert weighted_var(array, weights, 0.5001) == 20.0
    assert weighted_var(array, weights, 0.9) == 20.0
    assert weighted_var(array, weights, 0.91) == 30.0
    assert weighted_es(array, weights, 0.5) == pytest.approx((4 * 20 + 30) / 5)
    assert weighted_es(array, 7 * weights, 0.8) == pytest.approx((10 + 15) / 1, abs=1e-9)


def test_a_sample_without_weight_is_never_the_answer() -> None:
    array, weights = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 1.0])
    assert [weighted_var(array, weights, level) for level in (0.5, 0.51)] == [1.0, 3.0]
    assert weighted_var(array, np.array([0.0, 1.0, 0.0]), 0.01) == 2.0
    assert weighted_var(array, np.array([0.0, 1.0, 0.0]), 1e-13) == 2.0


@pytest.mark.parametrize(
    ("weights", "rule"),
    [
        ([0.0, 0.0], "not all be 0"),
        ([1.0, -1.0], "at least 0"),
        ([1.0], "must have the shape"),
    ],
)
def test_weights_that_are_none_are_refused(weights: list[float], rule: str) -> None:
    with pytest.raises(InvalidArgument, match=rule):
        weighted_var(np.ones(2), np.array(weights), 0.5)


# --- whose loss it is -------------------------------------------------------------------------

tables = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.0, -1.0]), st.sampled_from([0.0, 1.0, 5.0])),
    min_size=1,
    max_size=30,
)


@given(tables, levels)
def test_shares_of_the_expected_shortfall_sum_to_it(
    rows: list[tuple[float, float]], level: float
) -> None:
    table = np.array(rows)
    total = historical_es(table.sum(axis=1), level)
    assert euler_allocation(table, level).sum() == pytest.approx(total, abs=1e-9)


@given(tables, levels)
def test_shares_follow_their_components_when_these_change_places(
    rows: list[tuple[float, float]], level: float
) -> None:
    table = np.array(rows)
    swapped = euler_allocation(table[:, ::-1], level)
    assert euler_allocation(table, level) == pytest.approx(swapped[::-1], abs=1e-12)


def test_scenarios_at_var_share_what_the_tail_has_left() -> None:
    """Five scenarios at 60 %: two weigh in the tail, the worst whole, two atoms half each."""
    table = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 1.0], [0.0, 4.0], [9.0, 1.0]])
    assert euler_allocation(table, 0.6) == pytest.approx([(9 + 1.5) / 2, (1 + 0.5 + 2) / 2])


def test_totals_that_differ_by_rounding_are_one_atom() -> None:
    """0.1 + 0.2 is more than 0.3 in floats; both scenarios share the tail all the same."""
    table = np.array([[0.1, 0.2], [0.0, 0.3], [0.0, 0.0], [0.0, 0.0]])
    assert table[0].sum() != table[1].sum()
    assert euler_allocation(table, 0.75) == pytest.approx([0.05, 0.25], abs=1e-12)


def test_an_allocation_needs_scenarios() -> None:
    with pytest.raises(InvalidArgument, match="needs a scenario"):
        euler_allocation(np.empty((0, 2)), 0.9)
    with pytest.raises(InvalidArgument, match="must have 2 dimensions"):
        euler_allocation(np.ones(3), 0.9)
    assert euler_allocation(np.empty((3, 0)), 0.9).shape == (0,)
