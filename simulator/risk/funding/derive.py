"""Hourly funding of Derive's perpetuals (risk-spec section 6).

Source: derivexyz/v2-core, src/assets/PerpAsset.sol.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk import checks
from simulator.risk.funding.premium import premium
from simulator.types import AnyArray

CONVERGENCE_HOURS = 8


def derive_rate(
    impact_bid: Any,
    impact_ask: Any,
    index: Any,
    static_rate: Any,
    cap: Any,
    convergence_hours: Any = CONVERGENCE_HOURS,
) -> AnyArray:
    """clamp(premium / index / convergence + static, -cap, +cap), a fraction per hour; float64.

    premium = max(bid - index, 0) - max(index - ask, 0). InvalidArgument for a bid above the ask
    and an index of 0, both of which revert. The payment is `funding_payment` with an interval of
    3,600 s; longs pay when the rate is above 0.
    """
    share = premium(impact_bid, impact_ask, index)
    hours = checks.positive("convergence_hours", convergence_hours)
    limit = checks.non_negative("cap", cap)
    result: AnyArray = np.clip(
        share / hours + checks.finite("static_rate", static_rate), -limit, limit
    )
    return result
