"""When a push oracle writes."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.oracles.push import push_schedule

UNIT = 10**8


def column(*prices: float) -> np.ndarray:
    return np.array([[round(price * UNIT)] for price in prices], np.int64)


def test_a_move_of_exactly_the_deviation_is_written() -> None:
    # In float64 0.5 / 100 < 0.005 can go either way; in integers it is exact.
    writes = push_schedule(column(100, 100.5, 100.5), Decimal("0.005"), 300)
    assert writes[:, 0].tolist() == [0, round(100.5 * UNIT), 0]


def test_a_smaller_move_waits_for_the_heartbeat() -> None:
    writes = push_schedule(column(100, 100.4999, 100.4, 100.3), Decimal("0.005"), 3)
    assert writes[:, 0].tolist() == [0, 0, 0, round(100.3 * UNIT)]


def test_what_the_keeper_does_not_see_is_not_written() -> None:
    writes = push_schedule(column(100, 0, 0, 70), Decimal("0.005"), 2)
    assert writes[:, 0].tolist() == [0, 0, 0, 70 * UNIT]


def test_in_a_silent_block_nothing_is_written_and_the_heartbeat_stays_due() -> None:
    silent = np.array([[False], [True], [True], [False]])
    writes = push_schedule(column(100, 90, 100, 100), Decimal("0.005"), 2, silent)
    assert writes[:, 0].tolist() == [0, 0, 0, 100 * UNIT]


def test_a_held_answer_is_confirmed_by_the_heartbeat_whatever_the_price() -> None:
    held = np.array([[False], [True], [True], [True], [False]])
    writes = push_schedule(column(100, 90, 80, 70, 60), Decimal("0.005"), 2, None, held)
    assert writes[:, 0].tolist() == [0, 0, 100 * UNIT, 0, 60 * UNIT]


@given(
    st.lists(st.integers(1 * UNIT, 1000 * UNIT), min_size=2, max_size=60),
    st.integers(1, 20),
)
def test_the_answer_is_never_staler_than_heartbeat_nor_further_than_deviation(
    path: list[int], heartbeat: int
) -> None:
    ticks = np.array([[price] for price in path], np.int64)
    writes = push_schedule(ticks, Decimal("0.01"), heartbeat)[:, 0].tolist()
    answer, age = path[0], 0
    for seen, written in zip(path[1:], writes[1:], strict=True):
        age += 1
        if written:
            answer, age = written, 0
        assert age < heartbeat
        assert abs(seen - answer) * 100 < answer
