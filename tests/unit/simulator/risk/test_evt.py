"""Tails beyond the samples: the limit, the borders, the fit."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from simulator.errors import InvalidArgument
from simulator.risk import (
    ParetoTail,
    exceedance_share,
    fit_tail,
    mean_excess,
    tail_es,
    tail_var,
    threshold_at,
)


def tail(
    shape: float,
    threshold: float = 10.0,
    scale: float = 2.0,
    samples: int = 1000,
    exceedances: int = 50,
) -> ParetoTail:
    return ParetoTail(threshold, shape, scale, samples, exceedances)


shapes = st.sampled_from([-0.8, -0.3, -1e-9, 0.0, 1e-9, 0.2, 0.7, 0.95])
levels = st.sampled_from([0.95, 0.97, 0.99, 0.999])


@given(shapes, levels)
def test_var_is_where_the_tail_leaves_the_share(shape: float, level: float) -> None:
    found = tail_var(tail(shape), level)
    assert exceedance_share(tail(shape), found) == pytest.approx(1 - level, rel=1e-9)


@given(st.sampled_from([-0.5, 0.0, 0.3, 0.5]), levels)
def test_es_is_the_mean_of_the_quantiles_beyond_var(shape: float, level: float) -> None:
    integral, _ = quad(lambda p: tail_var(tail(shape), p), level, 1 - 1e-13, limit=400)
    assert tail_es(tail(shape), level) == pytest.approx(integral / (1 - level), rel=1e-4)


@pytest.mark.parametrize("shape", [1e-6, -1e-6, 1e-12, -1e-12, 1e-300])
def test_the_exponential_tail_is_the_limit_of_small_shapes(shape: float) -> None:
    exponential = 10.0 + 2.0 * log(0.05 / 0.01)
    assert tail_var(tail(0.0), 0.99) == pytest.approx(exponential, rel=1e-12)
    assert tail_es(tail(0.0), 0.99) == pytest.approx(exponential + 2.0, rel=1e-12)
    assert tail_var(tail(shape), 0.99) == pytest.approx(exponential, rel=1e-5)
    assert tail_es(tail(shape), 0.99) == pytest.approx(exponential + 2.0, rel=1e-5)


def test_the_formulas_of_the_source() -> None:
    var = 10 + 2 / 0.25 * ((1000 / 50 * 0.01) ** -0.25 - 1)
    assert tail_var(tail(0.25), 0.99) == pytest.approx(var, rel=1e-12)
    assert tail_es(tail(0.25), 0.99) == pytest.approx((var + 2 - 0.25 * 10) / 0.75, rel=1e-12)


@pytest.mark.parametrize("shape", [-0.4, 0.0, 0.4])
def test_at_the_share_of_the_threshold_var_is_the_threshold(shape: float) -> None:
    assert tail_var(tail(shape), 0.95) == 10.0
    assert tail_es(tail(shape), 0.95) == pytest.approx(10.0 + 2.0 / (1 - shape))
    with pytest.raises(InvalidArgument, match=r"level = 0\.9499.*at least 0\.95"):
        tail_var(tail(shape), 0.9499)
    with pytest.raises(InvalidArgument, match="level"):
        tail_es(tail(shape), 0.9)


@pytest.mark.parametrize("shape", [1.0, 1.5])
def test_a_tail_without_a_mean_has_an_infinite_shortfall(shape: float) -> None:
    assert tail_es(tail(shape), 0.99) == inf
    assert tail_var(tail(shape), 0.99) < inf
    assert tail_es(tail(0.9999), 0.99) < inf


def test_a_short_tail_ends() -> None:
    end = 10.0 + 2.0 / 0.5
    assert tail_var(tail(-0.5), 0.9999999999) == pytest.approx(end, abs=1e-3)
    assert tail_var(tail(-0.5), 0.9999999999) < end
    assert exceedance_share(tail(-0.5), end) == 0.0
    assert exceedance_share(tail(-0.5), end + 1) == 0.0
    assert exceedance_share(tail(0.0), 12.0) == pytest.approx(0.05 * exp(-1))
    assert exceedance_share(tail(0.3), 10.0) == pytest.approx(0.05)
    with pytest.raises(InvalidArgument, match="loss"):
        exceedance_share(tail(0.3), 9.999)


def test_thirty_exceedances_are_enough_and_fewer_are_not() -> None:
    assert tail(0.1, exceedances=30).exceedances == 30
    assert tail(0.1, samples=30, exceedances=30).samples == 30
    with pytest.raises(InvalidArgument, match="exceedances = 29"):
        tail(0.1, exceedances=29)
    with pytest.raises(InvalidArgument, match="samples = 49"):
        tail(0.1, samples=49)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan])
def test_a_scale_is_positive(scale: float) -> None:
    with pytest.raises(InvalidArgument, match="scale"):
        tail(0.1, scale=scale)
    with pytest.raises(InvalidArgument, match="shape"):
        tail(np.inf)
    with pytest.raises(InvalidArgument, match="threshold"):
        tail(0.1, threshold=np.nan)


@pytest.mark.parametrize("unit", [1.0, 1e9])
def test_a_fit_finds_the_tail_that_made_the_losses(unit: float) -> None:
    drawn = np.random.default_rng(5).pareto(4.0, 20_000) * unit
    found = fit_tail(drawn, threshold_at(drawn, 0.95))
    assert found.shape == pytest.approx(0.25, abs=0.08)
    assert (found.samples, found.exceedances) == (20_000, 1000)
    assert tail_var(found, 0.99) == pytest.approx(np.quantile(drawn, 0.99), rel=0.05)


def test_a_loss_at_the_threshold_does_not_exceed_it() -> None:
    drawn = np.array([5.0] * 100 + list(5.0 + np.linspace(0.1, 3.0, 30)))
    assert fit_tail(drawn, 5.0).exceedances == 30
    with pytest.raises(InvalidArgument, match="leaves 29"):
        fit_tail(drawn, 5.1)
    with pytest.raises(InvalidArgument, match="losses"):
        fit_tail(np.array([np.nan] * 50), 1.0)


def test_the_threshold_is_the_historical_quantile() -> None:
    assert threshold_at(np.arange(1.0, 101.0), 0.9) == 90.0


def test_mean_excess_is_over_what_lies_strictly_above() -> None:
    found = mean_excess(np.array([3.0, 1.0, 2.0, 6.0]), np.array([0.0, 1.0, 2.5, 5.5, 6.0, 7.0]))
    assert found[:4] == pytest.approx([3.0, (1 + 2 + 5) / 3, (0.5 + 3.5) / 2, 0.5])
    assert np.isnan(found[4:]).all()
    assert mean_excess(np.ones(3), np.empty(0)).shape == (0,)
