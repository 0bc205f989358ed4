"""Price impact: pools, concentrated liquidity, the square root, GMX."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from simulator.liquidity import (
    constant_product_mid_ratio,
    constant_product_sale,
    gmx_entry_price,
    gmx_price_impact_usd,
    next_sqrt_price_from_input,
    square_root_moves,
    uniswap_v2_amount_out,
)
from tests.golden.rows import Check, Row, exact


def uniswap_v2(row: Row) -> dict[str, int]:
    given = row["inputs"]
    kept = 1 - Fraction(str(given["fee"]))
    amount_out = uniswap_v2_amount_out(
        int(exact(given["amount_in"])),
        int(exact(given["reserve_in"])),
        int(exact(given["reserve_out"])),
        kept.numerator,
        kept.denominator,
    )
    return {"amount_out": amount_out}


def concentrated(row: Row) -> dict[str, int]:
    given = row["inputs"]
    amount = "amount1_in" if "amount1_in" in given else "amount0_in"
    price = next_sqrt_price_from_input(
        int(exact(given["sqrt_price_x96"])),
        int(exact(given["liquidity"])),
        int(exact(given[amount])),
        zero_for_one=amount == "amount0_in",
    )
    return {"next_sqrt_price_x96": price}


def mid_price(row: Row) -> dict[str, float]:
    given = row["inputs"]
    sale = constant_product_sale(1.0, 1.0, given["sold_over_reserve"], given["fee"])
    if given["fee"]:
        return {
            "average_price_ratio": float(sale.average_price),
            "mid_price_ratio": float(sale.spot_after),
        }
    return {
        "average_price_ratio": float(sale.average_price),
        "mid_price_ratio": float(constant_product_mid_ratio(given["sold_over_reserve"])),
    }


def square_root(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    share = np.asarray(given["quantity_over_volume"], dtype=np.float64)
    moves = square_root_moves(given["Y"], given["daily_volatility"], share, 1.0)
    return {"relative_move": moves.tolist()}


def sale(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    sold = constant_product_sale(
        given["reserve_in"], given["reserve_out"], given["amount_in"], given["fee"]
    )
    change = 100.0 * (sold.spot_after / sold.spot_before - 1.0)
    return {
        "amount_out": sold.amount_out.tolist(),
        "spot_after": sold.spot_after.tolist(),
        "spot_change_percent": change.tolist(),
    }


def gmx_impact(row: Row) -> dict[str, float]:
    given = row["inputs"]
    above, _, below = str(given["impact_factor"]).partition("/")
    factor = float(exact(above) / exact(below or "1"))
    impact = gmx_price_impact_usd(
        given["initial_imbalance_usd"],
        given["next_imbalance_usd"],
        factor,
        factor,
        given["impact_exponent"],
    )
    return {"price_impact_usd": float(impact)}


def gmx_entry(row: Row) -> dict[str, float]:
    given = row["inputs"]
    entry = gmx_entry_price(given["size_usd"], given["oracle_price"], given["impact_fraction"])
    return {"tokens": float(entry.tokens), "entry_price": float(entry.entry_price)}


ANSWERS: dict[str, Check] = {
    "A14": sale,
    "C01": uniswap_v2,
    "C04": concentrated,
    "C09": mid_price,
    "C12": square_root,
    "P43": gmx_impact,
    "P45": gmx_entry,
}
