"""Every event has a scenario, and it is Black Thursday's with the event's prices and calendar."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.prices import load_crash
from simulator.prices.crash import built_in_folder, crash_names
from simulator.resources import fixtures_folder
from simulator.scenario import load_scenario
from simulator.scenario.loading import parse_scenario
from underwater.replays import (
    LOW_OF_MODEL,
    MODEL,
    around_low,
    deepest,
    low_hour,
    replay_markets,
    scenario_text,
    write_scenarios,
)

EVENTS = crash_names(built_in_folder())
OTHERS = [event for event in EVENTS if event != MODEL]
MOVED = {"name", "title", "prices", "markets", "sources", "trading", "variants"}


@pytest.mark.parametrize("event", EVENTS)
def test_the_scenario_of_an_event_replays_its_whole_window(event: str) -> None:
    scenario, crash = load_scenario(event), load_crash(event)
    assert scenario.name == event == scenario.prices.event
    assert scenario.prices.start == crash.start and scenario.prices.hours == crash.hours
    markets = tuple(market.series for market in scenario.markets)
    assert markets == replay_markets(crash)
    assert markets == (("ETH", "CRV") if event.startswith("crv") else ("ETH", "BTC"))


@pytest.mark.parametrize("event", OTHERS)
def test_everything_else_is_that_of_the_model(event: str) -> None:
    ours = load_scenario(event).model_dump(exclude=MOVED)
    assert ours == load_scenario(MODEL).model_dump(exclude=MOVED)
    trading = load_scenario(event).trading.model_dump(exclude={"entry_cluster_hour"})
    assert trading == load_scenario(MODEL).trading.model_dump(exclude={"entry_cluster_hour"})


@pytest.mark.parametrize("event", OTHERS)
def test_hours_around_the_low_move_with_it(event: str) -> None:
    scenario, model, crash = load_scenario(event), load_scenario(MODEL), load_crash(event)
    moved = low_hour(crash, deepest(crash, replay_markets(crash))) - LOW_OF_MODEL
    cluster = model.trading.entry_cluster_hour + moved
    assert scenario.trading.entry_cluster_hour == max(Decimal(0), cluster)
    for name in ("asleep_from_hour", "asleep_to_hour"):
        key = f"adl_keeper.{name}"
        hour = model.variants["adl-asleep"][key] + moved
        assert scenario.variants["adl-asleep"][key] == max(0, hour)


def test_the_files_are_what_the_script_makes(tmp_path: Path) -> None:
    """If this fails after a change of black-thursday.toml: run scripts/crash-scenarios."""
    made = write_scenarios(tmp_path)
    assert [path.stem for path in made] == OTHERS
    for path in made:
        shipped = fixtures_folder() / "scenarios" / path.name
        assert path.read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8"), path.name


def test_the_low_of_the_model_is_where_it_is_said_to_be() -> None:
    crash = load_crash(MODEL)
    assert deepest(crash, ("BTC", "ETH")) == "ETH" and low_hour(crash, "ETH") == LOW_OF_MODEL


@pytest.mark.parametrize("markets", [("LINK",), ("LINK", "ETH"), ("ETH", "BTC", "LINK")])
def test_other_markets_can_be_asked_for(markets: tuple[str, ...]) -> None:
    text = scenario_text(load_crash(MODEL), markets)
    scenario = parse_scenario(tomllib.loads(text, parse_float=Decimal))
    assert tuple(market.series for market in scenario.markets) == markets
    assert sum(scenario.population.single_market_share) <= 1


def test_a_series_that_ends_early_or_is_not_there_is_no_market() -> None:
    crash = load_crash("luna-2022")
    with pytest.raises(InputError, match="LUNA covers"):
        scenario_text(crash, ("LUNA",))
    with pytest.raises(InputError, match="series = 'DOGE'"):
        scenario_text(crash, ("DOGE",))


def test_perpetuals_get_a_name_that_a_market_may_have() -> None:
    text = scenario_text(load_crash("ftx-2022"), ("ETH-perp", "BTC-perp"))
    scenario = parse_scenario(tomllib.loads(text, parse_float=Decimal))
    assert [market.name for market in scenario.markets] == ["ETHPERP", "BTCPERP"]


@pytest.mark.parametrize(("hours", "first"), [(6, 47), (1, 50), (72, 0), (100, 0), (50, 22)])
def test_a_run_around_the_low_lies_inside_the_window(hours: int, first: int) -> None:
    crash = load_crash(MODEL)
    start, length = around_low(crash, "ETH", hours)
    assert (start, length) == (first, min(hours, 72))
