"""Clearing of mutual debts."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk import Clearing, eisenberg_noe
from tests.golden.rows import Check, Row


def clear(row: Row) -> Clearing:
    """Both methods, which must agree."""
    given = row["inputs"]
    before = given.get("external_assets_before_shock", given.get("external_assets"))
    assets = np.asarray(before, dtype=np.float64) * (1.0 - given.get("shock", 0.0))
    senior = given.get("external_senior_liabilities")
    solved = eisenberg_noe(given["liabilities"], assets, senior)
    iterated = eisenberg_noe(given["liabilities"], assets, senior, method="fixed-point")
    assert np.allclose(solved.payments, iterated.payments, rtol=1e-12, atol=1e-12)
    return solved


def payments(row: Row) -> dict[str, Any]:
    return {"payments": clear(row).payments.tolist()}


def payments_and_defaults(row: Row) -> dict[str, Any]:
    cleared = clear(row)
    return {
        "payments": cleared.payments.tolist(),
        "defaults": np.flatnonzero(cleared.defaults).tolist(),
    }


ANSWERS: dict[str, Check] = {"X06": payments_and_defaults, "X08": payments}
