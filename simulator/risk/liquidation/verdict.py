"""Who may be liquidated: fast in floats, decided in integers where floats cannot tell.

An account is liquidatable iff equity < maintenance requirement (strict, risk-spec section 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.types import Bool1D, Float1D, Int1D

RELATIVE_ERROR = 1e-12
"""Bound on |float - exact| of equity minus requirement, as a share of `magnitude`. The rounding of
up to 8 markets adds up to less than 1e-14 (see `equity`), so the bound has room to spare."""
ABSOLUTE_ERROR = 2e-18
"""Requirements are rounded up to a unit of 1e-18 on chain; two of them, for a rounding each way."""

ExactVerdict = Callable[[Int1D], Bool1D]
"""Indices of accounts [m] -> whether each is liquidatable [m], from exact integers."""


def liquidatable(
    equity: Float1D, maintenance: Float1D, magnitude: Float1D, exact: ExactVerdict
) -> Bool1D:
    """bool[n]: equity < maintenance, equal to the exact verdict for every account.

    Accounts nearer to the threshold than the error bound are asked of `exact`, all in one call;
    an account whose every term is zero is never asked and never liquidatable.
    """
    distance = equity - maintenance
    verdict = distance < 0.0
    bound = magnitude * RELATIVE_ERROR
    bound += ABSOLUTE_ERROR
    doubtful = np.abs(distance) <= bound
    doubtful &= magnitude > 0.0
    if doubtful.any():
        indices = np.flatnonzero(doubtful)
        verdict[indices] = exact(indices)
    return verdict
