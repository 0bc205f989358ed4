"""An exchange with two markets and actors named by role; prices 200 and 8,000, fund 0.

trader, rival, liquidator and bystander have 10,000 quote of margin, the maker 1,000,000.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator.chain import open_chain
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.parameters import Parameters, load_parameters
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import TOKEN, WAD

MARKETS = (("ETH", 200 * WAD), ("BTC", 8_000 * WAD))
MARGINS = {
    "maker": 1_000_000,
    "trader": 10_000,
    "rival": 10_000,
    "liquidator": 10_000,
    "bystander": 10_000,
}


@pytest.fixture
def parameters() -> Parameters:
    return load_parameters("perp-v2-curie")


@pytest.fixture
def open_exchange(parameters: Parameters) -> Callable[..., Session]:
    """An exchange with some parameters changed (exact integers of 1e-18)."""

    def build(**changes: int) -> Session:
        session = Session(open_chain("auto"), replace(parameters, **changes), MARKETS)
        session.fund(*MARGINS)
        for name, margin in MARGINS.items():
            session.perp(name, encode.deposit(margin * TOKEN))
        return session

    return build


@pytest.fixture
def exchange(open_exchange: Callable[..., Session]) -> Session:
    return open_exchange()


@pytest.fixture
def free(open_exchange: Callable[..., Session]) -> Session:
    """Without fees, so that fills leave round numbers."""
    return open_exchange(taker_fee=0, maker_rebate=0)


@pytest.fixture
def take() -> Callable[..., None]:
    """`take(exchange, taker, size)`: a fill against a fresh quote at `price`."""

    def trade(
        exchange: Session,
        taker: str,
        size: int,
        price: int = 200 * WAD,
        market: int = 0,
        maker: str = "maker",
    ) -> None:
        exchange.perp(maker, encode.quote(market, price, abs(size), price, abs(size)))
        exchange.perp(taker, encode.fill(address_of(maker), market, size, price))

    return trade
