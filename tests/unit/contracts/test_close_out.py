"""Close-out: nobody has capital, so the rest is matched at the mark.

The trader is long 500 at 200 with 10,000: 300 from the maker, 200 from the rival. At 175 equity is
-2,500, that is 5 a unit of open interest.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import PositionState, Session, address_of
from simulator.units import LOT, TICK, TOKEN, WAD

Take = Callable[..., None]
EMPTY_ADL = encode.deleverage(address_of("trader"), 0, [])


def close_out(*names: str, market: int = 0) -> bytes:
    return encode.close_out(address_of("trader"), market, [address_of(name) for name in names])


@pytest.fixture
def bankrupt(free: Session, take: Take) -> Session:
    take(free, "trader", 300 * WAD)
    take(free, "trader", 200 * WAD, maker="rival")
    free.price(175 * WAD)
    return free


@pytest.fixture
def exhausted(bankrupt: Session) -> Session:
    bankrupt.perp("adl keeper", EMPTY_ADL)
    return bankrupt


def test_the_rest_is_matched_at_the_mark_and_the_loss_shared_by_the_other_side(
    exhausted: Session,
) -> None:
    exhausted.perp("adl keeper", close_out("rival", "maker"))
    assert exhausted.position("trader") == PositionState(0, 0, 0)
    assert exhausted.margin("trader") == 0
    assert exhausted.margin("rival") == (10_000 + 200 * 20) * WAD
    assert exhausted.margin("maker") == (1_000_000 + 300 * 20) * WAD
    assert exhausted.books().open_interest == 0
    assert (exhausted.insurance(), exhausted.deficit()) == (0, 0)


def test_a_part_is_closed_without_realising_the_shortfall(exhausted: Session) -> None:
    exhausted.perp("adl keeper", close_out("rival"))
    assert exhausted.position("trader").size == 300 * WAD
    assert exhausted.margin("trader") == (10_000 - 200 * 25) * WAD
    assert exhausted.books().loss_short == 0
    exhausted.perp("adl keeper", close_out("maker"))
    assert exhausted.margin("trader") == 0
    rest = (1_000_000 + 300 * 25 - 2_500) * WAD  # 2,500 over 300 units: up to the tick
    assert exhausted.margin("maker") + exhausted.insurance() == rest
    assert 0 < exhausted.insurance() < 300 * TICK


def test_the_shortfall_waits_for_the_last_position(exhausted: Session, take: Take) -> None:
    """After ADL the trader still holds a little of another market."""
    exhausted.price(200 * WAD)
    exhausted.perp("trader", encode.deposit(TOKEN))
    take(exhausted, "trader", LOT, price=8_000 * WAD, market=1)
    exhausted.price(175 * WAD)
    exhausted.perp("adl keeper", EMPTY_ADL)
    exhausted.perp("adl keeper", close_out("rival", "maker"))
    assert exhausted.position("trader").size == 0
    assert exhausted.margin("trader") == -2_499 * WAD
    assert exhausted.books().loss_short == 0


def test_no_more_than_the_rest_is_matched(exhausted: Session) -> None:
    exhausted.perp("adl keeper", close_out("maker", "rival"))
    assert exhausted.position("maker").size == 0
    assert exhausted.position("rival").size == 0


def test_only_the_keeper_may_close_out(exhausted: Session) -> None:
    assert exhausted.refusal("maker", close_out("maker", "rival")) == "adl keeper"


def test_deleveraging_comes_first_and_in_the_same_block(bankrupt: Session) -> None:
    assert bankrupt.refusal("adl keeper", close_out("maker")) == "deleverage first"
    bankrupt.perp("adl keeper", EMPTY_ADL)
    assert bankrupt.refusal("adl keeper", close_out("maker")) is None
    bankrupt.wait()
    assert bankrupt.refusal("adl keeper", close_out("maker")) == "deleverage first"


def test_an_account_that_the_fund_covers_is_not_closed_out(exhausted: Session) -> None:
    exhausted.perp("bystander", encode.fund_insurance(2_500 * TOKEN))
    assert exhausted.refusal("adl keeper", close_out("maker", "rival")) == "fund covers"


def test_an_unknown_market_or_a_missing_position_reverts(exhausted: Session) -> None:
    assert exhausted.refusal("adl keeper", close_out("maker", market=2)) == "market"
    assert exhausted.refusal("adl keeper", close_out("maker", market=1)) == "no position"


def test_a_counterparty_without_opposite_position_reverts(exhausted: Session) -> None:
    assert exhausted.refusal("adl keeper", close_out("bystander")) == "side"
    assert exhausted.refusal("adl keeper", close_out("trader")) == "side"


def test_a_counterparty_cannot_come_twice(exhausted: Session) -> None:
    assert exhausted.refusal("adl keeper", close_out("rival", "rival")) == "side"


def test_a_counterparty_needs_equity(free: Session, take: Take) -> None:
    take(free, "trader", 300 * WAD)
    take(free, "trader", 200 * WAD, maker="rival")
    take(free, "rival", 7 * WAD, price=8_000 * WAD, market=1)
    free.price(175 * WAD)
    free.price(5_800 * WAD, market=1)  # the rival's loss of 15,400 exceeds his 15,000
    free.perp("adl keeper", EMPTY_ADL)
    assert free.refusal("adl keeper", close_out("rival", "maker")) == "counterparty"
    assert free.refusal("adl keeper", close_out("maker")) is None


def test_a_stale_index_stops_closing_out(exhausted: Session) -> None:
    exhausted.wait(7201)
    assert exhausted.refusal("adl keeper", close_out("maker")) == "stale"
