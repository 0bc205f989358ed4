"""Correlation between assets: valid, repaired, and switched in a crisis."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.prices import (
    CrisisCorrelation,
    Gbm,
    Grid,
    Heston,
    Model,
    correlation_matrix,
    generator,
    sample_correlation,
    simulate,
    simulate_crisis,
)
from simulator.prices.models import StressIndicator

BAD = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]
EYE = correlation_matrix(np.eye(2))
DAY = 1 / 365


def matrix(r: float) -> list[list[float]]:
    return [[1.0, r], [r, 1.0]]


@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_the_factor_gives_the_matrix_back(count: int, seed: int, singular: bool) -> None:
    rng = np.random.default_rng(seed)
    wide = rng.standard_normal((count, 1 if singular else 2 * count))
    wide /= np.sqrt((wide**2).sum(axis=1))[:, None]
    given_matrix = np.clip(wide @ wide.T, -1.0, 1.0)
    given_matrix = 0.5 * (given_matrix + given_matrix.T)
    np.fill_diagonal(given_matrix, 1.0)
    found = correlation_matrix(given_matrix)
    assert found.factor @ found.factor.T == pytest.approx(given_matrix, abs=1e-5)
    assert (np.triu(found.factor, 1) == 0.0).all()
    assert not found.repaired and (found.matrix == given_matrix).all()


def test_a_definite_matrix_has_choleskys_factor() -> None:
    given_matrix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    wanted = np.linalg.cholesky(given_matrix)
    assert correlation_matrix(given_matrix).factor == pytest.approx(wanted, abs=1e-14)


@pytest.mark.parametrize("r", [1.0, -1.0])
def test_perfect_correlation_is_allowed(r: float) -> None:
    found = correlation_matrix(matrix(r))
    assert found.factor.tolist() == [[1.0, 0.0], [r, 0.0]]
    models = [Gbm(0.0, 0.8), Gbm(0.0, 0.4)]
    logs = np.log(simulate(models, 1.0, Grid(5, 6, DAY), generator(1), correlation=found))
    noise = logs + 0.5 * np.array([0.64, 0.16]) * (np.arange(1, 7) * DAY)[:, None]
    assert noise[..., 0] == pytest.approx(2.0 * r * noise[..., 1], abs=1e-12)


def test_a_matrix_that_is_not_semi_definite_is_refused_or_clipped_and_said() -> None:
    with pytest.raises(InvalidArgument, match=r"eigenvalue -0\.8.*positive semi-definite"):
        correlation_matrix(BAD)
    found = correlation_matrix(BAD, clip=True)
    assert found.repaired and found.smallest_eigenvalue == pytest.approx(-0.8)
    wanted = np.array([[1.0, 0.5, -0.5], [0.5, 1.0, 0.5], [-0.5, 0.5, 1.0]])
    assert found.matrix == pytest.approx(wanted, abs=1e-12)
    assert found.largest_change == pytest.approx(0.4)
    assert np.linalg.eigvalsh(found.matrix)[0] > -1e-12
    assert found.factor @ found.factor.T == pytest.approx(found.matrix, abs=1e-9)


def test_clipping_leaves_a_good_matrix_alone() -> None:
    found = correlation_matrix(matrix(0.5), clip=True)
    assert not found.repaired and found.matrix.tolist() == matrix(0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        [[1.0, 0.5], [0.4, 1.0]],
        [[0.9, 0.5], [0.5, 1.0]],
        [[1.0, 1.1], [1.1, 1.0]],
        [[1.0, 0.5, 0.5], [0.5, 1.0, 0.5]],
        [[1.0, float("nan")], [float("nan"), 1.0]],
        [1.0],
        np.empty((0, 0)),
    ],
)
def test_what_is_no_correlation_matrix_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidArgument):
        correlation_matrix(wrong)


def test_returns_have_the_correlation_that_was_asked_for() -> None:
    models: list[Model] = [
        Gbm(0.0, 0.8),
        Heston(0.0, 0.5, 3.0, 0.5, 1.0, -0.4),
        Heston(0, 0.5, 3, 0.5, 1, -0.4),
    ]
    wanted = correlation_matrix([[1.0, 0.6, 0.3], [0.6, 1.0, 0.7], [0.3, 0.7, 1.0]])
    prices = simulate(
        models, [1.0, 2.0, 3.0], Grid(200, 200, DAY), generator(1), correlation=wanted
    )
    returns = np.diff(np.log(prices), axis=1).reshape(-1, 3)
    got = sample_correlation(returns)
    # Two Hestons with one rho carry it in both factors; a GBM shares only the price shock.
    share = sqrt(1.0 - 0.16)
    assert got[1, 2] == pytest.approx(0.7, abs=0.02)
    assert got[0, 1] == pytest.approx(0.6 * share, abs=0.02)
    assert got[0, 2] == pytest.approx(0.3 * share, abs=0.02)


def test_without_a_matrix_assets_are_independent() -> None:
    prices = simulate([Gbm(0.0, 0.8)] * 2, 1.0, Grid(100, 200, DAY), generator(1))
    returns = np.diff(np.log(prices), axis=1).reshape(-1, 2)
    assert abs(sample_correlation(returns)[0, 1]) < 4 / sqrt(len(returns))


def test_a_matrix_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="correlation"):
        simulate([Gbm(0.0, 0.8)] * 3, 1.0, Grid(2, 2, DAY), generator(1), correlation=EYE)


def rule(indicator: str, threshold: float, **more: int) -> CrisisCorrelation:
    return CrisisCorrelation(EYE, correlation_matrix(matrix(0.9)), indicator, threshold, **more)


def test_drawdown_counts_from_the_start_and_is_on_strictly_above_its_threshold() -> None:
    watch = StressIndicator(rule("drawdown", 0.5), 3, DAY)
    assert watch.level().tolist() == [0.0] * 3 and not watch.on().any()
    watch.update(np.log([0.5, 0.499, 2.0]))
    assert watch.level() == pytest.approx([0.5, 0.501, 0.0], abs=1e-12)
    assert watch.on().tolist() == [bool(watch.level()[0] > 0.5), True, False]
    watch.update(np.log([2.0, 1.0, 0.4]))
    assert watch.level() == pytest.approx([0.0, 0.501, 0.6], abs=1e-12)


def test_volatility_waits_for_its_window_and_forgets_behind_it() -> None:
    watch = StressIndicator(rule("volatility", 1.0, window=2), 1, 0.25)
    watch.update(np.array([3.0]))
    assert watch.level().tolist() == [0.0]
    watch.update(np.array([1.0]))
    assert watch.level()[0] == pytest.approx(sqrt(5.0 / 0.25))
    watch.update(np.array([0.5]))
    watch.update(np.array([0.5]))
    assert watch.level().tolist() == [1.0] and not watch.on()[0]


def test_the_crisis_matrix_holds_while_stress_is_on_and_only_then() -> None:
    switch = rule("drawdown", 0.2)
    models = [Gbm(0.0, 0.8), Gbm(0.0, 0.8)]
    prices, stressed = simulate_crisis(
        models, [1.0, 5.0], Grid(400, 200, DAY), generator(1), switch
    )
    assert not stressed[:, 0].any() and 0.1 < stressed.mean() < 0.9
    logs = np.log(prices)
    returns = np.diff(logs, axis=1)
    crisis, calm = returns[stressed[:, 1:]], returns[~stressed[:, 1:]]
    assert sample_correlation(crisis)[0, 1] == pytest.approx(0.9, abs=0.02)
    assert sample_correlation(calm)[0, 1] == pytest.approx(0.0, abs=0.03)
    # No look-ahead: the flag of a step follows from the prices before it.
    start = np.zeros((400, 1))
    before = np.concatenate((start, logs[:, :-1, 0]), axis=1)
    highest = np.maximum.accumulate(before, axis=1)
    sure = np.abs(before - highest - log(0.8)) > 1e-9
    assert (stressed == (before - highest < log(0.8)))[sure].all()


def test_the_watched_asset_is_the_one_named() -> None:
    models = [Gbm(0.0, 0.0), Gbm(0.0, 2.0)]
    for asset, expected in ((0, False), (1, True)):
        switch = rule("drawdown", 0.2, asset=asset)
        _, stressed = simulate_crisis(models, 1.0, Grid(20, 100, DAY), generator(1), switch)
        assert stressed.any() == expected


def test_equal_matrices_make_a_crisis_like_any_other_day() -> None:
    same = correlation_matrix(matrix(0.5))
    switch = CrisisCorrelation(same, same, "drawdown", 0.1)
    models: list[Model] = [Heston(0.0, 0.5, 3.0, 0.5, 1.0, -0.4), Gbm(0.0, 0.8)]
    grid = Grid(10, 50, DAY)
    plain = simulate(models, 1.0, grid, generator(2), correlation=same, antithetic=True)
    crisis = simulate_crisis(models, 1.0, grid, generator(2), switch, antithetic=True)
    assert crisis.prices == pytest.approx(plain, rel=1e-12) and crisis.stressed.any()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: rule("panic", 0.2),
        lambda: rule("drawdown", 0.0),
        lambda: rule("drawdown", 1.0),
        lambda: rule("volatility", 2.0, window=0),
        lambda: rule("drawdown", 0.2, asset=2),
        lambda: CrisisCorrelation(EYE, correlation_matrix(np.eye(3)), "drawdown", 0.2),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(wrong: object) -> None:
    with pytest.raises(InvalidArgument):
        wrong()  # type: ignore[operator]


def test_a_still_asset_has_no_correlation() -> None:
    with pytest.raises(InvalidArgument, match="deviation"):
        sample_correlation(np.array([[0.1, 0.0], [0.2, 0.0]]))
