"""Every verdict equals the one from integers, and integers are asked only where they must be."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.risk import equity, gross_notional, liquidatable, magnitude, requirement
from simulator.types import Bool1D, Int1D
from simulator.units import LOT, TICK, WAD, div_ceil

RATE = WAD // 16

sizes = st.integers(-(10**13), 10**13).map(lambda lots: lots * LOT)
prices = st.integers(10**6, 10**17).map(lambda ticks: ticks * TICK)
# Distances of E to MM in units of 1e-18: on the threshold, a digit beside it, anywhere.
distances = st.one_of(st.integers(-3, 3), st.integers(-(10**30), 10**30))


class ExactBook:
    """Accounts in integers whose equity lies at a chosen distance from the requirement."""

    def __init__(self, sizes: list[int], price: int, distances: list[int]) -> None:
        self.sizes, self.price = sizes, price
        self.cost = [-size * price // WAD + size for size in sizes]
        self.margin = [
            self._maintenance(at) - size * price // WAD - self.cost[at] + distance
            for at, (size, distance) in enumerate(zip(sizes, distances, strict=True))
        ]
        self.asked: list[int] = []

    def _maintenance(self, at: int) -> int:
        return div_ceil(abs(self.sizes[at]) * self.price // WAD * RATE, WAD)

    def verdict(self, at: int) -> bool:
        settled = self.margin[at] + self.sizes[at] * self.price // WAD + self.cost[at]
        return settled < self._maintenance(at)

    def ask(self, indices: Int1D) -> Bool1D:
        self.asked += indices.tolist()
        return np.array([self.verdict(at) for at in indices.tolist()])

    def float_verdicts(self) -> Bool1D:
        size = np.array([[value / WAD] for value in self.sizes])
        price = np.array([self.price / WAD])
        cost = np.array([[value / WAD] for value in self.cost])
        margin = np.array([value / WAD for value in self.margin])
        gross = gross_notional(size, price)
        settled = equity(margin, size, price, cost, np.zeros_like(cost))
        scale = magnitude(margin, gross, cost, np.zeros_like(cost))
        return liquidatable(settled, requirement(gross, RATE / WAD), scale, self.ask)


@given(st.lists(st.tuples(sizes, distances), min_size=1, max_size=8), prices)
def test_every_verdict_is_the_exact_one(book: list[tuple[int, int]], price: int) -> None:
    exact = ExactBook([size for size, _ in book], price, [distance for _, distance in book])
    expected = [exact.verdict(at) for at in range(len(book))]
    assert exact.float_verdicts().tolist() == expected


def test_a_unit_of_1e_18_below_the_threshold_is_told_from_the_threshold() -> None:
    exact = ExactBook([10**8 * LOT] * 3, 200 * WAD, [-1, 0, 1])
    assert exact.float_verdicts().tolist() == [True, False, False]
    assert exact.asked == [0, 1, 2]


def test_clear_cases_and_empty_accounts_are_not_asked_for() -> None:
    exact = ExactBook([10**8 * LOT, 10**8 * LOT, 0], 200 * WAD, [-WAD, WAD, 0])
    assert exact.float_verdicts().tolist() == [True, False, False]
    assert exact.asked == []


def test_exactly_at_the_requirement_is_not_liquidatable() -> None:
    one = np.ones(1)
    result = liquidatable(one, one, one, lambda indices: np.zeros(len(indices), dtype=bool))
    assert result.tolist() == [False]
