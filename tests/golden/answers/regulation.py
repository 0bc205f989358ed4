"""Answers of risk-spec section 26."""

from __future__ import annotations

from datetime import date
from typing import Any

from simulator.risk import (
    PolicyTable,
    close_out_due,
    leverage_allowed,
    load_policy_tables,
    policy_table,
)
from tests.golden.rows import Check, Row


def _esma() -> PolicyTable:
    return policy_table(load_policy_tables(), "esma", date(2019, 5, 1))


def _check(row: Row) -> dict[str, Any]:
    given, table = row["inputs"], _esma()
    allowed = [
        leverage_allowed(given["notional"], margin, given["asset_class"], table)
        for margin in given["margin"]
    ]
    required = given["required_margin"]
    due = [close_out_due(equity, required, table) for equity in given["equity"]]
    return {"leverage_ok": allowed, "close_out": due}


def _caps(row: Row) -> dict[str, Any]:
    caps = [_esma().caps[name] for name in row["inputs"]["asset_class"]]
    return {"max_leverage": caps, "min_margin_percent": [100 / cap for cap in caps]}


ANSWERS: dict[str, Check] = {"D15": _check, "D16": _caps}
