"""Auto-deleveraging: fund first, then ranked candidates at the bankruptcy price.

The trader is long 500 at 200 with 10,000: 300 from the maker, 200 from the rival, who has 10,000
too. At 175 equity is -2,500, notional 87,500 and the bankruptcy price 180.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import PositionState, Session, address_of
from simulator.units import TOKEN, WAD

Take = Callable[..., None]


def adl(*candidates: str, market: int = 0) -> bytes:
    return encode.deleverage(address_of("trader"), market, [address_of(c) for c in candidates])


@pytest.fixture
def book(free: Session, take: Take) -> Session:
    take(free, "trader", 300 * WAD)
    take(free, "trader", 200 * WAD, maker="rival")
    return free


@pytest.fixture
def bankrupt(book: Session) -> Session:
    book.price(175 * WAD)
    return book


def test_candidates_close_at_the_bankruptcy_price_and_equity_ends_at_zero(
    bankrupt: Session,
) -> None:
    bankrupt.perp("adl keeper", adl("rival", "maker"))
    assert bankrupt.position("trader") == PositionState(0, 0, 0)
    assert bankrupt.margin("trader") == 0
    assert bankrupt.margin("rival") == 14_000 * WAD  # 200 x (200 - 180)
    assert bankrupt.margin("maker") == 1_006_000 * WAD
    assert bankrupt.books().open_interest == 0
    assert bankrupt.deficit() == 0


def test_a_short_account_is_deleveraged_above_its_price(free: Session, take: Take) -> None:
    take(free, "trader", -500 * WAD)
    free.price(225 * WAD)  # equity -2,500: bankruptcy price 220
    free.perp("adl keeper", adl("maker"))
    assert free.margin("trader") == 0
    assert free.margin("maker") == 1_010_000 * WAD


def test_the_fund_moves_into_the_account_first(bankrupt: Session) -> None:
    bankrupt.perp("bystander", encode.fund_insurance(1_000 * TOKEN))
    bankrupt.perp("adl keeper", adl("rival", "maker"))  # 1,500 are left: 3 a unit
    assert bankrupt.insurance() == 0
    assert bankrupt.margin("rival") == (10_000 + 200 * 22) * WAD


def test_an_empty_list_moves_the_fund_and_is_legal(bankrupt: Session) -> None:
    bankrupt.perp("bystander", encode.fund_insurance(1_000 * TOKEN))
    bankrupt.perp("adl keeper", adl())
    assert bankrupt.insurance() == 0
    assert bankrupt.position("trader").size == 500 * WAD
    assert bankrupt.margin("trader") == 11_000 * WAD


def test_a_short_list_closes_its_part(bankrupt: Session) -> None:
    bankrupt.perp("adl keeper", adl("rival"))
    assert bankrupt.position("trader").size == 300 * WAD
    assert bankrupt.margin("trader") == (10_000 - 200 * 25 + 1_000) * WAD


def test_candidates_after_the_last_step_are_left_alone(book: Session, take: Take) -> None:
    take(book, "liquidator", WAD, maker="bystander")
    book.price(175 * WAD)
    book.perp("adl keeper", adl("rival", "maker", "bystander"))
    assert book.position("bystander").size == -WAD


def test_only_the_keeper_may_deleverage(bankrupt: Session) -> None:
    assert bankrupt.refusal("maker", adl("rival", "maker")) == "adl keeper"


def test_an_unknown_market_or_a_missing_position_reverts(bankrupt: Session) -> None:
    assert bankrupt.refusal("adl keeper", adl(market=2)) == "market"
    assert bankrupt.refusal("adl keeper", adl(market=1)) == "no position"


def test_an_account_that_the_fund_covers_is_not_deleveraged(bankrupt: Session) -> None:
    bankrupt.perp("bystander", encode.fund_insurance(2_500 * TOKEN))
    assert bankrupt.refusal("adl keeper", adl("rival", "maker")) == "fund covers"


def test_a_healthy_account_is_not_deleveraged(book: Session) -> None:
    assert book.refusal("adl keeper", adl("rival", "maker")) == "fund covers"


def test_a_stale_index_stops_deleveraging(bankrupt: Session) -> None:
    bankrupt.wait(7200)
    assert bankrupt.refusal("adl keeper", adl("rival", "maker")) is None
    bankrupt.wait(1)
    assert bankrupt.refusal("adl keeper", adl("rival", "maker")) == "stale"


def test_a_worse_rank_cannot_come_first(bankrupt: Session) -> None:
    assert bankrupt.refusal("adl keeper", adl("maker", "rival")) == "order"


def test_equal_ranks_go_by_address(free: Session, take: Take) -> None:
    twins = sorted(("rival", "bystander"), key=address_of)
    for twin in twins:
        take(free, "trader", 250 * WAD, maker=twin)
    free.price(175 * WAD)
    assert free.refusal("adl keeper", adl(*reversed(twins))) == "order"
    assert free.refusal("adl keeper", adl(*twins)) is None


def test_a_candidate_cannot_come_twice(free: Session, take: Take) -> None:
    take(free, "trader", 400 * WAD)
    take(free, "trader", 100 * WAD, maker="rival")
    free.price(175 * WAD)
    assert free.refusal("adl keeper", adl("rival", "rival")) == "no profit"


def test_a_candidate_without_profit_reverts(book: Session, take: Take) -> None:
    book.price(170 * WAD)
    take(book, "liquidator", 10 * WAD, price=170 * WAD, maker="bystander")
    book.price(175 * WAD)
    assert book.refusal("adl keeper", adl("bystander")) == "no profit"
    assert book.refusal("adl keeper", adl("rival")) is None


def test_a_candidate_on_the_same_side_reverts(book: Session, take: Take) -> None:
    book.price(170 * WAD)
    take(book, "liquidator", 10 * WAD, price=170 * WAD, maker="bystander")
    book.price(175 * WAD)
    assert book.refusal("adl keeper", adl("liquidator")) == "side"


@pytest.mark.parametrize(
    ("entry", "reason"), [(179, "bankruptcy price"), (180, "bankruptcy price"), (181, None)]
)
def test_a_candidate_needs_profit_at_the_bankruptcy_price_too(
    book: Session, take: Take, entry: int, reason: str | None
) -> None:
    book.price(entry * WAD)
    take(book, "liquidator", 10 * WAD, price=entry * WAD, maker="bystander")
    book.price(175 * WAD)
    assert book.refusal("adl keeper", adl("bystander")) == reason


@pytest.mark.parametrize("loss", [13_800, 14_500, 15_500])
def test_a_candidate_below_maintenance_after_the_step_or_without_equity_reverts(
    book: Session, take: Take, loss: int
) -> None:
    """The rival, worth 15,000 at 175, loses most or all of it on 7 units of BTC."""
    take(book, "rival", 7 * WAD, price=8_000 * WAD, market=1)
    book.price(175 * WAD)
    book.price((8_000 - loss // 7) * WAD, market=1)
    assert book.refusal("adl keeper", adl("rival")) == "candidate"
