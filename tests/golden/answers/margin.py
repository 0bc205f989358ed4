"""Answers of risk-spec section 3."""

from __future__ import annotations

from typing import Any

from simulator.risk import (
    MarginAccount,
    SynthetixMargin,
    account_value,
    dydx_initial_fraction,
    dydx_initial_margin,
    gmx_verdict,
    skew_fill_price,
    tier_deductions,
    unrealised_profit,
)
from simulator.units import UNIT_1E30, decimal_to_integer
from tests.golden.rows import Check, Row


def _available_margin(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    size = [position["size"] for position in given["positions"]]
    entry = skew_fill_price(
        [position["open_oracle_price"] for position in given["positions"]],
        size,
        [position["initial_skew"] for position in given["positions"]],
        [position["skew_scale"] for position in given["positions"]],
    )
    profit = unrealised_profit(size, entry, given["mark_prices"])
    value = account_value(given["collateral_usd"], profit, pending_fees=given["fees"])
    return {"pnl": profit, "available_margin": value}


def _required(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    model = SynthetixMargin(
        given["skew_scale"],
        given["initial_margin_fraction"],
        given["min_initial_margin_ratio"],
        given["maintenance_scalar"],
        given["min_position_margin"],
    )
    rates = model.rates(given["size"])
    required = model.requirement(MarginAccount([given["size"]]), [given["price"]])
    return {
        "initial_margin_ratio": rates.initial,
        "maintenance_margin_ratio": rates.maintenance,
        "initial_margin": required.initial,
        "maintenance_margin": required.maintenance,
    }


def _dydx_rounds_up(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    margin = dydx_initial_margin(int(given["notional_quote_quantums"]), given["initial_margin_ppm"])
    return {"initial_margin_quote_quantums": margin}


def _dydx_open_interest(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    growth = [int(given[name]) for name in ("open_interest", "lower_cap", "upper_cap")]
    base, notional = given["initial_margin_ppm"], int(given["notional_quote_quantums"])
    return {
        "initial_margin_quote_quantums": dydx_initial_margin(notional, base, *growth),
        "effective_imf_ppm": dydx_initial_fraction(base, *growth),
    }


def _tiers(row: Row) -> dict[str, Any]:
    tiers = row["inputs"]["tiers"]
    return {"cum": tier_deductions([t["floor"] for t in tiers], [t["mmr"] for t in tiers])}


def _gmx(row: Row) -> dict[str, Any]:
    given = {
        name: decimal_to_integer(str(value), 30, name) for name, value in row["inputs"].items()
    }
    verdict = gmx_verdict(
        given["size_usd"],
        given["collateral_usd"],
        given["pnl_usd"],
        given["close_price_impact_usd"],
        given["max_impact_factor_for_liquidations"],
        given["fees_usd"],
        given["min_collateral_factor"],
    )
    return {
        "remaining_collateral_usd": verdict.remaining / UNIT_1E30,
        "minimum_usd": verdict.minimum / UNIT_1E30,
        "liquidatable": verdict.liquidatable,
    }


ANSWERS: dict[str, Check] = {
    "P01": _available_margin,
    "P02": _available_margin,
    "P07": _required,
    "P13": _dydx_rounds_up,
    "P15": _dydx_open_interest,
    "P31": _tiers,
    "P48": _gmx,
}
