"""Withdrawals: settled cash and equity must both cover the initial margin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.chain.abi import mapping_slot
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import WALLET, Session
from simulator.units import TOKEN, WAD

Take = Callable[..., None]


def test_all_margin_of_an_account_without_position_can_leave(exchange: Session) -> None:
    exchange.wait(10**6)  # the index is stale, which is nothing to an account without position
    exchange.perp("trader", encode.withdraw(10_000 * TOKEN))
    assert exchange.margin("trader") == 0
    assert exchange.wallet("trader") == WALLET


@pytest.mark.parametrize("amount", [0, 10**30 + 1])
def test_a_withdrawal_of_nothing_or_of_absurd_size_reverts(exchange: Session, amount: int) -> None:
    assert exchange.refusal("trader", encode.withdraw(amount)) == "amount"


def test_a_withdrawal_beyond_the_margin_reverts(exchange: Session) -> None:
    too_much = encode.withdraw(10_000 * TOKEN + 1)
    assert exchange.refusal("trader", too_much) == "initial margin"


def test_a_withdrawal_may_leave_exactly_the_initial_margin(free: Session, take: Take) -> None:
    take(free, "trader", 100 * WAD)  # 20,000 of notional: 2,000 must stay
    assert free.refusal("trader", encode.withdraw(8_000 * TOKEN + 1)) == "initial margin"
    free.perp("trader", encode.withdraw(8_000 * TOKEN))
    assert free.margin("trader") == 2_000 * WAD


def test_open_profit_cannot_leave(free: Session, take: Take) -> None:
    take(free, "trader", 100 * WAD)
    free.price(300 * WAD)  # profit 10,000; 30,000 of notional: 3,000 of cash must stay
    assert free.refusal("trader", encode.withdraw(7_000 * TOKEN + 1)) == "initial margin"
    assert free.refusal("trader", encode.withdraw(7_000 * TOKEN)) is None


def test_an_open_loss_counts(free: Session, take: Take) -> None:
    take(free, "trader", 100 * WAD)
    free.price(150 * WAD)  # loss 5,000, equity 5,000; 1,500 must stay
    assert free.refusal("trader", encode.withdraw(3_500 * TOKEN + 1)) == "initial margin"
    assert free.refusal("trader", encode.withdraw(3_500 * TOKEN)) is None


def test_pending_funding_counts(free: Session, take: Take) -> None:
    take(free, "trader", 100 * WAD)
    free.price(200 * WAD, basis=WAD // 100)  # mark 202: longs pay 2 a day per unit
    free.wait(3600)  # 2 / 24 a unit, down to the tick
    paid = 100 * (2 * WAD // 24 // 10**6 * 10**6)
    room = (10_000 * WAD - paid - 2_020 * WAD) // 10**12
    assert free.refusal("trader", encode.withdraw(room + 1)) == "initial margin"
    free.perp("trader", encode.withdraw(room))
    assert free.margin("trader") == 10_000 * WAD - paid - room * 10**12


def test_a_stale_index_stops_withdrawals_of_accounts_with_positions(
    free: Session, take: Take
) -> None:
    take(free, "trader", WAD)
    free.wait(3640)
    assert free.refusal("trader", encode.withdraw(1)) is None
    free.wait(1)
    assert free.refusal("trader", encode.withdraw(1)) == "stale"


def test_while_a_deficit_stands_the_last_one_is_refused_by_the_token(free: Session) -> None:
    """First come, first served: the books may owe more than there is."""
    slot = free.deployment.token_artifact.storage_layout["balanceOf"].slot

    free.chain.set_storage(
        free.deployment.token, mapping_slot(slot, free.deployment.perp), 15_000 * TOKEN
    )
    free.perp("trader", encode.withdraw(10_000 * TOKEN))
    assert free.refusal("rival", encode.withdraw(10_000 * TOKEN)) == "balance"
    assert free.refusal("rival", encode.withdraw(5_000 * TOKEN)) is None
