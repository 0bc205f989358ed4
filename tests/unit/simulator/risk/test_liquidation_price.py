"""At the liquidation price the account is exactly at its requirement; where none exists, NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.risk import bankruptcy_price, liquidation_price

RATE = 0.0625
size = st.floats(-50, 50).filter(lambda value: value == 0 or abs(value) > 1e-3)


@given(st.floats(-1e5, 1e5), st.tuples(size, size), st.tuples(*[st.floats(1, 1e4)] * 2))
def test_equity_equals_the_requirement_at_the_price_that_is_found(
    cash: float, sizes: tuple[float, float], prices: tuple[float, float]
) -> None:
    roots = liquidation_price(np.array([cash]), np.array([sizes]), np.array(prices), RATE)[0]
    for market in range(2):
        if np.isnan(roots[market]):
            continue
        moved = list(prices)
        moved[market] = float(roots[market])
        terms = [q * p for q, p in zip(sizes, moved, strict=True)]
        scale = abs(cash) + sum(map(abs, terms))
        left = cash + sum(terms) - RATE * sum(map(abs, terms))
        assert left == pytest.approx(0.0, abs=1e-13 * scale)


@given(st.floats(1, 1e4), st.floats(1e-3, 50), st.floats(1.05, 9.5))
def test_a_long_is_liquidated_below_and_bankrupt_further_below_its_entry(
    entry: float, amount: float, leverage: float
) -> None:
    cash = np.array([amount * entry / leverage - amount * entry])
    position, price = np.array([[amount]]), np.array([entry])
    liquidated = liquidation_price(cash, position, price, RATE)[0, 0]
    bankrupt = bankruptcy_price(cash, position, price)[0, 0]
    assert bankrupt < liquidated < entry
    assert bankrupt == pytest.approx(entry * (1 - 1 / leverage))


@given(st.floats(1, 1e4), st.floats(1e-3, 50), st.floats(0.1, 9.5))
def test_a_short_is_liquidated_above_its_entry(
    entry: float, amount: float, leverage: float
) -> None:
    cash = np.array([amount * entry / leverage + amount * entry])
    position, price = np.array([[-amount]]), np.array([entry])
    assert liquidation_price(cash, position, price, RATE)[0, 0] > entry


@given(st.floats(0, 1e6), st.floats(1e-3, 50))
def test_a_fully_paid_long_has_no_liquidation_price(cash: float, amount: float) -> None:
    found = liquidation_price(np.array([cash]), np.array([[amount]]), np.array([100.0]), RATE)
    assert np.isnan(found).all()


def test_a_market_without_a_position_has_no_liquidation_price() -> None:
    found = liquidation_price(
        np.array([-900.0]), np.array([[10.0, 0.0]]), np.array([100.0, 8000.0]), RATE
    )
    assert found[0, 0] == pytest.approx(96.0)
    assert np.isnan(found[0, 1])


def test_a_long_whose_requirement_is_its_notional_has_no_liquidation_price() -> None:
    with np.errstate(all="raise"):
        found = liquidation_price(np.array([-5.0]), np.array([[1.0]]), np.array([10.0]), 1.0)
    assert np.isnan(found).all()


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_a_rate_per_market_is_that_of_each_market(first: float, second: float) -> None:
    assume(abs(first - second) > 1e-3)
    cash, sizes, prices = np.array([-500.0]), np.array([[5.0, -1.0]]), np.array([200.0, 300.0])
    both = liquidation_price(cash, sizes, prices, np.array([first, second]))[0, 0]
    # 5 p (1 - first) = 500 + 300 (1 + second)
    assert both == pytest.approx((500 + 300 * (1 + second)) / (5 * (1 - first)))
