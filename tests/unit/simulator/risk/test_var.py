"""Tail figures follow their definitions, atoms and decimal levels included."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.risk import historical_es, historical_var, quantiles, tail_risk

# Many equal values, as a shortfall of zero in most runs gives.
losses = st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0, 100.0]), min_size=1, max_size=40)
levels = st.integers(1, 99).map(lambda percent: percent / 100)


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


@pytest.mark.parametrize(("level", "rank"), [(0.07, 7), (0.95, 95), (0.56, 56), (0.99, 99)])
def test_the_level_is_the_decimal_that_was_written(level: float, rank: int) -> None:
    """0.07 x 100 is 7.000000000000001 in floats, whose ceiling is 8."""
    assert historical_var(np.arange(1.0, 101.0), level) == rank


@given(losses)
def test_quantiles_are_the_var_at_each_level(samples: list[float]) -> None:
    array = np.array(samples)
    found = quantiles(array, (0.05, 0.5, 0.95))
    assert found.tolist() == [historical_var(array, level) for level in (0.05, 0.5, 0.95)]


def test_a_tail_figure_carries_what_is_needed_to_read_it() -> None:
    risk = tail_risk(np.arange(1.0, 101.0), 0.95, "72 h", "shortfall, quote", failed=3)
    assert (risk.value_at_risk, risk.samples, risk.failed) == (95.0, 100, 3)
    assert (risk.level, risk.horizon, risk.statistic) == (0.95, "72 h", "shortfall, quote")


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5])
def test_a_level_outside_of_zero_and_one_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        historical_var(np.ones(3), level)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        historical_var(np.empty(0), 0.95)
