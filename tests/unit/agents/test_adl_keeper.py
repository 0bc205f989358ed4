"""The keeper of auto-deleveraging: whom it names, in which order, and what it does without names.

The scenes have one market at mark 100. A bankrupt long of 10 units with equity -100 and a fund of
0 closes at 110 (its bankruptcy price), where a short needs an entry above 110 to win.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from agents.adl_keeper import AdlKeeper
from agents.book import Book
from agents.liquidator import ALL, Liquidators
from simulator.agent import Action, CloseOut, Deleverage, Liquidate, View
from simulator.scenario import Scenario
from tests.unit.agents.views import view_of

MARK = 100
Row = tuple[float, float, float]
"""Size, settled cash, entry price."""

BANKRUPT: Row = (10, 150, 125)
"""A long whose loss of 250 leaves it at -100."""
NO_LIQUIDATORS = {"liquidators.count": 0}


def short(size: float, entry: float = 150, cash: float = 1000) -> Row:
    return (-size, cash, entry)


def scene(
    rows: Sequence[Row],
    *,
    block: int = 0,
    insurance: float = 0.0,
    ranks: Mapping[int, int] | None = None,
    exact_equity: Sequence[float] | None = None,
) -> View:
    return view_of(
        size=[[size] for size, _, _ in rows],
        margin=[cash for _, cash, _ in rows],
        cost=[[-size * entry] for size, _, entry in rows],
        mark=[MARK],
        block=block,
        insurance=insurance,
        ranks={(account, 0): rank for account, rank in (ranks or {}).items()},
        exact_equity=exact_equity,
    )


def keeper_of(scenario: Scenario, first_liquidator: int = 0, start_hour: int = 0) -> AdlKeeper:
    liquidators = Liquidators(scenario, first_liquidator, Book(99, len(scenario.markets)))
    return AdlKeeper(scenario, liquidators, start_hour)


@pytest.fixture
def alone(one_market: Scenario) -> Scenario:
    """No liquidators stand behind the keeper."""
    return one_market.changed(NO_LIQUIDATORS)


@pytest.fixture
def backed(one_market: Scenario) -> Scenario:
    """One liquidator stands behind the keeper: the last row of a scene."""
    return one_market.changed({"liquidators.count": 1})


def test_candidates_are_named_in_the_order_of_their_rank(alone: Scenario) -> None:
    rows = [BANKRUPT, short(3), short(3), short(3), short(3)]
    view = scene(rows, ranks={1: 7, 2: 30, 3: 7, 4: 19})
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (2, 4, 1, 3))]


def test_no_more_candidates_are_named_than_the_position_needs(alone: Scenario) -> None:
    rows = [BANKRUPT, short(3), short(6), short(1), short(9)]
    view = scene(rows, ranks={1: 4, 2: 3, 3: 2, 4: 1})
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (1, 2, 3))]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (short(50, entry=95), "loses at the mark"),
        (short(50, entry=105), "wins at the mark and loses at the bankruptcy price of 110"),
        ((50, 1000, 50), "stands on the same side"),
        ((0, 1000, 0), "holds nothing"),
        (short(50, entry=150, cash=-2300), "would be below maintenance afterwards"),
    ],
)
def test_who_is_not_a_winner_of_the_other_side_is_not_named(
    alone: Scenario, row: Row, why: str
) -> None:
    view = scene([BANKRUPT, row, short(20)], ranks={1: 100, 2: 1})
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (2,))], why


def test_a_large_winner_is_judged_by_the_part_that_would_be_closed(alone: Scenario) -> None:
    """All of it at 110 would cost 1,000 of an equity of 800; a tenth of it costs 100."""
    view = scene([BANKRUPT, short(100, entry=150, cash=-4200)])
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (1,))]


def test_longs_pay_for_a_bankrupt_short(alone: Scenario) -> None:
    # The short of 10 sold at 75: bankruptcy price 90, above the winner's entry of 50.
    view = scene([(-10, 150, 75), (20, 1000, 50), short(20)])
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (1,))]


@pytest.mark.parametrize(("insurance", "names"), [(101.0, False), (100.0, False), (99.0, True)])
def test_an_account_that_the_fund_covers_is_left_alone(
    alone: Scenario, insurance: float, names: bool
) -> None:
    view = scene([BANKRUPT, short(20)], insurance=insurance)
    assert bool(list(keeper_of(alone).act(view))) == names


def test_the_ledgers_integers_decide_who_is_bankrupt(alone: Scenario) -> None:
    view = scene([BANKRUPT, short(20)], exact_equity=[0.0, 2000.0])
    assert list(keeper_of(alone).act(view)) == []


def test_the_oldest_bankrupt_account_is_served_first(alone: Scenario) -> None:
    keeper = keeper_of(alone)
    sound: Row = (10, 1000, 125)
    first = scene([sound, BANKRUPT, short(20), short(20)], block=3)
    assert [a.account for a in deleveragings(keeper.act(first))] == [1]
    both = scene([BANKRUPT, BANKRUPT, short(20), short(20)], block=4)
    assert [a.account for a in deleveragings(keeper.act(both))] == [1, 0]


def test_who_recovers_loses_the_place_in_the_queue(alone: Scenario) -> None:
    keeper = keeper_of(alone)
    sound: Row = (10, 1000, 125)
    shorts = [short(20), short(20)]
    keeper.act(scene([sound, BANKRUPT, *shorts], block=3))
    keeper.act(scene([BANKRUPT, sound, *shorts], block=4))
    last = keeper.act(scene([BANKRUPT, BANKRUPT, *shorts], block=5))
    assert [a.account for a in deleveragings(last)] == [0, 1]


def test_what_one_account_needs_of_a_candidate_is_not_counted_on_twice(alone: Scenario) -> None:
    view = scene([BANKRUPT, BANKRUPT, short(15), short(15)], ranks={2: 2, 3: 1})
    assert list(keeper_of(alone).act(view)) == [
        Deleverage(0, 0, (2,)),
        Deleverage(1, 0, (2, 3)),
    ]


def test_one_large_winner_serves_everybody_whom_he_can(alone: Scenario) -> None:
    view = scene([BANKRUPT] * 4 + [short(40, cash=50_000)])
    assert list(keeper_of(alone).act(view)) == [Deleverage(row, 0, (4,)) for row in range(4)]


def test_the_fund_helps_only_the_first_account_of_a_block(alone: Scenario) -> None:
    # With 80 of the fund the first closes at 102, the second without it at 110: a short from 105
    # wins against the one and loses against the other.
    view = scene([BANKRUPT, BANKRUPT, short(40, entry=105, cash=50_000)], insurance=80)
    assert list(keeper_of(alone).act(view)) == [
        Deleverage(0, 0, (2,)),
        Deleverage(1, 0, ()),
        CloseOut(1, 0, (2,)),
    ]


def test_a_close_out_counts_on_nobody_who_is_deleveraged_whole(alone: Scenario) -> None:
    """Both rests are matched against the loser, who is large enough for both."""
    view = scene([BANKRUPT, BANKRUPT, short(4), short(50, entry=95, cash=5000)])
    assert list(keeper_of(alone).act(view)) == [
        Deleverage(0, 0, (2,)),
        CloseOut(0, 0, (3,)),
        Deleverage(1, 0, ()),
        CloseOut(1, 0, (3,)),
    ]


@pytest.mark.parametrize("budget", [1, 4, 10])
def test_at_most_so_many_candidates_are_named_in_a_block(one_market: Scenario, budget: int) -> None:
    changes = NO_LIQUIDATORS | {"adl_keeper.candidates_per_block": budget}
    keeper = keeper_of(one_market.changed(changes))
    rows = [BANKRUPT] * 4 + [short(2)] * 40
    sent = deleveragings(keeper.act(scene(rows)))
    named = [candidate for action in sent for candidate in action.candidates]
    assert len(named) == len(set(named)) == budget
    assert all(action.candidates for action in sent), "an empty list says that nobody is left"


def test_a_budget_that_ends_within_an_account_says_nothing_of_its_other_markets(
    two_markets: Scenario,
) -> None:
    changes = NO_LIQUIDATORS | {"adl_keeper.candidates_per_block": 1}
    view = view_of(
        size=[[10, 5], [-30, 0], [0, -30]],
        margin=[50, 1000, 1000],
        cost=[[-1250, -500], [4500, 0], [0, 4500]],
        mark=[100, 80],
    )
    assert float(view.equity[0]) < 0
    sent = list(keeper_of(two_markets.changed(changes)).act(view))
    assert sent == [Deleverage(0, 0, (1,))]


def test_the_largest_market_of_an_account_comes_first(two_markets: Scenario) -> None:
    view = view_of(
        size=[[5, 10], [-30, 0], [0, -30]],
        margin=[50, 1000, 1000],
        cost=[[-625, -1000], [4500, 0], [0, 4500]],
        mark=[100, 80],
    )
    assert float(view.equity[0]) < 0
    sent = deleveragings(keeper_of(two_markets.changed(NO_LIQUIDATORS)).act(view))
    assert [(action.market, action.candidates) for action in sent] == [(1, (2,)), (0, (1,))]


def test_an_unfinished_account_is_taken_up_again_in_the_next_block(one_market: Scenario) -> None:
    changes = NO_LIQUIDATORS | {"adl_keeper.candidates_per_block": 2}
    keeper = keeper_of(one_market.changed(changes))
    rows = [BANKRUPT] + [short(3)] * 4
    assert list(keeper.act(scene(rows, block=0))) == [Deleverage(0, 0, (1, 2))]
    left = [(4.0, 60.0, 125.0), (0, 1000, 0), (0, 1000, 0), short(3), short(3)]
    assert list(keeper.act(scene(left, block=1))) == [Deleverage(0, 0, (3, 4))]


def test_with_nobody_to_name_a_liquidator_with_room_takes_the_rest(backed: Scenario) -> None:
    view = scene([BANKRUPT, short(50, entry=95), (0, 200, 0)])
    assert list(keeper_of(backed, first_liquidator=2).act(view)) == [
        Deleverage(0, 0, ()),
        Liquidate(2, 0, 0, ALL),
    ]


def test_without_room_the_rest_is_closed_out_against_the_largest_of_the_other_side(
    backed: Scenario,
) -> None:
    # Five times 199 is less than the 1,000 of the position. The largest short has no equity.
    rows = [BANKRUPT, short(4, 95), short(7, 95), short(50, 95, cash=250), (0, 199, 0)]
    view = scene(rows)
    assert float(view.equity[3]) == 0
    assert list(keeper_of(backed, first_liquidator=4).act(view)) == [
        Deleverage(0, 0, ()),
        CloseOut(0, 0, (2, 1)),
    ]


def test_what_the_candidates_do_not_cover_goes_on_to_a_close_out(alone: Scenario) -> None:
    view = scene([BANKRUPT, short(3), short(6, entry=95), short(7, entry=95)])
    assert list(keeper_of(alone).act(view)) == [Deleverage(0, 0, (1,)), CloseOut(0, 0, (3,))]


@pytest.mark.parametrize(
    ("start_hour", "block", "asleep"),
    [
        (0, 599, False),
        (0, 600, True),
        (0, 899, True),
        (0, 900, False),
        (1, 300, True),
        (2, 0, True),
    ],
)
def test_an_asleep_keeper_names_nobody_and_the_loss_goes_on(
    alone: Scenario, start_hour: int, block: int, asleep: bool
) -> None:
    hours = {"adl_keeper.asleep_from_hour": 2, "adl_keeper.asleep_to_hour": 3}
    keeper = keeper_of(alone.changed(hours), start_hour=start_hour)
    actions = list(keeper.act(scene([BANKRUPT, short(20)], block=block)))
    awake = [Deleverage(0, 0, (1,))]
    assert actions == ([Deleverage(0, 0, ()), CloseOut(0, 0, (1,))] if asleep else awake)


def test_with_everybody_solvent_nothing_is_sent(alone: Scenario) -> None:
    assert list(keeper_of(alone).act(scene([(10, 1000, 125), short(10)]))) == []


def deleveragings(actions: Sequence[Action]) -> list[Deleverage]:
    return [action for action in actions if isinstance(action, Deleverage)]
