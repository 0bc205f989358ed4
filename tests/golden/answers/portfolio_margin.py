"""Section 15. The printed values of Derive are truncated toward zero to whole dollars."""

from fractions import Fraction
from math import trunc
from typing import Any

import numpy as np

from simulator.risk import (
    DeriveMarket,
    DeriveStandardParameters,
    MarginBalance,
    black_76,
    deribit_standard_margin,
    deribit_vol_shock,
    derive_option_margin,
    derive_perpetual_margin,
    derive_standard_margin,
)
from tests.golden.rows import Check, Row


def truncated(balance: MarginBalance) -> dict[str, int]:
    return {
        "initial_margin": trunc(float(balance.initial)),
        "maintenance_margin": trunc(float(balance.maintenance)),
    }


def days(text: str) -> float:
    return float(sum(Fraction(part.strip()) for part in text.split("+")))


def derive_options(row: Row) -> dict[str, int]:
    given, p = row["inputs"], row["inputs"]["parameters"]
    calls = np.array([each["type"] == "call" for each in given["options"]])
    strikes = np.array([float(each["strike"]) for each in given["options"]])
    quantity = np.array([float(each["quantity"]) for each in given["options"]])
    parameters = DeriveStandardParameters(
        maximum_spot=p["max_spot_req"],
        minimum_spot=p["min_spot_req"],
        maintenance_call=p["mm_call_spot_req"],
        maintenance_put=p["mm_put_spot_req"],
        maintenance_put_value=p["mm_put_mtm_req"],
        unpaired_initial=p["unpaired_im"],
        unpaired_maintenance=p["unpaired_mm"],
        put_initial_over_maintenance=p["put_im_over_mm"],
    )
    years = days(given["days_to_expiry"]) / 365
    value = black_76(calls, given["forward"], strikes, years, given["rate"], given["vol"])
    margin = derive_option_margin(
        calls, strikes, quantity, value, given["spot"], given["forward"], parameters
    )
    return truncated(derive_standard_margin(0.0, [DeriveMarket(options=[margin])]))


def derive_perpetual(row: Row) -> dict[str, int]:
    given = row["inputs"]
    margin = derive_perpetual_margin(
        given["perp_size"],
        given["entry_price"],
        given["perp_price"],
        given["initial_rate"],
        given["maintenance_rate"],
    )
    return truncated(derive_standard_margin(0.0, [DeriveMarket(perpetual=margin)]))


def deribit(row: Row) -> dict[str, Any]:
    options = row["inputs"]["options"]
    names = ("strike", "quantity", "underlying", "mark_coin")
    strike, quantity, underlying, mark = ([each[name] for each in options] for name in names)
    calls = [each["type"] == "call" for each in options]
    found = deribit_standard_margin(calls, strike, quantity, underlying, mark)
    return {
        "initial_margin_coin": found.initial,
        "maintenance_margin_coin": found.maintenance,
    }


def vol_shock(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    names = ("base_shock", "days_to_expiry", "power", "reference_days")
    return {"vol_shock": deribit_vol_shock(*(given[name] for name in names))}


ANSWERS: dict[str, Check] = {
    "O12": derive_options,
    "O13": derive_options,
    "O15": derive_options,
    "O20": derive_options,
    "O22": derive_perpetual,
    "O24": derive_options,
    "O25": deribit,
    "O26": vol_shock,
}
