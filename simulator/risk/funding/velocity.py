"""Velocity funding: the skew moves the rate, not the level (Synthetix perps v2 and v3).

Source: Synthetixio/synthetix-v3, perps-market/contracts/storage/PerpsMarket.sol. Upstream stores
the negative of the accrued amount; here the trader pays when it is above 0 (risk-spec section 1).
It is not zero-sum among traders: the pool takes skew x accrued per unit.
Float64, any shapes that broadcast.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.risk import checks
from simulator.types import AnyArray
from simulator.units import SECONDS_PER_DAY


class VelocityState(NamedTuple):
    """One market, or many at once."""

    skew: Any
    """Sum of signed sizes, base."""
    rate: Any
    """Fraction of the notional per day."""
    accrued_per_unit: Any
    """Quote per base paid by a long since the start."""


def funding_velocity(skew: Any, skew_scale: Any, max_velocity_per_day: Any) -> AnyArray:
    """clamp(skew / skew scale, -1, 1) x maximum, per day and day; 0 where the scale is 0."""
    size, scale = np.broadcast_arrays(
        checks.finite("skew", skew), checks.non_negative("skew_scale", skew_scale)
    )
    share = np.zeros(size.shape)
    np.divide(size, scale, out=share, where=scale != 0)
    limit = checks.non_negative("max_velocity_per_day", max_velocity_per_day)
    result: AnyArray = np.clip(share, -1.0, 1.0) * limit
    return result


def velocity_rate(rate: Any, velocity_per_day: Any, elapsed_seconds: Any) -> AnyArray:
    """r0 + v x elapsed / 86400, per day."""
    days = checks.non_negative("elapsed_seconds", elapsed_seconds) / SECONDS_PER_DAY
    result: AnyArray = checks.finite("rate", rate) + (
        checks.finite("velocity_per_day", velocity_per_day) * days
    )
    return result


def velocity_accrual(rate_before: Any, rate_after: Any, elapsed_seconds: Any, price: Any) -> Any:
    """(r0 + r) / 2 x elapsed / 86400 x price: quote per base, paid by longs when above 0."""
    days = checks.non_negative("elapsed_seconds", elapsed_seconds) / SECONDS_PER_DAY
    mean = (checks.finite("rate_before", rate_before) + checks.finite("rate_after", rate_after)) / 2
    return mean * days * checks.non_negative("price", price)


def velocity_step(
    state: VelocityState,
    elapsed_seconds: Any,
    skew_delta: Any,
    price: Any,
    skew_scale: Any,
    max_velocity_per_day: Any,
) -> VelocityState:
    """Time first, with the old skew; then the skew changes and the clock starts anew.

    price is the one at the end of the step. The payment of an account that keeps its size is
    size x the change of `accrued_per_unit`.
    """
    velocity = funding_velocity(state.skew, skew_scale, max_velocity_per_day)
    rate = velocity_rate(state.rate, velocity, elapsed_seconds)
    accrued = velocity_accrual(state.rate, rate, elapsed_seconds, price)
    return VelocityState(
        np.asarray(state.skew) + checks.finite("skew_delta", skew_delta),
        rate,
        np.asarray(state.accrued_per_unit) + accrued,
    )
