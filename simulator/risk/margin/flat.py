"""A flat share of total notional at the index price: Perpetual Protocol v2 (Curie).

Source: perpetual-protocol/perp-curie-contract: 10 % initial, 6.25 % maintenance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, within
from simulator.risk.margin.interface import (
    MarginAccount,
    Requirement,
    checked,
    combined,
    maintenance_below_initial,
)
from simulator.types import AnyArray


@dataclass(frozen=True, slots=True)
class FlatMargin:
    """Requirement model: rate x sum |size| x price. Rates are scalars or [k]."""

    initial_rate: Any = 0.10
    maintenance_rate: Any = 0.0625

    def __post_init__(self) -> None:
        initial = within("initial_rate", self.initial_rate, 0.0, 1.0)
        maintenance = within("maintenance_rate", self.maintenance_rate, 0.0, 1.0)
        maintenance_below_initial("maintenance_rate", initial, maintenance)

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """See RequirementModel."""
        size, mark, at_order = checked(account, prices, order_prices)
        amount = np.abs(size)
        initial = amount * at_order * np.asarray(self.initial_rate)
        return combined(account, initial, amount * mark * np.asarray(self.maintenance_rate))


def curie_free_collateral(collateral: Any, account_value: Any, initial_margin: Any) -> AnyArray:
    """min(collateral, account value) - initial margin, in quote; below 0 when margin is lacking."""
    base = np.minimum(finite("collateral", collateral), finite("account_value", account_value))
    return np.asarray(base - non_negative("initial_margin", initial_margin))
