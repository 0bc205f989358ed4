"""Liquity v1: the recovery table, the stability pool's sums, redistribution, base rate and fees."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.cdp import (
    MINUTE_DECAY_FACTOR,
    NO_DEBT_RATIO,
    NOT_LIQUIDATED,
    BaseRate,
    Deposit,
    Redistribution,
    StabilityPool,
    base_rate_after_borrowing,
    base_rate_after_redemption,
    borrowing_fee,
    borrowing_rate,
    collateral_gain,
    collateral_ratio,
    compounded_deposit,
    decayed_base_rate,
    in_recovery_mode,
    liquity_liquidate,
    offset_and_redistribution,
    pending_redistribution,
    redemption_fee,
    redemption_rate,
    redistribute,
    stability_deposit,
    stability_offset,
    stability_withdraw,
    trove_stake,
)
from simulator.units import WAD, wad_mul_floor

PERCENT = WAD // 100
DEBT = 2_000 * WAD
PLENTY = 10**9 * WAD


def collateral(percent: float) -> int:
    """Collateral at a price of 1 that gives this ratio to the debt."""
    return int(Fraction(str(percent)) * DEBT / 100)


# --- who is liquidated, and how ------------------------------------------------------------------


def test_ratios_are_floored_and_without_debt_there_is_no_limit() -> None:
    assert collateral_ratio(2, 3, WAD) == 2 * WAD // 3
    assert collateral_ratio(5, 0, WAD) == NO_DEBT_RATIO
    assert in_recovery_mode(150 * PERCENT - 1) and not in_recovery_mode(150 * PERCENT)


def test_in_normal_mode_only_below_110_percent() -> None:
    at, below = collateral(110), collateral(110) - 1
    assert liquity_liquidate(DEBT, at, WAD, PLENTY) == NOT_LIQUIDATED
    assert not liquity_liquidate(DEBT, at, WAD, PLENTY, 150 * PERCENT).liquidated
    found = liquity_liquidate(DEBT, below, WAD, PLENTY)
    assert found.liquidated and found.offset_debt == DEBT
    assert found == liquity_liquidate(DEBT, below, WAD, PLENTY, 150 * PERCENT)
    # Below 100 % normal mode still offsets first.
    assert liquity_liquidate(DEBT, collateral(90), WAD, PLENTY).offset_debt == DEBT


def test_the_table_of_recovery_mode_row_by_row() -> None:
    def parts(percent: float, pool: int = PLENTY, total: int = 140) -> tuple[int, int, int]:
        found = liquity_liquidate(DEBT, collateral(percent), WAD, pool, total * PERCENT)
        return found.offset_debt, found.redistributed_debt, found.surplus_collateral

    nothing, capped = (0, 0, 0), collateral(110)
    assert parts(99) == parts(100) == (0, DEBT, 0)
    assert parts(100.01) == parts(109.99) == (DEBT, 0, 0)
    assert parts(105, DEBT // 4) == (DEBT // 4, DEBT - DEBT // 4, 0)
    assert parts(110) == (DEBT, 0, 0)
    assert parts(139) == (DEBT, 0, collateral(139) - capped)
    assert parts(140) == parts(149) == nothing
    assert parts(120, DEBT) == (DEBT, 0, collateral(120) - capped)
    assert parts(120, DEBT - 1) == parts(120, 0) == nothing


def test_gas_compensation_is_taken_on_the_capped_collateral() -> None:
    found = liquity_liquidate(DEBT, collateral(130), WAD, PLENTY, 140 * PERCENT)
    assert found.gas_compensation_collateral == collateral(110) // 200
    assert found.offset_collateral == collateral(110) - collateral(110) // 200
    assert found.gas_compensation_debt == 200 * WAD


def test_the_only_trove_and_a_trove_without_debt_are_left_alone() -> None:
    for total in (None, 90 * PERCENT):
        assert liquity_liquidate(DEBT, 1, WAD, 0, total, only_trove=True) == NOT_LIQUIDATED
        assert liquity_liquidate(0, 1, WAD, 0, total) == NOT_LIQUIDATED


def test_a_price_of_zero_redistributes_nothing_but_debt_and_worthless_collateral() -> None:
    found = liquity_liquidate(DEBT, WAD, 0, PLENTY, 0)
    assert (found.offset_debt, found.redistributed_debt) == (0, DEBT)


def test_offset_collateral_is_rounded_down_and_the_rest_redistributed() -> None:
    found = offset_and_redistribution(3, 1_000, 1)
    assert found == (5, 200 * WAD, 1, 331, 2, 664, 0)
    assert offset_and_redistribution(3, 199, 0) == (0, 200 * WAD, 0, 0, 3, 199, 0)
    assert offset_and_redistribution(3, 1_000, 3)[2:6] == (3, 995, 0, 0)
    assert offset_and_redistribution(3, 1_000, 4)[2:6] == (3, 995, 0, 0)


@given(
    st.integers(1, 10**24),
    st.integers(0, 10**24),
    st.integers(0, 10**19),
    st.integers(0, 10**24),
    st.one_of(st.none(), st.integers(0, 2 * WAD)),
)
def test_a_liquidation_hands_out_exactly_the_troves_debt_and_collateral(
    debt: int, held: int, price: int, pool: int, total: int | None
) -> None:
    found = liquity_liquidate(debt, held, price, pool, total)
    if not found.liquidated:
        assert found == NOT_LIQUIDATED
        return
    assert found.offset_debt + found.redistributed_debt == debt
    assert found.offset_debt <= pool
    assert min(found) >= 0
    assert held == (
        found.gas_compensation_collateral
        + found.offset_collateral
        + found.redistributed_collateral
        + found.surplus_collateral
    )


# --- the stability pool --------------------------------------------------------------------------


def deposited(*amounts: int) -> tuple[StabilityPool, list[Deposit]]:
    pool, made = StabilityPool(), []
    for amount in amounts:
        pool, deposit = stability_deposit(pool, amount)
        made.append(deposit)
    return pool, made


def test_an_offset_takes_debt_and_gives_collateral_pro_rata() -> None:
    pool, (small, large) = deposited(100 * WAD, 300 * WAD)
    after = stability_offset(pool, 200 * WAD, 8 * WAD)
    assert after.deposits == 200 * WAD
    # The loss per unit is rounded up by one unit.
    assert after.product == WAD // 2 - 1
    assert compounded_deposit(after, small) == 100 * (WAD // 2 - 1)
    assert compounded_deposit(after, large) == 300 * (WAD // 2 - 1)
    assert (collateral_gain(after, small), collateral_gain(after, large)) == (2 * WAD, 6 * WAD)
    assert pool.sums == {} and pool.product == WAD


def test_what_rounding_took_is_made_good_at_the_next_offset() -> None:
    pool, _ = deposited(3 * WAD)
    once = stability_offset(pool, WAD, 1)
    assert once.debt_error == (WAD // 3 + 1) * 3 * WAD - WAD * WAD
    assert once.collateral_error == WAD
    assert once.sum == 0
    twice = stability_offset(once, WAD, 1)
    # (1 + the error) over 2 deposits: 2 WAD / 2 WAD = 1.
    assert twice.sum == once.product
    assert twice.collateral_error == 0
    burned = WAD * WAD - once.debt_error
    assert twice.product == wad_mul_floor(once.product, WAD - (burned // (2 * WAD) + 1))


def test_a_later_deposit_does_not_share_in_earlier_offsets() -> None:
    pool, (early,) = deposited(100 * WAD)
    pool = stability_offset(pool, 50 * WAD, WAD)
    pool, late = stability_deposit(pool, 50 * WAD)
    assert collateral_gain(pool, late) == 0 and compounded_deposit(pool, late) == 50 * WAD
    pool = stability_offset(pool, 50 * WAD, 2 * WAD)
    assert collateral_gain(pool, late) == pytest.approx(WAD, abs=1000)
    assert collateral_gain(pool, early) == pytest.approx(2 * WAD, abs=1000)
    assert stability_withdraw(pool, 50 * WAD).deposits == 0
    with pytest.raises(InvalidArgument, match="amount"):
        stability_withdraw(pool, 50 * WAD + 1)


def test_an_emptied_pool_starts_a_new_epoch() -> None:
    pool, (old,) = deposited(100 * WAD)
    after = stability_offset(pool, 100 * WAD, 5 * WAD)
    assert (after.epoch, after.scale, after.product, after.deposits) == (1, 0, WAD, 0)
    assert after.debt_error == 0
    assert compounded_deposit(after, old) == 0
    assert collateral_gain(after, old) == 5 * WAD
    again, fresh = stability_deposit(after, 10 * WAD)
    again = stability_offset(again, 5 * WAD, WAD)
    assert collateral_gain(again, old) == 5 * WAD
    assert collateral_gain(again, fresh) == WAD
    assert compounded_deposit(again, fresh) == 5 * WAD - 10


def test_a_small_product_is_scaled_up_and_gains_cross_one_scale() -> None:
    amount = 10**10 * WAD
    pool, (early,) = deposited(amount)
    # All but a 5e-10th: the product would fall to 5e8, below 1e9.
    left = amount // (2 * 10**9)
    pool = stability_offset(pool, amount - left, WAD)
    assert pool.scale == 1
    assert pool.product == (5 * 10**8 - 1) * 10**9
    # A two-billionth is less than a billionth of the deposit: it counts as nothing.
    assert compounded_deposit(pool, early) == 0
    pool, late = stability_deposit(pool, amount)
    pool = stability_offset(pool, (amount + left) // 2, 10**10 * WAD)
    assert collateral_gain(pool, late) == pytest.approx(10**10 * WAD, rel=1e-8)
    # The early deposit's gain of the new scale is divided by 1e9.
    expected = WAD + 10**10 * WAD * left // (amount + left)
    assert collateral_gain(pool, early) == pytest.approx(expected, rel=1e-6)


def test_the_product_at_exactly_1e9_stays_in_its_scale() -> None:
    pool, (early,) = deposited(10**9 * WAD)
    base = StabilityPool(deposits=pool.deposits, product=2 * 10**9 + 10)
    halved = stability_offset(base, 5 * 10**8 * WAD, 0)
    assert (halved.product, halved.scale) == (10**9 + 4, 0)
    at = StabilityPool(deposits=pool.deposits, product=2 * 10**9 + 1)
    assert stability_offset(at, 5 * 10**8 * WAD, 0).product == 10**9
    below = StabilityPool(deposits=pool.deposits, product=2 * 10**9)
    scaled = stability_offset(below, 5 * 10**8 * WAD, 0)
    assert scaled.scale == 1 and scaled.product == 2 * 10**9 * (WAD // 2 - 1) * 10**9 // WAD
    assert compounded_deposit(pool, early) == 10**9 * WAD


def test_a_deposit_is_nothing_after_two_scales_and_below_a_billionth() -> None:
    deposit = Deposit(10**10, WAD, 0, 0, 0)
    assert compounded_deposit(StabilityPool(product=WAD, scale=1), deposit) == 10
    assert compounded_deposit(StabilityPool(product=WAD - 1, scale=1), deposit) == 0
    assert compounded_deposit(StabilityPool(product=WAD, scale=2), deposit) == 0
    assert compounded_deposit(StabilityPool(product=10**9), deposit) == 10
    assert compounded_deposit(StabilityPool(product=10**9 - 1), deposit) == 0
    assert compounded_deposit(StabilityPool(), Deposit(0, WAD, 0, 0, 0)) == 0


def test_nothing_happens_without_debt_or_deposits_and_too_much_debt_is_refused() -> None:
    pool, _ = deposited(WAD)
    assert stability_offset(pool, 0, 5) is pool
    empty = StabilityPool()
    assert stability_offset(empty, 5, 5) is empty
    with pytest.raises(InvalidArgument, match="debt"):
        stability_offset(pool, WAD + 1, 0)


@given(
    st.lists(st.integers(10**15, 10**24), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 10**22)), max_size=6),
)
def test_the_pool_always_holds_what_it_owes_its_depositors(
    amounts: list[int], offsets: list[tuple[int, int]]
) -> None:
    pool, made = deposited(*amounts)
    given_away = 0
    for share, gain in offsets:
        if pool.deposits * share // 1000:
            given_away += gain
        pool = stability_offset(pool, pool.deposits * share // 1000, gain)
    worth = sum(compounded_deposit(pool, deposit) for deposit in made)
    gains = sum(collateral_gain(pool, deposit) for deposit in made)
    assert worth <= pool.deposits
    # Making an error good over fewer deposits gives back a little more than was taken: a unit.
    assert gains <= given_away + len(offsets)
    if pool.scale == 0:
        # The error per offset is below a unit of the product, which is at least 1e9.
        assert worth >= pool.deposits * (1 - 1e-7) - sum(amounts) // 10**9 - len(amounts)


# --- redistribution ------------------------------------------------------------------------------


def test_a_redistribution_is_per_stake_and_carries_its_error() -> None:
    once = redistribute(Redistribution(), 10, 4, 3)
    assert (once.debt_per_stake, once.debt_error) == (10 * WAD // 3, 1)
    assert (once.collateral_per_stake, once.collateral_error) == (4 * WAD // 3, 1)
    twice = redistribute(once, 10, 4, 3)
    assert twice.debt_per_stake == 2 * (10 * WAD // 3)
    assert twice.debt_error == 2
    assert pending_redistribution(twice, once, 3) == (9, 3)
    assert pending_redistribution(twice, Redistribution(), 3) == (19, 7)
    assert pending_redistribution(twice, twice, 3) == (0, 0)
    assert redistribute(once, 0, 4, 3) is once
    with pytest.raises(InvalidArgument, match="total_stakes"):
        redistribute(once, 1, 1, 0)


@pytest.mark.parametrize("wrong", [-1, 0.5])
def test_amounts_of_a_redistribution_are_whole_and_not_below_zero(wrong: int) -> None:
    nothing = Redistribution()
    for name in ("debt", "collateral"):
        with pytest.raises(InvalidArgument, match=rf"^{name} = {wrong}"):
            redistribute(nothing, **{"debt": 1, "collateral": 1, "total_stakes": 1, name: wrong})
    with pytest.raises(InvalidArgument, match=rf"^stake = {wrong}"):
        pending_redistribution(nothing, nothing, wrong)
    with pytest.raises(InvalidArgument, match=rf"^stability_pool = {wrong}"):
        liquity_liquidate(2000 * WAD, WAD, 1000 * WAD, wrong)
    assert redistribute(nothing, 0, 0, 1) == nothing
    assert pending_redistribution(nothing, nothing, 0) == (0, 0)


def test_stakes_are_scaled_to_the_time_before_redistributions() -> None:
    assert trove_stake(7, 0, 0) == 7
    assert trove_stake(7, 10, 20) == 3
    assert trove_stake(7, 5, 5) == 7


# --- base rate and fees --------------------------------------------------------------------------


def test_only_whole_minutes_decay_and_half_is_left_after_twelve_hours() -> None:
    assert decayed_base_rate(WAD, 59) == WAD
    assert decayed_base_rate(WAD, 60) == MINUTE_DECAY_FACTOR
    assert decayed_base_rate(WAD, 119) == MINUTE_DECAY_FACTOR
    assert decayed_base_rate(3, 60) == 2
    assert decayed_base_rate(WAD, 12 * 3_600) == pytest.approx(WAD // 2, rel=1e-9)
    assert decayed_base_rate(0, 10**9) == decayed_base_rate(WAD, 10**12) == 0
    with pytest.raises(InvalidArgument, match="elapsed_seconds"):
        decayed_base_rate(WAD, -1)


def test_the_clock_moves_only_after_a_whole_minute() -> None:
    state = BaseRate(WAD // 10, 1_000)
    assert base_rate_after_borrowing(state, 1_059) == state
    moved = base_rate_after_borrowing(state, 1_060)
    assert moved == BaseRate(decayed_base_rate(WAD // 10, 60), 1_060)
    assert base_rate_after_borrowing(state, 1_119).updated_at == 1_119
    with pytest.raises(InvalidArgument, match="now"):
        base_rate_after_borrowing(state, 999)


def test_a_redemption_adds_half_of_its_share_of_the_supply() -> None:
    state = BaseRate(WAD // 10, 0)
    after = base_rate_after_redemption(state, 30, 10 * WAD, 200 * WAD, 10_000 * WAD)
    assert after == BaseRate(WAD // 10 + WAD // 10, 0)
    later = base_rate_after_redemption(state, 60, 10 * WAD, 200 * WAD, 10_000 * WAD)
    assert later == BaseRate(decayed_base_rate(WAD // 10, 60) + WAD // 10, 60)
    assert base_rate_after_redemption(BaseRate(WAD), 0, WAD, WAD, WAD).rate == WAD
    # 3 units over a supply of 2: a share of 1.5, floored to 1, of which half is nothing.
    with pytest.raises(InvalidArgument, match="collateral_drawn"):
        base_rate_after_redemption(BaseRate(), 0, 3, 1, 2)
    assert base_rate_after_redemption(BaseRate(), 0, 4, 1, 2).rate == 1
    with pytest.raises(InvalidArgument, match="total_debt"):
        base_rate_after_redemption(BaseRate(), 0, 4, 1, 0)


def test_fees_have_a_floor_and_a_ceiling() -> None:
    assert redemption_rate(0) == WAD // 200
    assert redemption_rate(WAD // 100) == 3 * WAD // 200
    assert redemption_rate(WAD) == WAD
    assert redemption_fee(0, 1_000) == 5
    assert redemption_fee(0, 1_199) == 5
    with pytest.raises(InvalidArgument, match="collateral_drawn"):
        redemption_fee(WAD, 1_000)
    with pytest.raises(InvalidArgument, match="collateral_drawn"):
        redemption_fee(0, 0)
    assert borrowing_rate(0) == WAD // 200
    assert borrowing_rate(45 * WAD // 1000) == WAD // 20
    assert borrowing_rate(45 * WAD // 1000 - 1) == WAD // 20 - 1
    assert borrowing_rate(WAD) == WAD // 20
    assert borrowing_rate(WAD, recovery_mode=True) == 0
    assert borrowing_fee(0, 1_399) == 6
    assert borrowing_fee(0, 1_399, recovery_mode=True) == 0


def test_at_110_percent_a_pool_that_falls_short_does_nothing() -> None:
    at = collateral(110)
    assert liquity_liquidate(DEBT, at, WAD, DEBT - 1, 140 * PERCENT) == NOT_LIQUIDATED
    below = liquity_liquidate(DEBT, at - 1, WAD, DEBT - 1, 140 * PERCENT)
    assert (below.offset_debt, below.redistributed_debt) == (DEBT - 1, 1)


def test_the_capped_collateral_and_its_gas_compensation_are_floored() -> None:
    found = liquity_liquidate(361, 500, WAD, 999, 140 * PERCENT)
    # 110 % of 361 is 397.1, a two-hundredth of that 1.985.
    assert found.gas_compensation_collateral == 1
    assert found.offset_collateral == 396
    assert found.surplus_collateral == 103


def test_zeros_of_amounts_are_answers_and_negative_ones_are_refused() -> None:
    assert NO_DEBT_RATIO == 2**256 - 1 and MINUTE_DECAY_FACTOR == 999_037_758_833_783_000
    assert collateral_ratio(0, 5, 0) == 0
    assert in_recovery_mode(0)
    assert decayed_base_rate(5, 60, 0) == 0
    assert base_rate_after_redemption(BaseRate(5, 0), 0, 0, 0, 1).rate == 5
    assert borrowing_fee(0, 0) == 0
    for wrong in ((-1, 1, 1), (1, -1, 1), (1, 1, -1)):
        with pytest.raises(InvalidArgument):
            collateral_ratio(*wrong)
    for bad in ((-1, 1, 1), (1, -1, 1), (1, 1, 0)):
        with pytest.raises(InvalidArgument):
            base_rate_after_redemption(BaseRate(5, 0), 0, *bad)
    for amounts in ((0, 1, 1), (1, -1, 1), (1, 1, -1)):
        with pytest.raises(InvalidArgument):
            offset_and_redistribution(*amounts)
    with pytest.raises(InvalidArgument, match="rate"):
        BaseRate(WAD + 1)
    assert stability_deposit(StabilityPool(), 0)[1].amount == 0
    assert stability_withdraw(StabilityPool(), 0).deposits == 0
    assert redistribute(Redistribution(), 1, 0, 1).debt_per_stake == WAD
    assert pending_redistribution(Redistribution(5, 5), Redistribution(), 0) == (0, 0)
    assert trove_stake(0, 0, 0) == trove_stake(0, 1, 1) == 0
    assert trove_stake(7, 1, 7) == 1


def test_a_deposit_made_in_a_later_scale_counts_from_there() -> None:
    unit = WAD * WAD
    deposit = Deposit(10**12, 2 * WAD, 5 * unit, 3, 2)
    pool = StabilityPool(
        product=WAD,
        scale=3,
        epoch=2,
        sums={(2, 3): 9 * unit, (2, 4): 10**9 * unit + 10**9 - 1, (2, 5): unit, (1, 3): unit},
    )
    assert compounded_deposit(pool, deposit) == 5 * 10**11
    # (9 - 5 + 1) x 1e12 / 2.
    assert collateral_gain(pool, deposit) == 5 * 10**12 // 2
    assert collateral_gain(StabilityPool(), Deposit(3, 2, 0, 0, 0)) == 0
    odd = StabilityPool(sums={(0, 0): WAD // 2 + 1})
    assert collateral_gain(odd, Deposit(3, WAD, 0, 0, 0)) == 0
    assert collateral_gain(odd, Deposit(4, 2, 0, 0, 0)) == 1
    thirds = StabilityPool(product=2)
    assert compounded_deposit(thirds, Deposit(10, 3, 0, 0, 0)) == 6


def test_the_scaled_product_is_floored_once() -> None:
    base = StabilityPool(deposits=3 * WAD, product=10**9 + 1)
    # Loss of a third, up: the factor is 0.666...666, of which P takes 1e9 + 1 at 1e9 more digits.
    after = stability_offset(base, WAD, 0)
    factor = WAD - (WAD // 3 + 1)
    assert after.product == (10**9 + 1) * factor * 10**9 // WAD
    assert after.product * WAD < (10**9 + 1) * factor * 10**9


def test_the_redistributions_collateral_error_is_added_to_the_next() -> None:
    state = Redistribution()
    for _ in range(3):
        state = redistribute(state, 1, 1, 3)
    # Three times a third, each less by a third of a unit: nothing is lost.
    assert state == Redistribution(WAD, WAD, 0, 0)
