"""The cascade ends at the least fixed point, found here by trying every set of accounts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import CascadeResult, cascade, greatest_cascade
from simulator.risk.cascade import ImpactFunction
from simulator.types import Float1D, Float2D

RATE = 0.0625


def linear(price: Float1D, slope: float) -> ImpactFunction:
    """Relative fall of `slope` per unit sold, never below zero."""
    return lambda sold: np.maximum(price * (1.0 - slope * sold), 0.0)


def square_root(price: Float1D, scale: float) -> ImpactFunction:
    return lambda sold: np.maximum(
        price * (1.0 - np.sign(sold) * scale * np.sqrt(np.abs(sold))), 0.0
    )


def hit(
    cash: Float1D, size: Float2D, impact: ImpactFunction, dumped: Float2D, chosen: frozenset[int]
) -> frozenset[int]:
    """T(chosen), account by account."""
    sold = np.zeros(size.shape[1])
    for account in chosen:
        sold = sold + dumped[account]
    price = impact(sold)
    members = []
    for account, row in enumerate(size):
        settled = cash[account] + sum(q * p for q, p in zip(row, price, strict=True))
        need = RATE * sum(abs(q) * p for q, p in zip(row, price, strict=True))
        if settled < need:
            members.append(account)
    return frozenset(members)


def book(seed: int, accounts: int, markets: int, one_sided: bool) -> tuple[Float1D, Float2D]:
    """Accounts near liquidation at a price of 1 per market."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.2, 2.0, (accounts, markets))
    if not one_sided:
        size *= rng.choice([-1.0, 1.0], size.shape)
    size *= rng.uniform(size=size.shape) < 0.8
    gross = np.abs(size).sum(axis=1)
    settled = gross * (RATE + rng.uniform(-0.02, 0.15, accounts))
    return settled - size.sum(axis=1), size


def fixed_points(
    cash: Float1D, size: Float2D, impact: ImpactFunction, dumped: Float2D
) -> list[frozenset[int]]:
    everyone = range(len(cash))
    sets = [frozenset(c) for m in range(len(cash) + 1) for c in combinations(everyone, m)]
    return [chosen for chosen in sets if hit(cash, size, impact, dumped, chosen) == chosen]


@given(
    st.integers(0, 10**6),
    st.integers(1, 7),
    st.integers(1, 2),
    st.floats(0.0, 0.06),
    st.sampled_from([linear, square_root]),
    st.floats(0.1, 1.0),
)
def test_a_one_sided_book_ends_at_the_least_of_all_fixed_points(
    seed: int, accounts: int, markets: int, strength: float, kind: object, share: float
) -> None:
    assert callable(kind)
    cash, size = book(seed, accounts, markets, one_sided=True)
    impact: ImpactFunction = kind(np.ones(markets), strength)
    dumped = size * share
    result = cascade(cash, size, RATE, impact, dumped)
    all_of_them = fixed_points(cash, size, impact, dumped)
    least = frozenset.intersection(*all_of_them)
    assert least in all_of_them
    assert members(result) == least
    greatest = frozenset.union(*all_of_them)
    most = greatest_cascade(cash, size, RATE, impact, dumped)
    assert greatest in all_of_them and members(most) == greatest
    assert most.first.tolist() == result.first.tolist()
    assert most.first_notional == result.first_notional
    assert most.final_notional >= result.final_notional


def members(result: CascadeResult) -> frozenset[int]:
    return frozenset(np.flatnonzero(result.final).tolist())


@given(st.integers(0, 10**6), st.integers(1, 10), st.integers(1, 3), st.floats(0.0, 0.06))
def test_a_two_sided_book_ends_where_nobody_is_added(
    seed: int, accounts: int, markets: int, strength: float
) -> None:
    cash, size = book(seed, accounts, markets, one_sided=False)
    impact = linear(np.ones(markets), strength)
    result = cascade(cash, size, RATE, impact)
    expected: frozenset[int] = frozenset()
    rounds = 0
    while not (added := hit(cash, size, impact, size, expected)) <= expected:
        expected, rounds = expected | added, rounds + 1
    assert members(result) == expected
    assert result.rounds == rounds <= accounts
    assert result.prices.shape == (rounds + 1, markets)


@given(st.integers(0, 10**6), st.integers(2, 10), st.floats(0.0, 0.06))
def test_the_order_of_the_accounts_does_not_matter(
    seed: int, accounts: int, strength: float
) -> None:
    cash, size = book(seed, accounts, 2, one_sided=False)
    order = np.random.default_rng(seed).permutation(accounts)
    impact = linear(np.ones(2), strength)
    result = cascade(cash, size, RATE, impact)
    shuffled = cascade(cash[order], size[order], RATE, impact)
    assert shuffled.final.tolist() == result.final[order].tolist()
    assert shuffled.rounds == result.rounds


def test_notionals_are_valued_before_any_impact() -> None:
    size, price = np.array([[10.0], [20.0], [5.0]]), np.array([100.0])
    # Liquidated below 99 / below 92 / never: cash = -(1 - rate) x size x trigger
    cash = -(1 - RATE) * size[:, 0] * np.array([101.0, 92.0, 1.0])
    result = cascade(cash, size, RATE, linear(price, 0.01))
    assert result.first.tolist() == [True, False, False]
    assert result.final.tolist() == [True, True, False]
    assert result.first_notional == 1000.0 and result.final_notional == 3000.0
    assert result.rounds == 2
    assert result.prices[:, 0] == pytest.approx([100.0, 90.0, 70.0])


def test_without_impact_the_first_round_is_all() -> None:
    cash, size = book(4, 50, 2, one_sided=True)
    price = np.ones(2)
    result = cascade(cash, size, RATE, lambda sold: price)
    assert result.first.any() and result.rounds == 1
    assert result.final.tolist() == result.first.tolist()
    assert result.final_notional == result.first_notional


def test_a_healthy_book_has_no_rounds() -> None:
    result = cascade(np.array([1.0, 0.0]), np.zeros((2, 2)), RATE, linear(np.ones(2), 0.5))
    assert result.rounds == 0 and not result.final.any()
    assert result.first_notional == result.final_notional == 0.0
    assert result.prices.tolist() == [[1.0, 1.0]]


def test_what_is_not_dumped_moves_no_price() -> None:
    cash, size = book(4, 50, 2, one_sided=True)
    impact = linear(np.ones(2), 0.05)
    patient = cascade(cash, size, RATE, impact, np.zeros_like(size))
    assert patient.final.tolist() == patient.first.tolist()
    assert cascade(cash, size, RATE, impact).final.sum() > patient.final.sum()


def test_an_account_exactly_at_its_requirement_is_safe_in_both_directions() -> None:
    size = np.array([[16.0]])
    impact = linear(np.array([1.0]), 0.0)
    at = np.array([-(1 - RATE) * 16.0])
    assert not cascade(at, size, RATE, impact).final.any()
    assert not greatest_cascade(at, size, RATE, impact).final.any()
    below = np.nextafter(at, -np.inf)
    assert cascade(below, size, RATE, impact).final.all()
    assert greatest_cascade(below, size, RATE, impact).final.all()


def test_the_greatest_fixed_point_is_valued_before_any_impact() -> None:
    size, price = np.array([[10.0], [20.0], [5.0]]), np.array([100.0])
    cash = -(1 - RATE) * size[:, 0] * np.array([101.0, 69.0, 1.0])
    # 10 sold leave 90, 30 sold leave 70, all 35 leave 65: the second goes only if supposed to.
    result = greatest_cascade(cash, size, RATE, linear(price, 0.01))
    assert result.first.tolist() == [True, False, False]
    assert result.final.tolist() == [True, False, False]
    assert result.prices[:, 0] == pytest.approx([65.0, 70.0, 90.0])
    assert result.rounds == 2
    assert result.first_notional == result.final_notional == 1000.0


def test_nobody_is_a_valid_book() -> None:
    for run in (cascade, greatest_cascade):
        result = run(np.zeros(0), np.zeros((0, 1)), RATE, linear(np.ones(1), 0.1))
        assert result.rounds == 0 and result.final_notional == 0.0 and len(result.final) == 0


@pytest.mark.parametrize("run", [cascade, greatest_cascade])
def test_shapes_and_numbers_are_checked_at_the_door(run: object) -> None:
    assert callable(run)
    impact = linear(np.ones(1), 0.1)
    size = np.ones((2, 1))
    for cash, sizes, dumped, field in (
        (np.array([1.0, np.nan]), size, None, "cash[1]"),
        (np.ones(2), np.array([[1.0], [np.inf]]), None, "size[1, 0]"),
        (np.ones(3), size, None, "size"),
        (np.ones(2), size, np.ones((2, 2)), "dumped"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            run(cash, sizes, RATE, impact, dumped)
        assert caught.value.field == field
