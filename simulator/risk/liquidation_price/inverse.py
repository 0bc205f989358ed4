"""Inverse contracts: face value in USD, margin and profit in the coin."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive, within
from simulator.risk.liquidation_price.linear import positive_root
from simulator.types import AnyArray


def inverse_liquidation_price(
    contracts: Any,
    contract_usd: Any,
    entry_price: Any,
    margin: Any,
    maintenance_rate: Any,
    closing_fee_rate: Any = 0.0,
) -> AnyArray:
    """k n (s + rate + fee) / (s k n / E + M), elementwise, USD per coin.

    Requirement and closing fee on the mark value k n / P. contracts signed (positive long), k the
    face value of one, M the margin in the coin. NaN where there is none: no position, a short with
    M >= k n / E (its loss never exceeds its margin), a short whose rate is 1.
    """
    face = finite("contracts", contracts) * positive("contract_usd", contract_usd)
    rate = within("maintenance_rate", maintenance_rate, 0.0, 1.0) + non_negative(
        "closing_fee_rate", closing_fee_rate
    )
    rate = within("maintenance_rate + closing_fee_rate", rate, 0.0, 1.0)
    value = face / positive("entry_price", entry_price)
    return positive_root(face + np.abs(face) * rate, value + finite("margin", margin))


def inverse_bankruptcy_price(
    contracts: Any, contract_usd: Any, entry_price: Any, margin: Any
) -> AnyArray:
    """Root of M + k n s (1 / E - 1 / P) = 0: a long's is n k / (n k / E + M); NaN if none."""
    return inverse_liquidation_price(contracts, contract_usd, entry_price, margin, 0.0)
