"""Answers of risk-spec section 4."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk import (
    cross_liquidation_price,
    dydx_bankruptcy_price,
    dydx_fillable_price,
    inverse_bankruptcy_price,
    inverse_notional_coin,
    isolated_liquidation_price,
    liquidation_price_from_equity,
)
from tests.golden.rows import Check, Row

SIDE = {"long": 1, "short": -1}


def _dydx_bankruptcy(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    names = (
        "net_collateral_qq",
        "maintenance_margin_qq",
        "delta_net_notional_qq",
        "delta_maintenance_qq",
    )
    price = dydx_bankruptcy_price(*(int(given[name]) for name in names))
    return {"bankruptcy_price_quote_quantums": price}


def _dydx_fillable(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    price = dydx_fillable_price(
        SIDE[given["side"]] * int(given["size_base_quantums"]),
        int(given["position_net_notional_qq"]),
        int(given["position_maintenance_qq"]),
        int(given["net_collateral_qq"]),
        int(given["maintenance_margin_qq"]),
        given["bankruptcy_adjustment_ppm"],
        given["spread_to_maintenance_ratio_ppm"],
    )
    # Quote quantums (1e-6 USD) per base quantum (1e-8 BTC).
    usd = price * 10 ** (-6 - given["base_atomic_resolution"])
    return {
        "fillable_price_numerator": price.numerator,
        "fillable_price_denominator": price.denominator,
        "usd_per_btc": usd,
    }


def _binance(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    price = cross_liquidation_price(
        given["wallet_balance"],
        SIDE[given["side"]] * given["size"],
        given["entry_price"],
        given["maintenance_rate"],
        given["cum"],
        given["other_maintenance_margin"],
        given["other_unrealised_pnl"],
    )
    return {"liquidation_price": price}


def _hyperliquid(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    size = SIDE[given["side"]] * given["size"]
    rate = 1 / (2 * given["max_leverage"])
    price = isolated_liquidation_price(size, given["entry_price"], given["collateral"], rate)
    return {"liquidation_price": price}


def _inverse(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    contracts = SIDE[given["side"]] * given["contracts"]
    price = inverse_bankruptcy_price(
        contracts, given["contract_usd"], given["entry_price"], given["margin_coin"]
    )
    value = inverse_notional_coin(contracts, given["contract_usd"], price)
    return {"bankruptcy_price": price, "inverse_value_coin_at_bankruptcy": value}


def _linear(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    price = isolated_liquidation_price(
        SIDE[given["side"]] * given["size"],
        given["entry_price"],
        given["margin"],
        given["maintenance_rate"],
        given["closing_fee_rate"],
        given["accrued_funding_paid"],
    )
    return {"liquidation_price": price}


def _dydx_from_equity(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    price = liquidation_price_from_equity(
        given["size"], given["price"], given["equity"], given["maintenance_fraction"]
    )
    return {"liquidation_price": price}


def _hyperliquid_from_equity(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    size = np.array([SIDE[side] for side in given["side"]]) * given["size"]
    price = liquidation_price_from_equity(
        size, given["price"], given["equity"], given["maintenance_rate"]
    )
    return {"liquidation_price": price}


ANSWERS: dict[str, Check] = {
    "P17": _dydx_bankruptcy,
    "P19": _dydx_bankruptcy,
    "P21": _dydx_fillable,
    "P27": _binance,
    "P29": _binance,
    "P33": _hyperliquid,
    "P34": _hyperliquid,
    "P38": _inverse,
    "P40": _linear,
    "A11": _dydx_from_equity,
    "A12": _hyperliquid_from_equity,
}
