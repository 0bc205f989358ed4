"""Deposits: tokens become margin, exactly."""

from __future__ import annotations

import pytest

from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import WALLET, Session
from simulator.units import TOKEN, WAD


def test_a_deposit_credits_margin_and_takes_tokens(exchange: Session) -> None:
    custody = exchange.custody()
    exchange.perp("trader", encode.deposit(25 * TOKEN + 1))
    assert exchange.margin("trader") == 10_025 * WAD + 10**12
    assert exchange.wallet("trader") == WALLET - 10_025 * TOKEN - 1
    assert exchange.custody() == custody + 25 * TOKEN + 1


@pytest.mark.parametrize("amount", [0, 10**30 + 1, 2**256 - 1])
def test_a_deposit_of_nothing_or_of_absurd_size_reverts(exchange: Session, amount: int) -> None:
    assert exchange.refusal("trader", encode.deposit(amount)) == "amount"


def test_a_deposit_beyond_the_wallet_reverts_in_the_token(exchange: Session) -> None:
    assert exchange.refusal("trader", encode.deposit(WALLET)) == "balance"


def test_a_deposit_without_approval_reverts_in_the_token(exchange: Session) -> None:
    assert exchange.refusal("stranger", encode.deposit(1)) == "allowance"
