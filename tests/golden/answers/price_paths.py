"""Answers of the section price-paths."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from simulator.prices import (
    Bates,
    Gbm,
    HawkesProcess,
    Heston,
    Kou,
    Merton,
    haug_merton,
    lewis_price,
    probability_minimum_at_most,
)
from tests.golden.rows import Check, Row


def years(text: Any) -> float:
    """A sum of fractions such as '5/366+86/365'."""
    return float(sum(Fraction(part) for part in str(text).split("+")))


def s01(row: Row) -> Any:
    given = row["inputs"]
    calls = []
    for case in given["cases"]:
        model = haug_merton(given["rate"], given["vol"], case["lam"], case["gamma"])
        price = lewis_price(model, given["spot"], case["strike"], case["maturity"], given["rate"])
        calls.append(price.call)
    return {"call": calls}


def s04(row: Row) -> Any:
    given = row["inputs"]
    model = Kou(
        given["rate"], given["sigma"], given["lam"], given["p"], given["eta1"], given["eta2"]
    )
    price = lewis_price(model, given["spot"], given["strike"], given["maturity"], given["rate"])
    return {"call": price.call}


def heston(given: Row) -> Heston:
    drift = given["rate"] - given["dividend_yield"]
    return Heston(drift, given["v0"], given["kappa"], given["theta"], given["sigma"], given["rho"])


def priced(model: Heston | Bates, given: Row) -> Any:
    maturity = years(given["maturity"])
    return lewis_price(model, given["spot"], given["strike"], maturity, given["rate"])


def s06(row: Row) -> Any:
    return priced(heston(row["inputs"]), row["inputs"])._asdict()


def s09(row: Row) -> Any:
    return {"call": priced(heston(row["inputs"]), row["inputs"]).call}


def s11(row: Row) -> Any:
    given = row["inputs"]
    model = Heston(0.0, given["v0"], given["kappa"], given["theta"], given["sigma"], 0.0)
    return model.variance_moments(given["t"])._asdict()


def s12(row: Row) -> Any:
    jumps, small = row["inputs"]["bates_zero_intensity"], row["inputs"]["heston_small_sigma"]
    plain = heston(jumps)
    bates = Bates(
        plain.drift,
        plain.v0,
        plain.kappa,
        plain.theta,
        plain.sigma,
        plain.rho,
        intensity=jumps["lam"],
        jump_mean=-0.1,
        jump_deviation=0.2,
    )
    return {"call": [priced(bates, jumps).call, priced(heston(small), small).call]}


def s14(row: Row) -> Any:
    given = row["inputs"]
    moments = Gbm(given["mu"], given["sigma"]).price_moments(given["spot"], given["maturity"])
    return {"mean": moments.mean, "sd": moments.deviation, "median": moments.median}


def s15(row: Row) -> Any:
    given = row["inputs"]
    process = HawkesProcess(given["mu_per_second"], given["alpha"], given["beta"])
    return {
        "mean_rate_per_second": process.mean_rate,
        "long_run_fano": process.long_run_fano,
    }


def s17(row: Row) -> Any:
    given = row["inputs"]
    probability = probability_minimum_at_most(
        given["barrier"], given["s0"], given["s1"], given["sigma"], years(given["dt_years"])
    )
    return {"prob_min_at_or_below": float(probability)}


def s19(row: Row) -> Any:
    given = row["inputs"]
    cumulants = Merton(
        0.0, given["sigma"], given["lam"], given["mu_j"], given["delta_j"]
    ).cumulants()
    return {
        "variance": cumulants.variance,
        "third_cumulant": cumulants.third,
        "fourth_cumulant": cumulants.fourth,
    }


ANSWERS: dict[str, Check] = {
    "S01": s01,
    "S04": s04,
    "S06": s06,
    "S09": s09,
    "S11": s11,
    "S12": s12,
    "S14": s14,
    "S15": s15,
    "S17": s17,
    "S19": s19,
}
