"""Section 19."""

from typing import Any

import numpy as np

from simulator.risk import (
    CollateralAgreement,
    collateral_after_call,
    credit_valuation_adjustment,
    discount_factors,
    normal_exposure,
    survival_probabilities,
    time_average,
)
from tests.golden.rows import Check, Row


def exposure(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    once = normal_exposure(given["mu"], given["sigma"], given["pfe_level"])
    times = np.linspace(0, 1, 20_001)
    path = normal_exposure(given["mu"], given["sigma"] * np.sqrt(times), given["pfe_level"])
    return {
        "ee": once.expected,
        "pfe": once.potential_future,
        "epe": time_average(times, path.expected, "trapezoid"),
    }


def cva(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    survival = survival_probabilities(given["hazard"], given["times"])
    discount = discount_factors(given["rate"], given["times"])
    return {"cva": credit_valuation_adjustment(given["ee"], survival, given["recovery"], discount)}


def collateral(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    agreement = CollateralAgreement(
        threshold=given["threshold"], minimum_transfer=given["minimum_transfer"]
    )
    held = collateral_after_call(given["mtm"], given["posted"], agreement)
    return {"collateral": held, "exposure_after": np.maximum(given["mtm"] - held, 0)}


ANSWERS: dict[str, Check] = {"X01": exposure, "X03": cva, "X05": collateral}
