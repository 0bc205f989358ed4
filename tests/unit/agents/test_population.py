"""What is drawn up front is the same for every mechanism and reproducible."""

from dataclasses import fields

import numpy as np
import pytest

from agents.population import HABIT_DELEVERAGE, HABIT_TOP_UP, Population, draw_population
from simulator.scenario import Scenario, load_scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("black-thursday")


@pytest.fixture(scope="module")
def population(scenario: Scenario) -> Population:
    return draw_population(scenario, seed=1)


def same(left: object, right: object) -> bool:
    names = [field.name for field in fields(left)]  # type: ignore[arg-type]
    pairs = [(getattr(left, name), getattr(right, name)) for name in names]
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else same(a, b) for a, b in pairs)


def test_one_seed_gives_one_population(scenario: Scenario, population: Population) -> None:
    assert same(population, draw_population(scenario, seed=1))
    assert not same(population, draw_population(scenario, seed=2))


@pytest.mark.parametrize("variant", ["no-impact", "unlimited-capital", "adl-asleep"])
def test_twins_meet_the_same_population(
    scenario: Scenario, population: Population, variant: str
) -> None:
    assert same(population, draw_population(scenario.changed({"variant": variant}), seed=1))


def test_collateral_has_the_same_quantiles_for_every_seed(
    scenario: Scenario, population: Population
) -> None:
    other = draw_population(scenario, seed=2)
    np.testing.assert_array_equal(np.sort(population.collateral), np.sort(other.collateral))


def test_collateral_follows_median_tail_and_cap(population: Population) -> None:
    ordered = np.sort(population.collateral)
    assert np.median(ordered) == pytest.approx(3000, rel=0.02)
    assert ordered[-1] <= 0.010001 * ordered.sum()
    assert (ordered > 0).all()


def test_shares_are_those_of_the_scenario(population: Population) -> None:
    assert population.active.sum() == 550
    assert (population.side[population.active] > 0).mean() == pytest.approx(0.65, abs=0.05)
    assert (population.habit == HABIT_TOP_UP).mean() == pytest.approx(0.20, abs=0.05)
    assert (population.habit == HABIT_DELEVERAGE).mean() == pytest.approx(0.25, abs=0.05)
    both = (population.weights > 0).all(axis=1)
    assert both.mean() == pytest.approx(0.30, abs=0.05)
    np.testing.assert_allclose(population.weights.sum(axis=1), 1.0)


def test_leverage_stays_below_what_initial_margin_allows(population: Population) -> None:
    assert population.leverage.max() <= 9.5
    assert population.leverage[population.side < 0].max() <= 9.5 * 0.6


def test_most_late_entries_come_after_the_first_leg(population: Population) -> None:
    entries = population.entry_block[population.entry_block >= 0]
    assert (population.entry_block[population.active] == -1).all()
    assert ((entries >= 35 * 300) & (entries < 47 * 300)).mean() > 0.6


def test_a_later_start_keeps_the_calendar_of_the_event(scenario: Scenario) -> None:
    """Who entered before the run's start holds a position from its first block."""
    late = draw_population(
        scenario.changed({"prices.start": "2020-03-12T10:00Z", "prices.hours": 12}), seed=1
    )
    whole = draw_population(scenario, seed=1)
    earlier = (whole.entry_block >= 0) & (whole.entry_block < 34 * 300)
    assert (late.active == (whole.active | earlier)).all()
    inside = (whole.entry_block >= 34 * 300) & (whole.entry_block < 46 * 300)
    np.testing.assert_array_equal(late.entry_block[inside], whole.entry_block[inside] - 34 * 300)


def test_trades_are_sorted_by_block_and_complete(
    scenario: Scenario, population: Population
) -> None:
    trades = population.trades
    assert len(trades.offsets) == scenario.blocks + 1
    assert trades.offsets[-1] == len(trades.account) == len(trades.shrink)
    assert len(trades.account) == pytest.approx(
        float(scenario.trading.trades_per_hour) * 72 * 1000, rel=0.02
    )
    assert trades.shrink.min() >= 0 and trades.shrink.max() <= 0.5


def test_a_later_and_shorter_run_meets_the_trades_of_the_whole_one(
    scenario: Scenario, population: Population
) -> None:
    changes = {"prices.start": "2020-03-12T10:00Z", "prices.hours": 2}
    late = draw_population(scenario.changed(changes), seed=1).trades
    first, last = population.trades.offsets[[34 * 300, 36 * 300]]
    assert len(late.account) > 1000
    np.testing.assert_array_equal(late.account, population.trades.account[first:last])
    np.testing.assert_array_equal(late.market, population.trades.market[first:last])
    np.testing.assert_array_equal(late.shrink, population.trades.shrink[first:last])
