"""Section 22."""

from fractions import Fraction
from typing import Any

from simulator.risk import curve_rate, exponential_emission, halving_supply
from tests.golden.rows import Check, Row


def bitcoin(row: Row) -> dict[str, int]:
    given = row["inputs"]
    initial, interval = int(given["initial_subsidy_sat"]), given["halving_interval"]
    return {"total_sat": halving_supply(initial=initial, interval=interval)}


def curve(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    assert given["initial_rate"] == "274815283 * 10**18 // 31536000"
    assert given["reduction_denominator"] == str(10**18)
    initial = 274815283 * 10**18 // given["epoch_seconds"]
    rates = [curve_rate(epoch, initial, int(given["reduction_coefficient"])) for epoch in (0, 1, 4)]
    return {
        "rate_wei_per_second": rates[:2],
        "ratio_after_four_epochs": float(Fraction(rates[2], rates[0])),
    }


def exponential(row: Row) -> dict[str, Any]:
    names = ("initial_per_day", "half_life_days", "elapsed_days")
    return {"cumulative": exponential_emission(*(row["inputs"][name] for name in names))}


ANSWERS: dict[str, Check] = {"D01": bitcoin, "D03": curve, "D05": exponential}
