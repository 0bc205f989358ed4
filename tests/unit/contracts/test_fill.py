"""Fills: accrue, settle both, move size, check both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import PositionState, Session, address_of
from simulator.units import LOT, TOKEN, WAD

Take = Callable[..., None]
MAKER = address_of("maker")


def buy(size: int, limit: int = 200 * WAD, market: int = 0) -> bytes:
    return encode.fill(MAKER, market, size, limit)


def quote_around(exchange: Session, size: int = 1_000 * WAD, price: int = 200 * WAD) -> None:
    exchange.perp("maker", encode.quote(0, price, size, price, size))


def test_a_fill_opens_opposite_positions_and_open_interest(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    assert free.position("trader") == PositionState(10 * WAD, -2_000 * WAD, 0)
    assert free.position("maker") == PositionState(-10 * WAD, 2_000 * WAD, 0)
    assert free.books().open_interest == 10 * WAD
    assert (free.held("trader"), free.held("maker")) == (1, 1)


def test_selling_hits_the_bid(free: Session) -> None:
    free.perp("maker", encode.quote(0, 199 * WAD, 5 * WAD, 201 * WAD, 5 * WAD))
    free.perp("trader", buy(-2 * WAD, 199 * WAD))
    assert free.position("trader") == PositionState(-2 * WAD, 398 * WAD, 0)


def test_the_taker_pays_the_fee_the_maker_gets_the_rebate_the_fund_the_rest(
    exchange: Session, take: Take
) -> None:
    take(exchange, "trader", 10 * WAD)  # notional 2,000: fee 1.0, rebate 0.2
    assert exchange.margin("trader") == 9_999 * WAD
    assert exchange.margin("maker") == 1_000_000 * WAD + WAD // 5
    assert exchange.insurance() == 4 * WAD // 5


def test_a_fill_takes_what_is_left_of_the_quote(free: Session) -> None:
    quote_around(free, 3 * WAD)
    free.perp("trader", buy(2 * WAD))
    free.perp("rival", buy(2 * WAD))
    assert free.position("rival").size == WAD
    assert free.refusal("bystander", buy(WAD)) == "no quote"


def test_adding_to_a_position_adds_size_and_cost(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    take(free, "trader", 10 * WAD, price=220 * WAD)
    assert free.position("trader") == PositionState(20 * WAD, -4_200 * WAD, 0)


def test_a_reduction_realises_its_share_of_the_average_cost(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    take(free, "trader", -4 * WAD, price=210 * WAD)  # 4 x (210 - 200)
    assert free.position("trader") == PositionState(6 * WAD, -1_200 * WAD, 0)
    assert free.margin("trader") == 10_040 * WAD


def test_a_flip_realises_everything_and_reenters_at_the_fill_price(
    free: Session, take: Take
) -> None:
    take(free, "trader", 10 * WAD)
    take(free, "trader", -15 * WAD, price=210 * WAD)
    assert free.position("trader") == PositionState(-5 * WAD, 1_050 * WAD, 0)
    assert free.margin("trader") == 10_100 * WAD
    assert free.books().open_interest == 5 * WAD


def test_closing_clears_the_position_and_its_bit(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    take(free, "trader", WAD, price=8_000 * WAD, market=1)
    take(free, "trader", -10 * WAD, price=190 * WAD)
    assert free.position("trader") == PositionState(0, 0, 0)
    assert free.held("trader") == 2
    assert free.margin("trader") == 9_900 * WAD
    assert free.books().open_interest == 0


def test_a_new_position_does_not_earn_past_funding(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 100)
    free.wait(3600)
    take(free, "rival", 10 * WAD, price=202 * WAD)
    assert free.position("rival").checkpoint == free.books().funding_index > 0
    assert free.margin("rival") == 10_000 * WAD


def test_both_parties_are_settled_before_size_moves(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.price(200 * WAD, basis=WAD // 10)
    free.wait(2_160)  # half a quote a unit
    take(free, "trader", 30 * WAD)
    assert free.margin("trader") == 9_995 * WAD
    assert free.margin("maker") == 1_000_005 * WAD
    assert free.position("maker").checkpoint == -free.books().funding_index


def test_a_market_that_neither_party_holds_is_accrued_first(free: Session, take: Take) -> None:
    free.price(200 * WAD, basis=WAD // 10)
    free.wait(2_160)
    take(free, "trader", 10 * WAD)
    assert free.books().accrued_at == free.chain.block.timestamp
    assert free.position("trader").checkpoint == WAD // 2


def test_a_fill_to_exactly_the_initial_margin_passes(free: Session) -> None:
    quote_around(free)
    assert free.refusal("trader", buy(500 * WAD)) is None  # 100,000 of notional on 10,000
    assert free.refusal("trader", buy(500 * WAD + LOT)) == "initial margin"


def test_a_maker_without_margin_stops_the_fill(free: Session) -> None:
    free.perp("bystander", encode.quote(0, 0, 0, 200 * WAD, 600 * WAD))
    free.perp("trader", encode.deposit(90_000 * TOKEN))
    fill = encode.fill(address_of("bystander"), 0, 600 * WAD, 200 * WAD)
    assert free.refusal("trader", fill) == "initial margin"


def test_an_account_below_initial_margin_may_reduce_but_not_increase(
    free: Session, take: Take
) -> None:
    take(free, "trader", 500 * WAD)
    free.price(195 * WAD)  # equity 7,500 on 97,500
    quote_around(free, price=195 * WAD)
    assert free.refusal("trader", buy(LOT, 195 * WAD)) == "initial margin"
    assert free.refusal("trader", buy(-100 * WAD, 195 * WAD)) is None
    assert free.refusal("trader", buy(-501 * WAD, 195 * WAD)) is None, "a small flip has margin"


def test_a_reduction_that_makes_the_account_worse_reverts(free: Session, take: Take) -> None:
    take(free, "trader", 500 * WAD)
    free.price(195 * WAD)
    quote_around(free, price=175 * WAD)  # the loss of 20 a unit exceeds the freed 12.19
    assert free.refusal("trader", buy(-10 * WAD, 175 * WAD)) == "reduction"
    quote_around(free, price=183 * WAD)
    assert free.refusal("trader", buy(-10 * WAD, 183 * WAD)) is None


def test_no_fill_leaves_negative_equity(free: Session, take: Take) -> None:
    take(free, "trader", 500 * WAD)
    free.price(179 * WAD)  # equity -500
    quote_around(free, price=179 * WAD)
    assert free.refusal("trader", buy(-500 * WAD, 179 * WAD)) == "negative equity"


def test_the_limit_price_protects_the_taker_on_both_sides(free: Session) -> None:
    free.perp("maker", encode.quote(0, 199 * WAD, WAD, 201 * WAD, WAD))
    assert free.refusal("trader", buy(WAD, 201 * WAD)) is None
    assert free.refusal("trader", buy(WAD, 201 * WAD - 1)) == "limit price"
    assert free.refusal("trader", buy(-WAD, 199 * WAD)) is None
    assert free.refusal("trader", buy(-WAD, 199 * WAD + 1)) == "limit price"


@pytest.mark.parametrize(
    ("reason", "market", "size"),
    [("market", 2, WAD), ("size", 0, 0), ("lot", 0, LOT + 1), ("lot", 0, -(2**255))],
)
def test_a_fill_off_the_grid_or_of_an_unknown_market_reverts(
    free: Session, reason: str, market: int, size: int
) -> None:
    quote_around(free)
    assert free.refusal("trader", buy(size, 200 * WAD, market)) == reason


def test_filling_ones_own_quote_reverts(free: Session) -> None:
    quote_around(free)
    assert free.refusal("maker", buy(WAD)) == "self"


def test_a_side_without_quote_reverts(free: Session) -> None:
    free.perp("maker", encode.quote(0, 199 * WAD, WAD, 0, 0))
    assert free.refusal("trader", buy(WAD)) == "no quote"
    assert free.refusal("trader", buy(-WAD, 199 * WAD)) is None


def test_a_stale_index_stops_openings_but_not_reductions_of_both(free: Session, take: Take) -> None:
    take(free, "trader", 10 * WAD)
    free.wait(3641)
    quote_around(free)
    assert free.refusal("rival", buy(WAD)) == "stale"
    assert free.refusal("trader", buy(-WAD)) is None, "trader and maker only reduce"
    assert free.refusal("trader", buy(-11 * WAD)) == "stale", "a flip does not only reduce"


def test_the_oldest_index_counts_whatever_the_order_of_the_markets(
    free: Session, take: Take
) -> None:
    take(free, "trader", WAD)
    take(free, "trader", WAD // 10, price=8_000 * WAD, market=1)
    free.wait(3641)
    free.price(8_001 * WAD, market=1)
    assert free.refusal("trader", encode.withdraw(1)) == "stale"
    free.price(201 * WAD)
    assert free.refusal("trader", encode.withdraw(1)) is None


def test_a_stale_index_of_another_held_market_counts(free: Session, take: Take) -> None:
    take(free, "trader", WAD, price=8_000 * WAD, market=1)
    free.wait(3641)
    free.price(201 * WAD)
    quote_around(free)
    assert free.refusal("rival", buy(WAD)) == "stale", "the maker holds the stale market"
    free.perp("rival", encode.quote(0, 0, 0, 200 * WAD, WAD))
    fill = encode.fill(address_of("rival"), 0, WAD, 200 * WAD)
    assert free.refusal("bystander", fill) is None
    assert free.refusal("trader", fill) == "stale"
