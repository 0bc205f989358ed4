"""Answers of risk-spec section 6."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from simulator.risk import funding
from simulator.units import UNIT_1E30, decimal_to_integer
from tests.golden.rows import Check, Row


def _wad(value: Any) -> int:
    return decimal_to_integer(repr(value), 18)


def _unit(value: Any) -> int:
    return int(Fraction(str(value)) * UNIT_1E30)


def _velocity_steps(row: Row) -> dict[str, list[float]]:
    given = row["inputs"]
    size = given["position_size"]
    state = funding.VelocityState(float(size), given["initial_funding_rate"], 0.0)
    rates, accrued = [], []
    for step in given["steps"]:
        state = funding.velocity_step(
            state,
            step["days"] * 86_400,
            step["skew_delta"],
            given["price"],
            given["skew_scale"],
            given["max_velocity_per_day"],
        )
        rates.append(state.rate)
        accrued.append(size * state.accrued_per_unit)
    return {"funding_rate": rates, "accrued_usd": accrued}


def _velocity_rate(row: Row) -> dict[str, float]:
    given = row["inputs"]
    rate = funding.velocity_rate(
        given["previous_rate"], given["velocity_per_day"], given["elapsed_seconds"]
    )
    return {"funding_rate": float(rate)}


def _index_delta(row: Row) -> dict[str, int]:
    given = row["inputs"]
    return {
        "index_delta": funding.dydx_index_delta(
            given["rate_8h_ppm"],
            given["dt_seconds"],
            given["price"],
            given["price_exponent"],
            given["atomic_resolution"],
        )
    }


def _tails(row: Row) -> dict[str, list[int]]:
    given = row["inputs"]
    return {"kept": funding.dydx_remove_tails(given["samples"], given["tail_removal_ppm"])}


def _premium_ppm(row: Row) -> dict[str, int]:
    given = row["inputs"]
    bid, index = Fraction(given["impact_bid"]), Fraction(given["index_price"])
    return {"premium_ppm": funding.dydx_premium_ppm(bid, None, index)}


def _impact_bid(row: Row) -> dict[str, float]:
    given = row["inputs"]
    levels = [
        (Fraction(str(level["price"])), Fraction(str(level["size_btc"]))) for level in given["bids"]
    ]
    price = funding.impact_price(levels, given["impact_notional_usd"])
    assert price is not None
    return {"impact_bid": float(price)}


def _clamp(row: Row) -> dict[str, int]:
    given = row["inputs"]
    return {
        "max_abs_rate_8h_ppm": funding.dydx_clamp_ppm(
            given["clamp_factor_ppm"],
            given["initial_margin_fraction_ppm"],
            given["maintenance_margin_fraction_ppm"],
        )
    }


def _gmx_static(row: Row) -> dict[str, float]:
    given = row["inputs"]
    long, short = (_unit(given[f"open_interest_{side}"]) for side in ("long", "short"))
    parameters = funding.GmxFundingParameters(
        funding_factor=_unit(given["funding_factor_per_second"]), exponent=_unit(given["exponent"])
    )
    found = funding.gmx_funding(parameters, long, short, 1)
    assert found.longs_pay
    return {
        "longs_pay_per_second": found.rate / UNIT_1E30,
        "shorts_receive_per_second": funding.gmx_receiver_rate(found.rate, long, short) / UNIT_1E30,
    }


def _gmx_adaptive(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    parameters = funding.GmxFundingParameters(
        increase_factor=_unit(given["increase_factor_per_second"]),
        decrease_factor=_unit(given["decrease_factor_per_second"]),
        stable_threshold=_unit(given["stable_threshold"]),
        decrease_threshold=_unit(given["decrease_threshold"]),
    )
    found = funding.gmx_funding(
        parameters,
        _unit(given["open_interest_long"]),
        _unit(given["open_interest_short"]),
        given["elapsed_seconds"],
        _unit(given["saved_rate"]),
    )
    return {
        "funding_rate_per_second": found.saved_rate / UNIT_1E30,
        "scaled_1e30": found.saved_rate,
    }


def _derive(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    index = given["index_price"]
    rates = funding.derive_rate(
        [index + above for above in given["impact_bid_minus_index"]],
        [index + above for above in given["impact_ask_minus_index"]],
        index,
        given["static_rate"],
        given["cap_per_hour"],
        given["convergence_hours"],
    )
    return {"rate_per_hour": rates}


def _curie(row: Row) -> dict[str, float]:
    given = row["inputs"]
    premium = funding.curie_premium_x96(
        funding.curie_price_x96(_wad(given["mark_twap"])),
        funding.curie_price_x96(_wad(given["index_twap"])),
    )
    growth = funding.curie_growth(
        funding.CurieGrowth(0, 0), premium, 2**96, 1 + given["elapsed_seconds"], 1
    )
    payment = funding.curie_funding_payment(_wad(given["position_size"]), growth.premium_x96)
    return {"pending_funding_payment": payment / 10**18}


def _clamped(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    rate = funding.premium_rate(given["premium"], given["interest"], given["clamp"])
    return {"rate_8h": rate}


def _clamped_hourly(row: Row) -> dict[str, Any]:
    rate = _clamped(row)["rate_8h"]
    return {"rate_8h": rate, "rate_1h": funding.funding_payment(1.0, 1.0, rate, 3_600)}


def _two_sides(row: Row) -> dict[str, float]:
    given = row["inputs"]
    flows = funding.two_sided_funding(
        given["open_interest_long"], given["open_interest_short"], given["longs_pay_per_second"]
    )
    return {
        "longs_pay_usd_per_second": flows.longs,
        "shorts_receive_usd_per_second": -flows.shorts,
        "sum": flows.total,
    }


ANSWERS: dict[str, Check] = {
    "F01": _velocity_steps,
    "F04": _velocity_rate,
    "F05": _index_delta,
    "F07": _index_delta,
    "F09": _tails,
    "F12": _premium_ppm,
    "F15": _impact_bid,
    "F16": _clamp,
    "F17": _gmx_static,
    "F18": _gmx_adaptive,
    "F21": _derive,
    "F23": _curie,
    "F26": _clamped_hourly,
    "F27": _clamped,
    "F29": _two_sides,
}
