"""Bad debt, recoverable debt and a repayment at a fixed spread, in floats.

Source: risk-spec section 7 (Bad debt); arXiv:2106.06389 for the spread. Float64, arguments
broadcast; values in quote.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.risk import checks
from simulator.types import AnyArray


def bad_debt(debt: Any, collateral_value: Any, slippage: Any = 0.0) -> AnyArray:
    """max(0, debt - value x (1 - slippage)) per account; the protocol's is its sum."""
    owed = checks.non_negative("debt", debt)
    result: AnyArray = np.maximum(owed - _proceeds(collateral_value, slippage), 0.0)
    return result


def recoverable(debt: Any, collateral_value: Any, slippage: Any = 0.0, bonus: Any = 0.0) -> Any:
    """min(debt, value x (1 - slippage) / (1 + bonus)): debt that liquidators can repay."""
    owed = checks.non_negative("debt", debt)
    spread = 1.0 + checks.non_negative("bonus", bonus)
    return np.minimum(owed, _proceeds(collateral_value, slippage) / spread)


class FixedSpread(NamedTuple):
    """An account after a repayment."""

    collateral: AnyArray
    debt: AnyArray


def fixed_spread(collateral: Any, debt: Any, repay: Any, bonus: Any) -> FixedSpread:
    """Debt - repay, collateral - repay x (1 + bonus); the repayment is capped by both.

    At most the debt, and at most collateral / (1 + bonus).
    """
    held, owed = checks.non_negative("collateral", collateral), checks.non_negative("debt", debt)
    spread = 1.0 + checks.non_negative("bonus", bonus)
    paid = np.minimum(checks.non_negative("repay", repay), np.minimum(owed, held / spread))
    return FixedSpread(np.maximum(held - paid * spread, 0.0), owed - paid)


def _proceeds(collateral_value: Any, slippage: Any) -> AnyArray:
    value = checks.non_negative("collateral_value", collateral_value)
    result: AnyArray = value * (1.0 - checks.within("slippage", slippage, 0.0, 1.0))
    return result
