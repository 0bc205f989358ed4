"""Premium, its average, and the rate of interest plus premium with a clamp.

The form of BitMEX, Binance and Hyperliquid (risk-spec section 6). All parameters are arguments:
venues have changed interest, clamp and cap over time. Float64, any shapes that broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import AnyArray, Float1D
from simulator.units import SECONDS_PER_DAY

EIGHT_HOURS = SECONDS_PER_DAY // 3


def premium(impact_bid: Any, impact_ask: Any, index: Any, fair_basis: Any = 0.0) -> AnyArray:
    """[max(0, impact bid - index) - max(0, index - impact ask)] / index + fair basis.

    Quote per base; the result is a fraction of the index. NaN for an impact price that does not
    exist (empty side, too little depth): that side then adds nothing, so an empty book gives 0.
    fair_basis is BitMEX's addition. InvalidArgument for an index of 0 or below, a negative price
    and a bid above the ask.
    """
    reference = checks.positive("index", index)
    bid, ask = _side("impact_bid", impact_bid), _side("impact_ask", impact_ask)
    basis = checks.finite("fair_basis", fair_basis)
    bid, ask, reference = np.broadcast_arrays(bid, ask, reference)
    checks.refuse("impact_bid", bid, ~(bid > ask), "must not be above the impact ask")
    above = np.where(bid > reference, bid - reference, 0.0)
    below = np.where(ask < reference, reference - ask, 0.0)
    result: AnyArray = (above - below) / reference + basis
    return result


def time_weighted(samples: Any, weights: Any = "equal") -> float | AnyArray:
    """Average of samples [n] or [n, m] along the first axis.

    weights: 'equal' (the arithmetic mean: Hyperliquid's samples of 5 s over the hour), 'linear'
    (sum i x p_i / sum i with i = 1 ... n, the youngest last: Binance), or numbers [n], at least 0
    and not all 0. NaN without samples.
    """
    array = checks.finite("samples", samples)
    if array.ndim == 0:
        raise InvalidArgument("samples", float(array), "must have at least 1 dimension")
    count = len(array)
    if isinstance(weights, str):
        checks.one_of("weights", weights, ("equal", "linear"))
        each = np.ones(count) if weights == "equal" else np.arange(1.0, count + 1.0)
    else:
        each = checks.non_negative("weights", weights, ndim=1)
        if len(each) != count:
            rule = f"must be {count} numbers, one per sample"
            raise InvalidArgument("weights", f"array of shape {each.shape}", rule)
        if count and not each.any():
            raise InvalidArgument("weights", "all 0", "must not all be 0")
    if count == 0:
        return float("nan") if array.ndim == 1 else np.full(array.shape[1:], np.nan)
    average = np.tensordot(each, array, axes=(0, 0)) / each.sum()
    return float(average) if array.ndim == 1 else np.asarray(average)


def premium_rate(premium: Any, interest: Any, clamp: Any, cap: Any = np.inf) -> AnyArray:
    """P + clamp(I - P, -c, +c), then within [-cap, +cap]; fractions per funding interval.

    Where P is within c of I the rate is I. cap may be inf.
    """
    average = checks.finite("premium", premium)
    base = checks.finite("interest", interest)
    width = checks.non_negative("clamp", clamp)
    limit = np.asarray(cap, dtype=np.float64)
    checks.refuse("cap", limit, limit >= 0, "must be at least 0")
    gap = base - average
    # Inside the band the rate is the interest itself, not a sum that has lost its last digits.
    rate = np.where(np.abs(gap) <= width, base, average + np.clip(gap, -width, width))
    result: AnyArray = np.clip(rate, -limit, limit)
    return result


def funding_payment(
    size: Any,
    price: Any,
    rate: Any,
    elapsed_seconds: Any,
    interval_seconds: float = EIGHT_HOURS,
) -> AnyArray:
    """size x price x rate x elapsed / interval in quote; above 0 the account pays.

    size in base, positive long; price is the mark or the oracle, as the venue has it; rate is per
    interval. elapsed may be any number of intervals; negative time is refused.
    """
    checks.positive("interval_seconds", interval_seconds)
    value: AnyArray = checks.finite("size", size) * checks.non_negative("price", price)
    share = checks.non_negative("elapsed_seconds", elapsed_seconds) / interval_seconds
    return value * checks.finite("rate", rate) * share


def _side(name: str, price: Any) -> Float1D:
    array = np.asarray(price, dtype=np.float64)
    good = np.isnan(array) | ((array >= 0) & np.isfinite(array))
    checks.refuse(name, array, good, "must be finite and at least 0, or NaN if there is none")
    return array
