"""Answers of risk-spec section 8."""

from __future__ import annotations

from typing import Any

from simulator.risk import cdp
from simulator.units import WAD, wad_pow_half_up
from tests.golden.rows import Check, Row


def _decay(row: Row) -> dict[str, list[int]]:
    given = row["inputs"]
    base, factor = int(given["base_rate_wad"]), int(given["minute_decay_factor"])
    return {
        "decayed_base_rate_wad": [
            cdp.decayed_base_rate(base, elapsed, factor) for elapsed in given["elapsed_seconds"]
        ]
    }


def _power(row: Row) -> dict[str, list[int]]:
    given = row["inputs"]
    pairs = zip(given["base_wad"], given["exponent"], strict=True)
    return {"result_wad": [wad_pow_half_up(int(base), exponent) for base, exponent in pairs]}


def _offset(row: Row) -> dict[str, float]:
    given = row["inputs"]
    names = ("trove_debt", "trove_collateral", "stability_pool")
    found = cdp.offset_and_redistribution(*(given[name] * WAD for name in names))
    return {
        "gas_compensation_collateral": found.gas_compensation_collateral / WAD,
        "offset_debt": found.offset_debt / WAD,
        "offset_collateral": found.offset_collateral / WAD,
        "redistributed_debt": found.redistributed_debt / WAD,
        "redistributed_collateral": found.redistributed_collateral / WAD,
    }


def _stairstep(row: Row) -> dict[str, int]:
    given = row["inputs"]
    price = cdp.stairstep_price(
        int(given["top_ray"]),
        int(given["cut_ray"]),
        given["step_seconds"],
        given["elapsed_seconds"],
    )
    return {"price_ray": price}


def _take(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    sale = cdp.Sale(given["tab"], given["lot"])
    found = cdp.take(sale, given["price"], given["amt"], given["price"], given["chost"])
    return {
        "tab_left": found.sale.tab,
        "lot_left_before_return": found.sale.lot,
        "owe": found.owe,
        "slice": found.slice,
        "lot_returned_to_owner": found.returned,
        "auction_ends": found.ended,
    }


ANSWERS: dict[str, Check] = {
    "M22": _decay,
    "M24": _power,
    "M26": _offset,
    "M28": _stairstep,
    "M29": _take,
}
