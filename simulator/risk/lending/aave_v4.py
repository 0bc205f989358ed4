"""The liquidation bonus of Aave v4 and what the liquidator keeps of one (risk-spec section 7).

Source: aave/aave-v4, docs/overview.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk import checks
from simulator.types import AnyArray
from simulator.units import BPS


def aave_v4_bonus(
    health_factor: Any, max_bonus: Any, bonus_factor: Any, health_for_max_bonus: Any
) -> AnyArray:
    """Bonus of Aave v4 as a factor (1.05 is 5 %), linear in the health factor; float64.

    (max - 1) x factor + 1 at a health factor of 1, max at and below `health_for_max_bonus`, which
    is below 1. NaN above 1, where nothing is liquidated. Arguments broadcast.
    """
    health = checks.non_negative("health_factor", health_factor)
    highest = checks.finite("max_bonus", max_bonus)
    checks.refuse("max_bonus", highest, highest >= 1, "must be at least 1")
    share = checks.within("bonus_factor", bonus_factor, 0.0, 1.0)
    turn = checks.non_negative("health_for_max_bonus", health_for_max_bonus)
    checks.refuse("health_for_max_bonus", turn, turn < 1, "must be below 1")
    lowest = (highest - 1) * share + 1
    weight = np.clip((1 - health) / (1 - turn), 0.0, 1.0)
    bonus: AnyArray = np.where(health > 1, np.nan, lowest + (highest - lowest) * weight)
    return bonus


def net_bonus_rate(liquidation_bonus_bps: int, fee_share_bps: int) -> float:
    """(bonus - 1) x (1 - fee share): what the liquidator keeps, a fraction of the debt repaid."""
    checks.whole("liquidation_bonus_bps", liquidation_bonus_bps, BPS)
    checks.whole("fee_share_bps", fee_share_bps, 0, BPS)
    return (liquidation_bonus_bps - BPS) * (BPS - fee_share_bps) / BPS**2
