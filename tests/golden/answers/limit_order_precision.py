"""Answers of risk-spec section 24."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from simulator.risk import (
    hyperliquid_price_valid,
    sqrt_ratio_at_tick,
    sqrt_ratio_of_price,
    tick_at_price,
    tick_at_sqrt_ratio,
)
from tests.golden.rows import Check, Row


def _hyperliquid(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    decimals, market = given["size_decimals"], given["market"]
    valid = [hyperliquid_price_valid(price, decimals, market) for price in given["prices"]]
    return {"valid": valid}


def _ratio(row: Row) -> dict[str, Any]:
    return {"sqrt_price_x96": [sqrt_ratio_at_tick(tick) for tick in row["inputs"]["tick"]]}


def _tick(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    ratios = [int(text) for text in given["sqrt_price_x96"]]
    prices = [Fraction(text) for text in given["price"]]
    ticks = [tick_at_sqrt_ratio(ratio) for ratio in ratios]
    assert ratios == [sqrt_ratio_of_price(p.numerator, p.denominator) for p in prices]
    assert ticks == [tick_at_price(price) for price in prices]
    return {"tick": ticks}


ANSWERS: dict[str, Check] = {"D09": _hyperliquid, "D11": _ratio, "D13": _tick}
