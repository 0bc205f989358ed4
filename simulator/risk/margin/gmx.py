"""GMX v2: what is left of a position's collateral against a minimum, per position.

Source: gmx-io/gmx-synthetics, PositionUtils.isPositionLiquidatable. Contract amounts are integers
of 1e-30 USD; the verdict is taken on those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative
from simulator.risk.margin.interface import (
    MarginAccount,
    Requirement,
    checked,
    combined,
    maintenance_below_initial,
    per_market,
)
from simulator.types import AnyArray
from simulator.units import factor_1e30_trunc


class GmxVerdict(NamedTuple):
    """All in 1e-30 USD but the last."""

    remaining: int
    minimum: int
    """max(minimum collateral, size x minimum factor): what remaining must not be below."""
    liquidatable: bool


def gmx_verdict(
    size_usd: int,
    collateral_usd: int,
    profit_usd: int,
    price_impact_usd: int,
    maximum_impact_factor: int,
    fees_usd: int,
    minimum_factor: int,
    minimum_collateral_usd: int = 0,
) -> GmxVerdict:
    """Integers of 1e-30. Liquidatable iff remaining < minimum collateral, or <= 0, or
    < size x minimum factor.

    remaining = collateral (at the lower price) + profit + impact - fees, where a favourable impact
    counts 0 and an adverse one at most size x maximum impact factor. Fees exclude the liquidation
    fee. Products go toward zero.
    """
    if size_usd < 0:
        raise InvalidArgument("size_usd", size_usd, "must be at least 0")
    worst = -factor_1e30_trunc(size_usd, maximum_impact_factor)
    remaining = _remaining(collateral_usd, profit_usd, price_impact_usd, worst, fees_usd, min, max)
    minimum = max(minimum_collateral_usd, factor_1e30_trunc(size_usd, minimum_factor))
    return GmxVerdict(remaining, minimum, remaining <= 0 or remaining < minimum)


def gmx_remaining_collateral(
    size_usd: Any,
    collateral_usd: Any,
    profit_usd: Any,
    price_impact_usd: Any,
    maximum_impact_factor: Any,
    fees_usd: Any,
) -> AnyArray:
    """The same remaining collateral for many positions at once, float64[...] in USD."""
    worst = -non_negative("size_usd", size_usd) * non_negative(
        "maximum_impact_factor", maximum_impact_factor
    )
    left = _remaining(
        finite("collateral_usd", collateral_usd),
        finite("profit_usd", profit_usd),
        finite("price_impact_usd", price_impact_usd),
        worst,
        finite("fees_usd", fees_usd),
        np.minimum,
        np.maximum,
    )
    return np.asarray(left)


@dataclass(frozen=True, slots=True)
class GmxMargin:
    """Requirement model: max(minimum collateral, size in USD x factor), per position.

    The size in USD is that of the opening, |size| x entry price: prices do not change it.
    Parameters are scalars or [k]. No position, no requirement.
    """

    minimum_collateral_usd: Any
    initial_factor: Any
    """Minimum collateral factor when a position is opened or grown."""
    liquidation_factor: Any
    """Minimum collateral factor for liquidation."""

    def __post_init__(self) -> None:
        for name in ("minimum_collateral_usd", "initial_factor", "liquidation_factor"):
            per_market(name, getattr(self, name))
        maintenance_below_initial(
            "liquidation_factor", self.initial_factor, self.liquidation_factor
        )

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """See RequirementModel; it needs `account.entry_price`. Upstream isolates positions."""
        size, _, _ = checked(account, prices, order_prices)
        if account.entry_price is None:
            raise InvalidArgument("entry_price", None, "must be given for GMX")
        size_usd = np.abs(size) * non_negative("entry_price", account.entry_price)
        least = np.where(size_usd > 0.0, self.minimum_collateral_usd, 0.0)
        return combined(
            account,
            np.maximum(size_usd * np.asarray(self.initial_factor), least),
            np.maximum(size_usd * np.asarray(self.liquidation_factor), least),
        )


def _remaining(
    collateral: Any,
    profit: Any,
    impact: Any,
    worst_impact: Any,
    fees: Any,
    minimum: Callable[[Any, Any], Any],
    maximum: Callable[[Any, Any], Any],
) -> Any:
    return collateral + profit + maximum(minimum(impact, 0), worst_impact) - fees
