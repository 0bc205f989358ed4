"""VaR and ES of moments, of filtered shocks, and how sure they are."""

from __future__ import annotations

import sys
from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from simulator.errors import InvalidArgument, MissingComponentError
from simulator.risk import (
    Garch,
    bootstrap_interval,
    cornish_fisher_es,
    cornish_fisher_is_valid,
    cornish_fisher_quantile,
    cornish_fisher_var,
    filtered_losses,
    fit_garch,
    garch_volatility,
    normal_es,
    normal_var,
    square_root_of_time,
    standardised_residuals,
    student_t_es,
    student_t_var,
    var_es,
)
from simulator.types import AnyArray

levels = st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.999])


@settings(max_examples=20)
@given(levels, st.floats(-5, 5), st.floats(0, 9))
def test_normal_es_is_the_mean_of_what_lies_beyond_var(
    level: float, middle: float, deviation: float
) -> None:
    beyond, _ = quad(norm.ppf, level, 1)
    wanted = middle + deviation * norm.ppf(level)
    assert normal_var(middle, deviation, level) == pytest.approx(wanted, abs=1e-12)
    found = normal_es(middle, deviation, level)
    assert found == pytest.approx(middle + deviation * beyond / (1 - level), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("freedom", [2.5, 3.0, 4.0, 30.0])
@pytest.mark.parametrize("level", [0.9, 0.975, 0.99])
def test_student_es_is_the_mean_of_what_lies_beyond_var(freedom: float, level: float) -> None:
    scale = sqrt((freedom - 2) / freedom)
    beyond, _ = quad(lambda x: x * t.pdf(x, freedom), t.ppf(level, freedom), np.inf)
    assert student_t_var(1.0, 2.0, freedom, level) == pytest.approx(
        1 + 2 * scale * t.ppf(level, freedom)
    )
    found = student_t_es(1.0, 2.0, freedom, level)
    assert found == pytest.approx(1 + 2 * scale * beyond / (1 - level), rel=1e-6)


def test_student_with_much_freedom_is_normal() -> None:
    assert student_t_es(0.0, 1.0, 1e7, 0.99) == pytest.approx(
        float(normal_es(0, 1, 0.99)), rel=1e-5
    )


@pytest.mark.parametrize("freedom", [2.0, 1.0, -3.0, np.nan, np.inf])
def test_student_without_a_variance_is_refused(freedom: float) -> None:
    with pytest.raises(InvalidArgument, match="freedom"):
        student_t_var(0.0, 1.0, freedom, 0.99)


def test_moments_may_be_arrays_and_a_deviation_is_not_negative() -> None:
    found = normal_var([0.0, 1.0], [[1.0], [2.0]], 0.5)
    assert found == pytest.approx(np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert normal_es(3.0, 0.0, 0.99) == 3.0
    with pytest.raises(InvalidArgument, match="deviation"):
        normal_var(0.0, -1.0, 0.99)
    with pytest.raises(InvalidArgument, match="mean"):
        normal_es(np.nan, 1.0, 0.99)


def test_the_square_root_of_time_scales_a_deviation() -> None:
    assert square_root_of_time(0.2, 1 / 4) == pytest.approx(0.1)
    with pytest.raises(InvalidArgument, match="periods"):
        square_root_of_time(0.2, -1)


# --- Cornish-Fisher ---------------------------------------------------------------------------


def by_discriminant(skewness: float, kurtosis: float) -> bool:
    """Whether the derivative of the expansion by z is nowhere negative, by looking."""
    z = np.linspace(-40, 40, 20001)
    slope = 1 + z * skewness / 3 + (3 * z**2 - 3) * kurtosis / 24
    return bool((slope - (6 * z**2 - 5) * skewness**2 / 36 >= -1e-9).all())


@given(st.floats(-3, 3), st.floats(-1, 12))
def test_the_domain_is_where_the_quantile_rises(skewness: float, kurtosis: float) -> None:
    inside = cornish_fisher_is_valid(skewness, kurtosis)
    if not inside:
        # Near the border the dip is too small to see; a step inwards is decisive.
        assert (
            not by_discriminant(skewness, kurtosis)
            or cornish_fisher_is_valid(0.99 * skewness, kurtosis + 1e-3 * (4 - kurtosis))
            or kurtosis < 1e-3
        )
    else:
        assert by_discriminant(skewness, kurtosis)


@pytest.mark.parametrize(
    ("skewness", "kurtosis", "inside"),
    [
        (0.0, 0.0, True),
        (0.0, -1e-9, False),
        (0.0, 8.0, True),
        (0.0, 8.0 + 1e-9, False),
        (-0.5, 3.0, True),
        (1.0, 0.5, False),
        (2.4852, 8.0, False),
        (100.0, 12000.0, False),
    ],
)
def test_the_border_of_the_domain(skewness: float, kurtosis: float, inside: bool) -> None:
    """(100, 12000) meets the inequality with both factors negative: there the map falls."""
    for sign in (1, -1):
        assert cornish_fisher_is_valid(sign * skewness, kurtosis) is inside


@pytest.mark.parametrize("skewness", [0.1, 0.6, 1.5, 2.4])
def test_the_domain_lies_between_the_roots_of_its_discriminant(skewness: float) -> None:
    """With x = K/8: (x - S^2/6) (1 + 5 S^2/36 - x) >= S^2/36."""
    low, high = skewness**2 / 6, 1 + 5 * skewness**2 / 36
    half = sqrt((high - low) ** 2 / 4 - skewness**2 / 36)
    for root, inwards in (((low + high) / 2 - half, 1e-9), ((low + high) / 2 + half, -1e-9)):
        assert cornish_fisher_is_valid(skewness, 8 * (root + inwards))
        assert not cornish_fisher_is_valid(skewness, 8 * (root - inwards))


@pytest.mark.parametrize("figure", [cornish_fisher_var, cornish_fisher_es])
def test_moments_outside_of_the_domain_are_refused(figure: object) -> None:
    with pytest.raises(InvalidArgument, match="Maillard"):
        figure(0.0, 1.0, 1.0, 0.5, 0.99)  # type: ignore[operator]
    with pytest.raises(InvalidArgument, match="Maillard"):
        cornish_fisher_quantile(0.01, 0.0, 8.1)
    with pytest.raises(InvalidArgument, match="skewness"):
        cornish_fisher_quantile(0.01, np.nan, 1.0)


@settings(max_examples=20)
@given(levels, st.floats(-0.8, 0.8), st.floats(1.5, 6))
def test_cornish_fisher_es_is_the_integral_of_its_quantile(
    level: float, skewness: float, kurtosis: float
) -> None:
    if not cornish_fisher_is_valid(skewness, kurtosis):
        return

    def integrand(p: float) -> float:
        return cornish_fisher_quantile(p, skewness, kurtosis)

    tail = 1 - level
    integral, _ = quad(integrand, 0, tail, limit=200)
    found = cornish_fisher_es(0.0, 1.0, skewness, kurtosis, level)
    assert found == pytest.approx(-integral / tail, rel=1e-5)
    moved = cornish_fisher_es(0.5, 2.0, skewness, kurtosis, level)
    assert moved == pytest.approx(2 * float(found) - 0.5)


def test_without_skewness_and_kurtosis_it_is_the_normal_law() -> None:
    assert cornish_fisher_var(0.1, 2.0, 0, 0, 0.99) == pytest.approx(
        float(normal_var(-0.1, 2, 0.99))
    )
    assert cornish_fisher_es(0.1, 2.0, 0, 0, 0.99) == pytest.approx(float(normal_es(-0.1, 2, 0.99)))


def test_a_long_left_tail_loses_more() -> None:
    left = cornish_fisher_var(0, 1, -0.5, 3, 0.99)
    right = cornish_fisher_var(0, 1, 0.5, 3, 0.99)
    assert left == pytest.approx(3.3012845, abs=1e-6) and right < left


# --- filtered historical simulation -----------------------------------------------------------

RETURNS = np.array([0.01, -0.02, 0.03, -0.05, 0.0, 0.02])


def test_the_filter_is_the_recursion_step_by_step() -> None:
    model, variance = Garch(1e-5, 0.1, 0.85, mean=0.001), 4e-4
    wanted = []
    for value in RETURNS:
        variance = 1e-5 + 0.1 * (value - 0.001) ** 2 + 0.85 * variance
        wanted.append(sqrt(variance))
    assert garch_volatility(RETURNS, model, 4e-4) == pytest.approx(wanted, rel=1e-12)
    assert garch_volatility(np.empty(0), model, 4e-4).shape == (0,)


def test_residuals_use_the_volatility_known_before_the_return() -> None:
    model = Garch(1e-5, 0.1, 0.85, mean=0.001)
    residuals, after = standardised_residuals(RETURNS, model, 4e-4)
    volatility = garch_volatility(RETURNS, model, 4e-4)
    forecast = [sqrt(4e-4), *volatility[:-1]]
    assert residuals == pytest.approx((RETURNS - 0.001) / forecast)
    assert after == pytest.approx(volatility[-1] ** 2)


def test_one_period_draws_each_residual_at_the_next_volatility() -> None:
    model = Garch(1e-5, 0.1, 0.85, mean=0.001)
    residuals, after = standardised_residuals(RETURNS, model, 4e-4)
    found = filtered_losses(RETURNS, model, 4e-4, periods=1, paths=500, seed=4)
    possible = -(0.001 + sqrt(after) * residuals)
    assert np.abs(found[:, None] - possible).min(axis=1).max() < 1e-15
    assert len(np.unique(found)) == len(np.unique(possible))
    again = filtered_losses(RETURNS, model, 4e-4, periods=1, paths=500, seed=4)
    other = filtered_losses(RETURNS, model, 4e-4, periods=1, paths=500, seed=5)
    assert (found == again).all() and (found != other).any()


def test_several_periods_feed_each_shock_into_the_next_variance() -> None:
    """One residual only, so that nothing is left to chance."""
    model, returns = Garch(1e-5, 0.2, 0.7, mean=0.002), np.array([0.05])
    residual, variance = standardised_residuals(returns, model, 1e-4)
    total = 0.0
    for _ in range(3):
        shock = sqrt(variance) * residual[0]
        total += 0.002 + shock
        variance = 1e-5 + 0.2 * shock**2 + 0.7 * variance
    found = filtered_losses(returns, model, 1e-4, periods=3, paths=2, seed=1)
    assert found == pytest.approx([-total, -total], rel=1e-12)


def test_without_alpha_and_beta_it_is_plain_historical_simulation() -> None:
    losses = filtered_losses(RETURNS, Garch(1.0, 0, 0), 1.0, periods=1, paths=4000, seed=2)
    assert set(losses.round(12)) == set((-RETURNS).round(12))
    assert var_es(losses, 0.99)[0] == pytest.approx(0.05)


def test_what_cannot_be_filtered_is_refused() -> None:
    model = Garch(0.0, 0.0, 0.5)
    with pytest.raises(InvalidArgument, match="initial_variance"):
        filtered_losses(RETURNS, model, 0.0, periods=1, paths=1, seed=1)
    with pytest.raises(InvalidArgument, match="at least one return"):
        filtered_losses(np.empty(0), model, 1.0, periods=1, paths=1, seed=1)
    for periods, paths, name in ((0, 1, "periods"), (1, 0, "paths")):
        with pytest.raises(InvalidArgument, match=name):
            filtered_losses(RETURNS, model, 1.0, periods=periods, paths=paths, seed=1)
    with pytest.raises(InvalidArgument, match=r"returns\[1\].*volatility of 0"):
        standardised_residuals(RETURNS, Garch(0.0, 0.0, 0.0), 1.0)
    for name in ("omega", "alpha", "beta"):
        with pytest.raises(InvalidArgument, match=name):
            Garch(**{"omega": 1.0, "alpha": 0.1, "beta": 0.1, name: -0.1})


def test_the_long_run_variance_exists_below_a_sum_of_one() -> None:
    assert Garch(0.2, 0.2, 0.3).long_run_variance == pytest.approx(0.4)
    assert Garch(0.2, 0.5, 0.5).long_run_variance is None
    assert Garch(0.2, 0.5, 0.6).long_run_variance is None


def test_a_fit_finds_the_model_that_made_the_returns() -> None:
    pytest.importorskip("arch", reason="the extra `garch` is not installed")
    rng = np.random.default_rng(8)
    variance, returns = 1e-4, []
    for _ in range(3000):
        returns.append(sqrt(variance) * rng.standard_normal())
        variance = 2e-6 + 0.1 * returns[-1] ** 2 + 0.88 * variance
    model, initial = fit_garch(np.array(returns) + 0.02)
    assert model.alpha == pytest.approx(0.1, abs=0.04)
    assert model.beta == pytest.approx(0.88, abs=0.06)
    assert model.long_run_variance == pytest.approx(1e-4, rel=0.3)
    assert 1e-5 < initial < 1e-3 and model.mean == pytest.approx(0.02, abs=1e-3)


def test_a_fit_without_arch_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arch", None)
    with pytest.raises(MissingComponentError, match="garch"):
        fit_garch(RETURNS)
    for constant in (np.empty(0), np.ones(9)):
        with pytest.raises(InvalidArgument, match="returns that differ"):
            fit_garch(constant)


def mean(runs: AnyArray) -> float:
    return float(runs.mean())


# --- bootstrap --------------------------------------------------------------------------------


def test_an_interval_is_made_of_quantiles_over_resampled_runs() -> None:
    runs = np.arange(10.0)
    found = bootstrap_interval(runs, mean, confidence=0.9, resamples=200, seed=3)
    draw = np.random.default_rng(3)
    means = sorted(runs[draw.integers(10, size=10)].mean() for _ in range(200))
    assert (found.low, found.high) == (means[9], means[189])
    assert (found.confidence, found.resamples, found.seed) == (0.9, 200, 3)
    assert "90 % bootstrap, 200 resamples, seed 3" in str(found)


def test_one_resample_is_an_interval_of_one_point() -> None:
    found = bootstrap_interval(np.arange(9.0), mean, confidence=0.9, resamples=1, seed=3)
    assert found.low == found.high


def test_runs_are_drawn_whole() -> None:
    table = np.array([[1.0, -1.0], [2.0, -2.0], [5.0, -5.0]])
    found = bootstrap_interval(table, mean, confidence=0.5, resamples=50, seed=1)
    assert found.low == found.high == 0.0


def test_an_interval_needs_runs_resamples_and_a_confidence() -> None:
    with pytest.raises(InvalidArgument, match="runs"):
        bootstrap_interval(np.empty(0), mean, confidence=0.9, resamples=9, seed=1)
    with pytest.raises(InvalidArgument, match="runs"):
        bootstrap_interval(np.array(1.0), mean, confidence=0.9, resamples=9, seed=1)
    with pytest.raises(InvalidArgument, match="resamples"):
        bootstrap_interval(np.ones(2), mean, confidence=0.9, resamples=0, seed=1)
    with pytest.raises(InvalidArgument, match="confidence"):
        bootstrap_interval(np.ones(2), mean, confidence=1.0, resamples=9, seed=1)


def test_the_interval_of_a_mean_has_the_width_of_its_error() -> None:
    runs = np.random.default_rng(1).standard_normal(2000)
    found = bootstrap_interval(runs, mean, confidence=0.95, resamples=800, seed=1)
    assert found.high - found.low == pytest.approx(2 * 1.96 / sqrt(2000), rel=0.1)
    assert norm.pdf(0) == pytest.approx(1 / sqrt(2 * pi))
