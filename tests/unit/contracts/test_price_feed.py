"""The price feed: who writes, on which grid, and whose time moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.chain import open_chain
from simulator.chain.abi import selector, uint_at, uint_word
from simulator.chain.artifacts import compile_contract
from simulator.errors import RevertError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import FEED_SOURCE
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import TICK, WAD


def stored(exchange: Session, market: int = 0) -> tuple[int, int, int]:
    """Index, mark, time of the index."""
    data = exchange.chain.call(
        exchange.deployment.feed, selector("price(uint256)") + uint_word(market)
    )
    return uint_at(data, 0), uint_at(data, 1), uint_at(data, 2)


def refusal(exchange: Session, data: bytes, name: str = "oracle keeper") -> str | None:
    return exchange.refusal(name, data, exchange.deployment.feed)


def test_an_update_stores_index_mark_and_time(exchange: Session) -> None:
    exchange.wait(60)
    exchange.price(150 * WAD, basis=-WAD // 100)
    assert stored(exchange) == (150 * WAD, 1485 * WAD // 10, exchange.chain.block.timestamp)


def test_a_write_of_the_mark_alone_leaves_the_time_of_the_index(exchange: Session) -> None:
    before = stored(exchange)[2]
    exchange.wait(60)
    exchange.price(200 * WAD, basis=WAD // 100)
    assert stored(exchange) == (200 * WAD, 202 * WAD, before)


def test_confirming_an_unchanged_index_moves_its_time_only(exchange: Session) -> None:
    exchange.price(200 * WAD, basis=WAD // 100)
    exchange.wait(60)
    exchange.feed(encode.confirm_index(0))
    assert stored(exchange) == (200 * WAD, 202 * WAD, exchange.chain.block.timestamp)


@pytest.mark.parametrize(("basis", "mark"), [(2**255 - 1, 220), (-(2**255), 180)])
def test_the_basis_is_clamped(exchange: Session, basis: int, mark: int) -> None:
    exchange.price(200 * WAD, basis=basis)
    assert stored(exchange)[1] == mark * WAD


def test_the_mark_truncates_to_the_tick(exchange: Session) -> None:
    exchange.price(TICK * 3, basis=WAD // 10)
    assert stored(exchange)[1] == TICK * 3


def test_only_the_keeper_writes(exchange: Session) -> None:
    for data in (encode.update_price(0, WAD, 0), encode.confirm_index(0)):
        assert refusal(exchange, data, "owner") == "keeper"
        assert refusal(exchange, data) is None


@pytest.mark.parametrize(
    ("reason", "update"),
    [
        ("market", (2, WAD, 0)),
        ("index", (0, 0, 0)),
        ("index", (0, 10**36 + TICK, 0)),
        ("tick", (0, WAD + 1, 0)),
        ("mark", (0, TICK, -1)),
    ],
)
def test_an_update_off_the_grid_or_out_of_bounds_reverts(
    exchange: Session, reason: str, update: tuple[int, int, int]
) -> None:
    assert refusal(exchange, encode.update_price(*update)) == reason


def test_confirming_an_unknown_market_reverts(exchange: Session) -> None:
    assert refusal(exchange, encode.confirm_index(2)) == "market"


@pytest.mark.parametrize(
    "call",
    [
        encode.list_feed_market(WAD),
        encode.set_perp(bytes(20)),
        encode.set_keeper(bytes(20)),
    ],
)
def test_only_the_owner_lists_and_appoints(exchange: Session, call: bytes) -> None:
    assert refusal(exchange, call) == "owner"
    assert refusal(exchange, call, "owner") is None


def test_a_new_keeper_replaces_the_old_one(exchange: Session) -> None:
    exchange.feed(encode.set_keeper(address_of("rival")), "owner")
    assert refusal(exchange, encode.confirm_index(0)) == "keeper"
    assert refusal(exchange, encode.confirm_index(0), "rival") is None


def test_at_most_eight_markets_with_a_price_on_the_grid(exchange: Session) -> None:
    assert refusal(exchange, encode.list_feed_market(0), "owner") == "index"
    assert refusal(exchange, encode.list_feed_market(WAD + 1), "owner") == "tick"
    for _ in range(6):
        exchange.feed(encode.list_feed_market(WAD), "owner")
    assert refusal(exchange, encode.list_feed_market(WAD), "owner") == "markets"


def test_a_feed_without_exchange_writes_without_accruing(
    open_exchange: Callable[..., Session],
) -> None:
    exchange = open_exchange()
    exchange.feed(encode.set_perp(bytes(20)), "owner")
    exchange.wait()
    exchange.price(150 * WAD)
    assert exchange.books().accrued_at < exchange.chain.block.timestamp


def test_a_basis_clamp_of_one_is_refused() -> None:
    chain, code = open_chain("auto"), compile_contract(FEED_SOURCE).bytecode
    with pytest.raises(RevertError, match="basis clamp"):
        chain.deploy(code + uint_word(WAD), address_of("owner"))
    assert chain.deploy(code + uint_word(WAD - 1), address_of("owner"))
