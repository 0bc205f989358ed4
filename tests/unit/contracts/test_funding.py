"""Accrual and settlement: one index per market, one checkpoint per position."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.ledger import funding_payment
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import TICK, WAD

Take = Callable[..., None]
DAY = 86_400


def test_longs_pay_shorts_while_the_mark_is_above_the_index(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 20)  # 5 % of 200 a day
    free.wait(DAY)
    for name in ("trader", "maker"):
        free.perp("bystander", encode.settle(address_of(name)))
    assert free.books().funding_index == 10 * WAD
    assert free.margin("trader") == 9_900 * WAD
    assert free.margin("maker") == 1_000_100 * WAD


def test_shorts_pay_longs_while_the_mark_is_below_the_index(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=-WAD // 20)
    free.wait(DAY)
    free.perp("bystander", encode.settle(address_of("trader")))
    assert free.margin("trader") == 10_100 * WAD
    assert free.position("trader").checkpoint == free.books().funding_index == -10 * WAD


def test_the_rate_is_capped(open_exchange: Callable[..., Session], take: Take) -> None:
    capped = open_exchange(taker_fee=0, maker_rebate=0, funding_cap_per_day=WAD // 100)
    take(capped, "trader", 10 * WAD)
    capped.price(200 * WAD, basis=WAD // 20)
    capped.wait(DAY)
    capped.perp("bystander", encode.accrue(0))
    assert capped.books().funding_index == 2 * WAD


def test_the_past_is_accrued_at_the_old_premium_before_a_price_is_written(
    free: Session, take: Take
) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 20)
    free.wait(DAY)
    free.price(200 * WAD, basis=-WAD // 20)
    assert free.books().funding_index == 10 * WAD
    assert free.books().accrued_at == free.chain.block.timestamp


def test_accruing_twice_at_one_time_changes_nothing(free: Session) -> None:
    free.price(200 * WAD, basis=WAD // 20)
    free.wait(1000)
    free.perp("bystander", encode.accrue(0))
    books = free.books()
    free.perp("bystander", encode.accrue(0))
    assert free.books() == books


def test_settling_twice_pays_once(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 20)
    free.wait(DAY)
    for _ in range(2):
        free.perp("bystander", encode.settle(address_of("trader")))
    assert free.margin("trader") == 9_900 * WAD


def test_settling_covers_every_held_market(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    take(free, "trader", WAD, price=8_000 * WAD, market=1)
    free.price(200 * WAD, basis=WAD // 20)
    free.price(8_000 * WAD, market=1, basis=WAD // 100)
    free.wait(DAY)
    free.perp("bystander", encode.settle(address_of("trader")))
    assert free.margin("trader") == (10_000 - 100 - 80) * WAD


def test_settling_a_stranger_does_nothing(free: Session) -> None:
    free.perp("bystander", encode.settle(address_of("stranger")))
    assert free.margin("stranger") == 0


def test_accruing_an_unknown_market_reverts(free: Session) -> None:
    assert free.refusal("bystander", encode.accrue(1)) is None
    assert free.refusal("bystander", encode.accrue(2)) == "market"


@pytest.mark.parametrize("side", [1, -1])
def test_a_payment_per_unit_truncates_toward_zero_on_the_tick(free: Session, side: int) -> None:
    free.price(200 * WAD, basis=side * (WAD // 1000 + TICK))
    mark = 200 * WAD + side * (WAD // 5 + 200 * TICK)
    free.wait(7)
    free.perp("bystander", encode.accrue(0))
    exact = abs(mark - 200 * WAD) * 7
    assert exact % (DAY * TICK)
    assert free.books().funding_index == side * (exact // (DAY * TICK) * TICK)


@given(
    premium=st.integers(-(10**13), 10**13),
    parts=st.lists(st.integers(1, 10**6), min_size=1, max_size=20),
)
def test_accruing_in_parts_differs_by_at_most_a_tick_per_part(
    premium: int, parts: list[int]
) -> None:
    index, mark = 10**14 * TICK, (10**14 + premium) * TICK
    once = funding_payment(index, mark, sum(parts), WAD)
    often = sum(funding_payment(index, mark, part, WAD) for part in parts)
    assert abs(once - often) < (len(parts) + 1) * TICK


def test_ten_years_of_silence_do_not_block_settlement(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 10)
    free.wait(10 * 365 * DAY)
    assert free.refusal("bystander", encode.settle(address_of("trader"))) is None
