"""Whose share of the expected shortfall it is: Euler allocation (risk-spec section 16)."""

from __future__ import annotations

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.historical import historical_var
from simulator.risk.var.levels import tail_share
from simulator.types import Float1D, Float2D

_ROUNDING = 2.0**-50
"""Two totals nearer than this, as a share of what was added up, are the same atom."""


def euler_allocation(losses: Float2D, level: float) -> Float1D:
    """Mean loss of each component over the tail scenarios of the total, float64[k].

    losses [n scenarios, k components]. Scenarios whose total exceeds VaR weigh 1, those at VaR
    share what is left of n (1 - level); so the answers sum to the ES of the totals. Source:
    Tasche 1999.
    """
    values = checks.finite("losses", losses, ndim=2)
    if not len(values):
        raise InvalidArgument("losses", f"array of shape {values.shape}", "needs a scenario")
    total = values.sum(axis=1)
    threshold = historical_var(total, level)
    gross = np.abs(values).sum(axis=1)
    at_threshold = gross[np.flatnonzero(total == threshold)[0]]
    atom = np.abs(total - threshold) <= _ROUNDING * (gross + at_threshold)
    above = (total > threshold) & ~atom
    scenarios = len(values) * tail_share(level)
    share = (scenarios - np.count_nonzero(above)) / np.count_nonzero(atom)
    weights = np.where(atom, share, above)
    allocated: Float1D = weights @ values / scenarios
    return allocated
