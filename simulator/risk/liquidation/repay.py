"""Liquidations of loans: repaying to a target health factor, and the best use of a close factor."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import non_negative, positive, within
from simulator.types import AnyArray


class Repayment(NamedTuple):
    """float64 of one shape, in quote."""

    health_factor: AnyArray
    """Before: threshold x collateral / debt; inf without debt."""
    repay: AnyArray
    seize: AnyArray
    collateral_left: AnyArray
    debt_left: AnyArray


def repay_to_target(
    collateral: Any, debt: Any, liquidation_threshold: Any, bonus: Any, target: Any = 1.0
) -> Repayment:
    """Repay d = Q (T - HF) / (T - LT (1 + b)) and seize d (1 + b), which leaves HF at T.

    Elementwise. 0 where HF >= T already. NaN where no liquidation reaches T because HF < LT (1 + b)
    (toxic: every repayment lowers HF). Raises InvalidArgument unless T > LT (1 + b).
    """
    held, owed = non_negative("collateral", collateral), non_negative("debt", debt)
    threshold = within("liquidation_threshold", liquidation_threshold, 0.0, 1.0)
    premium, goal = non_negative("bonus", bonus), positive("target", target)
    toxic = np.asarray(threshold * (1 + premium))
    _above("target", goal, toxic, "must be above liquidation threshold x (1 + bonus)")
    backed = threshold * held
    shape = np.broadcast_shapes(backed.shape, owed.shape, goal.shape, toxic.shape)
    health = np.full(shape, np.inf)
    np.divide(backed, owed, out=health, where=np.broadcast_to(owed > 0.0, shape))
    # Q (T - HF) without the quotient, so that a debt of 0 needs no case of its own.
    repay = np.maximum((goal * owed - backed) / (goal - toxic), 0.0)
    # HF < LT (1 + b) and d > Q are the same condition.
    repay = np.where(backed < toxic * owed, np.nan, repay)
    seize = repay * (1 + premium)
    return Repayment(health, repay, seize, held - seize, owed - repay)


class TwoStep(NamedTuple):
    """float64 of one shape, in quote; profit = spread x repaid."""

    repay_first: AnyArray
    repay_second: AnyArray
    profit_two_step: AnyArray
    profit_one_step: AnyArray
    uplift: AnyArray
    """profit_two_step / profit_one_step - 1; NaN where nothing can be liquidated."""


def two_step_liquidation(
    collateral: Any,
    debt: Any,
    liquidation_threshold: Any,
    spread: Any,
    close_factor: Any,
    unit: float = 0.0,
) -> TwoStep:
    """The best two liquidations under a fixed spread LS and a close factor CF, elementwise.

    r1 = (D - LT C) / (1 - LT (1 + LS)), at most CF D, leaves HF at 1: `unit` less of it keeps the
    account below 1, which a protocol that liquidates only there needs. r2 = CF (D - r1). One step
    repays CF D. Nothing (0) where HF >= 1. Each repayment is also limited by the collateral left.
    Raises InvalidArgument unless LT (1 + LS) < 1. Source: Qin et al., IMC 2021, arXiv:2106.06389.
    """
    held, owed = non_negative("collateral", collateral), non_negative("debt", debt)
    threshold = within("liquidation_threshold", liquidation_threshold, 0.0, 1.0)
    reward = non_negative("spread", spread)
    factor = within("close_factor", positive("close_factor", close_factor), 0.0, 1.0)
    less = non_negative("unit", unit)
    toxic = np.asarray(threshold * (1 + reward))
    _above("spread", np.ones_like(toxic), toxic, "needs liquidation threshold x (1 + spread) < 1")
    gap = owed - threshold * held
    open_ = gap > 0.0
    most = held / (1 + reward)
    single = np.where(open_, np.minimum(factor * owed, most), 0.0)
    first = np.minimum(np.maximum(gap / (1 - toxic) - less, 0.0), single)
    second = np.where(open_, np.minimum(factor * (owed - first), most - first), 0.0)
    two, one = np.asarray(reward * (first + second)), np.asarray(reward * single)
    uplift = np.full(np.broadcast(two, one).shape, np.nan)
    np.divide(two, one, out=uplift, where=one > 0.0)
    return TwoStep(first, second, two, one, uplift - 1)


def _above(name: str, value: AnyArray, bound: AnyArray, rule: str) -> None:
    larger, smaller = np.broadcast_arrays(value, bound)
    wrong = ~(larger > smaller)
    if wrong.any():
        raise InvalidArgument(name, float(larger[wrong].flat[0]), rule)
