"""Liquidation by takeover: who, how much, for what penalty, and what happens to the loss.

The trader is long 500 at 200 with 10,000 of margin; the maker is short.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import LOT, TICK, TOKEN, WAD

Take = Callable[..., None]
ALL = 10**30
TRADER = address_of("trader")


def liquidate(max_size: int = ALL, market: int = 0, account: str = "trader") -> bytes:
    return encode.liquidate(address_of(account), market, max_size)


def empty_adl() -> bytes:
    return encode.deleverage(TRADER, 0, [])


@pytest.fixture
def falling(free: Session, take: Take) -> Session:
    take(free, "trader", 500 * WAD)
    free.perp("liquidator", encode.deposit(100_000 * TOKEN))
    return free


def test_half_is_taken_over_at_the_mark_while_equity_is_at_least_half_of_maintenance(
    falling: Session,
) -> None:
    falling.price(1919 * WAD // 10)  # equity 5,950, maintenance 5,996.875
    falling.perp("liquidator", liquidate())
    penalty = 250 * 1919 * WAD // 10 * 25 // 1000
    assert falling.position("trader").size == 250 * WAD
    assert falling.position("liquidator").size == 250 * WAD
    assert falling.position("liquidator").cost == -250 * 1919 * WAD // 10
    assert falling.margin("trader") == 10_000 * WAD - 250 * 81 * WAD // 10 - penalty
    assert falling.margin("liquidator") == 110_000 * WAD + penalty // 2
    assert falling.insurance() == penalty // 2
    assert falling.books().open_interest == 500 * WAD


def test_all_is_taken_over_below_half_of_maintenance(falling: Session) -> None:
    falling.price(185 * WAD)  # equity 2,500, maintenance 5,781.25
    falling.perp("liquidator", liquidate())
    assert falling.position("trader").size == 0
    assert falling.margin("trader") == (2_500 - 500 * 185 * 25 / 1000) * WAD


@pytest.mark.parametrize(("tokens", "left"), [(390_625_000, 250), (390_624_999, 0)])
def test_exactly_half_of_maintenance_is_still_enough_for_a_half(
    falling: Session, tokens: int, left: int
) -> None:
    falling.perp("trader", encode.deposit(tokens))
    falling.price(185 * WAD)  # equity 2,890.625 of 5,781.25, or a token unit less
    falling.perp("liquidator", liquidate())
    assert falling.position("trader").size == left * WAD


def test_a_short_is_liquidated_in_the_same_way(free: Session, take: Take) -> None:
    take(free, "trader", -500 * WAD)
    free.perp("liquidator", encode.deposit(100_000 * TOKEN))
    free.price(207 * WAD)  # equity 6,500, maintenance 6,468.75
    assert free.refusal("liquidator", liquidate()) == "healthy"
    free.price(208 * WAD)  # equity 6,000, maintenance 6,500
    free.perp("liquidator", liquidate())
    assert free.position("trader").size == -250 * WAD
    assert free.position("liquidator").size == -250 * WAD


def test_the_threshold_is_strict(falling: Session) -> None:
    falling.price(192 * WAD)  # equity 6,000 = maintenance
    assert falling.refusal("liquidator", liquidate()) == "healthy"
    falling.price(192 * WAD - TICK)
    assert falling.refusal("liquidator", liquidate()) is None


def test_pending_funding_counts_for_the_threshold(falling: Session) -> None:
    falling.price(1921 * WAD // 10 * 100 // 101 // TICK * TICK, basis=WAD // 100)
    assert falling.refusal("liquidator", liquidate()) == "healthy"
    falling.wait(7200)
    assert falling.refusal("liquidator", liquidate()) is None


def test_half_of_an_odd_number_of_lots_rounds_up(free: Session, take: Take) -> None:
    take(free, "trader", 499 * WAD + LOT)
    free.perp("liquidator", encode.deposit(100_000 * TOKEN))
    free.price(1919 * WAD // 10)
    free.perp("liquidator", liquidate())
    assert free.position("liquidator").size == (499 * WAD + LOT + LOT) // 2


def test_all_is_taken_over_if_half_would_leave_less_than_the_minimum(
    free: Session, take: Take
) -> None:
    free.perp("bystander", encode.withdraw(9_981 * TOKEN))
    take(free, "bystander", 9 * WAD // 10)  # 180 of notional on 19
    free.price(190 * WAD)  # equity 10, maintenance 10.6875; half would leave 85.5
    free.perp("liquidator", liquidate(account="bystander"))
    assert free.position("bystander").size == 0


def test_a_liquidator_may_take_less_but_leave_no_dust(falling: Session) -> None:
    falling.price(185 * WAD)
    assert falling.refusal("liquidator", liquidate(500 * WAD - WAD // 2)) == "dust"
    falling.perp("liquidator", liquidate(10 * WAD))
    assert falling.position("trader").size == 490 * WAD


def test_a_liquidator_may_net_his_own_position(falling: Session) -> None:
    falling.price(185 * WAD)
    falling.perp("maker", liquidate())
    assert falling.position("maker").size == 0
    assert falling.books().open_interest == 0


def test_the_liquidator_needs_initial_margin_with_the_reward_counted(
    falling: Session,
) -> None:
    falling.price(1919 * WAD // 10)
    need = 250 * 1919 * WAD // 10 // 10
    reward = 250 * 1919 * WAD // 10 * 25 // 2000
    margin = (need - reward) // 10**12
    falling.perp("bystander", encode.withdraw(10_000 * TOKEN - margin))
    assert falling.refusal("bystander", liquidate()) is None
    falling.perp("bystander", encode.withdraw(1))
    assert falling.refusal("bystander", liquidate()) == "initial margin"


def test_the_penalty_never_exceeds_equity_and_fund(falling: Session) -> None:
    falling.price(181 * WAD)  # equity 500; 2.5 % would be 2,262.5
    falling.perp("liquidator", liquidate())
    assert falling.margin("trader") == 0
    assert falling.margin("liquidator") == 110_250 * WAD
    assert (falling.insurance(), falling.deficit()) == (250 * WAD, 0)


def test_a_penalty_beyond_equity_is_a_shortfall_of_the_fund(falling: Session) -> None:
    falling.perp("bystander", encode.fund_insurance(1_000 * TOKEN))
    falling.price(181 * WAD)  # penalty min(2,262.5, 500 + 1,000): half of 1,500 comes back
    falling.perp("liquidator", liquidate())
    assert falling.margin("trader") == 0
    assert falling.insurance() == 750 * WAD
    assert falling.margin("liquidator") == 110_750 * WAD


def test_a_bankrupt_account_that_the_fund_covers_pays_all_penalty_to_the_liquidator(
    falling: Session,
) -> None:
    falling.perp("bystander", encode.fund_insurance(3_000 * TOKEN))
    falling.price(175 * WAD)  # equity -2,500: penalty min(2,187.5, 500)
    falling.perp("liquidator", liquidate())
    assert falling.margin("liquidator") == 110_500 * WAD
    assert (falling.insurance(), falling.margin("trader")) == (0, 0)
    assert falling.books().loss_short == 0


def test_without_equity_the_penalty_is_still_shared(falling: Session) -> None:
    falling.perp("bystander", encode.fund_insurance(1_000 * TOKEN))
    falling.price(180 * WAD)  # equity 0: only below it does the liquidator get everything
    falling.perp("liquidator", liquidate())
    assert falling.margin("liquidator") == 110_500 * WAD
    assert falling.insurance() == 500 * WAD


def test_a_shortfall_waits_for_the_last_position(falling: Session, take: Take) -> None:
    falling.perp("trader", encode.deposit(TOKEN))
    take(falling, "trader", LOT, price=8_000 * WAD, market=1)
    falling.perp("bystander", encode.fund_insurance(3_000 * TOKEN))
    falling.price(175 * WAD)
    falling.perp("liquidator", liquidate())
    assert falling.margin("trader") < 0
    assert falling.insurance() == 3_000 * WAD
    falling.perp("liquidator", liquidate(market=1))
    assert falling.margin("trader") == 0
    assert falling.insurance() < 3_000 * WAD


def test_an_account_that_the_fund_cannot_cover_must_be_deleveraged_first(
    falling: Session,
) -> None:
    falling.price(175 * WAD)
    assert falling.refusal("liquidator", liquidate()) == "deleverage first"
    falling.perp("adl keeper", empty_adl())
    assert falling.refusal("liquidator", liquidate()) is None
    falling.wait()
    assert falling.refusal("liquidator", liquidate()) == "deleverage first"


def test_deleveraging_in_one_market_does_not_open_another(falling: Session, take: Take) -> None:
    falling.perp("trader", encode.deposit(10 * TOKEN))
    take(falling, "trader", WAD // 100, price=8_000 * WAD, market=1)
    falling.price(175 * WAD)
    falling.perp("adl keeper", empty_adl())
    assert falling.refusal("liquidator", liquidate(market=1)) == "deleverage first"


def test_the_rest_of_the_loss_is_charged_to_the_opposite_side(falling: Session) -> None:
    falling.price(175 * WAD)
    falling.perp("adl keeper", empty_adl())
    falling.perp("liquidator", liquidate())  # 2,500 over 500 units
    assert falling.books().loss_short == 5 * WAD
    assert falling.books().loss_long == 0
    assert falling.margin("trader") == 0
    falling.perp("maker", encode.settle(address_of("maker")))
    assert falling.margin("maker") == 997_500 * WAD


def test_the_only_winner_is_charged_although_he_is_the_liquidator(falling: Session) -> None:
    falling.price(175 * WAD)
    falling.perp("adl keeper", empty_adl())
    falling.perp("maker", liquidate())
    assert falling.position("maker").size == 0
    assert falling.margin("maker") == (1_000_000 + 12_500 - 2_500) * WAD
    assert falling.books().open_interest == 0


def test_a_cap_on_socialised_loss_leaves_a_deficit(
    open_exchange: Callable[..., Session], take: Take
) -> None:
    capped = open_exchange(taker_fee=0, maker_rebate=0, socialised_loss_cap=WAD // 100)
    take(capped, "trader", 500 * WAD)
    capped.price(175 * WAD)
    capped.perp("adl keeper", empty_adl())
    capped.perp("maker", liquidate())
    assert capped.deficit() == (2_500 - 500 * 175 // 100) * WAD
    assert capped.insurance() == 0


@pytest.mark.parametrize(
    ("reason", "sender", "call"),
    [
        ("market", "liquidator", liquidate(market=2)),
        ("self", "trader", liquidate()),
        ("size", "liquidator", liquidate(0)),
        ("lot", "liquidator", liquidate(LOT + 1)),
        ("no position", "liquidator", liquidate(market=1)),
        ("healthy", "liquidator", liquidate()),
    ],
)
def test_a_liquidation_out_of_place_reverts(
    falling: Session, reason: str, sender: str, call: bytes
) -> None:
    assert falling.refusal(sender, call) == reason


def test_a_liquidator_with_a_stale_market_of_his_own_is_refused(
    falling: Session, take: Take
) -> None:
    take(falling, "liquidator", WAD // 10, price=8_000 * WAD, market=1)
    falling.wait(7201)
    falling.price(185 * WAD)
    assert falling.refusal("liquidator", liquidate()) == "stale"
    falling.feed(encode.confirm_index(1))
    assert falling.refusal("liquidator", liquidate()) is None


def test_a_stale_index_stops_liquidation_later_than_trading(falling: Session) -> None:
    falling.price(185 * WAD)
    falling.wait(7200)
    assert falling.refusal("liquidator", liquidate()) is None
    falling.wait(1)
    assert falling.refusal("liquidator", liquidate()) == "stale"
