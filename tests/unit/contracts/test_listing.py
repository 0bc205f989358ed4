"""Deployment, parameters, markets and roles."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.chain import open_chain
from simulator.chain.abi import address_word, selector, uint_at, uint_word
from simulator.chain.artifacts import MAX_RUNTIME_SIZE, compile_contract
from simulator.errors import RevertError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import PERP_SOURCE, parameter_words
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import WAD

ORDER = (
    "initial_margin",
    "maintenance_margin",
    "liquidation_penalty",
    "liquidator_share",
    "taker_fee",
    "maker_rebate",
    "funding_cap_per_day",
    "minimum_notional",
    "stale_trade_seconds",
    "stale_liquidation_seconds",
    "socialised_loss_cap",
)


def test_the_exchange_fits_the_code_size_limit() -> None:
    assert compile_contract(PERP_SOURCE).runtime_size <= MAX_RUNTIME_SIZE


def test_the_parameters_can_be_read_back(
    open_exchange: Callable[..., Session], parameters: Parameters
) -> None:
    exchange = open_exchange(socialised_loss_cap=WAD // 7)
    data = exchange.chain.call(exchange.deployment.perp, selector("parameters()"))
    read = {name: uint_at(data, word) for word, name in enumerate(ORDER)}
    assert read == {name: getattr(parameters, name) for name in ORDER} | {
        "socialised_loss_cap": WAD // 7
    }


@pytest.mark.parametrize(
    ("reason", "name", "value"),
    [
        ("maintenance", "maintenance_margin", 0),
        ("maintenance", "maintenance_margin", WAD // 10),
        ("initial", "initial_margin", WAD + 1),
        ("penalty", "liquidation_penalty", WAD + 1),
        ("share", "liquidator_share", WAD + 1),
        ("rebate", "maker_rebate", WAD // 1000),
        ("fee", "taker_fee", WAD + 1),
        ("funding cap", "funding_cap_per_day", WAD + 1),
        ("minimum", "minimum_notional", 10**36 + 1),
    ],
)
def test_inconsistent_parameters_are_refused_at_deployment(
    parameters: Parameters, reason: str, name: str, value: int
) -> None:
    words = bytearray(parameter_words(parameters))
    place = 32 * ORDER.index(name)
    words[place : place + 32] = uint_word(value)
    code = compile_contract(PERP_SOURCE).bytecode + bytes(64)
    chain = open_chain("auto")
    with pytest.raises(RevertError, match=reason):
        chain.deploy(code + bytes(words), address_of("owner"))
    assert chain.deploy(code + parameter_words(parameters), address_of("owner"))


def test_a_market_is_listed_once_the_feed_has_a_price(exchange: Session) -> None:
    assert exchange.refusal("owner", encode.list_perp_market()) == "no price"
    exchange.wait()
    exchange.feed(encode.list_feed_market(WAD), "owner")
    exchange.perp("owner", encode.list_perp_market())
    assert exchange.books(2).accrued_at == exchange.chain.block.timestamp


def test_at_most_eight_markets_are_listed(exchange: Session) -> None:
    for _ in range(6):
        exchange.feed(encode.list_feed_market(WAD), "owner")
        exchange.perp("owner", encode.list_perp_market())
    assert exchange.refusal("owner", encode.list_perp_market()) == "markets"


def test_only_the_owner_lists_and_appoints(exchange: Session) -> None:
    appoint = encode.set_adl_keeper(address_of("rival"))
    exchange.feed(encode.list_feed_market(WAD), "owner")
    for call in (encode.list_perp_market(), appoint):
        assert exchange.refusal("adl keeper", call) == "owner"
        assert exchange.refusal("owner", call) is None
    exchange.perp("owner", appoint)
    data = exchange.chain.call(exchange.deployment.perp, selector("adl_keeper()"))
    assert data == address_word(address_of("rival"))
