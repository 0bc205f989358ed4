"""The market maker: two-sided quotes around the mark, its margin, and the hedge beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.book import Book
from agents.market_maker import MarketMaker
from simulator.agent import Action, Deposit, Fill, Quote, View
from simulator.scenario import Scenario, load_scenario
from simulator.units import TICK
from tests.unit.agents.views import WAD, succeeded, view_of

MAKER = 0
TAKER = 1
OPEN_INTEREST = 100_000.0
RICH = 10_000.0


class Desk:
    """A market maker in a market that never refuses anything."""

    def __init__(self, scenario: Scenario) -> None:
        markets = len(scenario.markets)
        self.book = Book(MAKER, markets)
        self.maker = MarketMaker(scenario, MAKER, OPEN_INTEREST, self.book)

    def see(self, view: View, *fills: Fill) -> Sequence[Action]:
        """One block: what the maker sends; then these fills and its actions succeed, in order."""
        actions = self.maker.act(view)
        self.maker.learn(succeeded(*fills, *actions), view)
        return actions


def book_view(
    mark: float, size: float = 0.0, equity: float = RICH, index: Sequence[float] | None = None
) -> View:
    return view_of([[size]], [equity], [[-size * mark]], [mark], index=index)


def quotes(actions: Sequence[Action]) -> list[Quote]:
    return [action for action in actions if isinstance(action, Quote)]


def sides(actions: Sequence[Action]) -> list[tuple[int, int]]:
    return [(quote.bid_size, quote.ask_size) for quote in quotes(actions)]


def test_it_quotes_half_a_spread_around_the_mark_on_the_tick(one_market: Scenario) -> None:
    (quote,) = quotes(Desk(one_market).see(book_view(194.123457)))
    mark = 194_123457 * 10**12
    assert quote.bid_price == mark * 9995 // (10_000 * TICK) * TICK
    assert quote.ask_price == mark * 10_005 // (10_000 * TICK) * TICK
    assert quote.bid_price < mark < quote.ask_price


def test_each_side_is_two_per_cent_of_the_opening_open_interest(two_markets: Scenario) -> None:
    view = view_of([[0, 0]], [RICH], [[0, 0]], [100, 8000])
    assert sides(Desk(two_markets).see(view)) == [(20 * WAD, 20 * WAD), (WAD // 4, WAD // 4)]


@pytest.mark.parametrize(
    ("mark", "requoted"), [(100.0, False), (100.05, False), (100.051, True), (99.949, True)]
)
def test_it_requotes_after_a_move_of_more_than_five_basis_points(
    one_market: Scenario, mark: float, requoted: bool
) -> None:
    desk = Desk(one_market)
    desk.see(book_view(100.0))
    assert bool(quotes(desk.see(book_view(mark)))) == requoted


def test_small_moves_add_up_to_a_requote(one_market: Scenario) -> None:
    desk = Desk(one_market)
    marks = [100.0, 100.02, 100.04, 100.06, 100.08]
    requoted = [bool(quotes(desk.see(book_view(mark)))) for mark in marks]
    assert requoted == [True, False, False, True, False]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("filled", "requoted"), [(10.0, False), (10.000001, True)])
def test_it_requotes_when_more_than_half_of_a_side_is_gone(
    one_market: Scenario, side: int, filled: float, requoted: bool
) -> None:
    desk = Desk(one_market)
    desk.see(book_view(100.0))
    desk.see(book_view(100.0), Fill(TAKER, MAKER, 0, side * round(filled * 1e6) * 10**12, 0))
    again = desk.see(book_view(100.0))
    assert sides(again) == ([(20 * WAD, 20 * WAD)] if requoted else [])


@pytest.mark.parametrize(
    ("equity", "deposit"), [(2001.0, None), (2000.0, None), (1999.0, 1001.0), (1600.0, 1400.0)]
)
def test_it_tops_up_to_thirty_per_cent_once_below_twenty(
    one_market: Scenario, equity: float, deposit: float | None
) -> None:
    actions = Desk(one_market).see(book_view(100.0, size=-100.0, equity=equity))
    paid = [action for action in actions if isinstance(action, Deposit)]
    assert paid == ([] if deposit is None else [Deposit(MAKER, round(deposit * 1e6))])


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (-15.0, (15 * WAD, 0)),
        (15.0, (0, 15 * WAD)),
        (-500.0, (20 * WAD, 0)),
        (500.0, (0, 20 * WAD)),
    ],
)
def test_under_fifteen_per_cent_it_only_reduces(
    one_market: Scenario, size: float, expected: tuple[int, int]
) -> None:
    desk = Desk(one_market)
    both = (20 * WAD, 20 * WAD)
    assert sides(desk.see(book_view(100.0, size, equity=abs(size) * 15))) == [both]
    assert sides(desk.see(book_view(100.0, size, equity=abs(size) * 14.9))) == [expected]
    assert sides(desk.see(book_view(100.0, size, equity=abs(size) * 14.9))) == []
    assert sides(desk.see(book_view(100.0, size, equity=abs(size) * 30))) == [both]


def test_it_never_reduces_into_the_other_side(one_market: Scenario) -> None:
    """Bids are cut to the short that is left, so even a full fill ends flat."""
    desk = Desk(one_market)
    ((bid, ask),) = sides(desk.see(book_view(100.0, size=-0.5, equity=5.0)))
    assert (bid, ask) == (WAD // 2, 0)


def test_without_a_position_there_is_nothing_to_top_up(one_market: Scenario) -> None:
    actions = Desk(one_market).see(book_view(100.0, size=0.0, equity=0.0))
    assert [type(action) for action in actions] == [Quote]


def test_opening_quotes_are_as_wide_as_they_are_asked_to_be(two_markets: Scenario) -> None:
    maker = Desk(two_markets).maker
    first, second = maker.opening_quotes([100 * WAD, 8000 * WAD], [(3 * WAD, 5 * WAD), (0, WAD)])
    assert (first.market, first.bid_size, first.ask_size) == (0, 3 * WAD, 5 * WAD)
    assert (second.market, second.bid_size, second.ask_size) == (1, 0, WAD)
    assert (second.bid_price, second.ask_price) == (7996 * WAD, 8004 * WAD)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(50, 150)), min_size=2, max_size=12))
def test_the_hedge_earns_the_opposite_position_times_the_change_of_the_index(
    path: list[tuple[float, float]],
) -> None:
    desk = Desk(_SCENARIO)
    for size, index in path:
        view = view_of([[size, 0]], [RICH], [[0, 0]], [100, 8000], index=[index, 8000])
        desk.see(view)
    sizes, indices = np.array(path).T
    expected = -float(sizes[:-1] @ np.diff(indices))
    assert desk.maker.hedge_profit == pytest.approx(expected, abs=1e-6)


def test_the_hedge_cancels_a_position_held_at_the_index(one_market: Scenario) -> None:
    desk = Desk(one_market)
    for index in (100.0, 90.0, 70.0):
        view = book_view(index, size=10.0)
        desk.see(view)
    assert desk.maker.hedge_profit == pytest.approx(300.0), "a long lost 300, the hedge made it"


_SCENARIO = load_scenario("black-thursday")
