"""Collateral agreements: threshold, minimum transfer, rounding to the lot, margin period of risk.

Source: ISDA Credit Support Annex. Thresholds are compared as given: pass amounts in whole units
of the lot (or of cents) where a float's last digit must not decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, one_of, sorted_up
from simulator.types import AnyArray, Float2D, Int1D

LotRounding = Literal["nearest", "floor", "ceil", "delivery_up_return_down"]
"""Of a transfer to the lot: its size to the nearest lot (ties up), down, up, or as the ISDA text
has it: a delivery up and a return down, both in favour of the holder."""


@dataclass(frozen=True, slots=True)
class CollateralAgreement:
    """Terms in quote; time in the unit of the times it is used with."""

    threshold: float = 0.0
    """Exposure to the counterparty that stays without collateral."""
    own_threshold: float | None = None
    """The counterparty's threshold towards us; None: it gets no collateral (one way)."""
    minimum_transfer: float = 0.0
    lot: float = 0.0
    """0: no rounding."""
    rounding: LotRounding = "delivery_up_return_down"
    margin_period: float = 0.0
    """Margin period of risk: collateral answers the value of so long ago."""

    def __post_init__(self) -> None:
        for name in ("threshold", "minimum_transfer", "lot", "margin_period"):
            non_negative(name, getattr(self, name), ndim=0)
        if self.own_threshold is not None:
            non_negative("own_threshold", self.own_threshold, ndim=0)
        one_of("rounding", self.rounding, ("nearest", "floor", "ceil", "delivery_up_return_down"))


def credit_support(value: Any, agreement: CollateralAgreement) -> AnyArray:
    """Collateral due at these values, positive held by us, float64 of value's shape.

    max(V − threshold, 0), and in a two-way agreement minus max(−V − own threshold, 0).
    """
    v = finite("value", value)
    due = np.maximum(v - agreement.threshold, 0.0)
    if agreement.own_threshold is not None:
        due = due - np.maximum(-v - agreement.own_threshold, 0.0)
    return due


def collateral_after_call(value: Any, held: Any, agreement: CollateralAgreement) -> AnyArray:
    """Collateral after the day's call, float64 of the common shape; negative is posted by us.

    The difference between `credit_support` and what is held moves only if its size is at least
    the minimum transfer (inclusive); then it is rounded to the lot by the agreement's rule.
    """
    v, before = broadcast(value=finite("value", value), held=finite("held", held))
    delta = credit_support(v, agreement) - before
    moved = np.where(np.abs(delta) >= agreement.minimum_transfer, _rounded(delta, agreement), 0.0)
    after: AnyArray = before + moved
    return after


def collateral_path(
    values: Any, times: Any, agreement: CollateralAgreement, initial: float = 0.0
) -> Float2D:
    """Collateral on every path and time, float64[paths, times].

    values [paths, times] is a step function from each time on; at time t the call answers
    V(t − margin period), and before the first time nothing moves. Times and the margin period are
    compared as the decimals they were written as.
    """
    grid = sorted_up("times", times)
    value = finite("values", values, ndim=2)
    if value.shape[1] != len(grid):
        rule = f"needs one column for each of {len(grid)} times"
        raise InvalidArgument("values", f"array of shape {value.shape}", rule)
    held: AnyArray = np.full(len(value), float(finite("initial", initial, ndim=0)))
    path = np.empty_like(value)
    for at, seen in enumerate(_seen(grid.tolist(), agreement.margin_period)):
        if seen >= 0:
            held = collateral_after_call(value[:, seen], held, agreement)
        path[:, at] = held
    return path


def _rounded(delta: AnyArray, agreement: CollateralAgreement) -> AnyArray:
    if agreement.lot == 0.0:
        return delta
    lots = np.abs(delta) / agreement.lot
    rounded = {
        "nearest": np.floor(lots + 0.5),
        "floor": np.floor(lots),
        "ceil": np.ceil(lots),
        "delivery_up_return_down": np.where(delta > 0.0, np.ceil(lots), np.floor(lots)),
    }[agreement.rounding]
    return np.copysign(rounded * agreement.lot, delta)


def _seen(times: list[float], margin_period: float) -> Int1D:
    """Index of the last time at or before t − margin period, −1 where there is none."""
    exact = [Fraction(str(time)) for time in times]
    delay = Fraction(str(float(margin_period)))
    return np.array(
        [sum(other <= time - delay for other in exact) - 1 for time in exact], dtype=np.int64
    )
