"""Backtests of VaR and ES, with the one-sided and empty cases."""

from __future__ import annotations

from itertools import pairwise
from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, norm

from simulator.errors import InvalidArgument
from simulator.risk import (
    acerbi_szekely,
    acerbi_szekely_test,
    basel_multiplier,
    basel_zone,
    christoffersen,
    kupiec,
    kupiec_region,
    mcneil_frey,
    normal_es,
    normal_var,
    var_exceptions,
)


def power(base: float, exponent: int) -> float:
    """exponent x ln(base) with 0 ln 0 = 0."""
    return exponent * log(base) if exponent else 0.0


@given(st.integers(1, 60), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_kupiec_is_the_ratio_of_the_likelihoods(n: int, data: st.DataObject, level: float) -> None:
    x = data.draw(st.integers(0, n))
    supposed = power(level, n - x) + power(1 - level, x)
    found = power(1 - x / n, n - x) + power(x / n, x)
    result = kupiec(x, n, level)
    assert result.statistic == pytest.approx(-2 * (supposed - found), abs=1e-9)
    assert result.statistic >= 0.0 and result.freedom == 1
    assert result.p_value == pytest.approx(chi2.sf(result.statistic, 1))


def test_kupiec_at_its_ends_and_at_its_zero() -> None:
    assert kupiec(0, 100, 0.99).statistic == pytest.approx(-200 * log(0.99))
    assert kupiec(100, 100, 0.99).statistic == pytest.approx(-200 * log(0.01))
    assert kupiec(5, 100, 0.95).statistic == pytest.approx(0.0, abs=1e-12)
    assert kupiec(5, 100, 0.95).p_value == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("failures", "observations"), [(-1, 5), (6, 5), (0, 0), (0, -1)])
def test_counts_that_are_none_are_refused(failures: int, observations: int) -> None:
    with pytest.raises(InvalidArgument, match=r"failures|observations"):
        kupiec(failures, observations, 0.99)
    with pytest.raises(InvalidArgument, match=r"count|days"):
        basel_zone(failures, observations)


def test_the_region_holds_exactly_what_is_not_rejected() -> None:
    low, high = kupiec_region(510, 0.99, 0.95) or (0, 0)
    critical = chi2.ppf(0.95, 1)
    for count in range(30):
        assert (low <= count <= high) == (kupiec(count, 510, 0.99).statistic < critical)
    assert kupiec_region(3, 0.5, 0.001) is None
    assert kupiec_region(3, 0.5, 0.99) == (0, 3)


# --- Christoffersen ---------------------------------------------------------------------------


def by_definition(hits: list[int]) -> float:
    """LR_ind written out."""
    pairs = list(pairwise(hits))
    n00, n01, n10, n11 = (pairs.count(pair) for pair in ((0, 0), (0, 1), (1, 0), (1, 1)))
    if not pairs:
        return 0.0
    pi = (n01 + n11) / len(pairs)
    pi01 = n01 / (n00 + n01) if n00 + n01 else 0.0
    pi11 = n11 / (n10 + n11) if n10 + n11 else 0.0
    joint = power(1 - pi, n00 + n10) + power(pi, n01 + n11)
    apart = power(1 - pi01, n00) + power(pi01, n01) + power(1 - pi11, n10) + power(pi11, n11)
    return -2 * (joint - apart)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40))
def test_christoffersen_is_the_ratio_over_the_transitions(hits: list[int]) -> None:
    found = christoffersen(hits, 0.95)
    assert found.independence.statistic == pytest.approx(by_definition(hits), abs=1e-9)
    assert found.independence.statistic >= 0.0
    assert found.n00 + found.n01 + found.n10 + found.n11 == len(hits) - 1
    assert found.unconditional == kupiec(sum(hits), len(hits), 0.95)
    total = found.unconditional.statistic + found.independence.statistic
    assert found.conditional.statistic == pytest.approx(total)
    alone = chi2.sf(found.independence.statistic, 1)
    assert found.independence.p_value == pytest.approx(alone)
    assert (found.independence.freedom, found.conditional.freedom) == (1, 2)
    assert found.conditional.p_value == pytest.approx(chi2.sf(total, 2))


@pytest.mark.parametrize(
    ("hits", "counts"),
    [
        ([0, 0, 0, 0], (3, 0, 0, 0)),
        ([1, 1, 1], (0, 0, 0, 2)),
        ([0, 0, 1], (1, 1, 0, 0)),
        ([1, 0, 1, 0], (0, 1, 2, 0)),
        ([1], (0, 0, 0, 0)),
    ],
    ids=["no exception", "only exceptions", "the last day only", "never twice", "a single day"],
)
def test_one_sided_transitions(hits: list[int], counts: tuple[int, ...]) -> None:
    found = christoffersen(np.array(hits, dtype=bool), 0.99)
    assert (found.n00, found.n01, found.n10, found.n11) == counts
    assert found.independence.statistic == pytest.approx(by_definition(hits), abs=1e-12)


def test_clustered_exceptions_are_found_and_scattered_ones_are_not() -> None:
    clustered = [0] * 90 + [1] * 10
    scattered = ([0] * 9 + [1]) * 10
    assert christoffersen(clustered, 0.9).independence.p_value < 0.001
    assert christoffersen(scattered, 0.9).independence.p_value > 0.05
    assert christoffersen(clustered, 0.9).conditional.p_value < 0.01


@pytest.mark.parametrize("hits", [[], [[0, 1]], [0, 2], [0.5], [np.nan]])
def test_hits_are_days_with_yes_or_no(hits: list[object]) -> None:
    with pytest.raises(InvalidArgument, match="hits"):
        christoffersen(hits, 0.95)


def test_an_exception_is_a_loss_beyond_var_strictly() -> None:
    assert var_exceptions([1.0, 2.0, 3.0], 2.0).tolist() == [False, False, True]
    assert var_exceptions([1.0, 2.0], [0.5, 2.5]).tolist() == [True, False]
    assert var_exceptions([], 2.0).tolist() == []
    with pytest.raises(InvalidArgument, match="shape"):
        var_exceptions([1.0, 2.0], [1.0])
    with pytest.raises(InvalidArgument, match="losses"):
        var_exceptions([np.nan], 1.0)


# --- Basel ------------------------------------------------------------------------------------


def test_the_zones_of_250_days_at_99_percent() -> None:
    zones = [basel_zone(count).zone for count in range(13)]
    assert zones == ["green"] * 5 + ["yellow"] * 5 + ["red"] * 3
    assert basel_zone(4).cumulative_probability == pytest.approx(binom.cdf(4, 250, 0.01))
    assert basel_zone(250).cumulative_probability == pytest.approx(1.0)


def test_the_multiplier_rises_from_three_to_four() -> None:
    found = [basel_multiplier(count) for count in range(4, 12)]
    assert found == [3.0, 3.4, 3.5, 3.65, 3.75, 3.85, 4.0, 4.0]
    assert basel_multiplier(0) == 3.0 and basel_multiplier(250) == 4.0
    with pytest.raises(InvalidArgument, match="count"):
        basel_multiplier(-1)


def test_zones_of_other_days_and_levels_follow_the_binomial_law() -> None:
    law = binom.cdf(np.arange(60), 500, 0.025)
    first = int(np.flatnonzero(law >= 0.95)[0])
    red = int(np.flatnonzero(law >= 0.9999)[0])
    zones = [basel_zone(count, 500, 0.975).zone for count in (first - 1, first, red - 1, red)]
    assert zones == ["green", "yellow", "yellow", "red"]


# --- expected shortfall -----------------------------------------------------------------------


def test_z2_is_one_without_exceptions_and_strict_at_var() -> None:
    assert acerbi_szekely([1.0, 2.0], 2.0, 3.0, 0.975) == 1.0
    assert acerbi_szekely([1.0, 2.0, 4.0, 0.0], 2.0, 3.0, 0.75) == pytest.approx(1 - 4 / 3)
    by_day = acerbi_szekely([1.0, 5.0], [0.5, 2.0], [2.0, 4.0], 0.9)
    assert by_day == pytest.approx(1 - (1 / 2 + 5 / 4) / (2 * 0.1))


def test_z2_has_mean_zero_and_its_critical_value_under_a_right_model() -> None:
    """About -0.70 at 5 % for a normal law, 97.5 % and 250 days (Acerbi and Szekely 2014)."""
    level = 0.975
    bound, beyond = float(normal_var(0, 1, level)), float(normal_es(0, 1, level))
    drawn = np.random.default_rng(6).standard_normal((20_000, 250))
    found = acerbi_szekely_test(drawn[0], bound, beyond, level, simulated=drawn, significance=0.05)
    assert found.critical_value == pytest.approx(-0.70, abs=0.03)
    law = [acerbi_szekely(row, bound, beyond, level) for row in drawn[:2000]]
    assert np.mean(law) == pytest.approx(0.0, abs=0.05)
    assert found.statistic == law[0] and found.simulations == 20_000
    worse = acerbi_szekely_test(
        2 * drawn[0], bound, beyond, level, simulated=drawn, significance=0.05
    )
    assert worse.statistic < found.critical_value and worse.p_value < 0.01


def test_the_p_value_counts_simulations_that_are_as_bad() -> None:
    simulated = [[0.0, 0.0], [3.0, 0.0], [4.0, 0.0], [4.0, 4.0]]
    found = acerbi_szekely_test([0.0, 4.0], 2.0, 3.0, 0.5, simulated=simulated, significance=0.25)
    assert found.statistic == pytest.approx(1 - 4 / 3)
    assert found.p_value == 0.5
    assert found.critical_value == pytest.approx(1 - 8 / 3)
    assert found.significance == 0.25


@pytest.mark.parametrize(
    ("losses", "bound", "beyond", "argument"),
    [
        ([], 1.0, 2.0, "losses"),
        ([1.0], 2.0, 1.0, r"expected_shortfall\[0\]"),
        ([1.0, 1.0], [0.0, 2.0], [1.0, 1.9], r"expected_shortfall\[1\]"),
        ([1.0], -1.0, 0.0, "expected_shortfall"),
        ([1.0, 2.0], [1.0], 2.0, "value_at_risk"),
        ([1.0, np.nan], 1.0, 2.0, r"losses\[1\]"),
    ],
)
def test_forecasts_that_cannot_be_are_refused(
    losses: list[float], bound: float, beyond: float, argument: str
) -> None:
    with pytest.raises(InvalidArgument, match=argument):
        acerbi_szekely(losses, bound, beyond, 0.975)
    with pytest.raises(InvalidArgument, match=argument):
        mcneil_frey(losses, bound, beyond, significance=0.05, resamples=9, seed=1)


def test_simulations_have_the_days_of_the_losses() -> None:
    for wrong in (np.empty((0, 2)), np.zeros((3, 1)), np.zeros(2)):
        with pytest.raises(InvalidArgument, match="simulated"):
            acerbi_szekely_test([1.0, 2.0], 1.0, 2.0, 0.9, simulated=wrong, significance=0.1)
    assert acerbi_szekely([2.0], 2.0, 2.0, 0.9) == 1.0  # ES may equal VaR


def test_mcneil_frey_is_students_statistic_of_the_residuals() -> None:
    losses = [0.0, 3.0, 5.0, 2.0, 9.0]
    found = mcneil_frey(
        losses, 2.0, 4.0, volatility=[1, 2, 1, 1, 5], significance=0.05, resamples=400, seed=2
    )
    residuals = np.array([-0.5, 1.0, 1.0])
    wanted = residuals.mean() / (residuals.std(ddof=1) / np.sqrt(3))
    assert found is not None and found.statistic == pytest.approx(wanted)
    again = mcneil_frey(
        losses, 2.0, 4.0, volatility=[1, 2, 1, 1, 5], significance=0.05, resamples=400, seed=2
    )
    assert found == again and found.simulations == 400


def test_the_law_of_mcneil_frey_is_a_bootstrap_of_centred_residuals() -> None:
    losses = np.array([0.0, 3.0, 5.0, 4.5, 9.0, 6.0])
    found = mcneil_frey(losses, 2.0, 4.0, significance=0.1, resamples=60, seed=5)
    residuals = losses[1:] - 4.0
    centred = residuals - residuals.mean()
    drawn = centred[np.random.default_rng(5).integers(5, size=(60, 5))]
    law = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(5))
    statistic = residuals.mean() / (residuals.std(ddof=1) / np.sqrt(5))
    assert found is not None and found.significance == 0.1
    assert found.statistic == pytest.approx(statistic)
    assert found.p_value == pytest.approx(np.mean(law >= statistic))
    assert found.critical_value == pytest.approx(np.sort(law)[53])
    scaled = mcneil_frey(losses, 2.0, 4.0, volatility=2.0, significance=0.1, resamples=60, seed=5)
    assert scaled is not None and scaled.statistic == pytest.approx(statistic)


def test_a_law_that_is_the_statistic_counts_as_extreme() -> None:
    """Equal residuals at 0: every resample has the statistic 0 as well."""
    found = mcneil_frey([2.0, 2.0], 1.0, 2.0, significance=0.05, resamples=1, seed=1)
    assert found is not None and (found.statistic, found.p_value) == (0.0, 1.0)


def test_mcneil_frey_does_not_exist_with_fewer_than_two_exceptions() -> None:
    for losses in ([0.0, 1.0], [0.0, 3.0]):
        assert mcneil_frey(losses, 1.0, 2.0, significance=0.05, resamples=9, seed=1) is None


def test_mcneil_frey_rejects_a_shortfall_that_is_too_low_and_no_other() -> None:
    drawn = np.random.default_rng(9).standard_normal(5000)
    bound, beyond = float(normal_var(0, 1, 0.975)), float(normal_es(0, 1, 0.975))

    def test(shortfall: float) -> float:
        found = mcneil_frey(drawn, bound, shortfall, significance=0.05, resamples=500, seed=1)
        assert found is not None
        assert (found.p_value <= 0.05) == (found.statistic >= found.critical_value)
        return found.p_value

    assert test(beyond) > 0.05
    assert test(0.9 * beyond) < 0.05
    assert test(1.2 * beyond) > 0.95
    assert norm.sf(0) == 0.5


def test_equal_residuals_are_as_far_off_as_can_be() -> None:
    def statistic(losses: list[float]) -> float:
        found = mcneil_frey(losses, 1.0, 2.0, significance=0.05, resamples=9, seed=1)
        assert found is not None
        return found.statistic

    assert statistic([3.0, 3.0]) == inf
    assert statistic([1.5, 1.5]) == -inf
    assert statistic([2.0, 2.0, 2.0]) == 0.0


@pytest.mark.parametrize(
    ("volatility", "resamples", "argument"),
    [(0.0, 9, "volatility"), ([1.0], 9, "volatility"), (1.0, 0, "resamples")],
)
def test_mcneil_frey_needs_a_volatility_and_resamples(
    volatility: float, resamples: int, argument: str
) -> None:
    with pytest.raises(InvalidArgument, match=argument):
        mcneil_frey(
            [3.0, 4.0],
            1.0,
            2.0,
            volatility=volatility,
            significance=0.05,
            resamples=resamples,
            seed=1,
        )
    with pytest.raises(InvalidArgument, match="significance"):
        mcneil_frey([3.0, 4.0], 1.0, 2.0, significance=0.0, resamples=9, seed=1)
