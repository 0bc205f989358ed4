"""Synthetix v3: the rate grows with the size of the position against the market's skew scale.

Source: Synthetixio/synthetix-v3, PerpsMarketConfiguration.calculateRequiredMargins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.risk.checks import finite, within
from simulator.risk.margin.interface import (
    MarginAccount,
    Requirement,
    checked,
    combined,
    per_market,
)
from simulator.types import AnyArray, Bool1D


class SynthetixRates(NamedTuple):
    """Shares of notional, before the minimum position margin; float64[..., k]."""

    initial: AnyArray
    maintenance: AnyArray


@dataclass(frozen=True, slots=True)
class SynthetixMargin:
    """r = |q| / skew scale x fraction + minimum ratio; IM = N r + minimum position margin;
    MM = N r x maintenance scalar + minimum position margin. No position, no requirement.

    Parameters are scalars or [k]. A skew scale of 0 leaves the minimum ratio alone, as upstream.
    """

    skew_scale: Any
    initial_margin_fraction: Any
    minimum_initial_margin_ratio: Any
    maintenance_scalar: Any
    """In [0, 1]: above 1 maintenance would exceed initial margin."""
    minimum_position_margin: Any = 0.0

    def __post_init__(self) -> None:
        within("maintenance_scalar", self.maintenance_scalar, 0.0, 1.0)
        for name in (
            "skew_scale",
            "initial_margin_fraction",
            "minimum_initial_margin_ratio",
            "minimum_position_margin",
        ):
            per_market(name, getattr(self, name))

    def rates(self, size: Any) -> SynthetixRates:
        """Initial and maintenance ratio of positions [..., k]."""
        amount, scale = np.abs(finite("size", size)), np.asarray(self.skew_scale, dtype=float)
        share = np.zeros(np.broadcast(amount, scale).shape)
        np.divide(amount, scale, out=share, where=scale > 0.0)
        fraction, least, scalar = map(
            np.asarray,
            (
                self.initial_margin_fraction,
                self.minimum_initial_margin_ratio,
                self.maintenance_scalar,
            ),
        )
        initial = share * fraction + least
        return SynthetixRates(initial, initial * scalar)

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """See RequirementModel."""
        size, mark, at_order = checked(account, prices, order_prices)
        amount, rates = np.abs(size), self.rates(size)
        least = np.where(amount > 0.0, self.minimum_position_margin, 0.0)
        initial = amount * at_order * rates.initial + least
        return combined(account, initial, amount * mark * rates.maintenance + least)


def synthetix_liquidatable(
    available_margin: Any, maintenance: Any, liquidation_reward: Any
) -> Bool1D:
    """Available margin < maintenance margin + the reward a liquidation may cost (strict)."""
    needed = finite("maintenance", maintenance) + finite("liquidation_reward", liquidation_reward)
    return np.asarray(finite("available_margin", available_margin) < needed)
