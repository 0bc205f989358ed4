"""Prices land where they should, and waits reach from a second to 90 days."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.environment.price import HIGHEST_PRICE, LOWEST_PRICE, Brink, jump, to_the_brink
from audits.environment.time import LONGEST_SECONDS, NEXT_FUNDING, WAITS, wait
from simulator.units import TICK

WAD = 10**18


@pytest.mark.parametrize("account", [0, 1])
@pytest.mark.parametrize("brink", list(Brink))
def test_a_move_to_the_brink_passes_it_by_a_hair(ledger: Any, account: int, brink: Brink) -> None:
    move = to_the_brink(ledger, account, 0, brink)
    assert move is not None and move.index % TICK == 0
    ledger.price = move.index
    equity, maintenance = ledger.settled_equity(account), ledger.maintenance(account)
    level = {
        Brink.BELOW_MAINTENANCE: maintenance,
        Brink.BELOW_HALF: maintenance // 2,
        Brink.BANKRUPT: 0,
        Brink.BEYOND_THE_FUND: -ledger.insurance,
    }[brink]
    assert level - WAD < equity < level


def test_there_is_no_brink_without_a_position(ledger: Any) -> None:
    ledger.sizes = [0, 0]
    assert to_the_brink(ledger, 0, 0, Brink.BANKRUPT) is None


def test_a_brink_beyond_any_price_is_not_gone_to(ledger: Any) -> None:
    ledger.margins[0] = 10**9 * WAD
    assert to_the_brink(ledger, 0, 0, Brink.BANKRUPT) is None


@given(st.integers(1, 10**26), st.integers(-90, 200))
def test_a_jump_stays_on_the_tick_and_in_range(index: int, percent: int) -> None:
    move = jump(index, percent, 1, 0)
    assert move.index % TICK == 0
    assert LOWEST_PRICE - TICK < move.index <= HIGHEST_PRICE


@given(WAITS, st.integers(0, 10**10))
def test_a_wait_is_between_a_second_and_ninety_days(drawn: int, now: int) -> None:
    assert 1 <= wait(drawn, now).seconds <= LONGEST_SECONDS


def test_the_next_funding_is_at_the_full_hour() -> None:
    assert wait(NEXT_FUNDING, 7_199).seconds == 1
    assert wait(NEXT_FUNDING, 7_200).seconds == 3_600
