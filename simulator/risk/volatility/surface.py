"""A volatility surface from slices: total variance linear in T at fixed forward log-moneyness.

Where no slice crosses another, no interpolated one does: a convex mix of two ordered variances
lies between them. Before the first expiry variance grows from 0 at T = 0 (the first slice's
volatility); beyond the last one there is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, non_negative, positive, sorted_up
from simulator.risk.volatility.svi import RawSvi, svi_total_variance
from simulator.types import AnyArray, Int1D


def interpolate_total_variance(expiries: Any, total_variance: Any, years: Any) -> AnyArray:
    """Total variance at each of `years`, float64[len(years), ...] (or [...] for one number).

    expiries [n] ascending and above 0, years as the expiries; total_variance [n, ...], row i the
    variance at expiry i, all rows at the same forward log-moneyness. At an expiry its row comes
    out exactly. NaN beyond the last expiry. Raises InvalidArgument for years below 0.
    """
    expiries = sorted_up("expiries", positive("expiries", expiries))
    rows = non_negative("total_variance", total_variance)
    if not len(expiries) or rows.ndim == 0 or len(rows) != len(expiries):
        rule = f"needs one row for each of {len(expiries)} expiries, at least one"
        raise InvalidArgument("total_variance", f"array of shape {rows.shape}", rule)
    wanted = non_negative("years", years)
    lower, share = _between(expiries, wanted)
    rows = np.concatenate([np.zeros_like(rows[:1]), rows])
    return _mixed(rows[lower], rows[lower + 1], share.reshape(share.shape + (1,) * (rows.ndim - 1)))


def surface_volatility(
    slices: Sequence[RawSvi], expiries: Any, forward: Any, strike: Any, years: Any
) -> AnyArray:
    """Implied volatility √(w(ln(K/F), T)/T), float64 of the common shape of forward, strike, years.

    forward is the forward of maturity `years`; slices one per expiry. NaN beyond the last expiry.
    Raises InvalidArgument for T <= 0 and for forward or strike <= 0.
    """
    forward, strike, years = broadcast(
        forward=positive("forward", forward),
        strike=positive("strike", strike),
        years=positive("years", years),
    )
    expiries = sorted_up("expiries", positive("expiries", expiries))
    if not slices or len(slices) != len(expiries):
        raise InvalidArgument("slices", len(slices), "needs one for each expiry, at least one")
    moneyness, times = (np.log(strike) - np.log(forward)).ravel(), years.ravel()
    rows = np.array([np.zeros_like(moneyness)] + [svi_total_variance(s, moneyness) for s in slices])
    lower, share = _between(expiries, times)
    column = np.arange(len(times))
    variance = _mixed(rows[lower, column], rows[lower + 1, column], share)
    volatility: AnyArray = np.sqrt(variance / times).reshape(years.shape)
    return volatility


def _between(expiries: AnyArray, years: AnyArray) -> tuple[Int1D, AnyArray]:
    """The row below each time (0 is T = 0) and the share of the way to the next; above 1 beyond."""
    times = np.concatenate([[0.0], expiries])
    upper = np.clip(np.searchsorted(times, years, side="left"), 1, len(expiries))
    return upper - 1, (years - times[upper - 1]) / (times[upper] - times[upper - 1])


def _mixed(below: AnyArray, above: AnyArray, share: AnyArray) -> AnyArray:
    return np.where(share > 1.0, np.nan, below * (1.0 - share) + above * share)
