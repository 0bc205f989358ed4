"""The toxic frontier and the spiral, checked by carrying out the liquidation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import LinearImpact
from simulator.risk import (
    constant_product_slippage,
    continuum_amplification,
    continuum_move,
    critical_ltv,
    critical_ltv_dynamic_bonus,
    dynamic_bonus,
    index_linear_cascade,
    is_spiral,
    linear_cascade,
    liquidatable_density,
    liquidation_is_toxic,
    ltv_after,
    parameters_are_safe,
    spiral_gain,
    toxic_health_factor,
    trigger_book,
    trigger_cascade,
)
from simulator.types import AnyArray

bps = st.integers(0, 3000)


@given(bps, st.integers(1, 20_000), st.integers(1, 9999))
def test_a_liquidation_raises_the_ltv_iff_it_is_beyond_the_frontier(
    bonus_bps: int, ltv_bps: int, share: int
) -> None:
    bonus, debt = Fraction(bonus_bps, 10_000), Fraction(ltv_bps, 10_000)
    repaid = debt * share / 10_000 / 2
    left = 1 - (1 + bonus) * repaid
    toxic = bool(liquidation_is_toxic(ltv_bps / 10_000, bonus_bps / 10_000))
    assert toxic == (debt > 1 / (1 + bonus))
    after = float(ltv_after(1.0, float(debt), float(repaid), float(bonus)))
    if left > 0:
        assert ((debt - repaid) / left > debt) == toxic
        assert after == pytest.approx(float((debt - repaid) / left), rel=1e-9)
    elif left < 0:
        assert np.isnan(after)


@pytest.mark.parametrize(
    ("ltv", "bonus"), [(0.8, 0.25), (0.625, 0.6), (0.64, 0.5625), (0.5, 1.0), (0.96, 1 / 24)]
)
def test_the_frontier_itself_is_not_toxic(ltv: float, bonus: float) -> None:
    assert not liquidation_is_toxic(ltv, bonus)
    assert liquidation_is_toxic(np.nextafter(ltv, 1), bonus)
    assert not liquidation_is_toxic(np.nextafter(ltv, 0), bonus)


@pytest.mark.parametrize(("threshold", "bonus"), [(0.8, 0.25), (0.625, 0.6), (0.64, 0.5625)])
def test_parameters_at_the_frontier_are_not_safe(threshold: float, bonus: float) -> None:
    assert not parameters_are_safe(threshold, bonus)
    assert parameters_are_safe(threshold - 1e-15, bonus)
    assert not parameters_are_safe(threshold + 1e-15, bonus)
    assert not parameters_are_safe(threshold / 2, bonus, 2.0)
    assert parameters_are_safe(threshold / 2, bonus, 1.999)


@pytest.mark.parametrize(
    ("ltv", "bonus"),
    [(0.9999000099990001, 0.0001), (0.9968102073365231, 0.0032), (0.992950054612253, 0.0071)],
)
def test_floats_do_not_decide_beside_the_frontier(ltv: float, bonus: float) -> None:
    exact = Fraction(repr(ltv)) * (1 + Fraction(repr(bonus)))
    assert (ltv * (1 + bonus) - 1 > 0) != (exact > 1)
    assert bool(liquidation_is_toxic(ltv, bonus)) == (exact > 1)
    assert bool(parameters_are_safe(ltv, bonus)) == (exact < 1)


@pytest.mark.parametrize(
    ("threshold", "bonus"), [(0.9989012086704624, 0.0011), (0.997307270370001, 0.0027)]
)
def test_floats_do_not_decide_whether_parameters_are_safe(threshold: float, bonus: float) -> None:
    exact = Fraction(repr(threshold)) * (1 + Fraction(repr(bonus)))
    assert (threshold * (1 + bonus) - 1 < 0) != (exact < 1)
    assert bool(parameters_are_safe(threshold, bonus)) == (exact < 1)


def test_verdicts_broadcast() -> None:
    assert liquidation_is_toxic([0.9, 0.8, 0.7], 0.25).tolist() == [True, False, False]
    assert parameters_are_safe([[0.8], [0.7]], [0.25, 0.2]).tolist() == [
        [False, True],
        [True, True],
    ]
    assert liquidation_is_toxic(0.4, 0.25, [1.0, 2.0, 2.1]).tolist() == [False, False, True]


@given(st.integers(1, 9999), bps, st.floats(1.0, 3.0))
def test_both_forms_of_the_frontier_are_the_same(
    ltv_bps: int, bonus_bps: int, factor: float
) -> None:
    ltv, bonus, threshold = ltv_bps / 10_000, bonus_bps / 10_000, 0.8
    limit = float(critical_ltv(bonus, factor))
    if abs(ltv - limit) < 1e-9:
        return
    health = threshold / ltv
    assert (health < toxic_health_factor(threshold, bonus, factor)) == (ltv > limit)
    assert liquidation_is_toxic(ltv, bonus, factor) == (ltv > limit)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("depth", [0.01, 0.1, 0.5])
def test_the_pool_frontier_flips_the_direction_of_a_small_step(side: int, depth: float) -> None:
    """Collateral of value c; a pool of y on each side at a price of 1, which marks it."""
    bonus, reserve = 0.05, 1.0
    collateral = depth * reserve
    slippage = constant_product_slippage(collateral, reserve)
    ltv = float(critical_ltv(bonus, slippage)) * (1 + side * 1e-3)
    debt, repaid = ltv * collateral, 1e-7 * ltv * collateral
    seized = (1 + bonus) * repaid
    price = (reserve / (reserve + seized)) ** 2
    after = (debt - repaid) / ((collateral - seized) * price)
    assert (after > ltv) == (side > 0)
    assert bool(liquidation_is_toxic(ltv, bonus, slippage)) == (side > 0)


def test_frontiers_in_figures() -> None:
    # 1 / (1.25 x 1.6), 0.8 x 1.25 x 1.6; without a word on slippage there is none.
    assert critical_ltv(0.25, 1.6) == pytest.approx(0.5) and critical_ltv(0.25) == 0.8
    assert toxic_health_factor(0.8, 0.25, 1.6) == pytest.approx(1.6)
    assert toxic_health_factor(0.8, 0.25) == 1.0
    assert constant_product_slippage(10.0, 40.0) == 1.5


def test_the_dynamic_bonus_moves_the_frontier_to_one_over_lambda() -> None:
    assert critical_ltv_dynamic_bonus([1.0, 1.25, 2.0]).tolist() == [1.0, 0.8, 0.5]
    assert dynamic_bonus(0.1, [0.0, 0.5, 1.0, 1.5]).tolist() == [0.1, 0.05, 0.0, 0.0]


def test_ltv_needs_collateral_left() -> None:
    assert np.isnan(ltv_after(1.05, 1.0, 1.0, 0.05))
    assert ltv_after(2.0, 1.0, 0.0, 0.05) == 0.5
    assert ltv_after(2.0, 1.0, 1.0, 0.05) == 0.0
    with pytest.raises(InvalidArgument, match="repaid"):
        ltv_after(2.0, 1.0, 1.1, 0.05)


def test_the_spiral_begins_at_a_gain_of_one() -> None:
    assert is_spiral([0.0, np.nextafter(1, 0), 1.0, 2.0]).tolist() == [False, False, True, True]
    assert continuum_amplification([0.0, 0.5, 0.75, 1.0, 3.0]).tolist() == [1.0, 2.0, 4.0, inf, inf]
    assert continuum_move([0.05, -0.05, 0.0], 1.0).tolist() == [inf, -inf, 0.0]
    assert continuum_move([0.05, -0.05, 0.0], 0.5).tolist() == [0.1, -0.1, 0.0]
    assert spiral_gain(0.001, 500.0) == 0.5


@given(st.floats(0.0, 0.9), st.floats(0.01, 0.05))
def test_a_dense_book_comes_near_the_continuum(gain: float, shock: float) -> None:
    """20,000 positions, one per 5e-5 of relative drop, so the density is 1 per unit of drop."""
    count = 20_000
    trigger = 1.0 - (np.arange(count) + 0.5) / count
    quantity = np.full(count, 1 / count)

    def relative_to_start(price: AnyArray, sold: AnyArray) -> AnyArray:
        return np.maximum(price - gain * sold, 0.0)

    got = trigger_cascade(trigger_book(trigger, quantity), relative_to_start, [1.0 - shock])
    wanted = min(float(continuum_move(shock, gain)), 1.0)
    assert 1.0 - got.price[0] == pytest.approx(wanted, abs=1e-3)


def test_linear_impact_on_a_gap_stops_there() -> None:
    """A gain above 1 at the price does not end the book: the least fixed point is the answer."""
    index = index_linear_cascade([95.0, 94.0, 10.0], [1.0, 1.0, 1.0], LinearImpact(0.05))
    assert linear_cascade(index, [95.0]).price.tolist() == pytest.approx([85.5])


def test_density_counts_from_the_far_end_up_to_the_price_without_it() -> None:
    trigger, quantity = np.array([100.0, 99.9, 95.0, 90.0, 89.9]), np.array([1.0, 2, 4, 8, 16])
    assert liquidatable_density(trigger, quantity, 100.0, 10.0) == 1.4
    assert liquidatable_density(np.zeros(0), np.zeros(0), 100.0, 10.0) == 0.0
    with pytest.raises(InvalidArgument, match="width"):
        liquidatable_density(trigger, quantity, 100.0, 0.0)


def test_slippage_and_shares_are_checked() -> None:
    calls: list[Callable[[], object]] = [
        lambda: critical_ltv(-0.01),
        lambda: critical_ltv(0.05, 0.99),
        lambda: toxic_health_factor(1.1, 0.05),
        lambda: liquidation_is_toxic(float("nan"), 0.05),
        lambda: constant_product_slippage(1.0, 0.0),
        lambda: constant_product_slippage(-1.0, 1.0),
        lambda: spiral_gain(-1.0, 1.0),
        lambda: continuum_move(0.1, -0.5),
        lambda: dynamic_bonus(0.1, -0.1),
        lambda: parameters_are_safe(1.2, 0.1),
    ]
    for call in calls:
        with pytest.raises(InvalidArgument):
            call()
