"""Section 17: backtests of VaR."""

from __future__ import annotations

from typing import Any

from simulator.risk import basel_zone, kupiec, kupiec_region
from tests.golden.rows import Check, Row


def proportion_of_failures(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    found = kupiec(given["failures"], given["observations"], given["var_level"])
    return {"lr_uc": found.statistic, "p_value": found.p_value}


def region(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    level = round(1 - given["p"], 12)
    found = [kupiec_region(days, level, given["test_confidence"]) for days in given["T"]]
    accepted = [pair for pair in found if pair is not None]
    return {
        "non_rejection_max": [most for _, most in accepted],
        "non_rejection_min_from_T_510": [fewest for fewest, _ in accepted[1:]],
    }


def zones(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    days, level = given["days"], 1 - given["p"]
    by_zone: dict[str, list[int]] = {"green": [], "yellow": [], "red": []}
    for count in range(days + 1):
        by_zone[basel_zone(count, days, level).zone].append(count)
    return {
        "cumulative_probability": [
            basel_zone(count, days, level).cumulative_probability for count in given["exceptions"]
        ],
        "green": [by_zone["green"][0], by_zone["green"][-1]],
        "yellow": [by_zone["yellow"][0], by_zone["yellow"][-1]],
        "red_from": by_zone["red"][0],
    }


ANSWERS: dict[str, Check] = {"V01": proportion_of_failures, "V04": region, "V06": zones}
