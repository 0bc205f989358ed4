"""The funding keeper pokes every market once an interval."""

from __future__ import annotations

import pytest

from agents.keeper import FundingKeeper
from simulator.agent import Accrue
from simulator.scenario import Scenario
from tests.unit.agents.views import view_of


@pytest.mark.parametrize(("seconds", "every"), [(3600, 300), (120, 10), (12, 1), (5, 1)])
def test_every_market_is_poked_once_per_funding_interval(
    two_markets: Scenario, seconds: int, every: int
) -> None:
    keeper = FundingKeeper(two_markets.changed({"funding.interval_seconds": seconds}))
    poked = {
        block: list(actions)
        for block in range(2 * every + 1)
        if (actions := keeper.act(view_of([[0, 0]], [0], [[0, 0]], [100, 8000], block=block)))
    }
    assert list(poked) == [0, every, 2 * every]
    assert all(actions == [Accrue(0), Accrue(1)] for actions in poked.values())
