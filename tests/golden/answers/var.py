"""Section 16: VaR and ES of samples and of moments, the GARCH filter."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk import (
    Garch,
    cornish_fisher_quantile,
    garch_volatility,
    historical_es,
    historical_var,
    normal_es,
    normal_var,
    square_root_of_time,
)
from tests.golden.rows import Check, Row


def normal(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    yearly = given["portfolio"] * given["annual_vol"]
    deviation = square_root_of_time(yearly, given["horizon_days"] / given["days_per_year"])
    return {
        "var": [normal_var(given["mean"], deviation, level) for level in given["alpha"]],
        "es": [normal_es(given["mean"], deviation, level) for level in given["alpha"]],
    }


def cornish_fisher(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    moments = zip(given["skew"], given["excess_kurtosis"], strict=True)
    return {"quantile": [cornish_fisher_quantile(given["alpha"], *pair) for pair in moments]}


def historical(row: Row) -> dict[str, Any]:
    losses, level = np.arange(1.0, 101.0), row["inputs"]["alpha"]
    return {"var": historical_var(losses, level), "es": historical_es(losses, level)}


def filtered(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    model = Garch(given["omega"], given["alpha"], given["beta"])
    returns = np.full(given["steps"], given["return_constant"])
    return {"vol": garch_volatility(returns, model, given["initial_variance"])}


ANSWERS: dict[str, Check] = {
    "V07": normal,
    "V09": cornish_fisher,
    "V11": historical,
    "V13": filtered,
}
