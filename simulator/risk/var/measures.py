"""What a run measures: insolvent debt, borrowing power, recoverability (risk-spec section 9).

Accounts or assets lie on the last axis, runs on those before it. All in quote, float64.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import AnyArray

Netting: TypeAlias = Literal["net", "gross"]
"""net: what is owed beyond the collateral; gross: all that is owed or sold."""
NETTINGS: tuple[Netting, ...] = ("net", "gross")


def insolvent_value(collateral: Any, debt: Any, netting: Netting) -> AnyArray:
    """Per run over its accounts, the last axis: [..., n] -> [...], in quote; 0 without accounts.

    Insolvent iff debt > collateral. net: sum of debt - collateral over the insolvent (Gauntlet's
    net insolvent value, the bad debt); gross: sum of their debt.
    """
    checks.one_of("netting", netting, NETTINGS)
    held = checks.non_negative("collateral", collateral)
    owed = checks.non_negative("debt", debt)
    checks.same_shape(collateral=held, debt=owed)
    lost = owed - held if netting == "net" else owed
    return np.asarray(np.where(owed > held, lost, 0.0).sum(axis=-1))


def borrowing_power(supply: Any, collateral_factor: Any) -> AnyArray:
    """Sum over assets of collateral factor x supply, in quote: [..., k] and [k] -> [...]."""
    values = checks.non_negative("supply", supply)
    factors = checks.within("collateral_factor", collateral_factor, 0.0, 1.0, ndim=1)
    if values.ndim == 0 or values.shape[-1] != len(factors):
        rule = f"must have {len(factors)} assets on its last axis"
        raise InvalidArgument("supply", f"array of shape {values.shape}", rule)
    power: AnyArray = values @ factors
    return power


def recoverability(debt: Any, proceeds: Any) -> AnyArray:
    """Sum min(debt, proceeds) / sum debt over the last axis, in [0, 1]; NaN without debt.

    proceeds: what the account's collateral fetches after slippage, in quote. More than the debt
    goes back to its owner and recovers nobody else's.
    """
    owed = checks.non_negative("debt", debt)
    fetched = checks.non_negative("proceeds", proceeds)
    checks.same_shape(debt=owed, proceeds=fetched)
    total = np.asarray(owed.sum(axis=-1))
    share = np.full_like(total, np.nan)
    np.divide(np.minimum(owed, fetched).sum(axis=-1), total, out=share, where=total > 0.0)
    return share


def under_collateralised(collateral: Any, debt: Any, tolerated: float = 0.01) -> AnyArray:
    """bool[...]: more than 1 % of a run's outstanding debt is owed by insolvent accounts.

    Strict; never without debt. Source: Kao, Chitra, Chiang, Morrow 2020 (Compound).
    """
    limit = float(checks.within("tolerated", tolerated, 0.0, 1.0, ndim=0))
    insolvent = insolvent_value(collateral, debt, "gross")
    return np.asarray(insolvent > limit * np.sum(debt, axis=-1))
