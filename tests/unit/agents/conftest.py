"""The shipped scenario with one market or two; tests change what they are about."""

from __future__ import annotations

import pytest

from simulator.scenario import Scenario, load_scenario


@pytest.fixture(scope="session")
def two_markets() -> Scenario:
    return load_scenario("black-thursday")


@pytest.fixture(scope="session")
def one_market(two_markets: Scenario) -> Scenario:
    return two_markets.changed(
        {
            "markets": [{"name": "ETH", "series": "ETH"}],
            "population.single_market_share": ["0.4"],
        }
    )
