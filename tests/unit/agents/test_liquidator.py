"""Liquidators: order of targets, limits of capital, and the pace of unwinding."""

from itertools import pairwise

import pytest

from agents.book import Book
from agents.liquidator import ALL, Liquidators
from simulator.agent import Liquidate, Quote, View
from simulator.scenario import Scenario, load_scenario
from tests.unit.agents.views import view_of

WAD = 10**18
LIQUIDATOR = 3


@pytest.fixture
def scenario() -> Scenario:
    one_market = {"markets": [{"name": "ETH", "series": "ETH"}]}
    changes = {"liquidators.count": 1, "population.single_market_share": ["0.4"]} | one_market
    return load_scenario("black-thursday").changed(changes)


def crash_view(cash: float, block: int = 0, inventory: float = 0.0) -> View:
    """Two longs under water lines at mark 100 (the second worse), one healthy, one liquidator."""
    return view_of(
        size=[[10], [10], [10], [inventory]],
        margin=[50, 20, 500, cash],
        cost=[[-1000], [-1000], [-1000], [-100 * inventory]],
        mark=[100],
        insurance=1000,
        block=block,
    )


def make(scenario: Scenario) -> Liquidators:
    book = Book(99, 2)
    book.open_with([Quote(99, 0, 99 * WAD, 10**6 * WAD, 101 * WAD, 10**6 * WAD)])
    return Liquidators(scenario, LIQUIDATOR, book)


def test_the_lowest_margin_ratio_is_taken_first(scenario: Scenario) -> None:
    actions = make(scenario).act(crash_view(cash=10_000))
    assert [a.account for a in actions if isinstance(a, Liquidate)] == [1, 0]


def test_a_rich_liquidator_takes_whatever_the_protocol_allows(scenario: Scenario) -> None:
    actions = make(scenario).act(crash_view(cash=10_000))
    assert all(isinstance(a, Liquidate) and a.max_size == ALL for a in actions)


def test_limited_capital_buys_a_slice(scenario: Scenario) -> None:
    # Room 5 x 120 = 600 of the 1,000 wanted; the rest stays above the protocol's minimum.
    (action,) = make(scenario).act(crash_view(cash=120))
    assert isinstance(action, Liquidate) and action.account == 1
    assert action.max_size == 6 * WAD


def test_no_capital_sends_nothing(scenario: Scenario) -> None:
    assert list(make(scenario).act(crash_view(cash=0.001))) == []


def test_an_account_that_the_fund_cannot_cover_is_left_to_auto_deleveraging(
    scenario: Scenario,
) -> None:
    view = view_of([[10], [0]], [-100, 10_000], [[-1000], [0]], [100], insurance=10)
    liquidators = Liquidators(scenario, 1, Book(99, 2))
    assert list(liquidators.act(view)) == []


def test_a_full_liquidator_sells_faster_than_an_empty_one(scenario: Scenario) -> None:
    liquidators = make(scenario)
    relaxed = liquidators.dump_share_per_block(crash_view(cash=1000, inventory=1))
    full = liquidators.dump_share_per_block(crash_view(cash=200, inventory=10))
    assert full[0] == pytest.approx(1 - 0.5 ** (1 / 10))
    assert relaxed[0] < full[0] / 50


def test_sales_come_in_clips_and_not_every_block(scenario: Scenario) -> None:
    liquidators = make(scenario)
    sales = []
    for block in range(20):
        sales += [block for _ in liquidators.unwind(crash_view(2000, block, inventory=100))]
    assert sales and all(b - a >= 5 for a, b in pairwise(sales))


def test_the_last_crumb_is_sold_whole(scenario: Scenario) -> None:
    liquidators = make(scenario)
    fills = [
        fill
        for block in range(4000)
        for fill in liquidators.unwind(crash_view(2000, block, inventory=0.01))
    ]
    assert fills and fills[0].size == -(10**16)  # type: ignore[union-attr]


def test_who_has_called_often_enough_makes_way_for_the_next(scenario: Scenario) -> None:
    changes = {"liquidators.count": 2, "liquidators.calls_per_block": 1}
    book = Book(99, 1)
    view = view_of(
        size=[[10], [10], [10], [0], [0]],
        margin=[50, 20, 30, 10_000, 9_000],
        cost=[[-1000], [-1000], [-1000], [0], [0]],
        mark=[100],
        insurance=1000,
    )
    actions = Liquidators(scenario.changed(changes), LIQUIDATOR, book).act(view)
    assert [(a.sender, a.account) for a in actions if isinstance(a, Liquidate)] == [(3, 1), (4, 2)]


def test_a_liquidator_under_water_is_taken_over_by_another(scenario: Scenario) -> None:
    view = view_of(
        size=[[0], [0], [0], [10], [0]],
        margin=[0, 0, 0, 20, 10_000],
        cost=[[0], [0], [0], [-1000], [0]],
        mark=[100],
        insurance=1000,
    )
    liquidators = Liquidators(scenario.changed({"liquidators.count": 2}), LIQUIDATOR, Book(99, 1))
    actions = liquidators.act(view)
    assert [(a.sender, a.account) for a in actions if isinstance(a, Liquidate)] == [(4, 3)]
