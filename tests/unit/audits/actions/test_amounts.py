"""Boundary amounts are found exactly, whatever the model guesses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audits.actions.amounts import Amount, largest_accepted


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(-10, 10**13))
def test_the_largest_accepted_amount_is_the_limit(limit: int, upper: int, guess: int) -> None:
    assert largest_accepted(lambda amount: amount <= limit, upper, guess) == min(limit, upper)


def test_a_right_guess_costs_three_trials() -> None:
    trials: list[int] = []

    def accepts(amount: int) -> bool:
        trials.append(amount)
        return amount <= 777

    assert largest_accepted(accepts, 10**12, 777) == 777
    assert trials == [1, 777, 778]


def test_an_amount_is_a_share_of_the_most_or_next_to_it() -> None:
    assert Amount(50).of(1_001) == 500
    assert Amount(offset=1).of(10) == 11
    assert Amount(offset=-1).of(0) == 0
