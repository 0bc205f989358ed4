"""Traders: their own limits, habits and memory of what was taken from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.population import HABIT_DELEVERAGE, HABIT_TOP_UP, Population
from agents.trader import Traders, opening_size
from simulator.agent import Action, CloseOut, Deleverage, Deposit, Fill, Liquidate, View
from simulator.scenario import Scenario, load_scenario
from tests.unit.agents.views import WAD, deep_book, population_of, reverted, succeeded, view_of

MAKER = 9
MARK = 100
HIGHEST_LEVERAGE = 9.5
LOT_QUOTE = MARK * 1e-6
EVERY_BLOCK = [(block, 0, 0, 0.0) for block in range(100)]


def traders(
    scenario: Scenario, population: Population, anchor: Sequence[float] = (10.0,)
) -> Traders:
    book = deep_book(MAKER, [MARK] * len(anchor))
    opening = np.array([list(anchor)] * len(population))
    return Traders(scenario, population, opening, book)


def lone_view(size: float, equity: float, block: int = 0) -> View:
    """One trader with this size at mark 100, opened at the mark."""
    return view_of([[size]], [equity], [[-size * MARK]], [MARK], block=block)


def fills(actions: Sequence[Action]) -> list[Fill]:
    return [action for action in actions if isinstance(action, Fill)]


def deposits(actions: Sequence[Action]) -> list[Deposit]:
    return [action for action in actions if isinstance(action, Deposit)]


def play(agent: Traders, size: float, equity: float, blocks: range) -> dict[int, list[Action]]:
    """What the agent does in each block while nothing it sends ever gets through."""
    done = {}
    for block in blocks:
        actions = list(agent.act(lone_view(size, equity, block)))
        if actions:
            done[block] = actions
    return done


@given(
    anchor=st.floats(1.0, 1000.0),
    held=st.floats(0.0, 1.5),
    equity=st.floats(-1000.0, 20_000.0),
    shrink=st.floats(0.0, 0.5),
    side=st.sampled_from([1, -1]),
)
def test_a_trade_goes_to_the_anchor_but_never_above_the_leverage_limit(
    anchor: float, held: float, equity: float, shrink: float, side: int
) -> None:
    scenario = load_scenario_once()
    size, wanted = side * anchor * held, side * anchor * (1.0 - shrink)
    agent = traders(scenario, population_of(trades=[(0, 0, 0, shrink)]), [side * anchor])
    sent = fills(agent.act(lone_view(size, equity)))
    after = size + sum(fill.size / WAD for fill in sent)
    assert abs(after - wanted) <= abs(size - wanted) + 1e-9, "moves toward the anchor only"
    if abs(after) > abs(size):
        assert abs(after) * MARK <= HIGHEST_LEVERAGE * equity + LOT_QUOTE


def test_a_trader_with_room_reaches_the_anchor_and_without_it_goes_as_far_as_it_may(
    one_market: Scenario,
) -> None:
    sizes = []
    for equity in (5000.0, 100.0, 50.0):
        agent = traders(one_market, population_of(trades=[(0, 0, 0, 0.0)]))
        sizes.append([fill.size / WAD for fill in fills(agent.act(lone_view(5.0, equity)))])
    assert sizes == [[5.0], [pytest.approx(4.5, abs=2e-6)], []]


_SCENARIOS: dict[str, Scenario] = {}


def load_scenario_once() -> Scenario:
    """Hypothesis wants no function-scoped fixtures; reading the file each time is slow."""
    return _SCENARIOS.setdefault("black-thursday", load_scenario("black-thursday"))


@given(equity=st.floats(-5_000.0, 100.0), shrink=st.floats(0.05, 0.5))
def test_a_reduction_is_always_allowed(equity: float, shrink: float) -> None:
    assume(shrink * 10 * MARK >= 10)
    agent = traders(load_scenario_once(), population_of(trades=[(0, 0, 0, shrink)]))
    (fill,) = fills(agent.act(lone_view(10.0, equity)))
    assert fill.size == pytest.approx(-10.0 * shrink * WAD, abs=1.1e12)


def test_a_trade_below_the_smallest_sensible_amount_is_not_sent(one_market: Scenario) -> None:
    below, above = (
        traders(one_market, population_of(trades=[(0, 0, 0, shrink)])) for shrink in (0.0099, 0.011)
    )
    assert fills(below.act(lone_view(10.0, 5000.0))) == []
    assert len(fills(above.act(lone_view(10.0, 5000.0)))) == 1


def test_who_has_never_held_a_position_does_not_trade(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(trades=EVERY_BLOCK), [0.0])
    assert play(agent, 0.0, 5000.0, range(5)) == {}


@pytest.mark.parametrize(
    "closure",
    [
        Liquidate(MAKER, 0, 0, 10**32),
        Deleverage(0, 0, (1,)),
        Deleverage(1, 0, (0,)),
        CloseOut(0, 0, (1,)),
        CloseOut(1, 0, (0,)),
    ],
)
def test_a_forced_closure_lowers_the_anchor_to_what_is_left(
    one_market: Scenario, closure: Action
) -> None:
    agent = traders(one_market, population_of(trades=EVERY_BLOCK))
    agent.learn(succeeded(closure), lone_view(10.0, 5000.0))
    assert play(agent, 4.0, 5000.0, range(1, 4)) == {}, "nobody buys back what was taken"


def test_a_forced_closure_that_reverted_leaves_the_anchor(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(trades=EVERY_BLOCK))
    agent.learn(reverted(Liquidate(MAKER, 0, 0, 10**32)), lone_view(10.0, 5000.0))
    (fill,) = fills(agent.act(lone_view(4.0, 5000.0, 1)))
    assert fill.size == 6 * WAD


def test_somebody_elses_closure_leaves_the_anchor(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(2, trades=EVERY_BLOCK))
    agent.learn(succeeded(Liquidate(MAKER, 1, 0, 10**32)), lone_view(10.0, 5000.0))
    view = view_of([[4], [4]], [5000, 5000], [[-400], [-400]], [MARK], block=1)
    assert [fill.sender for fill in fills(agent.act(view))] == [0]


def test_who_returns_brings_fresh_margin_and_half_the_leverage(one_market: Scenario) -> None:
    population = population_of(returns=True, return_delay=5, leverage=4.0, collateral=1000.0)
    agent = traders(one_market, population)
    agent.learn(succeeded(Liquidate(MAKER, 0, 0, 10**32)), lone_view(0.0, 20.0))
    ((block, (deposit, fill)),) = play(agent, 0.0, 20.0, range(1, 50)).items()
    assert block == 1 + 5
    assert deposit == Deposit(0, 300_000_000)
    # 30 % of the collateral beside the 20 that were left, at half of 4 times leverage.
    assert isinstance(fill, Fill) and fill.size == round(2 * 320 / MARK * 1e6) * 10**12


def test_who_returned_once_does_not_come_back_again(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(returns=True, return_delay=5))
    wiped_out = succeeded(Liquidate(MAKER, 0, 0, 10**32))
    agent.learn(wiped_out, lone_view(0.0, 20.0))
    assert list(play(agent, 0.0, 20.0, range(1, 10))) == [6]
    agent.learn(wiped_out, lone_view(0.0, 20.0, 9))
    assert play(agent, 0.0, 20.0, range(10, 50)) == {}


def test_most_of_those_wiped_out_stay_away(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(returns=False, trades=EVERY_BLOCK))
    agent.learn(succeeded(Liquidate(MAKER, 0, 0, 10**32)), lone_view(0.0, 20.0))
    assert play(agent, 0.0, 20.0, range(1, 50)) == {}


def test_who_still_holds_something_has_nothing_to_return_from(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(returns=True, return_delay=5))
    agent.learn(succeeded(Liquidate(MAKER, 0, 0, 10**32)), lone_view(5.0, 2000.0))
    assert play(agent, 5.0, 2000.0, range(1, 50)) == {}


def test_who_holds_a_position_again_when_the_time_comes_does_not_return_on_top(
    one_market: Scenario,
) -> None:
    agent = traders(one_market, population_of(returns=True, return_delay=5))
    agent.learn(succeeded(Liquidate(MAKER, 0, 0, 10**32)), lone_view(0.0, 20.0))
    assert play(agent, 0.0, 20.0, range(1, 6)) == {}
    assert play(agent, 3.0, 500.0, range(6, 50)) == {}


LOW = 80.0
"""Equity of 8 % of a notional of 1,000: under the trigger of 9 %."""


def test_a_top_up_comes_after_its_own_delay_and_reaches_the_target(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(habit=HABIT_TOP_UP, reaction_blocks=7))
    done = play(agent, 10.0, LOW, range(8))
    assert done == {7: [Deposit(0, 70_000_000)]}, "15 % of 1,000 less the 80 that are there"


def test_only_one_reaction_is_pending_at_a_time(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(habit=HABIT_TOP_UP, reaction_blocks=7))
    # Still low after the deposit (as if it had not arrived): noticed again, again after 7 blocks.
    assert list(play(agent, 10.0, LOW, range(15))) == [7, 14]


def test_top_ups_end_with_the_reserve(one_market: Scenario) -> None:
    population = population_of(habit=HABIT_TOP_UP, reaction_blocks=1, collateral=250.0)
    done = play(traders(one_market, population), 10.0, LOW, range(40))
    paid = [deposit.amount for actions in done.values() for deposit in deposits(actions)]
    assert paid == [70_000_000, 55_000_000], "half of 250, and then no more"


def test_a_deleverager_sells_half_and_does_not_buy_it_back(one_market: Scenario) -> None:
    population = population_of(habit=HABIT_DELEVERAGE, reaction_blocks=7, trades=[(8, 0, 0, 0.0)])
    agent = traders(one_market, population)
    done = play(agent, 10.0, LOW, range(8))
    assert list(done) == [7]
    assert [fill.size for fill in fills(done[7])] == [-5 * WAD]
    assert play(agent, 5.0, 2000.0, range(8, 12)) == {}


def test_a_trader_above_the_trigger_does_not_react(one_market: Scenario) -> None:
    agent = traders(one_market, population_of(habit=HABIT_TOP_UP, reaction_blocks=1))
    assert play(agent, 10.0, 91.0, range(10)) == {}


def test_a_trader_without_a_habit_does_nothing(one_market: Scenario) -> None:
    assert play(traders(one_market, population_of()), 10.0, LOW, range(10)) == {}


def test_who_was_wiped_out_before_reacting_keeps_the_habit_for_the_next_position(
    one_market: Scenario,
) -> None:
    agent = traders(one_market, population_of(habit=HABIT_TOP_UP, reaction_blocks=3))
    agent.act(lone_view(10.0, LOW, 0))
    assert play(agent, 0.0, 5.0, range(1, 5)) == {}
    assert list(play(agent, 10.0, LOW, range(5, 10))) == [8]


@pytest.mark.parametrize(("drawn", "used"), [(4.0, 4.0), (9.5, 9.5), (12.0, 9.5)])
def test_a_late_entry_opens_at_its_leverage(
    one_market: Scenario, drawn: float, used: float
) -> None:
    agent = traders(one_market, population_of(entry_block=3, leverage=drawn, side=-1), [0.0])
    done = play(agent, 0.0, 1000.0, range(10))
    assert list(done) == [3]
    (fill,) = fills(done[3])
    assert fill.size / WAD == pytest.approx(-used * 1000 / MARK, abs=2e-6)


def test_a_late_entry_spreads_over_its_markets(two_markets: Scenario) -> None:
    population = population_of(entry_block=0, markets=2, weights=[0.25, 0.75], leverage=2.0)
    agent = Traders(two_markets, population, np.zeros((1, 2)), deep_book(MAKER, [100, 5000]))
    view = view_of([[0, 0]], [1000], [[0, 0]], [100, 5000])
    sizes = {fill.market: fill.size for fill in fills(agent.act(view))}
    assert sizes == {0: 5 * WAD, 1: 3 * WAD // 10}


def test_after_a_late_entry_the_trader_trades_around_it(one_market: Scenario) -> None:
    population = population_of(entry_block=0, leverage=2.0, trades=[(1, 0, 0, 0.25)])
    agent = traders(one_market, population, [0.0])
    agent.act(lone_view(0.0, 1000.0))
    (fill,) = fills(agent.act(lone_view(20.0, 1000.0, 1)))
    assert fill.size == -5 * WAD


def test_opening_sizes_are_leverage_times_collateral_and_nothing_for_late_entrants() -> None:
    early = population_of(2, markets=2, weights=[0.5, 0.5], side=-1, leverage=3.0)
    late = population_of(2, markets=2, weights=[0.5, 0.5], entry_block=5)
    price = np.array([100.0, 5000.0])
    np.testing.assert_allclose(opening_size(early, price), [[-15.0, -0.3]] * 2)
    assert not opening_size(late, price).any()
