"""The float core equals exact integer arithmetic to 1e-12 of the sum of the absolute terms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.risk import (
    effective_leverage,
    equity,
    gross_notional,
    magnitude,
    margin_ratio,
    net_notional,
    notional,
    requirement,
)
from simulator.types import Float1D, Float2D
from simulator.units import LOT, TICK, WAD

AMOUNT = 10**12 * WAD
amounts = st.one_of(st.just(0), st.integers(-AMOUNT, AMOUNT), st.integers(-(10**20), 10**20))
sizes = st.one_of(st.just(0), st.integers(-(10**15), 10**15).map(lambda lots: lots * LOT))
prices = st.integers(1, 10**18).map(lambda ticks: ticks * TICK)


@dataclass(frozen=True)
class Account:
    """One cross-margin account in 1e-18 integers."""

    margin: int
    size: list[int]
    price: list[int]
    cost: list[int]
    pending: list[int]

    def terms(self) -> list[Fraction]:
        values = [self.margin, *self.cost, *(-amount for amount in self.pending)]
        products = [Fraction(q * p, WAD) for q, p in zip(self.size, self.price, strict=True)]
        return [Fraction(value) for value in values] + products

    def gross(self) -> Fraction:
        pairs = zip(self.size, self.price, strict=True)
        return sum((Fraction(abs(q) * p, WAD) for q, p in pairs), Fraction())


def row(values: list[int]) -> Float2D:
    return np.array([[value / WAD for value in values]])


def vector(values: list[int]) -> Float1D:
    return np.array([value / WAD for value in values])


accounts = st.integers(1, 8).flatmap(
    lambda k: st.builds(
        Account,
        amounts,
        *(st.lists(kind, min_size=k, max_size=k) for kind in (sizes, prices, amounts, amounts)),
    )
)


@given(accounts)
def test_equity_and_requirement_equal_the_exact_values_to_1e_12_of_the_terms(a: Account) -> None:
    size, price = row(a.size), vector(a.price)
    cost, pending, margin = row(a.cost), row(a.pending), vector([a.margin])
    terms = a.terms()
    scale = sum(map(abs, terms), Fraction())
    bound = scale / 10**12
    got = Fraction(float(equity(margin, size, price, cost, pending)[0])) * WAD
    assert abs(got - sum(terms)) <= bound
    gross = gross_notional(size, price)
    maintenance = Fraction(float(requirement(gross, 0.0625)[0])) * WAD
    assert abs(maintenance - a.gross() / 16) <= bound
    total = Fraction(float(magnitude(margin, gross, cost, pending)[0])) * WAD
    assert abs(total - scale) <= bound


def test_equity_of_a_long_a_short_and_an_empty_account() -> None:
    size = np.array([[10.0, 0.0], [-4.0, 1.0], [0.0, 0.0]])
    cost = np.array([[-2000.0, 0.0], [800.0, -5000.0], [0.0, 0.0]])
    pending = np.array([[3.0, 0.0], [-1.0, 0.5], [0.0, 0.0]])
    margin, price = np.array([500.0, 900.0, 7.0]), np.array([180.0, 5100.0])
    # 500 - 200 - 3; 900 + 80 + 100 + 1 - 0.5; 7
    assert equity(margin, size, price, cost, pending).tolist() == [297.0, 1080.5, 7.0]
    assert gross_notional(size, price).tolist() == [1800.0, 5820.0, 0.0]
    assert net_notional(size, price).tolist() == [1800.0, 4380.0, 0.0]
    assert notional(size, price).tolist() == [[1800.0, 0.0], [720.0, 5100.0], [0.0, 0.0]]


def test_results_can_be_written_into_given_arrays() -> None:
    size, price = np.array([[2.0], [-3.0]]), np.array([10.0])
    zeros, margin = np.zeros((2, 1)), np.array([1.0, 2.0])
    out = np.empty(2)
    assert equity(margin, size, price, zeros, zeros, out) is out
    assert out.tolist() == [21.0, -28.0]
    assert gross_notional(size, price, out) is out
    assert requirement(out, 0.5, out) is out
    assert out.tolist() == [10.0, 15.0]


def test_margin_ratio_does_not_exist_without_a_position() -> None:
    ratio = margin_ratio(np.array([5.0, -1.0, 3.0]), np.array([100.0, 10.0, 0.0]))
    assert ratio[:2].tolist() == [0.05, -0.1]
    assert np.isnan(ratio[2])


def test_leverage_is_infinite_under_water_and_zero_without_a_position() -> None:
    gross = np.array([100.0, 100.0, 100.0, 0.0, 0.0])
    leverage = effective_leverage(gross, np.array([20.0, 0.0, -1.0, 5.0, 0.0]))
    assert leverage.tolist() == [5.0, np.inf, np.inf, 0.0, 0.0]


def test_no_warning_is_raised_on_an_empty_book() -> None:
    with np.errstate(all="raise"):
        empty = np.zeros((0, 2))
        price = np.ones(2)
        assert equity(np.zeros(0), empty, price, empty, empty).shape == (0,)
        assert effective_leverage(np.zeros(1), np.zeros(1)).tolist() == [0.0]
        assert margin_ratio(np.zeros(1), np.zeros(1)) == pytest.approx([np.nan], nan_ok=True)
