"""Six hours around the low of every event, through the engine, with few accounts.

`make replay-all` replays the whole windows.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.chain.select import select_engine
from simulator.prices import load_crash
from simulator.prices.crash import built_in_folder, crash_names
from simulator.scenario import load_scenario
from underwater.replays import around_low, deepest, replay_markets
from underwater.runs import measure

HOURS, ACCOUNTS, BLOCKS_PER_HOUR = 6, 24, 300
CALM = {"mango-2022"}
"""Controls of another event: nothing falls, so nobody is liquidated."""
VIOLENT = {"black-thursday", "may-2021", "dec-2021"}
"""So deep within the hour that even this small crowd is liquidated, many times over."""


@pytest.mark.skipif(select_engine("auto").name != "revm", reason="too slow on the reference engine")
@pytest.mark.parametrize("event", crash_names(built_in_folder()))
def test_six_hours_around_the_low_replay_without_a_violation(event: str) -> None:
    crash = load_crash(event)
    first, hours = around_low(crash, deepest(crash, replay_markets(crash)), HOURS)
    changes = {
        "prices.start": crash.start + timedelta(hours=first),
        "prices.hours": hours,
        "population.accounts": ACCOUNTS,
    }
    values = measure(load_scenario(event).changed(changes), seed=1)
    assert values["violations"] == [] and values["blocks"] == HOURS * BLOCKS_PER_HOUR
    transactions, liquidations = values["transactions"], values["liquidations"]
    assert isinstance(transactions, int) and isinstance(liquidations, int)
    assert transactions > HOURS * BLOCKS_PER_HOUR / 4
    assert event not in CALM or liquidations == 0
    assert event not in VIOLENT or liquidations > 10
