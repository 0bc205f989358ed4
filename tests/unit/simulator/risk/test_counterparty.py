"""Counterparty credit risk: exposures, adjustments, collateral, portfolio losses, institutions."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.counterparty import (
    CollateralAgreement,
    CreditStress,
    Institution,
    bilateral_valuation_adjustment,
    collateral_after_call,
    collateral_path,
    conditional_default_probability,
    counterparty_report,
    credit_support,
    credit_valuation_adjustment,
    debit_valuation_adjustment,
    default_probability_of_bad_debt,
    discount_factors,
    exposure_profile,
    normal_exposure,
    one_factor_losses,
    portfolio_loss,
    survival_probabilities,
    time_average,
    trader_exposure,
    wrong_way_adjustment,
)

# --- exposure ------------------------------------------------------------------------------

VALUES = np.array([[4.0, -2.0, 1.0], [0.0, 6.0, -3.0], [-2.0, 2.0, 5.0], [2.0, -2.0, 1.0]])


def test_an_exposure_profile_is_what_its_definitions_say() -> None:
    found = exposure_profile(VALUES, [1.0, 2.0, 4.0], 0.75)
    assert found.expected.tolist() == [1.5, 2.0, 1.75]
    assert found.negative_expected.tolist() == [0.5, 1.0, 0.75]
    assert found.potential_future.tolist() == [2.0, 2.0, 1.0]
    assert found.effective_expected.tolist() == [1.5, 2.0, 2.0]
    assert found.expected_positive == pytest.approx((1.5 + 2.0 + 2 * 1.75) / 4)
    assert found.expected_negative == pytest.approx((0.5 + 1.0 + 2 * 0.75) / 4)
    assert found.effective_expected_positive == pytest.approx((1.5 + 2.0 + 2 * 2.0) / 4)


def test_collateral_lowers_the_exposure_of_the_side_that_holds_it() -> None:
    found = exposure_profile(VALUES, [1.0, 2.0, 4.0], 0.75, held=1.0, posted=2.0)
    assert found.expected.tolist() == [1.0, 1.5, 1.0]
    assert found.negative_expected.tolist() == [0.0, 0.0, 0.25]
    assert found.potential_future.tolist() == [1.0, 1.0, 0.0]


def test_a_time_average_by_steps_and_by_lines() -> None:
    times, values = [0.0, 1.0, 3.0], [9.0, 1.0, 4.0]
    assert time_average(times, values) == pytest.approx((1 + 2 * 4) / 3)
    assert time_average(times, values, "trapezoid") == pytest.approx((5 + 2 * 2.5) / 3)
    assert time_average([1.0, 3.0], [2.0, 4.0], "trapezoid") == pytest.approx(3.0)
    assert time_average([2.0], [5.0]) == 5 and time_average([0.0], [5.0]) == 5
    assert time_average([1.0, 2.0, 3.0], [1.0, 2.0, 6.0]) == pytest.approx(3.0)


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_expected_and_negative_exposure_differ_by_the_mean(mean: float, deviation: float) -> None:
    found = normal_exposure(mean, deviation, 0.95)
    assert found.expected - found.negative_expected == pytest.approx(mean, abs=1e-12)
    assert found.expected >= max(mean, 0) and found.potential_future >= 0
    mirror = normal_exposure(-mean, deviation, 0.95)
    assert mirror.expected == pytest.approx(float(found.negative_expected), abs=1e-12)


def test_normal_exposure_at_its_edges() -> None:
    assert normal_exposure([3.0, -3.0, 0.0], 0.0, 0.9).expected.tolist() == [3, 0, 0]
    assert normal_exposure([3.0, -3.0], 0.0, 0.9).negative_expected.tolist() == [0, 3]
    assert normal_exposure([3.0, -3.0], 0.0, 0.9).potential_future.tolist() == [3, 0]
    assert normal_exposure(-9.0, 1.0, 0.95).potential_future == 0
    assert normal_exposure(1.0, 2.0, 0.5).potential_future == pytest.approx(1.0)


def test_samples_of_a_normal_value_approach_the_closed_form() -> None:
    draws = np.random.default_rng(7).normal(0.5, 2.0, (40_000, 1))
    sampled = exposure_profile(draws, [1.0], 0.95)
    closed = normal_exposure(0.5, 2.0, 0.95)
    assert sampled.expected[0] == pytest.approx(float(closed.expected), rel=0.02)
    assert sampled.negative_expected[0] == pytest.approx(float(closed.negative_expected), rel=0.03)
    assert sampled.potential_future[0] == pytest.approx(float(closed.potential_future), rel=0.02)


def test_bad_profiles_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="values"):
        exposure_profile(np.zeros((0, 1)), [1.0], 0.95)
    with pytest.raises(InvalidArgument, match="values"):
        exposure_profile(np.zeros((2, 2)), [1.0], 0.95)
    with pytest.raises(InvalidArgument, match="held"):
        exposure_profile(np.zeros((2, 1)), [1.0], 0.95, held=-1.0)
    with pytest.raises(InvalidArgument, match="times"):
        time_average([2.0, 1.0], [1.0, 1.0])
    with pytest.raises(InvalidArgument, match="times"):
        time_average([], [])
    with pytest.raises(InvalidArgument, match="rule"):
        time_average([1.0], [1.0], "mean")  # type: ignore[arg-type]
    for level in (0.0, 1.0):
        with pytest.raises(InvalidArgument, match="level"):
            normal_exposure(0.0, 1.0, level)


# --- adjustments ----------------------------------------------------------------------------


def test_survival_and_discount_follow_their_rates() -> None:
    times = [0.5, 1.5, 2.0]
    assert survival_probabilities(0.1, times) == pytest.approx(np.exp([-0.05, -0.15, -0.2]))
    piecewise = survival_probabilities([0.1, 0.2, 0.0], times)
    assert piecewise == pytest.approx(np.exp([-0.05, -0.25, -0.25]))
    assert discount_factors(0.04, times) == pytest.approx(np.exp([-0.02, -0.06, -0.08]))


def test_the_credit_adjustment_weights_each_interval_with_its_default() -> None:
    found = credit_valuation_adjustment([10.0, 20.0], [0.9, 0.6], 0.25, [0.99, 0.5])
    assert found == pytest.approx(0.75 * (10 * 0.99 * 0.1 + 20 * 0.5 * 0.3))
    assert debit_valuation_adjustment([10.0, 20.0], [0.9, 0.6], 0.25, [0.99, 0.5]) == found
    assert credit_valuation_adjustment([10.0], [0.0], 0.0) == 10
    assert credit_valuation_adjustment([10.0], [0.5], 1.0) == 0
    assert credit_valuation_adjustment([], [], 0.4) == 0


def test_the_bilateral_adjustment_counts_who_defaults_first() -> None:
    found = bilateral_valuation_adjustment(
        [10.0, 20.0], [4.0, 8.0], [0.9, 0.6], [0.8, 0.7], 0.25, 0.5, 1.0
    )
    assert found.cva == pytest.approx(0.75 * (10 * 0.1 * 1 + 20 * 0.3 * 0.8))
    assert found.dva == pytest.approx(0.5 * (4 * 0.2 * 1 + 8 * 0.1 * 0.9))
    assert found.bcva == pytest.approx(found.cva - found.dva)
    mirror = bilateral_valuation_adjustment(
        [4.0, 8.0], [10.0, 20.0], [0.8, 0.7], [0.9, 0.6], 0.5, 0.25, 1.0
    )
    assert mirror.bcva == pytest.approx(-found.bcva)
    safe = bilateral_valuation_adjustment([10.0], [4.0], [0.9], [1.0], 0.25, 0.5)
    assert safe.cva == credit_valuation_adjustment([10.0], [0.9], 0.25) and safe.dva == 0


def test_wrong_way_risk_raises_and_right_way_risk_lowers_the_adjustment() -> None:
    paths = np.random.default_rng(3).normal(0.0, 1.0, (4000, 2)) * [1.0, 2.0]
    survival = [0.98, 0.95]
    none, wrong, more, right = (
        wrong_way_adjustment(paths, survival, 0.4, correlation)
        for correlation in (0.0, 0.4, 0.7, -0.4)
    )
    plain = exposure_profile(paths, [1.0, 2.0], 0.95).expected
    assert none.independent == pytest.approx(credit_valuation_adjustment(plain, survival, 0.4))
    assert none.dependent == pytest.approx(none.independent, rel=1e-12)
    assert right.dependent < none.dependent < wrong.dependent < more.dependent
    assert wrong.independent == none.independent
    assert (wrong.expected_given_default > plain).all()
    # One interval: the mean of V+ under default, by the copula: V | D has mean ρ·φ(c)/PD.
    threshold, rho = -2.0537489, 0.7
    mean_given_default = rho * exp(-(threshold**2) / 2) / sqrt(2 * np.pi) / 0.02
    grid = (np.arange(20_000) + 0.5) / 20_000
    from scipy.special import ndtri

    one = wrong_way_adjustment(ndtri(grid)[:, None] + 10.0, [0.98], 0.4, rho)
    assert one.expected_given_default[0] - 10 == pytest.approx(mean_given_default, rel=1e-3)


def test_each_intervals_default_has_its_own_weights() -> None:
    """Three times, four paths: the definition written out with a loop."""
    from scipy.special import ndtr, ndtri

    paths = np.array([[1.0, 9.0, 2.0], [2.0, 1.0, 8.0], [3.0, 4.0, 0.5], [4.0, 2.0, 4.0]])
    survival, rho = [0.95, 0.80, 0.75], 0.6
    found = wrong_way_adjustment(paths, survival, 0.4, rho)
    before = 1.0
    for at, alive in enumerate(survival):
        rank = paths[:, at].argsort().argsort() + 0.5
        chances = [
            ndtr((ndtri(1.0 - point) + rho * ndtri(rank / 4)) / sqrt(1 - rho**2))
            if point < 1.0
            else np.zeros(4)
            for point in (alive, before)
        ]
        default = chances[0] - chances[1]
        expected = float((paths[:, at] * default).sum() / default.sum())
        assert found.expected_given_default[at] == pytest.approx(expected)
        before = alive
    with pytest.raises(InvalidArgument, match="exposures"):
        wrong_way_adjustment(paths, survival[:2], 0.4, rho)
    with pytest.raises(InvalidArgument, match="exposures = 'no paths'"):
        wrong_way_adjustment(np.zeros((0, 3)), survival, 0.4, rho)


def test_the_sides_of_a_bilateral_adjustment_are_named_as_the_caller_has_them() -> None:
    good: dict[str, Any] = {
        "expected_exposure": [1.0],
        "negative_expected_exposure": [1.0],
        "survival": [0.9],
        "own_survival": [0.8],
        "recovery": 0.4,
        "own_recovery": 0.5,
    }
    for name, value in good.items():
        bad = [-1.5] if isinstance(value, list) else 1.5
        with pytest.raises(InvalidArgument) as refused:
            bilateral_valuation_adjustment(**(good | {name: bad}))
        assert refused.value.field.partition("[")[0] == name


def test_without_default_or_with_equal_values_there_is_no_wrong_way() -> None:
    same = wrong_way_adjustment(np.full((10, 2), 3.0), [0.9, 0.9], 0.0, 0.5)
    assert same.dependent == pytest.approx(0.3) and same.independent == pytest.approx(0.3)
    never = wrong_way_adjustment(np.full((10, 1), 3.0), [1.0], 0.0, 0.5)
    assert never.dependent == 0
    for correlation in (1.0, -1.0):
        with pytest.raises(InvalidArgument, match="correlation"):
            wrong_way_adjustment(np.ones((2, 1)), [0.9], 0.0, correlation)


def test_bad_adjustments_are_refused() -> None:
    for survival in ([1.1, 0.5], [0.5, 0.6], [0.5, -0.1]):
        with pytest.raises(InvalidArgument, match="survival"):
            credit_valuation_adjustment([1.0, 1.0], survival, 0.4)
    with pytest.raises(InvalidArgument, match="recovery"):
        credit_valuation_adjustment([1.0], [0.9], 1.4)
    with pytest.raises(InvalidArgument, match="expected_exposure"):
        credit_valuation_adjustment([-1.0], [0.9], 0.4)
    with pytest.raises(InvalidArgument, match="discount"):
        credit_valuation_adjustment([1.0], [0.9], 0.4, [1.0, 1.0])
    with pytest.raises(InvalidArgument, match="hazard"):
        survival_probabilities(-0.1, [1.0])


# --- collateral ------------------------------------------------------------------------------


def test_support_begins_above_the_threshold_on_either_side() -> None:
    one_way = CollateralAgreement(threshold=5.0)
    assert credit_support([4.0, 5.0, 12.0, -20.0], one_way).tolist() == [0, 0, 7, 0]
    two_way = CollateralAgreement(threshold=5.0, own_threshold=8.0)
    assert credit_support([12.0, -8.0, -20.0], two_way).tolist() == [7, 0, -12]


def test_a_transfer_moves_from_the_minimum_on() -> None:
    agreement = CollateralAgreement(threshold=5.0, minimum_transfer=2.0)
    held = np.array([0.0, 5.0, 5.1, 9.0, 8.9])
    # Due 7: missing 7, 2, 1.9; too much 2, 1.9.
    found = collateral_after_call(12.0, held, agreement)
    assert found == pytest.approx([7.0, 7.0, 5.1, 7.0, 8.9])


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("nearest", [30.0, 20.0, 20.0, 10.0, 10.0]),
        ("floor", [20.0, 20.0, 20.0, 20.0, 20.0]),
        ("ceil", [30.0, 30.0, 30.0, 10.0, 10.0]),
        ("delivery_up_return_down", [30.0, 30.0, 30.0, 20.0, 20.0]),
    ],
)
def test_transfers_are_rounded_to_the_lot(rounding: Any, expected: list[float]) -> None:
    agreement = CollateralAgreement(lot=10.0, rounding=rounding)
    value, held = [25.0, 24.0, 21.0, 14.0, 15.0], [0.0, 0.0, 0.0, 30.0, 30.0]
    # Moves of +25, +24, +21, −16, −15.
    found = collateral_after_call(value, held, agreement)
    assert found.tolist() == expected


def test_the_minimum_is_compared_before_rounding() -> None:
    agreement = CollateralAgreement(minimum_transfer=5.0, lot=10.0)
    assert collateral_after_call([4.0, 5.0], 0.0, agreement).tolist() == [0, 10]


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 10))
def test_a_second_call_at_the_same_value_moves_nothing(
    value: float, held: float, minimum: float
) -> None:
    agreement = CollateralAgreement(3.0, 4.0, minimum)
    once = collateral_after_call(value, held, agreement)
    twice = collateral_after_call(value, once, agreement)
    assert twice == pytest.approx(float(once), abs=1e-12)
    assert abs(credit_support(value, agreement) - once) <= minimum + 1e-9


def test_collateral_answers_the_value_of_a_margin_period_ago() -> None:
    values = [[10.0, 20.0, 5.0, 0.0]]
    times = [0.1, 0.2, 0.3, 0.4]
    late = CollateralAgreement(threshold=1.0, margin_period=0.1)
    assert collateral_path(values, times, late).tolist() == [[0, 9, 19, 4]]
    at_once = replace(late, margin_period=0.0)
    assert collateral_path(values, times, at_once).tolist() == [[9, 19, 4, 0]]
    between = replace(late, margin_period=0.15)
    assert collateral_path(values, times, between, initial=2.0).tolist() == [[2, 2, 9, 19]]
    sticky = replace(at_once, minimum_transfer=12.0)
    assert collateral_path(values, times, sticky).tolist() == [[0, 19, 4 + 0, 4]]


def test_the_margin_period_leaves_an_exposure_that_instant_collateral_would_not() -> None:
    values = np.cumsum(np.random.default_rng(5).normal(size=(500, 20)), axis=1)
    times = np.arange(1.0, 21.0)
    for period, left in ((0.0, 0.0), (1.0, 0.245)):
        held = collateral_path(values, times, CollateralAgreement(margin_period=period))
        found = exposure_profile(values, times, 0.95, held=np.maximum(held, 0.0))
        assert found.expected[5:].mean() == pytest.approx(left, abs=0.02)


def test_bad_agreements_are_refused() -> None:
    for name, value in (
        ("threshold", -1.0),
        ("own_threshold", -1.0),
        ("minimum_transfer", np.nan),
        ("lot", -1.0),
        ("margin_period", -1.0),
        ("rounding", "up"),
    ):
        with pytest.raises(InvalidArgument, match=name):
            CollateralAgreement(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="values"):
        collateral_path([[1.0, 2.0]], [1.0], CollateralAgreement())


# --- one factor ------------------------------------------------------------------------------


def test_a_bad_factor_raises_default_and_independence_leaves_it() -> None:
    found = conditional_default_probability(0.02, 0.2, [-3.0, 0.0, 3.0])
    assert found[0] > 0.02 > found[1] > found[2]
    assert found[1] == pytest.approx(0.01083, abs=1e-4)
    assert conditional_default_probability(0.02, 0.0, -5.0) == pytest.approx(0.02)
    assert conditional_default_probability([0.0, 1.0], 0.5, -5.0).tolist() == [0, 1]
    z = np.random.default_rng(1).standard_normal(200_000)
    assert conditional_default_probability(0.05, 0.3, z).mean() == pytest.approx(0.05, rel=0.01)


def test_losses_of_many_names_follow_the_common_factor() -> None:
    found = portfolio_loss(
        0.02, 0.6, np.full(200, 20.0), 0.2, level=0.99, horizon="1 y", paths=8_000, seed=4
    )
    assert found.expected == pytest.approx(0.02 * 0.6 * 4000)
    assert found.sampled_mean == pytest.approx(found.expected, rel=0.05)
    # Vasicek's limit of many small names.
    limit = 2400 * float(conditional_default_probability(0.02, 0.2, -2.3263479))
    assert found.tail.value_at_risk == pytest.approx(limit, rel=0.1)
    assert found.tail.expected_shortfall > found.tail.value_at_risk
    assert (found.tail.level, found.tail.horizon, found.seed) == (0.99, "1 y", 4)
    assert found.losses.shape == (8_000,)


def test_the_same_seed_gives_the_same_losses_and_blocks_do_not_show() -> None:
    arguments = (np.array([0.0, 1.0]), np.array([1.0, 0.5]), np.array([7.0, 8.0]), 0.3)
    losses = one_factor_losses(*arguments, 50, 9)
    assert (losses == 4.0).all()
    first = one_factor_losses([0.3], [1.0], [1.0], 0.3, 1000, 9)
    assert (first == one_factor_losses([0.3], [1.0], [1.0], 0.3, 1000, 9)).all()
    assert (first != one_factor_losses([0.3], [1.0], [1.0], 0.3, 1000, 10)).any()
    wide = one_factor_losses(np.full(300_000, 0.5), 1.0, 1.0, 0.0, 5, 1)
    assert wide == pytest.approx(np.full(5, 150_000), rel=0.01)


def test_no_names_lose_nothing_and_bad_names_are_refused() -> None:
    assert (one_factor_losses([], [], [], 0.2, 3, 0) == 0).all()
    for change in ({"probability": 1.1}, {"loss_given_default": -0.1}, {"exposure": -1.0}):
        good: dict[str, Any] = {"probability": 0.1, "loss_given_default": 0.5, "exposure": 1.0}
        with pytest.raises(InvalidArgument, match=next(iter(change))):
            one_factor_losses(**{**good, **change}, correlation=0.1, paths=1, seed=0)
    with pytest.raises(InvalidArgument, match="correlation"):
        conditional_default_probability(0.1, 1.0, 0.0)
    with pytest.raises(InvalidArgument, match="probability"):
        conditional_default_probability(1.1, 0.5, 0.0)
    with pytest.raises(InvalidArgument, match="paths"):
        one_factor_losses([0.1], 1.0, 1.0, 0.0, 0, 0)


# --- institutions -----------------------------------------------------------------------------


EXCHANGE = Institution(
    name="exchange",
    kind="exchange",
    exposures={"USD": 60.0, "ETH": 40.0},
    recovery=0.4,
    default_probability=0.05,
    market_correlation=0.3,
    agreement=CollateralAgreement(threshold=20.0, minimum_transfer=1.0),
)
LENDER = Institution(
    name="lender", kind="lender", exposures={"ETH": -30.0, "USD": 50.0}, recovery=0.0, hazard=0.1
)


def test_a_report_shows_exposure_before_and_after_collateral_and_concentration() -> None:
    found = counterparty_report([EXCHANGE, LENDER], CreditStress("calm"), 2.0)
    exchange, lender = found.institutions
    assert (exchange.exposure_before, exchange.collateral, exchange.exposure_after) == (100, 80, 20)
    assert (lender.exposure_before, lender.collateral, lender.exposure_after) == (20, 0, 20)
    assert exchange.share == lender.share == 0.5 and found.herfindahl == 0.5
    assert found.exposure_before == 120 and found.exposure_after == 40
    assert found.by_kind == {"exchange": 20, "lender": 20}
    assert exchange.expected_loss == pytest.approx(0.05 * 0.6 * 20)
    assert lender.default_probability == pytest.approx(1 - exp(-0.2))
    assert lender.expected_loss == pytest.approx((1 - exp(-0.2)) * 20)
    assert found.expected_loss == pytest.approx(exchange.expected_loss + lender.expected_loss)


def test_in_a_stress_what_we_owe_falls_and_default_grows_likely_together() -> None:
    stress = CreditStress("crash", {"ETH": -0.5}, factor=-2.0)
    found = counterparty_report([EXCHANGE, LENDER], stress, 1.0)
    exchange, lender = found.institutions
    assert exchange.stressed_exposure == 0 and exchange.wrong_way_loss == 0
    # What we owe the lender is worth half: its exposure grows from 20 to 35.
    assert lender.stressed_exposure == 35
    assert lender.stressed_default_probability == pytest.approx(lender.default_probability)
    assert lender.wrong_way_loss == pytest.approx(35 * (1 - exp(-0.1)))
    wanted = float(conditional_default_probability(0.05, 0.3, -2.0))
    assert exchange.stressed_default_probability == pytest.approx(wanted)
    up = counterparty_report([EXCHANGE], CreditStress("rally", {"ETH": 0.5}, -2.0), 1.0)
    assert up.institutions[0].stressed_exposure == 40
    assert up.wrong_way_loss == pytest.approx(wanted * 0.6 * 40)
    assert up.institutions[0].stressed_loss_given_default == pytest.approx(24)
    assert found.stress == "crash" and found.years == 1.0


def test_no_counterparties_and_no_exposure_are_valid() -> None:
    none = counterparty_report([], CreditStress("calm"), 1.0)
    assert none.exposure_after == 0 and none.herfindahl == 0 and none.by_kind == {}
    owing = replace(LENDER, exposures={"USD": -5.0})
    found = counterparty_report([owing], CreditStress("calm"), 1.0)
    assert found.herfindahl == 0 and found.institutions[0].exposure_before == 0
    small = replace(LENDER, exposures={"USD": 0.5})
    assert counterparty_report([small], CreditStress("calm"), 1.0).herfindahl == 1
    kept = replace(LENDER, held=7.0)
    assert counterparty_report([kept], CreditStress("calm"), 1.0).exposure_after == 13


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "bank"),
        ("recovery", 1.1),
        ("hazard", 0.1),
        ("default_probability", None),
        ("default_probability", 1.1),
        ("market_correlation", 1.0),
        ("market_correlation", -0.1),
        ("exposures", {"USD": np.inf}),
        ("held", np.nan),
    ],
)
def test_an_impossible_institution_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgument):
        replace(EXCHANGE, **{name: value})


def test_a_price_cannot_fall_by_more_than_all_of_it() -> None:
    counterparty_report([EXCHANGE], CreditStress("zero", {"ETH": -1.0}), 1.0)
    with pytest.raises(InvalidArgument, match="ETH"):
        counterparty_report([EXCHANGE], CreditStress("below", {"ETH": -1.1}), 1.0)


def test_a_trader_is_exposed_to_the_venue_with_profit_and_collateral() -> None:
    assert trader_exposure([30.0, -30.0, -200.0], 100.0).tolist() == [130, 70, 0]


def test_the_chance_of_default_is_the_share_of_runs_with_more_bad_debt_than_cover() -> None:
    runs = [0.0, 5.0, 10.0, 20.0]
    assert default_probability_of_bad_debt(runs) == 0.75
    assert default_probability_of_bad_debt(runs, 10.0) == 0.25
    with pytest.raises(InvalidArgument, match="bad_debt"):
        default_probability_of_bad_debt([])
