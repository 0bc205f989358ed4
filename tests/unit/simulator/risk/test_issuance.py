"""Emission schedules."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.issuance import (
    CURVE_RATE,
    CURVE_SUPPLY,
    curve_rate,
    curve_supply,
    exponential_emission,
    exponential_emission_rate,
    halving_subsidy,
    halving_supply,
    linear_emission,
    tail_emission,
    tail_emission_rate,
)


@given(st.floats(0.1, 1000), st.floats(0.1, 1000), st.floats(0, 5000))
def test_cumulative_emission_is_the_integral_of_the_rate(
    initial: float, half_life: float, elapsed: float
) -> None:
    before, after = exponential_emission(initial, half_life, [elapsed, elapsed + 1e-3 * half_life])
    middle = exponential_emission_rate(initial, half_life, elapsed + 5e-4 * half_life)
    assert after - before == pytest.approx(
        float(middle) * 1e-3 * half_life, rel=1e-3, abs=1e-11 * initial * half_life
    )


def test_emission_halves_with_each_half_life_and_has_an_end() -> None:
    assert exponential_emission_rate(100.0, 7.0, [0.0, 7.0, 21.0]) == pytest.approx([100, 50, 12.5])
    assert exponential_emission(100.0, 7.0, 0.0) == 0
    assert exponential_emission(100.0, 7.0, 1e9) == pytest.approx(700 / log(2))
    tiny = float(exponential_emission(100.0, 1e12, 1.0))
    assert tiny == pytest.approx(100.0, rel=1e-10)


def test_linear_emission_stops_at_its_cap() -> None:
    assert linear_emission(2.0, [0.0, 3.0, 5.0, 9.0], 10.0).tolist() == [0, 6, 10, 10]
    assert linear_emission(2.0, 1e6) == 2e6


def test_the_tail_takes_over_where_the_decay_meets_it() -> None:
    rates = tail_emission_rate(80.0, 10.0, 10.0, [0.0, 20.0, 30.0, 31.0, 500.0])
    assert rates == pytest.approx([80, 20, 10, 10, 10])
    at = float(exponential_emission(80.0, 10.0, 30.0))
    found = tail_emission(80.0, 10.0, 10.0, [0.0, 20.0, 30.0, 42.0])
    wanted = [0, float(exponential_emission(80.0, 10.0, 20.0)), at, at + 120]
    assert found == pytest.approx(wanted)
    assert tail_emission(5.0, 10.0, 10.0, 3.0) == pytest.approx(30)
    low = float(exponential_emission(1.0, 10.0, 10.0)) + 0.5 * 5
    assert tail_emission(1.0, 10.0, 0.5, 15.0) == pytest.approx(low)
    assert tail_emission(0.0, 10.0, 10.0, 3.0) == pytest.approx(30)
    plain = float(exponential_emission(80.0, 10.0, 1e3))
    assert tail_emission(80.0, 10.0, 0.0, 1e3) == pytest.approx(plain)
    assert tail_emission(0.0, 10.0, 0.0, 1e3) == 0


def test_the_subsidy_halves_at_the_interval_and_ends_with_the_sixty_fourth() -> None:
    assert halving_subsidy(0) == halving_subsidy(209_999) == 5_000_000_000
    assert halving_subsidy(210_000) == 2_500_000_000
    assert halving_subsidy(32 * 210_000) == 1 and halving_subsidy(33 * 210_000) == 0
    large = 2**70
    assert halving_subsidy(63, large, 1) == 2**7
    assert halving_subsidy(64, large, 1) == 0
    assert halving_subsidy(2, 7, 1) == 1
    assert halving_subsidy(64, large, 1, tail=3) == 3 and halving_subsidy(0, large, 1, 3) == large


def test_a_schedule_that_emits_nothing_is_valid() -> None:
    assert halving_subsidy(0, 0) == halving_supply(None, 0) == halving_supply(9, 0, 2, 0) == 0
    assert curve_rate(2, 0) == curve_supply(9, 0, 0) == 0
    assert exponential_emission(0.0, 1.0, 5.0) == linear_emission(0.0, 5.0) == 0


def test_supply_is_the_sum_of_the_subsidies() -> None:
    for height in (0, 1, 4, 5, 6, 17, 400):
        for tail in (0, 3):
            wanted = sum(halving_subsidy(block, 1001, 5, tail) for block in range(height))
            assert halving_supply(height, 1001, 5, tail) == wanted
    assert halving_supply(None, 1001, 5) == halving_supply(10_000, 1001, 5)
    assert halving_supply(None, 2**70, 1) == halving_supply(64, 2**70, 1)
    assert halving_supply() == 2_099_999_997_690_000


def test_the_curve_rate_floors_once_per_epoch() -> None:
    assert curve_rate(0) == CURVE_RATE == 8_714_335_457_889_396_245
    assert curve_rate(1) == 7_327_853_447_857_530_670
    assert curve_rate(3, 10, 3 * 10**18) == 0
    assert curve_rate(2, 100, 3 * 10**18) == 11
    assert curve_rate(1, 5, 1) == 5 * 10**18


def test_the_curve_supply_counts_whole_epochs_and_the_seconds_after() -> None:
    assert curve_supply(0) == CURVE_SUPPLY
    assert curve_supply(1) == CURVE_SUPPLY + CURVE_RATE
    assert curve_supply(9, 1000, 100, 3 * 10**18, 10) == 1000 + 900
    assert curve_supply(10, 1000, 100, 3 * 10**18, 10) == 2000
    assert curve_supply(25, 1000, 100, 3 * 10**18, 10) == 1000 + 1000 + 330 + 5 * 11


@given(st.integers(0, 10**10), st.integers(1, 10**8))
def test_the_curve_supply_never_falls(elapsed: int, more: int) -> None:
    assert curve_supply(elapsed + more) >= curve_supply(elapsed)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: exponential_emission(1.0, 0.0, 1.0), "half_life"),
        (lambda: exponential_emission(-1.0, 1.0, 1.0), "initial"),
        (lambda: exponential_emission_rate(1.0, 1.0, -1.0), "elapsed"),
        (lambda: linear_emission(1.0, 1.0, np.nan), "cap"),
        (lambda: tail_emission(1.0, 1.0, -1.0, 1.0), "tail"),
        (lambda: halving_subsidy(-1), "height"),
        (lambda: halving_subsidy(1, 5, 0), "interval"),
        (lambda: halving_subsidy(1.0), "height"),  # type: ignore[arg-type]
        (lambda: halving_supply(None, tail=1), "tail"),
        (lambda: curve_rate(-1), "epoch"),
        (lambda: curve_rate(1, 5, 0), "coefficient"),
        (lambda: curve_supply(-1), "elapsed"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, name: str) -> None:
    with pytest.raises(InvalidArgument, match=name):
        call()
