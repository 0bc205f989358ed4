"""Answers of risk-spec section 2."""

from __future__ import annotations

from typing import Any

from simulator.risk import skew_fill_price
from tests.golden.rows import Check, Row


def _fill_price(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    price = skew_fill_price(
        given["oracle_price"], given["size"], given["skew"], given["skew_scale"]
    )
    return {"fill_price": price}


ANSWERS: dict[str, Check] = {"P05": _fill_price}
