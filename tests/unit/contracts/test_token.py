"""The settlement token: mint, approve, transfer."""

from __future__ import annotations

from simulator.chain.abi import address_word, selector, uint_at, uint_word
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import WALLET, Session, address_of
from simulator.units import TOKEN

APPROVE_TEN = encode.approve(address_of("rival"), 10)


def pull(amount: int) -> bytes:
    """The rival takes from the trader's wallet."""
    signature = selector("transferFrom(address,address,uint256)")
    parties = address_word(address_of("trader")) + address_word(address_of("rival"))
    return signature + parties + uint_word(amount)


def send(exchange: Session, name: str, data: bytes) -> None:
    exchange.chain.transact(address_of(name), exchange.deployment.token, data)


def refusal(exchange: Session, name: str, data: bytes) -> str | None:
    return exchange.refusal(name, data, exchange.deployment.token)


def supply(exchange: Session) -> int:
    return uint_at(exchange.chain.call(exchange.deployment.token, selector("totalSupply()")), 0)


def test_the_owner_mints(exchange: Session) -> None:
    before = supply(exchange)
    mint = encode.mint(address_of("stranger"), 5 * TOKEN)
    assert refusal(exchange, "trader", mint) == "owner"
    send(exchange, "owner", mint)
    assert exchange.wallet("stranger") == 5 * TOKEN
    assert supply(exchange) == before + 5 * TOKEN


def test_a_transfer_moves_tokens_up_to_the_balance(exchange: Session) -> None:
    send(exchange, "trader", encode.transfer(address_of("stranger"), 3))
    assert exchange.wallet("stranger") == 3
    assert refusal(exchange, "stranger", encode.transfer(address_of("rival"), 4)) == "balance"


def test_a_transfer_to_oneself_changes_nothing(exchange: Session) -> None:
    before = exchange.wallet("trader")
    send(exchange, "trader", encode.transfer(address_of("trader"), before))
    assert exchange.wallet("trader") == before


def test_an_allowance_is_used_up(exchange: Session) -> None:
    send(exchange, "trader", APPROVE_TEN)
    send(exchange, "rival", pull(6))
    assert refusal(exchange, "rival", pull(5)) == "allowance"
    assert refusal(exchange, "rival", pull(4)) is None


def test_an_unlimited_allowance_is_not(exchange: Session) -> None:
    send(exchange, "trader", encode.approve(address_of("rival"), 2**256 - 1))
    before = exchange.wallet("rival")
    for _ in range(2):
        send(exchange, "rival", pull(WALLET // 4))
    assert exchange.wallet("rival") == before + WALLET // 4 * 2


def test_it_has_six_decimals(exchange: Session) -> None:
    data = exchange.chain.call(exchange.deployment.token, selector("decimals()"))
    assert uint_at(data, 0) == 6
