"""The cost of moving an oracle: formulas against the pair itself, parts that add up, edges."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity.pair import Pair, swap_exact_input
from simulator.oracles.manipulation import (
    attack,
    manipulation_cost,
    push,
    push_capital,
    range_capital,
    spot_multiple,
)
from simulator.oracles.twap_v2 import arithmetic_twap
from simulator.oracles.twap_v3 import geometric_twap

UNIT = 10**18
RESERVE = 10_000_000
MULTIPLES = st.floats(1.001, 50)
FEES = st.sampled_from([0, 1, 3, 10, 100])


def pool(fee_thousandths: int) -> Pair:
    """10,000 base against 10 million quote: the true price is 1,000."""
    return Pair(10_000 * UNIT, RESERVE * UNIT, fee_numerator=1000 - fee_thousandths)


@given(MULTIPLES, FEES)
def test_a_push_is_the_pairs_own_swap(multiple: float, fee: int) -> None:
    pushed = push(RESERVE, multiple, fee / 1000)
    pair = pool(fee)
    trade = swap_exact_input(pair, 0, round(float(pushed.paid) * UNIT), zero_for_one=False)
    after = trade.pair
    price = after.reserve1 / after.reserve0
    assert price == pytest.approx(1000 * multiple, rel=1e-9)
    assert trade.amount_out * 1000 / UNIT == pytest.approx(float(pushed.received), rel=1e-9)
    back = swap_exact_input(after, 0, trade.amount_out, zero_for_one=True)
    assert back.amount_out / UNIT == pytest.approx(float(pushed.unwound), rel=1e-9)


@given(MULTIPLES)
def test_down_costs_what_up_costs_on_the_other_side(multiple: float) -> None:
    up, down = push(RESERVE, multiple, 0.003), push(RESERVE, 1 / multiple, 0.003)
    assert np.array(down) == pytest.approx(np.array(up), rel=1e-9)


def test_without_a_fee_and_without_arbitrage_a_push_costs_nothing() -> None:
    cost = manipulation_cost(RESERVE, 4.0, held_blocks=5, arbitraged_blocks=0)
    assert cost.capital == pytest.approx(RESERVE)
    assert cost.total == pytest.approx(0.0, abs=1e-6)


def test_arbitrage_takes_the_difference_of_the_price_paid_and_the_true_one() -> None:
    cost = manipulation_cost(RESERVE, 4.0, held_blocks=3, arbitraged_blocks=3)
    assert cost.arbitrage == pytest.approx(3 * RESERVE * (sqrt(4) - 1) ** 2 / sqrt(4))
    assert cost.fees == pytest.approx(0.0, abs=1e-6)


@given(MULTIPLES, st.integers(0, 40), st.integers(0, 40), FEES, st.floats(0, 1))
def test_the_parts_add_up_and_no_part_is_a_gain(
    multiple: float, held: int, arbitraged: int, fee: int, rate: float
) -> None:
    lost = min(held, arbitraged)
    cost = manipulation_cost(RESERVE, multiple, held, lost, fee / 1000, 12.0, rate)
    assert cost.total == cost.fees + cost.arbitrage + cost.capital_cost
    assert min(cost.fees, cost.arbitrage, cost.capital_cost) >= -1e-3
    assert cost.capital_cost == pytest.approx(cost.capital * rate * held * 12 / 31_536_000)


def test_a_played_attack_costs_what_the_formula_says() -> None:
    """Push, arbitrage back to the true price, push again, go back: step by step on the pair."""
    fee, multiple = 3, 1.5
    cost = manipulation_cost(RESERVE, multiple, 3, 2, fee / 1000)
    spent = 0.0
    for step in range(3):
        trade = swap_exact_input(pool(fee), 0, round(float(cost.capital) * UNIT), False)
        base = trade.amount_out
        if step < 2:  # arbitrage: what came out is worth the true price
            spent += float(cost.capital) - base * 1000 / UNIT
        else:
            back = swap_exact_input(trade.pair, 0, base, True)
            spent += float(cost.capital) - back.amount_out / UNIT
    assert float(cost.total) == pytest.approx(spent, rel=1e-9)


@given(st.floats(1.01, 3), st.integers(1, 30))
def test_the_spot_multiple_moves_the_mean_of_a_path_to_the_target(target: float, held: int) -> None:
    window = 30
    for mean, twap in (("arithmetic", arithmetic_twap), ("geometric", geometric_twap)):
        spot = float(spot_multiple(mean, target, window, held))
        path = np.full(2 * window, 7.0)
        path[-held:] *= spot
        assert twap(path, window)[-1] == pytest.approx(7.0 * target, rel=1e-9)


def test_a_longer_hold_needs_less_and_a_whole_window_needs_the_target() -> None:
    for mean in ("arithmetic", "geometric"):
        needed = spot_multiple(mean, 1.2, 1800, [12, 120, 1800])
        assert (np.diff(needed) < 0).all() and needed[-1] == pytest.approx(1.2)
    assert spot_multiple("spot", 1.2, 1800, [12, 120]).tolist() == [1.2, 1.2]


def test_an_arithmetic_mean_falls_no_lower_than_a_price_of_zero_takes_it() -> None:
    assert spot_multiple("arithmetic", 0.5, 10, 10) == pytest.approx(0.5)
    assert spot_multiple("geometric", 0.5, 10, 1) == pytest.approx(0.5**10)
    with pytest.raises(InvalidArgument, match="does not pull the mean that low"):
        spot_multiple("arithmetic", 0.5, 10, 5)


@given(st.floats(0.2, 5))
def test_a_full_range_is_a_constant_product(multiple: float) -> None:
    base, quote = 10_000.0, float(RESERVE)
    capital = range_capital([1e-30], [1e30], [sqrt(base * quote)], quote / base, multiple)
    assert capital == pytest.approx(float(push_capital(quote, multiple)), rel=1e-9)


def test_only_the_part_of_the_way_inside_a_range_costs() -> None:
    narrow = ([90.0], [121.0], [100.0])
    assert range_capital(*narrow, price=100.0, price_multiple=1.21) == pytest.approx(100.0)
    assert range_capital(*narrow, price=100.0, price_multiple=9.0) == pytest.approx(100.0)
    both = ([90.0, 100.0], [121.0, 144.0], [100.0, 50.0])
    assert range_capital(*both, price=100.0, price_multiple=1.44) == pytest.approx(200.0)
    assert range_capital([400.0], [900.0], [7.0], price=100.0, price_multiple=1.5) == 0.0


def test_an_attack_pays_where_more_can_be_borrowed_than_it_costs() -> None:
    taken = attack([150_000.0, 250_000.0], 1_000_000.0, 0.8, 1.5)
    assert taken.extractable.tolist() == pytest.approx([200_000.0] * 2)
    assert taken.profit.tolist() == pytest.approx([50_000.0, -50_000.0])
    assert taken.profitable.tolist() == [True, False]
    assert not attack(0.0, 1_000_000.0, 0.8, 1.25).profitable, "the break-even itself is no gain"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: push(0.0, 2.0), "quote_reserve"),
        (lambda: push(1.0, 0.0), "price_multiple"),
        (lambda: push(1.0, 2.0, 1.0), "fee"),
        (lambda: manipulation_cost(1.0, 2.0, 1, 2), "arbitraged_blocks"),
        (lambda: manipulation_cost(1.0, 2.0, -1, 0), "held_blocks"),
        (lambda: spot_multiple("harmonic", 2.0, 10, 1), "mean = 'harmonic'"),
        (lambda: spot_multiple("geometric", 2.0, 10, 11), "held_seconds"),
        (lambda: range_capital([2.0], [1.0], [1.0], 1.0, 2.0), "upper_price"),
        (lambda: attack(1.0, 1.0, 1.5, 2.0), "loan_to_value"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(InvalidArgument, match=words):
        call()
