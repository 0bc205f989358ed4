"""Impact functions of one market: (price before, quantity sold) -> price after, element by element.

The cascade takes any of them as an argument. Quantity in base, at least 0; prices in quote. Every
one of them is non-increasing in the quantity and never goes below 0, which is what makes the
cascade's fixed points exist. Arrays broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simulator.liquidity.constant_product import constant_product_mid_ratio
from simulator.liquidity.slippage_table import SlippageTable, table_impact
from simulator.liquidity.square_root import square_root_moves
from simulator.risk.checks import non_negative, positive
from simulator.types import AnyArray

PriceImpact: TypeAlias = Callable[[AnyArray, AnyArray], AnyArray]
"""(price before [...], quantity sold [...]) -> price after [...]."""


@dataclass(frozen=True, slots=True)
class LinearImpact:
    """max(P (1 - k s), 0) with k >= 0 per unit of base."""

    impact_per_unit: float

    def __post_init__(self) -> None:
        non_negative("impact_per_unit", self.impact_per_unit, ndim=0)

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after selling `sold` into a market at `price`."""
        return np.asarray(np.maximum(price * (1.0 - self.impact_per_unit * sold), 0.0))


@dataclass(frozen=True, slots=True)
class SquareRootImpact:
    """max(P (1 - Y sigma sqrt(s / V)), 0); V in base a day, sigma daily."""

    coefficient: float
    daily_volatility: float
    daily_volume: float

    def __post_init__(self) -> None:
        non_negative("coefficient", self.coefficient, ndim=0)
        non_negative("daily_volatility", self.daily_volatility, ndim=0)
        positive("daily_volume", self.daily_volume, ndim=0)

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after selling `sold` into a market at `price`."""
        moves = square_root_moves(self.coefficient, self.daily_volatility, sold, self.daily_volume)
        return np.asarray(np.maximum(price * (1.0 - moves), 0.0))


@dataclass(frozen=True, slots=True)
class ConstantProductImpact:
    """P (R / (R + s))^2: the mid price of a pool that holds R of base, without fee."""

    reserve: float

    def __post_init__(self) -> None:
        positive("reserve", self.reserve, ndim=0)

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after selling `sold` into a market at `price`."""
        return np.asarray(price * constant_product_mid_ratio(sold / self.reserve))


@dataclass(frozen=True, slots=True)
class FittedImpact:
    """max(P (1 - impact(s)), 0) read off a slippage table, beyond its last point too."""

    table: SlippageTable

    def __call__(self, price: AnyArray, sold: AnyArray) -> AnyArray:
        """Price after selling `sold` into a market at `price`."""
        return np.asarray(np.maximum(price * (1.0 - table_impact(self.table, sold).impact), 0.0))
