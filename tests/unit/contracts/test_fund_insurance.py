"""Gifts to the insurance fund."""

from __future__ import annotations

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import Session
from simulator.units import TOKEN, WAD


def test_anyone_may_give_to_the_fund(exchange: Session) -> None:
    custody = exchange.custody()
    exchange.perp("bystander", encode.fund_insurance(7 * TOKEN))
    assert exchange.insurance() == 7 * WAD
    assert exchange.custody() == custody + 7 * TOKEN
    assert exchange.margin("bystander") == 10_000 * WAD


def test_income_repays_the_deficit_before_the_fund_grows(exchange: Session) -> None:
    deficit = exchange.deployment.perp_artifact.storage_layout["deficit"].slot
    exchange.chain.set_storage(exchange.deployment.perp, deficit, 5 * WAD)
    exchange.perp("bystander", encode.fund_insurance(3 * TOKEN))
    assert (exchange.insurance(), exchange.deficit()) == (0, 2 * WAD)
    exchange.perp("bystander", encode.fund_insurance(3 * TOKEN))
    assert (exchange.insurance(), exchange.deficit()) == (WAD, 0)


@pytest.mark.parametrize("amount", [0, 10**30 + 1])
def test_a_gift_of_nothing_or_of_absurd_size_reverts(exchange: Session, amount: int) -> None:
    assert exchange.refusal("bystander", encode.fund_insurance(amount)) == "amount"
