"""Margin from the expected shortfall of a portfolio's profit over scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, positive, within
from simulator.risk.var import historical_es


@dataclass(frozen=True, slots=True)
class ExpectedShortfallMargin:
    """Requirements in quote, with what is needed to read them."""

    initial: float
    maintenance: float
    expected_shortfall: float
    liquidity: float
    level: float
    horizon: str
    scenarios: int


def liquidity_add_on(quantity: Any, half_spread: Any, depth: Any) -> float:
    """Σ |q|·half spread·√(|q|/depth), quote; 0 without positions.

    quantity [k] signed, half_spread [k] quote per unit, depth [k] in units of quantity, above 0.
    """
    q, spread, deep = broadcast(
        quantity=finite("quantity", quantity),
        half_spread=non_negative("half_spread", half_spread),
        depth=positive("depth", depth),
    )
    size = np.abs(q)
    return float(np.sum(size * spread * np.sqrt(size / deep)))


def expected_shortfall_margin(
    profit: Any,
    level: float,
    horizon: str,
    quantity: Any = (),
    half_spread: Any = (),
    depth: Any = (),
    *,
    maintenance_share: float,
) -> ExpectedShortfallMargin:
    """IM = ES of the losses −profit + liquidity add-on, MM = share·IM; quote.

    profit float64[scenarios], at least one, historical or simulated over `horizon`. A sum below 0
    (every scenario in the tail gains) asks for nothing: 0. 0 <= maintenance_share <= 1.
    """
    share = float(within("maintenance_share", maintenance_share, 0.0, 1.0, ndim=0))
    losses = -finite("profit", profit, ndim=1)
    if not len(losses):
        raise InvalidArgument("profit", "no scenarios", "needs at least one")
    shortfall = float(historical_es(losses, level))
    liquidity = liquidity_add_on(quantity, half_spread, depth)
    initial = max(shortfall + liquidity, 0.0)
    return ExpectedShortfallMargin(
        initial, share * initial, shortfall, liquidity, level, horizon, len(losses)
    )
