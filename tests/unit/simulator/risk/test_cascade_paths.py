"""Books of triggers: every fixed point is compared with all subsets, on fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, chain, combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import (
    ConstantProductImpact,
    FittedImpact,
    LinearImpact,
    SlippageTable,
    SquareRootImpact,
)
from simulator.risk import (
    CascadePaths,
    amplification,
    cascade_books,
    fragility_band,
    index_linear_cascade,
    linear_cascade,
    linear_cascade_rounds,
    linear_fragility_band,
    trigger_book,
    trigger_cascade,
)
from simulator.risk.cascade.sums import falling_order, running_sum, running_sum_error
from simulator.types import Float1D

IMPACTS: list[Any] = [
    LinearImpact(0.02),
    SquareRootImpact(1.0, 0.05, 3.0),
    ConstantProductImpact(60.0),
    FittedImpact(
        SlippageTable(np.array([2.0, 9.0]), np.array([0.05, 0.4]), "a test", "2026-01-01")
    ),
]

# A coarse grid, so that prices meet triggers exactly all the time.
tenths = st.integers(0, 60).map(lambda n: n / 10)
position = st.tuples(st.integers(0, 300).map(lambda n: n / 10), tenths, tenths)
books = st.lists(position, max_size=6)
slopes = st.sampled_from([0.0, 0.01, 0.02, 0.05, 0.1, 0.3])
prices = st.lists(st.integers(0, 350).map(lambda n: n / 10), max_size=4)


def decimal(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def subsets(count: int) -> list[frozenset[int]]:
    sizes = (combinations(range(count), size) for size in range(count + 1))
    return [frozenset(one) for one in chain.from_iterable(sizes)]


def linear_price(book: list[Any], slope: float, shocked: float, chosen: frozenset[int]) -> Fraction:
    sold = sum((decimal(book[at][1]) for at in chosen), Fraction(0))
    return max(decimal(shocked) * (1 - decimal(slope) * sold), Fraction(0))


def fixed_points(book: list[Any], slope: float, shocked: float) -> list[frozenset[int]]:
    """Every subset that is its own consequence."""
    found = []
    for chosen in subsets(len(book)):
        price = linear_price(book, slope, shocked, chosen)
        if chosen == frozenset(at for at, one in enumerate(book) if price <= decimal(one[0])):
            found.append(chosen)
    return found


def columns(book: list[Any]) -> tuple[Float1D, Float1D, Float1D]:
    table = np.array(book, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2] * table[:, 1]


@settings(max_examples=50)
@given(books, slopes, prices)
@example([(0.0, 1.0, 0.0), (0.0, 1.0, 5.0)], 0.1, [0.0, 1.0])
@example([(10.0, 5.0, 1.0)] * 3, 0.1, [10.0, 20.0, 10.1])
@example([(8.0, 0.0, 9.0), (9.1, 1.0, 9.5)], 0.1, [9.1, 8.0])
@example([], 0.1, [1.0])
def test_linear_search_and_rounds_end_at_the_least_and_the_greatest_of_all_fixed_points(
    book: list[Any], slope: float, shocks: list[float]
) -> None:
    trigger, quantity, debt = columns(book)
    index = index_linear_cascade(trigger, quantity, LinearImpact(slope), debt)
    band = linear_fragility_band(index, shocks)
    for greatest, searched in ((False, band.least), (True, band.greatest)):
        rounds = linear_cascade_rounds(index, shocks, greatest=greatest, keep_price_path=True)
        for path, shocked in enumerate(shocks):
            points = fixed_points(book, slope, shocked)
            wanted = frozenset.union(*points) if greatest else frozenset.intersection(*points)
            assert wanted in points
            price = linear_price(book, slope, shocked, wanted)
            for got in (searched, rounds):
                members = frozenset(index.book.order[: got.count[path]].tolist())
                assert members == wanted
                assert got.price[path] == pytest.approx(float(price), abs=1e-12)
                sold = sum(quantity[at] for at in wanted)
                assert got.sold[path] == pytest.approx(sold, abs=1e-12)
                lost = sum(
                    (max(decimal(debt[at]) - decimal(quantity[at]) * price, Fraction(0)))
                    for at in wanted
                )
                assert got.bad_debt[path] == pytest.approx(float(lost), abs=1e-9)


@settings(max_examples=50)
@given(books, st.integers(0, 3), prices, st.booleans())
def test_any_impact_ends_at_a_fixed_point_and_no_nearer_one_exists(
    book: list[Any], kind: int, shocks: list[float], greatest: bool
) -> None:
    trigger, quantity, debt = columns(book)
    impact = IMPACTS[kind]
    made = trigger_book(trigger, quantity, debt)
    got = trigger_cascade(made, impact, shocks, greatest=greatest)
    for path, shocked in enumerate(shocks):
        points = []
        for chosen in subsets(len(book)):
            ordered = [at for at in made.order.tolist() if at in chosen]
            sold = running(quantity[ordered])
            price = float(impact(np.array([shocked]), np.array([sold]))[0])
            if chosen == frozenset(np.flatnonzero(price <= trigger).tolist()):
                points.append(chosen)
        members = frozenset(made.order[: got.count[path]].tolist())
        wanted = frozenset.union(*points) if greatest else frozenset.intersection(*points)
        assert members == wanted


def running(values: Float1D) -> float:
    sums = np.zeros(len(values) + 1)
    running_sum(values, sums)
    return float(sums[-1])


@settings(max_examples=50)
@given(books, slopes, prices)
def test_rounds_take_what_the_operator_says_one_set_at_a_time(
    book: list[Any], slope: float, shocks: list[float]
) -> None:
    trigger, quantity, debt = columns(book)
    index = index_linear_cascade(trigger, quantity, LinearImpact(slope), debt)
    got = linear_cascade_rounds(index, shocks, keep_price_path=True)
    assert got.rounds is not None and got.price_path is not None
    for path, shocked in enumerate(shocks):
        chosen: frozenset[int] = frozenset()
        met = [linear_price(book, slope, shocked, chosen)]
        while True:
            grown = frozenset(at for at, one in enumerate(book) if met[-1] <= decimal(one[0]))
            if grown == chosen:
                break
            chosen = grown
            met.append(linear_price(book, slope, shocked, chosen))
        assert got.rounds[path] == len(met) - 1
        expected = [float(one) for one in met]
        expected += [expected[-1]] * (len(got.price_path) - len(expected))
        assert got.price_path[:, path] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 400), st.floats(0.0, 1.4))
def test_large_books_agree_between_search_and_rounds(
    seed: int, accounts: int, strength: float
) -> None:
    rng = np.random.default_rng(seed)
    trigger, quantity = rng.uniform(0, 99, accounts), rng.lognormal(0, 2, accounts)
    debt = quantity * trigger * rng.uniform(0.5, 1.2, accounts)
    impact = LinearImpact(strength / float(quantity.sum()))
    index = index_linear_cascade(trigger, quantity, impact, debt)
    shocks = rng.uniform(0, 100, 30)
    for greatest in (False, True):
        one = linear_cascade(index, shocks, greatest=greatest)
        two = linear_cascade_rounds(index, shocks, greatest=greatest)
        assert one.count.tolist() == two.count.tolist()
        for path in range(30):
            hit = trigger >= one.price[path]
            assert hit.sum() == one.count[path]
            assert one.sold[path] == pytest.approx(quantity[hit].sum(), rel=1e-12)
            lost = np.maximum(debt - quantity * one.price[path], 0.0)[hit].sum()
            assert one.bad_debt[path] == pytest.approx(lost, rel=1e-9, abs=1e-9)


@given(st.integers(0, 10**6), st.floats(0.0, 0.2))
def test_a_larger_shock_or_stronger_impact_never_liquidates_less(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    trigger, quantity = rng.uniform(10, 99, 20), rng.uniform(0, 1, 20)
    debt = quantity * trigger * 0.9
    shocks = np.sort(rng.uniform(10, 100, 12))[::-1]
    weak = linear_cascade(
        index_linear_cascade(trigger, quantity, LinearImpact(slope), debt), shocks
    )
    strong = linear_cascade(
        index_linear_cascade(trigger, quantity, LinearImpact(slope + 0.01), debt), shocks
    )
    assert (np.diff(weak.count) >= 0).all() and (np.diff(weak.bad_debt) >= -1e-9).all()
    assert (strong.count >= weak.count).all() and (strong.price <= weak.price).all()


@given(st.permutations(range(8)), st.floats(5.0, 40.0))
def test_the_order_of_the_positions_does_not_matter(order: list[int], shocked: float) -> None:
    trigger = np.array([30.0, 30.0, 25.5, 21.0, 20.0, 20.0, 11.0, 3.0])
    quantity = np.array([1.0, 2.0, 0.0, 3.0, 1.0, 1.0, 5.0, 1.0])
    impact = LinearImpact(0.03)
    straight = linear_cascade(index_linear_cascade(trigger, quantity, impact), [shocked])
    mixed = index_linear_cascade(trigger[order], quantity[order], impact)
    shuffled = linear_cascade(mixed, [shocked])
    assert shuffled.count.tolist() == straight.count.tolist()
    assert shuffled.price == pytest.approx(straight.price, rel=1e-14)


def one_path(paths: CascadePaths) -> tuple[int, float, float]:
    return int(paths.count[0]), float(paths.price[0]), float(paths.bad_debt[0])


@pytest.mark.parametrize("trigger", [87.36, 87.3600000001, 87.3599999999])
def test_a_trigger_that_impact_meets_to_the_last_decimal_is_met(trigger: float) -> None:
    # 91 x (1 - 0.001 x 40) = 87.36, which is 87.36 in no float arithmetic for sure.
    for run in (linear_cascade, linear_cascade_rounds):
        index = index_linear_cascade([92.0, trigger], [40.0, 60.0], LinearImpact(0.001))
        assert run(index, [91.0]).count.tolist() == [2 if trigger >= 87.36 else 1]
        assert run(index, [92.0]).count.tolist() == [1]
        assert run(index, [92.00000001]).count.tolist() == [0]


def test_many_tenths_add_up_to_a_whole() -> None:
    # Ten sales of 0.1 are 1.0 and move 10 to 9.0 exactly, where the float sum is 0.99999...
    trigger, quantity = [10.0] * 10 + [9.0], [0.1] * 10 + [1.0]
    for run in (linear_cascade, linear_cascade_rounds):
        index = index_linear_cascade(trigger, quantity, LinearImpact(0.1))
        assert run(index, [10.0]).count.tolist() == [11]
        above = index_linear_cascade([*trigger[:10], 8.999999999], quantity, LinearImpact(0.1))
        assert run(above, [10.0]).count.tolist() == [10]
        assert run(index, [10.0], greatest=True).count.tolist() == [11]


@pytest.mark.parametrize(("ties", "below"), [(1200, 0), (700, 500), (512, 1), (511, 1), (1, 1300)])
def test_thresholds_are_told_apart_however_many_stand_at_one(ties: int, below: int) -> None:
    trigger = [10.0] * ties + [9.999] * below
    index = index_linear_cascade(trigger, [0.0] * (ties + below), LinearImpact(0.1))
    above = float(np.nextafter(10.0, 11.0))
    for greatest in (False, True):
        got = linear_cascade(index, [10.0, above, 10.0, 9.999, above], greatest=greatest)
        assert got.count.tolist() == [ties, 0, ties, ties + below, 0]
        rounds = linear_cascade_rounds(index, [10.0, above, 9.999], greatest=greatest)
        assert rounds.count.tolist() == [ties, 0, ties + below]


def test_without_impact_floats_need_no_second_look() -> None:
    index = index_linear_cascade([10.0, 9.5, 9.5], [1.0, 2.0, 3.0], LinearImpact(0.0))
    prices = [float(np.nextafter(10.0, 11.0)), 10.0, 9.5, float(np.nextafter(9.5, 9.0))]
    for greatest in (False, True):
        assert linear_cascade(index, prices, greatest=greatest).count.tolist() == [0, 1, 3, 3]


def test_the_fragility_band_of_two_fixed_points() -> None:
    trigger, quantity = [92.0, 88.0, 85.0, 80.0, 60.0], [40.0, 60.0, 50.0, 100.0, 500.0]
    index = index_linear_cascade(trigger, quantity, LinearImpact(0.001))
    for band in (
        linear_fragility_band(index, [91.0]),
        fragility_band(index.book, LinearImpact(0.001), [91.0]),
    ):
        assert band.least.price.tolist() == pytest.approx([68.25])
        assert band.greatest.price.tolist() == pytest.approx([22.75])
        assert (band.least.count[0], band.greatest.count[0]) == (4, 5)


def test_the_price_stops_at_zero_and_zero_meets_every_trigger() -> None:
    index = index_linear_cascade([50.0, 0.0], [30.0, 1.0], LinearImpact(0.1), [100.0, 7.0])
    assert one_path(linear_cascade(index, [50.0])) == (2, 0.0, 107.0)
    assert one_path(linear_cascade(index, [0.0])) == (2, 0.0, 107.0)
    assert one_path(linear_cascade(index, [50.5])) == (0, 50.5, 0.0)


def test_bad_debt_at_the_final_price_begins_where_debt_passes_the_proceeds() -> None:
    index = index_linear_cascade([100.0], [2.0], LinearImpact(0.05), [180.0])
    # 100 x 0.9 = 90, and 2 x 90 repays 180 to the last.
    assert one_path(linear_cascade(index, [100.0])) == (1, 90.0, 0.0)
    assert one_path(linear_cascade(index, [50.0])) == (1, 45.0, 90.0)


def test_debt_above_its_trigger_counts_from_the_trigger_on() -> None:
    index = index_linear_cascade([40.0, 90.0], [1.0, 1.0], LinearImpact(0.0), [60.0, 50.0])
    assert linear_cascade(index, [50.0]).bad_debt.tolist() == [0.0]
    assert linear_cascade(index, [40.0]).bad_debt.tolist() == [30.0]
    assert linear_cascade(index, [40.1]).bad_debt.tolist() == pytest.approx([9.9])


def test_without_debt_nothing_is_lost() -> None:
    index = index_linear_cascade([90.0], [1.0], LinearImpact(0.5))
    assert linear_cascade(index, [80.0, 95.0]).bad_debt.tolist() == [0.0, 0.0]


def test_books_side_by_side_are_each_its_own() -> None:
    one = index_linear_cascade([90.0, 70.0], [1.0, 1.0], LinearImpact(0.1), [85.0, 60.0])
    two = index_linear_cascade([], [], LinearImpact(0.1))
    shocks = np.array([[89.0, 5.0], [60.0, 0.0], [95.0, 1.0]])
    totals = cascade_books([one, two], shocks)
    for column, index in enumerate((one, two)):
        alone = linear_cascade(index, shocks[:, column])
        assert totals.price[:, column].tolist() == alone.price.tolist()
        assert totals.sold[:, column].tolist() == alone.sold.tolist()
        assert totals.bad_debt[:, column].tolist() == alone.bad_debt.tolist()
    assert totals.price[:, 1].tolist() == [5.0, 0.0, 1.0]
    with pytest.raises(InvalidArgument, match="shocked_price"):
        cascade_books([one], shocks)


@given(
    st.sampled_from(["30", "50", "100"]),
    st.sampled_from(["0.001", "0.03", "0.1"]),
    st.lists(st.tuples(st.integers(1, 9), st.integers(-1, 1)), min_size=1, max_size=4),
)
def test_written_decimals_decide_where_floats_cannot(
    price: str, slope: str, book: list[tuple[int, int]]
) -> None:
    # Each trigger is the price with all earlier positions sold, or one unit of 1e-9 off it.
    start, fall = Fraction(price), Fraction(slope)
    sold = [Fraction(0), *accumulate(Fraction(tenths, 10) for tenths, _ in book)]
    prices = [start * (1 - fall * amount) for amount in sold]
    triggers = [at + Fraction(off, 10**9) for at, (_, off) in zip(prices[:-1], book, strict=True)]

    def settled(count: int) -> int:
        while (found := sum(trigger >= prices[count] for trigger in triggers)) != count:
            count = found
        return count

    index = index_linear_cascade(
        [float(trigger) for trigger in triggers],
        [tenths / 10 for tenths, _ in book],
        LinearImpact(float(slope)),
    )
    for run in (linear_cascade, linear_cascade_rounds):
        least, greatest = (run(index, [float(price)], greatest=end) for end in (False, True))
        assert least.count.tolist() == [settled(0)]
        assert greatest.count.tolist() == [settled(len(book))]


def test_no_books_and_no_paths_are_valid() -> None:
    assert cascade_books([], np.zeros((3, 0))).price.shape == (3, 0)
    index = index_linear_cascade([], [], LinearImpact(0.1), [])
    for run in (linear_cascade, linear_cascade_rounds):
        nothing = run(index, [])
        assert len(nothing.price) == len(nothing.bad_debt) == 0
        assert run(index, [3.0], greatest=True).price.tolist() == [3.0]


def test_amplification_is_total_over_exogenous_move() -> None:
    index = index_linear_cascade([92.0], [50.0], LinearImpact(0.001))
    paths = linear_cascade(index, [90.0, 95.0, 100.0])
    ratio = amplification(100.0, paths)
    assert ratio[:2].tolist() == pytest.approx([1.45, 1.0])
    assert np.isnan(ratio[2])
    each = amplification([100.0, 95.0, 110.0], paths)
    assert each[0] == pytest.approx(1.45) and np.isnan(each[1]) and each[2] == 1.0


@given(
    st.lists(
        st.one_of(
            st.floats(0.0, 1e300),
            st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-52, 5e-324, float("inf")]),
        ),
        max_size=40,
    )
)
def test_falling_order_is_a_stable_sort(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    order = np.empty(len(array), dtype=np.int64)
    falling_order(array, order, np.empty(len(array), dtype=np.uint64))
    assert order.tolist() == sorted(range(len(values)), key=lambda at: -values[at])


def test_falling_order_tells_neighbours_whose_last_bits_do_not_fit() -> None:
    values = np.concatenate(([0.0, 1e300], np.nextafter(1.0, 2.0) ** np.arange(3), np.ones(5000)))
    order = np.empty(len(values), dtype=np.int64)
    falling_order(values, order, np.empty(len(values), dtype=np.uint64))
    assert order.tolist() == np.argsort(-values, kind="stable").tolist()


@given(st.integers(0, 200), st.integers(0, 10**6))
def test_running_sums_stay_within_their_bound_and_never_fall(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(0, 3, count)
    sums = np.empty(count + 1)
    running_sum(values, sums)
    exact = accumulate(map(Fraction, values.tolist()), initial=Fraction(0))
    for got, want in zip(sums.tolist(), exact, strict=True):
        assert abs(Fraction(got) - want) <= Fraction(running_sum_error(count)) * want
    assert (np.diff(sums) >= 0).all()


@pytest.mark.parametrize(
    ("trigger", "quantity", "debt", "field"),
    [
        ([np.nan], [1.0], None, "trigger[0]"),
        ([-1.0], [1.0], None, "trigger[0]"),
        ([1.0], [-1.0], None, "quantity[0]"),
        ([1.0], [1.0, 2.0], None, "quantity"),
        ([1.0], [1.0], [-1.0], "debt[0]"),
        ([1.0], [1.0], [1.0, 2.0], "debt"),
        ([[1.0]], [1.0], None, "trigger"),
    ],
)
def test_books_are_checked_at_the_door(trigger: Any, quantity: Any, debt: Any, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        trigger_book(trigger, quantity, debt)
    assert caught.value.field == field


def test_prices_are_checked_at_the_door() -> None:
    index = index_linear_cascade([1.0], [1.0], LinearImpact(0.1))
    for bad in ([-1.0], [np.nan], 1.0):
        for run in (linear_cascade, linear_cascade_rounds):
            with pytest.raises(InvalidArgument, match="shocked_price"):
                run(index, bad)
        with pytest.raises(InvalidArgument, match="shocked_price"):
            trigger_cascade(index.book, LinearImpact(0.1), bad)
