"""Bad debt, what can be recovered, and a repayment at a fixed spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.lending import bad_debt, fixed_spread, recoverable

money = st.integers(0, 10**6).map(float)
shares = st.integers(0, 100).map(lambda percent: percent / 100)


def test_only_debt_that_the_collateral_does_not_cover_is_bad() -> None:
    found = bad_debt([100.0, 100.0, 100.0, 0.0], [99.0, 100.0, 101.0, 0.0])
    assert found.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert bad_debt(100.0, 120.0, 0.25) == 10.0
    assert bad_debt(np.zeros(0), np.zeros(0)).sum() == 0.0


def test_recoverable_debt_pays_the_bonus_out_of_the_proceeds() -> None:
    assert recoverable(100.0, 105.0, 0.0, 0.05) == pytest.approx(100.0)
    assert recoverable(100.0, 210.0, 0.5, 0.05) == pytest.approx(100.0)
    assert recoverable(100.0, 84.0, 0.0, 0.05) == pytest.approx(80.0)
    assert recoverable(100.0, 1e9) == 100.0


@given(money, money, shares, shares)
def test_bad_and_recoverable_debt_are_all_debt_without_a_bonus(
    debt: float, value: float, slippage: float, bonus: float
) -> None:
    lost, got = bad_debt(debt, value, slippage), recoverable(debt, value, slippage)
    assert lost + got == pytest.approx(debt)
    assert recoverable(debt, value, slippage, bonus) <= got


def test_a_repayment_is_capped_by_the_debt_and_by_the_collateral() -> None:
    assert fixed_spread(105.0, 200.0, 50.0, 0.05) == pytest.approx((52.5, 150.0))
    assert fixed_spread(105.0, 200.0, 150.0, 0.05) == pytest.approx((0.0, 100.0))
    assert fixed_spread(1050.0, 200.0, 999.0, 0.05) == pytest.approx((840.0, 0.0))
    assert fixed_spread([10.0, 0.0], [5.0, 5.0], 5.0, 0.0).collateral.tolist() == [5.0, 0.0]


@pytest.mark.parametrize(
    "arguments", [(-1.0, 1.0), (1.0, -1.0), (1.0, 1.0, 1.5), (1.0, float("nan"))]
)
def test_negative_amounts_and_a_slippage_beyond_one_are_refused(
    arguments: tuple[float, ...],
) -> None:
    with pytest.raises(InvalidArgument):
        bad_debt(*arguments)
    with pytest.raises(InvalidArgument):
        recoverable(*arguments)
    with pytest.raises(InvalidArgument, match="bonus"):
        recoverable(1.0, 1.0, 0.0, -0.1)
