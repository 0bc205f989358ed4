"""Forward engines: shocks in, bad debt out, in the shape that grids and reverse stress ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.cascade import LinearCascade, linear_cascade
from simulator.risk.checks import non_negative, positive
from simulator.risk.stress.reverse import LossEngine
from simulator.risk.stress.shocks import shocked_prices
from simulator.types import Float1D, Float2D

_BLOCK = 1 << 22
"""Numbers of accounts x shocks at a time, so that memory stays bounded."""


def collateral_loss(collateral: Any, debt: Any, price: Any) -> LossEngine:
    """Bad debt without feedback: sum over accounts of max(debt - collateral x shocked price, 0).

    collateral [n, k] in base, debt [n] in quote, price [k]; long-only, so the loss never falls as a
    shock grows along a ray of falls.
    """
    held, owed = (
        non_negative("collateral", collateral, ndim=2),
        non_negative("debt", debt, ndim=1),
    )
    now = positive("price", price, ndim=1)
    if held.shape != (len(owed), len(now)):
        rule = f"must be {len(owed)} accounts x {len(now)} assets"
        raise InvalidArgument("collateral", f"array of shape {held.shape}", rule)

    def loss(moves: Float2D) -> Float1D:
        prices = shocked_prices(now, moves)
        step = max(1, _BLOCK // max(1, len(owed)))
        parts = [
            np.maximum(owed - prices[at : at + step] @ held.T, 0.0).sum(axis=1)
            for at in range(0, len(prices), step)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    return loss


def cascade_loss(index: LinearCascade, price: float) -> LossEngine:
    """Bad debt of one market after its cascade (least fixed point); `price` before the shock."""
    now = positive("price", price, ndim=0)

    def loss(moves: Float2D) -> Float1D:
        return linear_cascade(index, shocked_prices(now, moves[:, 0])).bad_debt

    return loss
