"""Answers of risk-spec section 5."""

from __future__ import annotations

from typing import Any

from simulator.risk import (
    LiquidationWindow,
    adl_ranking,
    bitmex_adl_score,
    curie_liquidatable_size,
    dydx_insurance_delta,
    linear_value,
    repay_to_target,
    synthetix_keeper_reward,
    synthetix_window_capacity,
    two_step_liquidation,
)
from simulator.units import WAD, decimal_to_integer
from tests.golden.rows import Check, Row

SIDE = {"long": 1, "short": -1}


def _wad(value: Any) -> int:
    return decimal_to_integer(str(value), 18)


def _keeper_reward(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    reward = synthetix_keeper_reward(
        notional=0,
        flag_cost=int(given["flag_cost_wei"]),
        liquidate_cost=int(given["liquidate_cost_wei"]),
        reward_ratio=_wad(given["reward_ratio"]),
        minimum_reward=int(given["min_keeper_reward_wei"]),
        profit_ratio=_wad(given["min_profit_ratio"]),
        maximum_reward=int(given["max_keeper_reward_wei"]),
        available_margin=given["available_margin_argument"],
    )
    return {"reward_wei": reward}


def _window(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    capacity = synthetix_window_capacity(
        _wad(given["maker_fee"]),
        _wad(given["taker_fee"]),
        _wad(given["skew_scale"]),
        _wad(given["multiplier"]),
        given["window_seconds"],
    )
    window = LiquidationWindow(capacity, given["window_seconds"], _wad(given["max_pd"]))
    size = {account["account"]: _wad(account["size"]) for account in given["accounts"]}
    closed, left = [], []
    for call in given["calls"]:
        # Any start of the clock: a block has a time of its own.
        result = window.liquidate(1_700_000_000 + call["t"], size[call["account"]])
        window = result.window
        size[call["account"]] -= result.amount
        closed.append(result.amount / WAD)
        left.append(size[call["account"]] / WAD)
    return {"window_cap": capacity / WAD, "closed": closed, "size_left_after_call": left}


def _insurance(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    side = SIDE[given["side"]]
    delta = dydx_insurance_delta(
        side * int(given["fill_quote_quantums"]),
        side * int(given["bankruptcy_price_quote_quantums"]),
        given["max_liquidation_fee_ppm"],
    )
    return {"insurance_fund_delta_quote_quantums": delta}


def _adl(row: Row) -> dict[str, Any]:
    positions = row["inputs"]["positions"]
    size = [SIDE[position["side"]] * position["size"] for position in positions]
    values = (
        linear_value(size, [position[name] for position in positions])
        for name in ("mark", "entry", "bankruptcy")
    )
    score = bitmex_adl_score(*values)
    return {"score": score, "order": adl_ranking(score)}


def _curie(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    position, total = given["liquidated_position"], sum(given["position_values"])
    size = curie_liquidatable_size(
        position["size"],
        position["value"],
        total,
        given["account_value"],
        given["maintenance_ratio"] * total,
    )
    return {"liquidatable_size": size}


def _repay(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    plan = repay_to_target(
        given["collateral"],
        given["debt"],
        given["liquidation_threshold"],
        given["bonus"],
        given["target_hf"],
    )
    return {
        "hf_before": plan.health_factor[0],
        "repay": plan.repay,
        "seize": plan.seize,
        "collateral_left": plan.collateral_left,
        "debt_left": plan.debt_left,
    }


def _two_step(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    plan = two_step_liquidation(
        given["collateral"],
        given["debt"],
        given["liquidation_threshold"],
        given["spread"],
        given["close_factor"],
    )
    return {
        "repay_1": plan.repay_first,
        "repay_2": plan.repay_second,
        "profit_two_step": plan.profit_two_step,
        "profit_one_step": plan.profit_one_step,
        "uplift": plan.uplift,
    }


ANSWERS: dict[str, Check] = {
    "P09": _keeper_reward,
    "P12": _window,
    "P24": _insurance,
    "P41": _adl,
    "P46": _curie,
    "A04": _repay,
    "A09": _two_step,
}
