"""Vesting schedules, and what their unlocks do to a market."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.vesting import (
    VestingSchedule,
    circulating_supply,
    unlock_flow,
    unlocked_between,
    vested,
)

schedules = st.builds(
    VestingSchedule,
    total=st.integers(0, 10**24),
    cliff=st.integers(0, 50),
    duration=st.integers(0, 100),
    step=st.integers(0, 12),
    initial_bps=st.integers(0, 10_000),
    accrues_from_cliff=st.booleans(),
)


def table(schedule: VestingSchedule, *times: int) -> list[int]:
    return [vested(schedule, time) for time in times]


def test_nothing_before_the_cliff_and_then_what_accrued_since_the_start() -> None:
    schedule = VestingSchedule(100, cliff=3, duration=7)
    assert table(schedule, -1, 0, 2, 3, 4, 6, 7, 8) == [0, 0, 0, 42, 57, 85, 100, 100]


def test_the_initial_part_is_free_at_once_and_the_rest_vests() -> None:
    schedule = VestingSchedule(1001, cliff=2, duration=4, initial_bps=1000)
    assert table(schedule, -1, 0, 1, 2, 3, 4) == [0, 100, 100, 550, 775, 1001]
    assert table(VestingSchedule(7, cliff=5, duration=5, initial_bps=10_000), 0, 5) == [7, 7]


def test_a_stepped_schedule_counts_whole_steps_and_ends_in_time() -> None:
    schedule = VestingSchedule(100, cliff=3, duration=10, step=4)
    assert table(schedule, 3, 4, 7, 8, 9, 10) == [0, 40, 40, 80, 80, 100]
    assert table(VestingSchedule(10, duration=10, step=1), 0, 3, 10) == [0, 3, 10]


def test_a_schedule_may_accrue_from_its_cliff_only() -> None:
    schedule = VestingSchedule(100, cliff=2, duration=6, accrues_from_cliff=True)
    assert table(schedule, 1, 2, 3, 5, 6) == [0, 0, 25, 75, 100]
    stepped = VestingSchedule(100, cliff=2, duration=6, step=2, accrues_from_cliff=True)
    assert table(stepped, 2, 3, 4, 5, 6) == [0, 0, 50, 50, 100]


def test_without_a_duration_all_is_free_at_the_cliff() -> None:
    assert table(VestingSchedule(5, cliff=3), 2, 3) == [0, 5]
    assert table(VestingSchedule(5), -1, 0) == [0, 5]
    late = VestingSchedule(5, cliff=9, duration=4)
    assert table(late, 5, 8, 9) == [0, 0, 5]


@given(schedules, st.integers(-5, 150), st.integers(0, 50))
def test_released_never_falls_and_never_passes_the_total(
    schedule: VestingSchedule, time: int, more: int
) -> None:
    now, then = vested(schedule, time), vested(schedule, time + more)
    assert 0 <= now <= then <= schedule.total
    if time >= max(schedule.duration, schedule.cliff):
        assert now == schedule.total
    if 0 <= time < schedule.cliff:
        assert now == schedule.total * schedule.initial_bps // 10_000


@given(st.lists(schedules, max_size=4), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_unlocks_add_up_over_intervals(
    book: list[VestingSchedule], start: int, first: int, second: int
) -> None:
    middle, end = start + first, start + first + second
    whole = unlocked_between(book, start, end)
    assert whole == unlocked_between(book, start, middle) + unlocked_between(book, middle, end)
    assert circulating_supply(book, end, 9) == circulating_supply(book, start, 9) + whole


def test_what_circulates_already_is_added_and_is_none_unless_given() -> None:
    book = [VestingSchedule(8, duration=4), VestingSchedule(5, cliff=2)]
    assert circulating_supply(book, 2) == 9 and circulating_supply(book, 2, 30) == 39
    assert circulating_supply([], 2, 0) == 0
    with pytest.raises(InvalidArgument, match="already_circulating"):
        circulating_supply(book, 2, -1)


def test_amounts_beyond_64_bits_stay_exact() -> None:
    total = 10**27 + 1
    assert vested(VestingSchedule(total, duration=3), 2) == total * 2 // 3
    numpy_total = VestingSchedule(np.int64(2**62), duration=8)  # type: ignore[arg-type]
    assert vested(numpy_total, 7) == 2**62 * 7 // 8


def test_unlocks_are_sold_and_lower_the_price_for_good() -> None:
    team = VestingSchedule(800, duration=4)
    fund = VestingSchedule(100, cliff=2, duration=2)
    found = unlock_flow(
        [team, fund],
        [0, 1, 2, 3],
        price=10.0,
        sell_fraction=[0.5, 1.0],
        collateral_fraction=[0.25, 1.0],
        price_fall=lambda sold: sold / 1000,
        already_circulating=50,
    )
    assert found.unlocked.tolist() == [200, 300, 200]
    assert found.sold.tolist() == [100, 200, 100]
    assert found.price == pytest.approx([9.0, 7.2, 6.48])
    assert found.proceeds == pytest.approx([900, 1440, 648])
    assert found.collateral.tolist() == [25, 50, 75]
    assert found.collateral_value == pytest.approx([225, 360, 486])
    assert found.circulating.tolist() == [250, 550, 750]


def test_the_unit_turns_smallest_units_into_tokens() -> None:
    schedule = VestingSchedule(4 * 10**18, duration=4)
    found = unlock_flow(
        [schedule], [0, 2], price=1.0, sell_fraction=1.0, collateral_fraction=1.0,
        price_fall=lambda sold: 0.1 * sqrt(sold), unit=10**18, already_circulating=10**18,
    )  # fmt: skip
    assert found.sold.tolist() == [2] and found.circulating.tolist() == [3]
    assert found.collateral.tolist() == [0]
    assert found.price == pytest.approx([1 - 0.1 * sqrt(2)])


def test_no_schedules_and_no_intervals_are_valid() -> None:
    shape: dict[str, Any] = {"price": 2.0, "sell_fraction": 0.5, "collateral_fraction": 0.0}
    none = unlock_flow([], [0, 1, 1], **shape, price_fall=lambda sold: sold)
    assert none.circulating.tolist() == [0, 0]
    assert none.unlocked.tolist() == [0, 0] and none.price.tolist() == [2, 2]
    for times in ([], [3]):
        empty = unlock_flow([VestingSchedule(5)], times, **shape, price_fall=lambda sold: 0.0)
        assert empty.price.shape == empty.circulating.shape == (0,)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"times": [1, 0]}, r"times\[1\]"),
        ({"times": [0.0, 1.0]}, r"times\[0\]"),
        ({"price": 0.0}, "price"),
        ({"sell_fraction": 1.1}, "sell_fraction"),
        ({"sell_fraction": [0.1, 0.2]}, "sell_fraction"),
        ({"collateral_fraction": -0.1}, "collateral_fraction"),
        ({"price_fall": lambda sold: 1.0}, "price_fall"),
        ({"price_fall": lambda sold: -0.1}, "price_fall"),
        ({"unit": 0}, "unit"),
    ],
)
def test_bad_flows_are_refused(change: dict[str, Any], name: str) -> None:
    good: dict[str, Any] = {
        "schedules": [VestingSchedule(5)],
        "times": [-1, 0],
        "price": 1.0,
        "sell_fraction": 1.0,
        "collateral_fraction": 1.0,
        "price_fall": lambda sold: 0.0,
    }
    unlock_flow(**good)
    with pytest.raises(InvalidArgument, match=name):
        unlock_flow(**{**good, **change})


@pytest.mark.parametrize(
    ("name", "value"),
    [("total", -1), ("cliff", -1), ("duration", 1.5), ("step", -1), ("initial_bps", 10_001)],
)
def test_an_impossible_schedule_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgument, match=name):
        VestingSchedule(**{"total": 1, name: value})
    with pytest.raises(InvalidArgument, match="end"):
        unlocked_between([], 2, 1)
