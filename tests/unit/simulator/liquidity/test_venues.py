"""Venues that are sold into: one path, whatever the parts; recovery, thinning, and the end at 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import SlippageTable, constant_product_sale
from simulator.liquidity.curves import (
    Curve,
    PoolCurve,
    PowerCurve,
    TableCurve,
    average_slippage,
    even_book,
    square_root_law,
)
from simulator.liquidity.square_root import square_root_move
from simulator.liquidity.venues import (
    Execution,
    Venue,
    VenueState,
    mark,
    open_venue,
    recover,
    reprice,
    sale_impact,
    sell,
)

PRICE = 200.0
TABLE = SlippageTable(
    np.array([10.0, 100.0, 1000.0]), np.array([0.001, 0.01, 0.08]), "made up", "2026-01-01"
)
CURVES: dict[str, Curve] = {
    "book": even_book(1000.0, 0.02),
    "law": square_root_law(1.0, 0.05, 50_000.0),
    "quotes": average_slippage(-8.75, 0.40),
    "table": TableCurve(TABLE),
    "pool": PoolCurve(5_000.0),
}
SIZES = st.floats(0.01, 900.0)
HABITS: dict[str, Any] = {"half_life": 10.0, "permanent_share": 0.3, "half_spread": 0.001}


def venue(name: str, **habits: Any) -> Venue:
    return Venue(CURVES[name], **({"half_life": 10.0} | habits))


def traded(one: Venue, *quantities: float, volatility: float = 1.0) -> tuple[VenueState, Execution]:
    """The state after all, and the last execution."""
    state = open_venue(PRICE)
    for quantity in quantities:
        state, execution = sell(one, state, quantity, volatility)
    return state, execution


@pytest.mark.parametrize("name", CURVES)
@given(first=SIZES, second=SIZES, habits=st.sampled_from([{}, HABITS]))
def test_selling_in_parts_is_selling_at_once(
    name: str, first: float, second: float, habits: dict[str, Any]
) -> None:
    one = venue(name, **habits)
    state = open_venue(PRICE)
    after_first, part = sell(one, state, first)
    after_second, other = sell(one, after_first, second)
    after_all, whole = sell(one, state, first + second)
    assert part.value + other.value == pytest.approx(float(whole.value), rel=1e-9)
    assert mark(one, after_second) == pytest.approx(float(mark(one, after_all)), rel=1e-9)


@pytest.mark.parametrize("name", CURVES)
@given(size=SIZES)
def test_a_sale_and_the_purchase_back_come_out_even_but_for_the_spread(
    name: str, size: float
) -> None:
    one = venue(name, permanent_share=0.5)
    state, sold = sell(one, open_venue(PRICE), size)
    state, bought = sell(one, state, -size)
    assert sold.value + bought.value == pytest.approx(0.0, abs=1e-6)
    assert mark(one, state) == pytest.approx(PRICE, rel=1e-9)
    dear = venue(name, half_spread=0.01)
    state, sold = sell(dear, open_venue(PRICE), size)
    _, bought = sell(dear, state, -size)
    middle = float(sold.value) / 0.99
    assert sold.value + bought.value == pytest.approx(-0.02 * middle, rel=1e-6)


@pytest.mark.parametrize("name", CURVES)
@given(size=SIZES)
def test_the_average_is_the_mean_of_many_slices(name: str, size: float) -> None:
    one = venue(name)
    slices = 2000
    grid = (np.arange(slices) + 0.5) / slices * size
    marks = PRICE * (1.0 - CURVES[name].distance(grid))
    _, execution = sell(one, open_venue(PRICE), size)
    assert execution.average_price == pytest.approx(marks.mean(), rel=1e-4)
    end = CURVES[name].distance(np.array(size))
    assert execution.mark_after == pytest.approx(PRICE * (1 - end))
    assert execution.mark_after <= execution.average_price <= execution.mark_before


def test_the_square_root_law_gets_two_thirds_of_its_own_move() -> None:
    _, execution = sell(venue("law"), open_venue(PRICE), 400.0)
    move = square_root_move(1.0, 0.05, 400.0, 50_000.0)
    assert execution.mark_after == pytest.approx(PRICE * (1 - move))
    assert execution.average_price == pytest.approx(PRICE * (1 - move * 2 / 3))


@given(SIZES)
def test_a_pool_is_the_constant_product(size: float) -> None:
    _, execution = sell(venue("pool"), open_venue(PRICE), size)
    sale = constant_product_sale(5_000.0, 5_000.0 * PRICE, size)
    assert execution.value == pytest.approx(float(sale.amount_out))
    assert execution.mark_after == pytest.approx(float(sale.spot_after))


def test_fitted_quotes_are_average_slippage() -> None:
    for size in (1.0, 50.0, 5_000.0):
        _, execution = sell(venue("quotes"), open_venue(PRICE), size)
        slippage = np.exp(-8.75) * size**0.40
        assert execution.average_price == pytest.approx(PRICE * (1 - slippage))


def test_a_table_gives_its_own_points_and_says_where_it_ends() -> None:
    for size, impact in zip(TABLE.size, TABLE.impact, strict=True):
        _, execution = sell(venue("table"), open_venue(PRICE), size)
        assert execution.average_price == pytest.approx(PRICE * (1 - impact))
        assert not execution.beyond
    assert sell(venue("table"), open_venue(PRICE), 1000.1)[1].beyond
    near = Venue(PowerCurve(0.01, 0.5, measured_up_to=7.0), 1.0)
    assert sell(near, open_venue(PRICE), [7.0, 7.1])[1].beyond.tolist() == [False, True]


@pytest.mark.parametrize("name", CURVES)
@given(sizes=st.lists(SIZES, min_size=2, max_size=6))
def test_more_sold_is_a_lower_price(name: str, sizes: list[float]) -> None:
    ordered = np.sort(sizes)
    _, execution = sell(venue(name), open_venue(PRICE), ordered)
    assert (np.diff(execution.mark_after) <= 1e-9).all()
    assert (np.diff(execution.average_price) <= 1e-9).all()


@pytest.mark.parametrize("name", ["book", "law", "quotes", "table"])
def test_a_sale_ends_where_the_price_would_be_zero_and_says_what_is_left(name: str) -> None:
    huge = 1e13
    state, execution = sell(venue(name), open_venue(PRICE), huge)
    assert execution.mark_after == pytest.approx(0.0, abs=1e-6)
    assert execution.filled + execution.unfilled == pytest.approx(huge)
    assert 0.0 < execution.filled < huge and execution.value > 0.0
    _, nothing = sell(venue(name), state, 1.0)
    assert nothing.filled == pytest.approx(0.0, abs=1e-3)


def test_a_pool_never_ends_and_holds_no_more_than_it_has() -> None:
    _, execution = sell(venue("pool"), open_venue(PRICE), 1e9)
    assert execution.unfilled == 0.0 and execution.mark_after > 0.0
    with pytest.raises(InvalidArgument, match="pressure"):
        sell(venue("pool"), open_venue(PRICE), -5_000.0)


def test_half_of_what_was_used_up_is_back_after_a_half_life() -> None:
    one = venue("book")
    state, execution = sell(one, open_venue(PRICE), 500.0)
    down = PRICE - float(execution.mark_after)
    assert PRICE - mark(one, recover(one, state, 10.0)) == pytest.approx(down / 2)
    assert mark(one, recover(one, state, 1e6)) == pytest.approx(PRICE)
    never = venue("book", half_life=np.inf)
    assert recover(never, state, 1e9) is state


def test_the_permanent_share_of_a_move_stays() -> None:
    one = venue("book", permanent_share=0.25)
    state, execution = sell(one, open_venue(PRICE), 500.0)
    down = PRICE - float(execution.mark_after)
    assert down == pytest.approx(PRICE * 0.01)
    assert PRICE - mark(one, recover(one, state, 1e6)) == pytest.approx(down / 4)


def test_a_wild_market_is_thinner_and_the_law_steeper_too() -> None:
    thin = venue("book", calm_volatility=0.02, thinning_exponent=0.5)
    calm, wild = (traded(thin, 100.0, volatility=v)[1].mark_after for v in (0.02, 0.08))
    assert PRICE - wild == pytest.approx(2 * (PRICE - calm))
    below = traded(thin, 100.0, volatility=0.001)[1].mark_after
    assert below == calm, "up to the calm volatility the book is whole"
    law = venue("law", calm_volatility=0.05, volatility_exponent=1.0)
    calm, wild = (traded(law, 100.0, volatility=v)[1].mark_after for v in (0.05, 0.10))
    assert PRICE - wild == pytest.approx(2 * (PRICE - calm))


def test_many_paths_trade_at_once_as_each_would_alone() -> None:
    one = venue("law", **HABITS)
    prices, sizes = np.array([100.0, 200.0, 300.0]), np.array([10.0, -20.0, 0.0])
    state, execution = sell(one, open_venue(prices), sizes)
    for path in range(3):
        alone_state, alone = sell(one, open_venue(prices[path]), sizes[path])
        assert [part[path] for part in execution] == pytest.approx([float(x) for x in alone])
        assert mark(one, state)[path] == pytest.approx(float(mark(one, alone_state)))
    assert execution.average_price[2] == 300.0


def test_the_undisturbed_price_may_move_by_itself() -> None:
    one = venue("book")
    state, execution = sell(one, open_venue(PRICE), 500.0)
    share = execution.mark_after / PRICE
    assert mark(one, reprice(state, 100.0)) == pytest.approx(100.0 * share)


@pytest.mark.parametrize("name", CURVES)
def test_a_venue_is_an_impact_function_of_the_cascade(name: str) -> None:
    one = venue(name)
    state, _ = sell(one, open_venue(PRICE), 50.0)
    impact = sale_impact(one, state)
    sold = np.array([0.0, 10.0, 100.0])
    prices = impact(np.array(150.0), sold)
    assert prices[0] == pytest.approx(150.0) and (np.diff(prices) < 0).all()
    _, direct = sell(one, state, 100.0)
    assert prices[2] == pytest.approx(150.0 * float(direct.mark_after / direct.mark_before))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: open_venue(0.0), "price"),
        (lambda: sell(venue("book"), open_venue(1.0), np.nan), "quantity"),
        (lambda: sell(venue("book"), open_venue(1.0), 1.0, 0.0), "volatility"),
        (lambda: recover(venue("book"), open_venue(1.0), -1.0), "elapsed"),
        (lambda: venue("book", half_life=0.0), "half_life"),
        (lambda: venue("book", permanent_share=1.1), "permanent_share"),
        (lambda: venue("book", thinning_exponent=-1.0), "thinning_exponent"),
        (lambda: PowerCurve(-1.0, 1.0), "coefficient"),
        (lambda: PowerCurve(1.0, 0.0), "exponent"),
        (lambda: PoolCurve(0.0), "reserve"),
        (lambda: even_book(0.0, 0.1), "depth"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        call()
