"""Partial liquidations one after the other: the lowest health first, nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import LinearImpact
from simulator.risk import PartialRule, liquidation_sequence

RULE = PartialRule(liquidation_threshold=0.8, bonus=0.05, close_factor=0.5)
STILL = LinearImpact(0.0)


def test_a_health_of_one_is_safe_and_just_below_is_not() -> None:
    safe = liquidation_sequence([1.0], [80.0], 100.0, STILL, RULE)
    assert safe.steps == () and safe.complete and safe.price == 100.0
    hit = liquidation_sequence([1.0], [np.nextafter(80.0, 81.0)], 100.0, STILL, RULE)
    assert len(hit.steps) == 1
    (step,) = hit.steps
    assert step.repaid == pytest.approx(40.0) and step.seized == pytest.approx(0.42)
    assert step.health_before < 1.0 < step.health_after
    assert hit.debt[0] == pytest.approx(40.0) and hit.collateral[0] == pytest.approx(0.58)


def test_the_lowest_health_goes_first_and_the_lowest_id_among_equals() -> None:
    got = liquidation_sequence([1.0, 1.0, 1.0], [85.0, 90.0, 90.0], 100.0, STILL, RULE)
    # After one step each of the two stands at 0.938, still below the third's 0.941.
    assert [step.account for step in got.steps] == [1, 2, 1, 2, 0]
    assert liquidation_sequence([1.0] * 3, [85.0] * 3, 100.0, STILL, RULE).steps[0].account == 0


def test_the_full_close_takes_the_health_itself() -> None:
    rule = PartialRule(0.5, 0.0, 0.5, full_close_health=0.5)
    assert liquidation_sequence([1.0], [100.0], 100.0, STILL, rule).steps[0].repaid == 100.0
    assert liquidation_sequence([1.0], [99.0], 100.0, STILL, rule).steps[0].repaid == 49.5


def test_dust_is_repaid_whole_from_just_below_its_limit() -> None:
    rule = replace(RULE, dust_debt=90.0)
    assert liquidation_sequence([1.0], [90.0], 100.0, STILL, rule).steps[0].repaid == 45.0
    small = liquidation_sequence([1.0], [89.0], 100.0, STILL, rule)
    assert small.steps[0].repaid == 89.0 and small.debt[0] == 0.0
    assert small.steps[0].health_after == np.inf and small.bad_debt == 0.0


def test_collateral_that_pays_for_too_little_leaves_bad_debt_and_ends_the_account() -> None:
    rule = replace(RULE, close_factor=1.0)
    got = liquidation_sequence([1.0], [105.0], 84.0, STILL, rule)
    (step,) = got.steps
    assert step.seized == 1.0 and step.repaid == pytest.approx(80.0)
    assert step.bad_debt == got.bad_debt == pytest.approx(25.0)
    assert got.debt[0] == 0.0 and got.collateral[0] == 0.0
    # Worth more than the debt, yet less than the debt and the bonus.
    between = liquidation_sequence([1.0], [82.0], 84.0, STILL, rule)
    assert between.repaid == pytest.approx(80.0) and between.bad_debt == pytest.approx(2.0)
    assert between.sold == 1.0 and between.collateral[0] == 0.0


def test_no_steps_at_all_may_be_asked_for() -> None:
    none = liquidation_sequence([1.0], [85.0], 100.0, STILL, RULE, max_steps=0)
    assert none.steps == () and not none.complete and none.debt[0] == 85.0
    assert liquidation_sequence([1.0], [5.0], 100.0, STILL, RULE, max_steps=0).complete


def test_collateral_that_pays_to_the_last_unit_leaves_no_bad_debt() -> None:
    rule = PartialRule(0.5, 0.25, 1.0)
    got = liquidation_sequence([1.0], [80.0], 100.0, STILL, rule)
    assert got.steps[0].repaid == 80.0 and got.steps[0].seized == 1.0
    assert got.bad_debt == 0.0 and got.debt.tolist() == [0.0]


def test_each_seizure_is_sold_and_the_next_one_meets_its_price() -> None:
    impact = LinearImpact(0.1)
    got = liquidation_sequence([1.0, 1.0], [84.0, 79.0], 100.0, impact, RULE)
    first, second = got.steps[:2]
    assert first.price == 100.0 and second.price == pytest.approx(100 * (1 - 0.1 * first.seized))
    assert (first.account, second.account) == (0, 1)
    assert got.price == pytest.approx(100 * (1 - 0.1 * got.sold))
    # Without impact the second account would have stayed.
    calm = liquidation_sequence([1.0, 1.0], [84.0, 79.0], 100.0, STILL, RULE)
    assert [step.account for step in calm.steps] == [0]


def test_a_price_of_zero_pays_for_nothing() -> None:
    got = liquidation_sequence([1.0, 0.0], [5.0, 0.0], 0.0, STILL, RULE)
    assert got.bad_debt == 5.0 and got.repaid == 0.0 and got.sold == 1.0 and len(got.steps) == 1


def test_the_last_step_allowed_is_said_to_be_one() -> None:
    stopped = liquidation_sequence([1.0] * 2, [82.0] * 2, 100.0, STILL, RULE, max_steps=1)
    assert len(stopped.steps) == 1 and not stopped.complete
    just = liquidation_sequence([1.0] * 2, [82.0] * 2, 100.0, STILL, RULE, max_steps=2)
    assert len(just.steps) == 2 and just.complete
    with pytest.raises(InvalidArgument, match="max_steps"):
        liquidation_sequence([], [], 1.0, STILL, RULE, max_steps=-1)


def test_nobody_is_a_valid_book() -> None:
    got = liquidation_sequence([], [], 100.0, STILL, RULE)
    assert got.steps == () and got.complete and got.repaid == got.bad_debt == 0


@given(
    st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 500.0)), max_size=5),
    st.floats(0.0, 0.3),
    st.floats(0.05, 1.0),
    st.floats(0.0, 0.2),
    st.floats(0.0, 150.0),
)
def test_debt_and_collateral_are_conserved(
    book: list[tuple[float, float]], bonus: float, close: float, slope: float, price: float
) -> None:
    held, owed = [one[0] for one in book], [one[1] for one in book]
    rule = PartialRule(0.8, bonus, close, dust_debt=1.0)
    got = liquidation_sequence(held, owed, price, LinearImpact(slope), rule, max_steps=300)
    left = got.repaid + got.bad_debt + got.debt.sum()
    assert left == pytest.approx(sum(owed), rel=1e-9, abs=1e-9)
    assert got.sold + got.collateral.sum() == pytest.approx(sum(held), rel=1e-9, abs=1e-9)
    assert (got.collateral >= 0).all() and (got.debt >= 0).all()
    for step in got.steps:
        assert step.health_before < 1.0
        assert step.seized * step.price <= step.repaid * (1 + bonus) * (1 + 1e-9) + 1e-12
        ltv = 0.8 / step.health_before if step.health_before else np.inf
        partly = step.bad_debt == 0.0 and np.isfinite(step.health_after)
        if partly and ltv < 1 / (1 + bonus) - 1e-9:
            assert step.health_after > step.health_before
        if partly and step.health_after > 0 and ltv > 1 / (1 + bonus) + 1e-9:
            assert step.health_after < step.health_before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"liquidation_threshold": 0.0}, "liquidation_threshold"),
        ({"liquidation_threshold": 1.01}, "liquidation_threshold"),
        ({"close_factor": 0.0}, "close_factor"),
        ({"close_factor": 1.01}, "close_factor"),
        ({"bonus": -0.01}, "bonus"),
        ({"full_close_health": -1.0}, "full_close_health"),
        ({"dust_debt": float("nan")}, "dust_debt"),
    ],
)
def test_impossible_rules_are_refused(changes: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        replace(RULE, **changes)
    assert caught.value.field == field


def test_a_rule_may_sit_on_its_limits() -> None:
    assert PartialRule(1.0, 0.0, 1.0).close_factor == 1.0
