"""Order books, fitted tables, GMX, and impact functions as the cascade takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import (
    ConstantProductImpact,
    FittedImpact,
    LinearImpact,
    SlippageTable,
    SquareRootImpact,
    book_depth,
    distance_for_quantity,
    gmx_entry_price,
    gmx_price_impact_usd,
    impact_after,
    remaining_consumption,
    square_root_move,
    square_root_moves,
    table_impact,
    walk_book,
)

# --- order book -----------------------------------------------------------------------------------


def test_an_order_takes_the_best_levels_first() -> None:
    fill = walk_book([100.0, 99.0, 97.0], [1.0, 2.0, 4.0], 2.0)
    assert (fill.filled, fill.unfilled, fill.value) == (2.0, 0.0, 199.0)
    assert (fill.average_price, fill.last_price, fill.levels) == (99.5, 99.0, 2)


def test_an_order_that_ends_with_a_level_leaves_the_next_alone() -> None:
    fill = walk_book([100.0, 99.0], [1.0, 2.0], 1.0)
    assert (fill.last_price, fill.levels) == (100.0, 1)
    assert walk_book([100.0, 99.0], [1.0, 2.0], 1.0 + 1e-9).levels == 2


def test_what_the_book_does_not_hold_is_reported() -> None:
    fill = walk_book([10.0, 11.0], [1.0, 2.0], 5.0)
    assert (fill.filled, fill.unfilled, fill.value, fill.last_price) == (3.0, 2.0, 32.0, 11.0)
    exactly = walk_book([10.0, 11.0], [1.0, 2.0], 3.0)
    assert (exactly.filled, exactly.unfilled) == (3.0, 0.0)


def test_nothing_to_fill_has_no_price() -> None:
    for fill in (
        walk_book([], [], 3.0),
        walk_book([1.0], [0.0], 3.0),
        walk_book([1.0], [1.0], 0.0),
    ):
        assert fill.filled == fill.value == fill.levels == 0
        assert np.isnan(fill.average_price) and np.isnan(fill.last_price)
    assert walk_book([], [], 3.0).unfilled == 3.0
    assert walk_book([1.0], [1.0], 0.0).unfilled == 0.0


@given(st.lists(st.floats(0.0, 100.0), max_size=8), st.floats(0.0, 500.0), st.booleans())
def test_an_order_is_filled_or_reported_to_the_last_unit(
    sizes: list[float], order: float, asks: bool
) -> None:
    price = 100.0 + np.arange(len(sizes)) * (1.0 if asks else -1.0)
    fill = walk_book(price, sizes, order)
    assert fill.filled + fill.unfilled == pytest.approx(order)
    assert fill.unfilled >= 0.0
    left, value, levels = order, 0.0, 0
    for one, size in zip(price, sizes, strict=True):
        part = min(left, size)
        value, left, levels = value + part * one, left - part, levels + (part > 0)
    assert fill.value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("price", "quantity", "order"),
    [
        ([1.0, 2.0, 1.5], [1.0] * 3, 1.0), ([0.0], [1.0], 1.0), ([1.0], [-1.0], 1.0),
        ([1.0], [1.0], -1.0), ([1.0, 2.0], [1.0], 1.0), ([1.0], [1.0], np.nan),
    ],
)  # fmt: skip
def test_books_are_checked_at_the_door(price: Any, quantity: Any, order: float) -> None:
    with pytest.raises(InvalidArgument):
        walk_book(price, quantity, order)
    assert walk_book([1.0, 1.0, 2.0, 2.0], [1.0] * 4, 4.0).value == 6.0


def test_depth_grows_with_distance_and_thins_with_volatility() -> None:
    assert book_depth([0.0, 0.01, 0.02], 50.0, 0.01).tolist() == [0.0, 50.0, 100.0]
    assert book_depth(0.01, 50.0, 0.01, 0.08, 0.04, 2.0) == 12.5
    assert book_depth(0.01, 50.0, 0.01, 0.02, 0.04, 1.0) == 100.0
    assert distance_for_quantity(12.5, 50.0, 0.01, 0.08, 0.04, 2.0) == pytest.approx(0.01)
    for bad in ((-0.1, 1.0, 1.0), (0.1, -1.0, 1.0), (0.1, 1.0, 0.0), (0.1, 1.0, 1.0, 0.0)):
        with pytest.raises(InvalidArgument):
            book_depth(*bad)
    with pytest.raises(InvalidArgument, match="reference_distance"):
        distance_for_quantity(1.0, 1.0, 0.0)
    with pytest.raises(InvalidArgument):
        distance_for_quantity(1.0, 0.0, 0.01)


def test_consumed_depth_comes_back_by_half_lives() -> None:
    assert remaining_consumption(8.0, [0.0, 5.0, 10.0], 5.0).tolist() == [8.0, 4.0, 2.0]
    with pytest.raises(InvalidArgument):
        remaining_consumption(8.0, 1.0, 0.0)


def test_the_permanent_part_stays_and_the_rest_fades() -> None:
    assert impact_after(-0.08, 0.25, [0.0, 5.0, 10.0, 1e6], 5.0).tolist() == pytest.approx(
        [-0.08, -0.05, -0.035, -0.02]
    )
    assert impact_after(0.08, [0.0, 1.0], 5.0, 5.0).tolist() == [0.04, 0.08]
    for bad in ((np.nan, 0.5, 1.0, 1.0), (0.1, 1.1, 1.0, 1.0), (0.1, 0.5, -1.0, 1.0)):
        with pytest.raises(InvalidArgument):
            impact_after(*bad)


# --- fitted table ---------------------------------------------------------------------------------

TABLE = SlippageTable(
    np.array([10.0, 100.0, 200.0]), np.array([0.001, 0.02, 0.06]), "a test", "2026"
)


def test_points_come_out_and_only_beyond_the_last_is_flagged() -> None:
    got = table_impact(TABLE, [0.0, 10.0, 100.0, 200.0, 300.0, np.nextafter(200.0, 201.0)])
    assert got.impact[:5].tolist() == pytest.approx([0.0, 0.001, 0.02, 0.06, 0.1])
    assert got.beyond.tolist() == [False, False, False, False, True, True]


@given(st.floats(0.0, 400.0), st.floats(0.0, 400.0))
def test_a_table_never_falls_and_never_overshoots(one: float, two: float) -> None:
    low, high = sorted((one, two))
    first, second = table_impact(TABLE, [low, high]).impact
    assert 0.0 <= first <= second + 1e-15
    for left, right, a, b in ((0, 10, 0, 0.001), (10, 100, 0.001, 0.02), (100, 200, 0.02, 0.06)):
        if left <= low <= right:
            assert a - 1e-15 <= first <= b + 1e-15


def test_one_point_makes_a_straight_line_through_the_origin() -> None:
    single = SlippageTable(np.array([4.0]), np.array([0.1]), "a test", "2026")
    assert table_impact(single, [1.0, 2.0, 8.0]).impact.tolist() == pytest.approx(
        [0.025, 0.05, 0.2]
    )
    origin = SlippageTable(np.array([0.0, 4.0]), np.array([0.0, 0.1]), "a test", "2026")
    assert table_impact(origin, [1.0, 8.0]).impact.tolist() == pytest.approx([0.025, 0.2])
    flat = SlippageTable(np.array([1.0, 2.0]), np.array([0.1, 0.1]), "a test", "2026")
    assert table_impact(flat, 9.0).impact == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("size", "impact", "source", "as_of"),
    [
        ([], [], "s", "d"), ([1.0, 1.0], [0.1, 0.2], "s", "d"), ([1.0, 2.0], [0.2, 0.1], "s", "d"),
        ([1.0], [-0.1], "s", "d"), ([1.0], [0.1, 0.2], "s", "d"),
        ([0.0, 1.0], [0.1, 0.2], "s", "d"),
        ([-1.0, 1.0], [0.0, 0.2], "s", "d"), ([0.0], [0.0], "s", "d"), ([1.0], [0.1], "", "d"),
        ([1.0], [0.1], "s", ""), ([np.nan], [0.1], "s", "d"),
    ],
)  # fmt: skip
def test_tables_are_checked_at_the_door(size: Any, impact: Any, source: str, as_of: str) -> None:
    with pytest.raises(InvalidArgument):
        SlippageTable(np.array(size), np.array(impact), source, as_of)
    with pytest.raises(InvalidArgument):
        table_impact(TABLE, -1.0)


# --- GMX ------------------------------------------------------------------------------------------

GMX: dict[str, Any] = {"positive_factor": 1e-9, "negative_factor": 4e-9, "exponent": 2.0}


@pytest.mark.parametrize(
    ("before", "after", "impact"),
    [
        (0.0, 50_000.0, -10.0),
        (50_000.0, 0.0, 2.5),
        (100_000.0, 50_000.0, 7.5),
        (50_000.0, 100_000.0, -30.0),
        (-100_000.0, -50_000.0, 7.5),
        (-50_000.0, -100_000.0, -30.0),
        (50_000.0, -100_000.0, 2.5 - 40.0),
        (-100_000.0, 50_000.0, 10.0 - 10.0),
        (50_000.0, -50_000.0, 2.5 - 10.0),
        (50_000.0, 50_000.0, 0.0),
        (0.0, 0.0, 0.0),
    ],
)
def test_impact_by_side_of_the_balance(before: float, after: float, impact: float) -> None:
    assert gmx_price_impact_usd(before, after, **GMX) == pytest.approx(impact, abs=1e-12)
    halved = gmx_price_impact_usd(before, after, **GMX, halved=True)
    assert halved == pytest.approx(impact / 2, abs=1e-12)


def test_less_than_one_dollar_of_imbalance_counts_as_none() -> None:
    def impact(before: float, after: float) -> float:
        return float(gmx_price_impact_usd(before, after, 1.0, 2.0, 1.0))

    assert impact(0.0, 0.999) == 0.0 and impact(0.0, 1.0) == -2.0 and impact(0.0, -1.0) == -2.0
    assert impact(5.0, 0.999) == 5.0 and impact(5.0, 1.0) == 4.0
    assert impact(1.0, 0.0) == 1.0 and impact(0.999, 0.0) == 0.0
    assert impact(5.0, -0.5) == 5.0 and impact(0.5, -5.0) == -10.0
    # An exponent of 0 would make 1 of everything, the small included.
    assert gmx_price_impact_usd(0.5, 5.0, 1.0, 2.0, 0.0) == -2.0


def test_the_positive_factor_counts_as_at_most_the_negative_one() -> None:
    capped = gmx_price_impact_usd(100.0, 50.0, 9.0, 2.0, 1.0)
    assert capped == 100.0
    assert gmx_price_impact_usd(100.0, 50.0, 2.0, 9.0, 1.0) == 100.0
    assert gmx_price_impact_usd(100.0, -50.0, 9.0, 2.0, 1.0) == 100.0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_round_trip_never_gains(before: float, after: float) -> None:
    there = float(gmx_price_impact_usd(before, after, **GMX))
    back = float(gmx_price_impact_usd(after, before, **GMX))
    assert there + back <= 1e-9
    mirrored = float(gmx_price_impact_usd(-before, -after, **GMX))
    assert mirrored == pytest.approx(there, abs=1e-9)


def test_impact_becomes_an_entry_price_for_either_side() -> None:
    entry = gmx_entry_price(50_000.0, 5000.0, [-0.001, 0.0, 0.001])
    assert entry.tokens.tolist() == pytest.approx([9.99, 10.0, 10.01])
    assert entry.entry_price.tolist() == pytest.approx([5000 / 0.999, 5000.0, 5000 / 1.001])
    assert (entry.tokens * entry.entry_price).tolist() == pytest.approx([50_000.0] * 3)
    short = gmx_entry_price(50_000.0, 5000.0, -0.001, is_long=False)
    assert short.tokens == pytest.approx(10.01) and short.entry_price == pytest.approx(5000 / 1.001)
    nothing = gmx_entry_price(0.0, 5000.0, -0.001)
    assert nothing.tokens == 0.0 and nothing.entry_price == pytest.approx(5000 / 0.999)


def test_gmx_arguments_are_checked() -> None:
    for call in (
        lambda: gmx_price_impact_usd(np.nan, 1.0, 1.0, 1.0, 2.0),
        lambda: gmx_price_impact_usd(1.0, 1.0, -1.0, 1.0, 2.0),
        lambda: gmx_price_impact_usd(1.0, 1.0, 1.0, -1.0, 2.0),
        lambda: gmx_price_impact_usd(1.0, 1.0, 1.0, 1.0, -2.0),
        lambda: gmx_entry_price(-1.0, 1.0, 0.0),
        lambda: gmx_entry_price(1.0, 0.0, 0.0),
        lambda: gmx_entry_price(1.0, 1.0, -1.0),
        lambda: gmx_entry_price(1.0, 1.0, 1.0, is_long=False),
    ):
        with pytest.raises(InvalidArgument):
            call()
    assert gmx_entry_price(1.0, 1.0, 1.0).tokens == 2.0


# --- functions for the cascade --------------------------------------------------------------------

IMPACTS: list[Any] = [
    LinearImpact(0.01),
    SquareRootImpact(1.0, 0.04, 100.0),
    ConstantProductImpact(50.0),
    FittedImpact(TABLE),
]


@pytest.mark.parametrize("impact", IMPACTS)
@given(st.floats(0.0, 1e3), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_impact_starts_at_the_price_falls_with_the_sale_and_stops_at_zero(
    impact: Any, price: float, one: float, two: float
) -> None:
    sold = np.array([0.0, *sorted((one, two))])
    after = impact(np.full(3, price), sold)
    assert after[0] == price
    assert (np.diff(after) <= 1e-12 * price).all() and (after >= 0.0).all()


def test_impact_functions_give_their_formulas() -> None:
    price = np.array([100.0])
    assert LinearImpact(0.01)(price, np.array([20.0])) == pytest.approx(80.0)
    assert LinearImpact(0.01)(price, np.array([200.0])) == 0.0
    assert SquareRootImpact(1.0, 0.04, 100.0)(price, np.array([25.0])) == pytest.approx(98.0)
    assert ConstantProductImpact(50.0)(price, np.array([50.0])) == pytest.approx(25.0)
    assert FittedImpact(TABLE)(price, np.array([100.0])) == pytest.approx(98.0)


def test_impact_parameters_are_checked() -> None:
    for make in (
        lambda: LinearImpact(-0.1),
        lambda: SquareRootImpact(-1.0, 0.1, 1.0),
        lambda: SquareRootImpact(1.0, -0.1, 1.0),
        lambda: SquareRootImpact(1.0, 0.1, 0.0),
        lambda: ConstantProductImpact(0.0),
    ):
        with pytest.raises(InvalidArgument):
            make()


def test_the_square_root_keeps_the_sign_of_the_flow() -> None:
    assert square_root_moves(1.0, 0.04, [-25.0, 0.0, 25.0], 100.0).tolist() == pytest.approx(
        [-0.02, 0.0, 0.02]
    )
    assert square_root_move(0.5, 0.04, -100.0, 100.0) == pytest.approx(-0.02)
    with pytest.raises(InvalidArgument):
        square_root_moves(1.0, 0.04, 1.0, 0.0)
