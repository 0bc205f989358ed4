"""High and low between open and close."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.prices import (
    extremes_from_uniforms,
    generator,
    probability_maximum_at_least,
    probability_minimum_at_most,
    sample_extremes,
)

PRICE = st.floats(1.0, 1000.0)
SIGMA = st.floats(0.05, 3.0)


def test_the_formula_by_hand() -> None:
    wanted = exp(-2 * log(103 / 100) * log(103 / 98) / (0.64 / 365))
    got = probability_maximum_at_least(103.0, 100.0, 98.0, 0.8, 1 / 365)
    assert float(got) == pytest.approx(wanted, rel=1e-12)


@given(PRICE, PRICE, SIGMA, st.floats(1.0, 3.0))
def test_the_minimum_is_the_maximum_of_the_reciprocal(
    first: float, last: float, sigma: float, factor: float
) -> None:
    level = min(first, last) / factor
    low = probability_minimum_at_most(level, first, last, sigma, 0.01)
    high = probability_maximum_at_least(1 / level, 1 / first, 1 / last, sigma, 0.01)
    assert float(low) == pytest.approx(float(high), rel=1e-9, abs=1e-300)


def test_levels_at_and_within_the_ends_are_certain() -> None:
    for level in (100.0, 99.0, 98.0, 1.0):
        assert probability_maximum_at_least(level, 98.0, 100.0, 0.8, 0.01) == 1.0
        assert probability_maximum_at_least(level, 98.0, 100.0, 0.0, 0.01) == 1.0
    for level in (98.0, 99.0, 100.0, 500.0):
        assert probability_minimum_at_most(level, 98.0, 100.0, 0.8, 0.01) == 1.0
    assert probability_maximum_at_least(100.001, 98.0, 100.0, 0.8, 0.01) < 1.0
    assert probability_minimum_at_most(97.999, 98.0, 100.0, 0.8, 0.01) < 1.0


def test_without_noise_or_time_nothing_lies_beyond_the_ends() -> None:
    for sigma, years in ((0.0, 1.0), (1.0, 0.0)):
        assert probability_maximum_at_least(100.1, 98.0, 100.0, sigma, years) == 0.0
        assert probability_minimum_at_most(97.9, 98.0, 100.0, sigma, years) == 0.0
    assert probability_minimum_at_most(0.0, 98.0, 100.0, 0.8, 0.01) == 0.0


@given(PRICE, PRICE, SIGMA, st.floats(1e-9, 1.0), st.floats(1e-9, 1.0))
def test_quantiles_invert_the_probabilities(
    first: float, last: float, sigma: float, up: float, down: float
) -> None:
    high, low = extremes_from_uniforms(first, last, sigma, 0.01, up, down)
    assert high >= max(first, last) and low <= min(first, last) and low > 0
    there = probability_maximum_at_least(high * (1 + 1e-13), first, last, sigma, 0.01)
    assert float(there) == pytest.approx(up, rel=1e-5) or high <= max(first, last) * (1 + 1e-9)
    there = probability_minimum_at_most(low * (1 - 1e-13), first, last, sigma, 0.01)
    assert float(there) == pytest.approx(down, rel=1e-5) or low >= min(first, last) * (1 - 1e-9)


def test_a_uniform_of_1_is_the_end_itself() -> None:
    high, low = extremes_from_uniforms(98.0, 100.0, 0.8, 0.01, 1.0, 1.0)
    assert high == 100.0 and low == 98.0


def test_samples_have_the_law() -> None:
    count = 40_000
    opens = np.full(count, 100.0)
    high, low = sample_extremes(opens, 98.0, 0.8, 1 / 365, generator(1))
    for hit, known in (
        (low <= 95.0, 0.1621880595),
        (high >= 103.0, float(probability_maximum_at_least(103.0, 100.0, 98.0, 0.8, 1 / 365))),
    ):
        assert abs(hit.mean() - known) < 4 * sqrt(known * (1 - known) / count)


def test_shapes_go_together_and_the_seed_decides() -> None:
    one, other = (
        sample_extremes([[1.0], [2.0]], [1.1, 1.2, 1.3], 0.5, 0.01, generator(4)) for _ in range(2)
    )
    assert one.high.shape == one.low.shape == (2, 3)
    assert (one.high == other.high).all() and (one.low == other.low).all()


@pytest.mark.parametrize(
    "wrong",
    [
        (0.0, 1.0, 0.5, 0.1, 0.5, 0.5),
        (1.0, -1.0, 0.5, 0.1, 0.5, 0.5),
        (1.0, 1.0, -0.5, 0.1, 0.5, 0.5),
        (1.0, 1.0, 0.5, -0.1, 0.5, 0.5),
        (1.0, 1.0, 0.5, 0.1, 0.0, 0.5),
        (1.0, 1.0, 0.5, 0.1, 0.5, 1.01),
    ],
)
def test_impossible_intervals_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(InvalidArgument):
        extremes_from_uniforms(*wrong)


def test_negative_levels_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="level"):
        probability_minimum_at_most(-1.0, 1.0, 1.0, 0.5, 0.1)
