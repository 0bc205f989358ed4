"""Quotes: two prices and sizes per maker and market, on the grid."""

from __future__ import annotations

import pytest

from simulator.chain.abi import address_word, selector, uint_at, uint_word
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import LOT, TICK, WAD


def stored(exchange: Session, maker: str, market: int = 0) -> list[int]:
    key = address_word(address_of(maker)) + uint_word(market)
    data = exchange.chain.call(exchange.deployment.perp, selector("quotes(address,uint256)") + key)
    return [uint_at(data, word) for word in range(4)]


def test_a_quote_replaces_both_sides(exchange: Session) -> None:
    exchange.perp("maker", encode.quote(0, 199 * WAD, WAD, 201 * WAD, 2 * WAD))
    exchange.perp("maker", encode.quote(0, 198 * WAD, 3 * WAD, 0, 0))
    assert stored(exchange, "maker") == [198 * WAD, 3 * WAD, 0, 0]


def test_quotes_of_markets_and_makers_are_apart(exchange: Session) -> None:
    exchange.perp("maker", encode.quote(0, WAD, LOT, 2 * WAD, LOT))
    exchange.perp("maker", encode.quote(1, 3 * WAD, LOT, 4 * WAD, LOT))
    assert stored(exchange, "maker", 0) == [WAD, LOT, 2 * WAD, LOT]
    assert stored(exchange, "maker", 1) == [3 * WAD, LOT, 4 * WAD, LOT]
    assert stored(exchange, "rival", 1) == [0, 0, 0, 0]


def test_a_quote_needs_no_margin(exchange: Session) -> None:
    assert exchange.refusal("stranger", encode.quote(0, WAD, 10**32, 2 * WAD, 10**32)) is None


@pytest.mark.parametrize(
    ("reason", "quote"),
    [
        ("market", (2, WAD, LOT, WAD, LOT)),
        ("price", (0, 10**36 + TICK, LOT, WAD, LOT)),
        ("price", (0, WAD, LOT, 10**36 + TICK, LOT)),
        ("price", (0, 0, LOT, WAD, LOT)),
        ("price", (0, WAD, LOT, 0, LOT)),
        ("size", (0, WAD, 10**32 + LOT, WAD, LOT)),
        ("size", (0, WAD, LOT, WAD, 10**32 + LOT)),
        ("tick", (0, WAD + 1, LOT, WAD, LOT)),
        ("tick", (0, WAD, LOT, WAD + TICK - 1, LOT)),
        ("lot", (0, WAD, LOT + 1, WAD, LOT)),
        ("lot", (0, WAD, LOT, WAD, LOT - 1)),
    ],
)
def test_a_quote_off_the_grid_or_out_of_bounds_reverts(
    exchange: Session, reason: str, quote: tuple[int, int, int, int, int]
) -> None:
    assert exchange.refusal("maker", encode.quote(*quote)) == reason
