"""How much is liquidated, what it costs and who earns: each protocol's rule at its thresholds."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    AuctionStages,
    DydxBlockLimits,
    DydxMarket,
    LiquidationWindow,
    auction_discount,
    binance_tiers,
    buffer_margin,
    curie_liquidatable_size,
    curie_penalty,
    dydx_block_room,
    dydx_insurance_delta,
    dydx_liquidatable_delta,
    dydx_maximum_position_notional,
    hyperliquid_order,
    incremental_reduction,
    insolvent_bid,
    maximum_proportion,
    repay_to_target,
    synthetix_keeper_reward,
    synthetix_window_capacity,
    tier_stepping,
    tiered_maintenance,
    two_step_liquidation,
    withdrawal_fee,
)
from simulator.units import WAD

# --- Perp curie ----------------------------------------------------------------------------------


def test_curie_takes_nothing_at_the_requirement_and_all_below_half_of_it() -> None:
    value = [62.5, 62.49, 31.25, 31.249, -5.0]
    size = curie_liquidatable_size(6.0, 600.0, 1000.0, value, 62.5)
    assert size == pytest.approx([0.0, 5.0, 5.0, 6.0, 6.0])
    short = curie_liquidatable_size(-6.0, -600.0, 1000.0, value, 62.5)
    assert short == pytest.approx([0.0, -5.0, -5.0, -6.0, -6.0])


def test_curie_takes_half_of_a_lone_position_and_all_of_a_small_one() -> None:
    assert curie_liquidatable_size(10.0, 1000.0, 1000.0, 40.0, 62.5) == 5.0
    # At most the whole position, however small its share of the total.
    assert curie_liquidatable_size(10.0, 400.0, 1000.0, 40.0, 62.5) == 10.0
    # 100 USD itself is small.
    small = curie_liquidatable_size([1.0, 1.0], [100.0, 100.01], 100.01, 5.0, 6.25)
    assert small == pytest.approx([1.0, 0.5])
    assert curie_liquidatable_size(0.0, 0.0, 0.0, 0.0, 1.0) == 0.0
    none = curie_liquidatable_size(0.0, 0.0, 1000.0, 40.0, 62.5, whole_below=-1.0)
    assert none == 0.0


def test_curie_penalty_is_shared_unless_the_account_is_under_water() -> None:
    assert curie_penalty(1000, 0) == (25, 12, 13)
    assert curie_penalty(1000, -1) == (25, 25, 0)
    assert curie_penalty(0, 5) == (0, 0, 0) and curie_penalty(40_000_000, -1).penalty == 1_000_000
    assert curie_penalty(39, 5) == (0, 0, 0) and curie_penalty(40, 5) == (1, 0, 1)
    with pytest.raises(InvalidArgument, match="closed_notional"):
        curie_penalty(-1, 0)


# --- Synthetix -----------------------------------------------------------------------------------


def test_the_window_slides_and_its_start_is_outside() -> None:
    window = LiquidationWindow(100, 10)
    first = window.liquidate(50, 60)
    assert first.amount == 60 and first.window.left(50) == 40
    second = first.window.liquidate(55, 60)
    assert second.amount == 40 and second.window.left(55) == 0
    # At 59 the entry of 50 counts, at 60 = 50 + 10 it does not.
    assert second.window.left(59) == 0 and second.window.left(60) == 60
    assert second.window.left(65) == 100
    assert second.window.liquidate(60, 5).amount == 5
    assert window.entries == ()  # the first one is as it was


def test_amounts_of_one_block_are_merged_and_nothing_is_recorded_for_nothing() -> None:
    window = LiquidationWindow(100, 10).liquidate(5, 30).window.liquidate(5, 20).window
    assert window.entries == ((5, 50),)
    assert window.liquidate(6, 0).window is window
    used = window.liquidate(6, 50).window
    assert used.entries == ((5, 50), (6, 50))
    assert used.liquidate(7, 10).window is used
    assert LiquidationWindow(100, 10).liquidate(5, 1).window.entries == ((5, 1),)


def test_no_limit_and_endorsed_liquidators_take_all() -> None:
    free = LiquidationWindow(0, 10).liquidate(5, 10**30)
    assert free.amount == 10**30 and free.window.entries == ()
    endorsed = LiquidationWindow(100, 10).liquidate(5, 700, endorsed=True)
    assert endorsed.amount == 700 and endorsed.window.left(5) == 0
    assert endorsed.window.entries == ((5, 700),)


def test_a_used_up_window_opens_again_only_under_the_premium_and_in_another_block() -> None:
    used = LiquidationWindow(100, 10, maximum_pd=WAD // 10).liquidate(5, 100).window
    assert used.liquidate(6, 250, skew=99, skew_scale=1000).amount == 100
    assert used.liquidate(6, 30, skew=-99, skew_scale=1000).amount == 30
    # The threshold itself, a larger skew of either sign, and the same block: nothing.
    assert used.liquidate(6, 250, skew=100, skew_scale=1000).amount == 0
    assert used.liquidate(6, 250, skew=-100, skew_scale=1000).amount == 0
    assert used.liquidate(5, 250, skew=0, skew_scale=1000).amount == 0
    # Without a word on the skew there is none, below any limit above 0.
    least = LiquidationWindow(100, 10, maximum_pd=1).liquidate(5, 100).window
    assert least.liquidate(6, 30, skew_scale=1).amount == 30
    # Without a premium limit never, and while something is left only that.
    closed = LiquidationWindow(100, 10).liquidate(5, 100).window
    assert closed.liquidate(6, 250, skew=0, skew_scale=1000).amount == 0
    partly = LiquidationWindow(100, 10, maximum_pd=WAD // 10).liquidate(5, 99).window
    assert partly.liquidate(6, 250, skew=0, skew_scale=1000).amount == 1
    # The further amount is recorded too and uses the window up for longer.
    again = used.liquidate(6, 250, skew=0, skew_scale=1000).window
    assert again.entries == ((5, 100), (6, 100)) and again.left(15) == 0 and again.left(16) == 100
    with pytest.raises(InvalidArgument, match="skew_scale"):
        used.liquidate(6, 1, skew=1)


def test_windows_that_cannot_be_are_refused() -> None:
    for arguments in ((-1, 1), (1, -1), (1, 1, -1)):
        with pytest.raises(InvalidArgument):
            LiquidationWindow(*arguments)
    with pytest.raises(InvalidArgument, match="requested"):
        LiquidationWindow(1, 1).liquidate(0, -1)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 150)), max_size=30))
def test_no_window_ever_holds_more_than_its_capacity(calls: list[tuple[int, int]]) -> None:
    window, now = LiquidationWindow(100, 10), 1000
    for wait, requested in calls:
        now += wait
        result = window.liquidate(now, requested)
        window = result.window
        assert 0 <= result.amount <= requested
    for start in range(1000, now + 1):
        assert sum(amount for time, amount in window.entries if start < time <= start + 10) <= 100


def test_window_capacity_floors_each_product() -> None:
    assert synthetix_window_capacity(7 * 10**15, 3 * 10**15, 1000 * WAD, WAD, 10) == 100 * WAD
    assert synthetix_window_capacity(1, 0, WAD - 1, WAD, 10) == 0
    assert synthetix_window_capacity(1, 2, WAD, WAD // 2, 10) == 10
    assert synthetix_window_capacity(0, 0, 1000 * WAD, WAD, 10) == 0


def reward(notional: int = 0, **changed: int) -> int:
    values = {
        "flag_cost": 3333,
        "liquidate_cost": 5555,
        "reward_ratio": WAD // 100,
        "minimum_reward": 1,
        "profit_ratio": WAD // 200,
        "maximum_reward": 100_000,
    }
    return synthetix_keeper_reward(notional, **(values | changed))


def test_keeper_reward_takes_the_larger_floor_and_the_smaller_cap() -> None:
    assert reward() == 8932
    assert reward(minimum_reward=44) == 8932 and reward(minimum_reward=45) == 8933
    assert reward(profit_ratio=0) == 8889
    # 4,400 x 1 % + cost = 8,932; one unit of reward more beats the floor.
    assert reward(4400) == 8932 and reward(4499) == 8932 and reward(4500) == 8933
    assert reward(10**9) == 100_000 and reward(maximum_reward=5) == 5
    # With a margin left the cap scales with it.
    assert reward(10**9, available_margin=50_000, margin_scale=WAD // 2) == 25_000
    assert reward(10**9, available_margin=500_000, margin_scale=WAD // 2) == 100_000
    assert reward(available_margin=3, margin_scale=WAD // 2) == 1
    assert reward(10**9, available_margin=99_999) == 99_999


# --- dYdX ----------------------------------------------------------------------------------------

LIMITS = DydxBlockLimits(1_000, 200_000, 100_000, 500)
# One base quantum is worth price x 1e-2 quote quantums.
MARKET = DydxMarket(100_000, 500_000, -6, -2)


def test_dydx_position_limit_is_a_share_but_not_below_the_minimum() -> None:
    most = [dydx_maximum_position_notional(n, LIMITS) for n in (0, 999, 1000, 5004, 5005, 5009)]
    assert most == [0, 999, 1000, 1000, 1001, 1001]


@pytest.mark.parametrize("side", [1, -1])
def test_dydx_liquidates_a_share_in_whole_steps_against_the_position(side: int) -> None:
    def delta(size: int, step: int = 1, used: int = 0, price: int = 1000) -> int:
        return side * dydx_liquidatable_delta(side * size, price, MARKET, LIMITS, step, used)

    # Ten quote quantums per base quantum: 2,000 are 20,000, of which a fifth.
    assert delta(2000) == -400 and delta(2000, 300) == -300
    # Never less than a step, never more than all.
    assert delta(2000, 1500) == -1500
    assert delta(1500, 1500) == -1500 and delta(1501, 1500) == -1500
    # A notional at the minimum goes whole, one quantum more does not.
    assert delta(100) == -100 and delta(101) == -100
    assert delta(120) == -100
    # What the block has used leaves less.
    assert delta(100_000) == -10_000 and delta(100_000, used=40_000) == -6_000
    assert delta(100_000, used=100_000) == -1
    assert delta(0) == 0
    # A position within both limits goes whole, also where that is no number of steps.
    assert delta(95, 10) == -95 and delta(100, 30) == -100
    # 7 / 10 of a quote quantum per base quantum: 1,000 buy 1428.57.
    assert delta(2000, price=70) == -1428


def test_dydx_room_of_a_block_ends_at_its_limits() -> None:
    assert dydx_block_room(LIMITS, 99_999, 500) == (1, 0)
    with pytest.raises(InvalidArgument, match="notional_liquidated"):
        dydx_block_room(LIMITS, 100_001, 0)
    with pytest.raises(InvalidArgument, match="insurance_lost"):
        dydx_block_room(LIMITS, 0, 501)
    for portion in (0, 1_000_001):
        with pytest.raises(InvalidArgument, match="portion"):
            DydxBlockLimits(1, portion, 1, 1)
    DydxBlockLimits(1, 1_000_000, 1, 1)


def test_dydx_takes_a_position_as_large_as_the_whole_room_of_a_block() -> None:
    # 1,000 quote quantums of room, no insurance, and nothing used of either.
    limits = DydxBlockLimits(1_000, 1_000_000, 1_000, 0)
    assert dydx_liquidatable_delta(100, 1000, MARKET, limits, 30) == -100
    assert dydx_liquidatable_delta(101, 1000, MARKET, limits, 30) == -90


def test_dydx_insurance_fund_earns_up_to_the_fee_and_pays_without_limit() -> None:
    assert dydx_insurance_delta(1_000_000, 995_000, 5000) == 5000
    assert dydx_insurance_delta(1_000_000, 994_999, 5000) == 5000
    assert dydx_insurance_delta(1_000_000, 995_001, 5000) == 4999
    assert dydx_insurance_delta(1_000_000, 1_000_000, 5000) == 0
    assert dydx_insurance_delta(1_000_000, 1_700_000, 5000) == -700_000
    # A short bought back for less than its bankruptcy price.
    assert dydx_insurance_delta(-1_000_000, -1_100_000, 5000) == 5000
    assert dydx_insurance_delta(-1_000_000, -990_000, 5000) == -10_000
    assert dydx_insurance_delta(399, 0, 5000) == 1  # 1.995 floored
    assert dydx_insurance_delta(11, 10, 0) == 0


# --- Hyperliquid, Binance, Deribit ---------------------------------------------------------------


def test_hyperliquid_sends_a_fifth_of_a_large_position_first() -> None:
    large = hyperliquid_order(-1001.0, 100.0, 900.0, 1000.0)
    assert large.size == pytest.approx(-200.2) and not large.backstop
    assert hyperliquid_order(1000.0, 100.0, 900.0, 1000.0) == (1000.0, False)
    assert hyperliquid_order(1000.005, 100.0, 900.0, 1000.0).size == pytest.approx(200.001)
    # Within 30 s of a partial order the whole; at 30 s a fifth again.
    assert hyperliquid_order(2000.0, 100.0, 900.0, 1000.0, 29.9).size == 2000.0
    assert hyperliquid_order(2000.0, 100.0, 900.0, 1000.0, 30.0).size == 400.0


def test_hyperliquid_leaves_the_healthy_and_hands_the_deep_to_the_backstop() -> None:
    assert hyperliquid_order(5.0, 100.0, 1000.0, 1000.0) == (0.0, False)
    assert hyperliquid_order(5.0, 100.0, 999.0, 1000.0) == (5.0, False)
    assert hyperliquid_order(5.0, 100.0, 600.0, 900.0) == (5.0, False)
    assert hyperliquid_order(5.0, 100.0, 599.0, 900.0) == (0.0, True)
    assert hyperliquid_order(0.0, 100.0, -1.0, 900.0) == (0.0, False)


TIERS = binance_tiers([0, 1000, 5000], [0.01, 0.05, 0.1])


def test_binance_steps_down_to_floors_until_the_requirement_is_met() -> None:
    # Requirements: 710 at 10,000, 210 at 5,000, 10 at 1,000.
    assert tier_stepping(10_000, 710.0, TIERS) == (0.0, 10_000.0, 0)
    assert tier_stepping(10_000, 709.9, TIERS) == (5000.0, 5000.0, 1)
    assert tier_stepping(10_000, 209.9, TIERS) == (9000.0, 1000.0, 2)
    assert tier_stepping(10_000, 9.9, TIERS) == (10_000.0, 0.0, 3)
    assert tier_stepping(10_000, -5.0, TIERS) == (10_000.0, 0.0, 3)
    assert tier_stepping(5000, 209.9, TIERS) == (4000.0, 1000.0, 1)
    assert tier_stepping(0, -5.0, TIERS) == (0.0, 0.0, 0)
    # A fee of 1 % of 5,000 takes 50 of the equity, which then lacks 1.
    assert tier_stepping(10_000, 259.0, TIERS, 0.01) == (9000.0, 1000.0, 2)
    assert tier_stepping(10_000, 260.0, TIERS, 0.01) == (5000.0, 5000.0, 1)


@given(st.floats(0, 1e5), st.floats(-100, 2000))
def test_stepping_ends_healthy_or_closed(notional: float, equity: float) -> None:
    result = tier_stepping(notional, equity, TIERS)
    assert result.closed + result.left == pytest.approx(notional)
    if result.left > 0:
        assert equity >= tiered_maintenance([result.left], TIERS)[0]


def test_short_options_are_reduced_in_steps_until_margin_suffices() -> None:
    def excess(size: float) -> float:
        return 50.0 - 10.0 * abs(size)

    assert incremental_reduction(-12.0, 2.0, excess) == -4.0
    assert incremental_reduction(-13.0, 2.0, excess) == -5.0  # at the requirement: enough
    assert incremental_reduction(13.0, 2.0, excess) == 5.0
    assert incremental_reduction(0.5, 0.25, lambda size: 0.25 - size) == 0.25
    assert incremental_reduction(-5.0, 2.0, excess) == -5.0
    assert incremental_reduction(-5.0, 2.0, lambda size: -1.0) == 0.0
    assert incremental_reduction(0.0, 2.0, lambda size: -1.0) == 0.0
    assert incremental_reduction(-6.0, 2.0, lambda size: 1.0 if abs(size) == 2.0 else -1.0) == -2.0


# --- loans ---------------------------------------------------------------------------------------


@given(st.floats(1, 1e6), st.floats(0.3, 0.9), st.floats(0, 0.1), st.floats(0.5, 1.3))
def test_repaying_to_a_target_ends_there(
    debt: float, threshold: float, bonus: float, health: float
) -> None:
    collateral = health * debt / threshold
    plan = repay_to_target(collateral, debt, threshold, bonus, 1.05)
    assert plan.health_factor == pytest.approx(health)
    if health >= 1.05:
        assert plan.repay == 0.0 and plan.seize == 0.0 and plan.debt_left == debt
    elif health < threshold * (1 + bonus) * (1 - 1e-9):
        assert isnan(float(plan.repay)) and isnan(float(plan.collateral_left))
    elif health > threshold * (1 + bonus) * (1 + 1e-6):
        assert 0 < plan.repay <= debt and plan.seize == pytest.approx(plan.repay * (1 + bonus))
        assert plan.collateral_left == pytest.approx(collateral - plan.seize)
        after = threshold * plan.collateral_left
        assert after == pytest.approx(1.05 * float(plan.debt_left), abs=1e-6 * debt)


def test_repayment_edges_exist_or_not() -> None:
    none = repay_to_target([0.0, 10.0, 0.0], [0.0, 0.0, 10.0], 0.8, 0.05)
    assert none.health_factor.tolist() == [np.inf, np.inf, 0.0]
    assert none.repay[:2].tolist() == [0.0, 0.0] and isnan(none.repay[2])
    # Exactly at the frontier everything is repaid and everything is seized.
    edge = repay_to_target(150.0, 100.0, 0.5, 0.5)
    assert edge.repay == 100.0 and edge.seize == 150.0
    assert edge.debt_left == 0.0 == edge.collateral_left
    with pytest.raises(InvalidArgument, match="target"):
        repay_to_target(1.0, 1.0, 0.8, 0.25)  # 0.8 x 1.25 = 1: not above
    with pytest.raises(InvalidArgument, match="target"):
        repay_to_target(1.0, 1.0, 0.9, 0.2)
    for name, arguments in (
        ("collateral", (-1.0, 1.0, 0.5, 0.1)),
        ("debt", (1.0, -1.0, 0.5, 0.1)),
        ("liquidation_threshold", (1.0, 1.0, 1.1, 0.1)),
        ("bonus", (1.0, 1.0, 0.5, -0.1)),
    ):
        with pytest.raises(InvalidArgument, match=name):
            repay_to_target(*arguments)


@given(st.floats(0.4, 0.8), st.floats(0.01, 0.15), st.floats(0.1, 1.0), st.floats(0.9, 0.999))
def test_two_steps_earn_the_published_uplift(
    threshold: float, spread: float, factor: float, health: float
) -> None:
    debt = 1000.0
    collateral = health * debt / threshold
    plan = two_step_liquidation(collateral, debt, threshold, spread, factor)
    room = 1 - threshold * (1 + spread)
    first = (debt - threshold * collateral) / room
    assert plan.profit_one_step == pytest.approx(spread * factor * debt)
    assert plan.uplift >= -1e-12
    if first <= factor * debt:
        assert plan.repay_first == pytest.approx(first)
        assert plan.uplift == pytest.approx(
            (1 - factor) / factor * (1 - threshold * collateral / debt) / room, abs=1e-12
        )
        after = threshold * (collateral - first * (1 + spread)) / (debt - first)
        assert first == debt or after == pytest.approx(1.0)
    else:
        assert plan.repay_first == factor * debt
    assert plan.repay_second == pytest.approx(factor * (debt - plan.repay_first))


def test_two_steps_need_a_debt_that_can_be_liquidated_twice() -> None:
    # Healthy, exactly at 1, no debt, no collateral.
    nothing = two_step_liquidation(
        [200.0, 125.0, 10.0, 0.0], [90.0, 100.0, 0.0, 0.0], 0.8, 0.1, 0.5
    )
    assert nothing.repay_first.tolist() == [0.0] * 4 == nothing.repay_second.tolist()
    assert nothing.profit_one_step.tolist() == [0.0] * 4 and np.isnan(nothing.uplift).all()
    # One unit less leaves the account just below 1.
    exact = two_step_liquidation(110.0, 90.0, 0.8, 0.08, 0.5)
    less = two_step_liquidation(110.0, 90.0, 0.8, 0.08, 0.5, unit=0.01)
    assert less.repay_first == pytest.approx(exact.repay_first - 0.01)
    tiny = two_step_liquidation(110.0, 88.001, 0.8, 0.08, 0.5, unit=1.0)
    assert tiny.repay_first == 0.0 and tiny.repay_second == pytest.approx(44.0005)
    # Little collateral: both repayments end where it does.
    poor = two_step_liquidation(11.0, 100.0, 0.8, 0.1, 0.5)
    assert poor.repay_first == pytest.approx(10.0) and poor.repay_second == pytest.approx(0.0)
    with pytest.raises(InvalidArgument, match="spread"):
        two_step_liquidation(1.0, 1.0, 0.8, 0.25, 0.5)
    for threshold in (-0.1, 1.1):
        with pytest.raises(InvalidArgument, match="liquidation_threshold"):
            two_step_liquidation(1.0, 1.0, threshold, 0.0, 0.5)
    for factor in (0.0, 1.01):
        with pytest.raises(InvalidArgument, match="close_factor"):
            two_step_liquidation(1.0, 1.0, 0.8, 0.1, factor)


# --- auctions ------------------------------------------------------------------------------------

STAGES = AuctionStages(WAD, 8 * WAD // 10, 600, 7200)


def test_the_asked_fraction_falls_fast_then_slowly_then_is_nothing() -> None:
    hundredth = WAD // 100
    fractions = {0: 100, 300: 90, 600: 80, 600 + 3600: 40, 600 + 7200: 0, 600 + 7201: 0, 10**9: 0}
    for elapsed, hundredths in fractions.items():
        assert auction_discount(elapsed, STAGES) == hundredths * hundredth
    # What has fallen is floored: 0.2 x 1 / 600 ends in 3s.
    assert auction_discount(1, STAGES) == WAD - 2 * 10**17 // 600
    assert auction_discount(599, STAGES) > 8 * 10**17 > auction_discount(601, STAGES)
    assert AuctionStages() == STAGES and auction_discount(2, AuctionStages(WAD, 0, 1, 1)) == 0
    with pytest.raises(InvalidArgument, match="elapsed"):
        auction_discount(-1, STAGES)
    for wrong in ((WAD, WAD + 1), (WAD + 1, WAD), (WAD, -1), (WAD, 1, 0), (WAD, 1, 1, 0)):
        with pytest.raises(InvalidArgument):
            AuctionStages(*wrong)


def test_the_most_that_may_be_bought_restores_the_buffer_margin() -> None:
    assert maximum_proportion(-100 * WAD, 300 * WAD, WAD) == WAD // 4
    assert maximum_proportion(-100 * WAD, 300 * WAD, WAD // 2) == WAD * 2 // 5
    # Cash that earlier bidders paid counts with what the discount leaves.
    assert maximum_proportion(-100 * WAD, 300 * WAD, WAD // 2, 100 * WAD) == WAD // 3
    assert maximum_proportion(0, 300 * WAD, WAD) == 0 == maximum_proportion(5, 300, WAD)
    assert maximum_proportion(-5, 0, WAD) == WAD and maximum_proportion(0, 0, WAD) == 0
    with pytest.raises(InvalidArgument, match="mark_to_market"):
        maximum_proportion(-5, -1, WAD)
    # Net maintenance margin -50 of a portfolio worth 300: 15 % of -350 on top.
    assert buffer_margin(-50 * WAD, 300 * WAD, 15 * WAD // 100) == -1025 * WAD // 10
    assert buffer_margin(-1, 1, WAD // 4) == -1  # -0.5 goes toward zero


def test_an_insolvent_auction_pays_from_the_module_and_socialises_the_rest() -> None:
    assert insolvent_bid(-1000, 30, 60, WAD, 10**6) == (500, 500, 0)
    assert insolvent_bid(-1000, 60, 60, WAD // 2, 200) == (500, 200, 300)
    assert insolvent_bid(-1000, 61, 60, WAD, 1000) == (1000, 1000, 0)
    assert insolvent_bid(-1000, 0, 60, WAD, 1000) == (0, 0, 0)
    assert insolvent_bid(-1000, 60, 60, WAD, -5) == (1000, 0, 1000)
    # Down to the last unit, where a float would not reach.
    assert insolvent_bid(-(10**30 + 1), 1, 3, WAD, 0).payout == (10**30 + 1) // 3
    assert insolvent_bid(-10, 1, 1, WAD, 0).payout == 10
    for elapsed, length in ((-1, 60), (1, 0)):
        with pytest.raises(InvalidArgument, match="length_seconds"):
            insolvent_bid(-1, elapsed, length, WAD, 0)


def test_the_withdrawal_fee_covers_what_was_printed() -> None:
    assert withdrawal_fee(900, 100) == WAD // 10
    assert withdrawal_fee(2, 1) == WAD // 3 + 1  # rounded up
    assert withdrawal_fee(5, 0) == 0 == withdrawal_fee(0, 0)
    assert withdrawal_fee(0, 5) == WAD
