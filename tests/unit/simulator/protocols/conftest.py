"""One small exchange, its mirror and its log decoder."""

from __future__ import annotations

import pytest

from simulator.chain import open_chain
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.protocols.matched_perp.session import Session
from simulator.units import TOKEN, WAD

NAMES = ("maker", "trader", "rival", "liquidator")


@pytest.fixture
def exchange() -> Session:
    """Two markets at 200 and 8,000; every actor has 10,000 of margin; no fees, fund 0."""
    values = load_parameters()
    markets = (("ETH", 200 * WAD), ("BTC", 8_000 * WAD))
    session = Session(open_chain("auto"), values, markets)
    session.fund(*NAMES)
    for name in NAMES:
        session.perp(name, encode.deposit(10_000 * TOKEN))
    return session
