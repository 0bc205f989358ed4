"""The cascade, its spiral and the toxic frontier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.liquidity import LinearImpact, largest_profitable_sale
from simulator.risk import (
    constant_product_slippage,
    continuum_move,
    critical_ltv,
    index_linear_cascade,
    linear_cascade,
    linear_cascade_rounds,
    toxic_health_factor,
)
from tests.golden.rows import Check, Row


def least_and_greatest(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    positions = given["positions"]
    index = index_linear_cascade(
        [one["liquidation_price"] for one in positions],
        [one["quantity"] for one in positions],
        LinearImpact(given["impact_per_unit"]),
    )
    # On decimals: the shocked price stands at a threshold where the row says so.
    shocked = [float(Decimal(str(given["price0"])) * (1 - Decimal(str(given["shock"]))))]
    paths = linear_cascade_rounds(index, shocked, keep_price_path=True)
    searched = linear_cascade(index, shocked)
    assert searched.count.tolist() == paths.count.tolist()
    assert paths.price_path is not None
    liquidated = index.book.order[: int(paths.count[0])].tolist()
    return {
        "price_path": paths.price_path[:, 0].tolist(),
        "liquidated_prices": [positions[at]["liquidation_price"] for at in liquidated],
        "sold": float(searched.sold[0]),
        "greatest_fixed_point_price": float(linear_cascade(index, shocked, greatest=True).price[0]),
    }


def largest_sale(row: Row) -> dict[str, float]:
    given = row["inputs"]
    return {
        "max_sale_over_reserve": float(largest_profitable_sale(given["bonus"], given["pool_fee"]))
    }


def frontier(row: Row) -> dict[str, Any]:
    return {"critical_ltv": critical_ltv(row["inputs"]["bonus"]).tolist()}


def frontier_in_health(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    return {
        "toxic_hf": toxic_health_factor(given["liquidation_threshold"], given["bonus"]).tolist()
    }


def frontier_with_slippage(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    slippage = constant_product_slippage(given["collateral_value_over_debt_side_reserve"], 1.0)
    return {
        "lam": slippage.tolist(),
        "critical_ltv": critical_ltv(given["bonus"], slippage).tolist(),
    }


def continuum(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    return {"total_drop": continuum_move(given["shock"], given["kappa_rho"]).tolist()}


ANSWERS: dict[str, Check] = {
    "A01": frontier,
    "A02": frontier_in_health,
    "A03": frontier_with_slippage,
    "A13": continuum,
    "C07": least_and_greatest,
    "C10": largest_sale,
}
