"""The run in numbers: one row per variant, the same on stdout, in the report and in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from simulator.results import Results
from simulator.types import AnyArray
from underwater.report.data import VariantData, at, variant_data

Row: TypeAlias = dict[str, object]


def summary_rows(results: Results) -> list[Row]:
    """One dictionary of numbers per variant of a run (keys: see `summary_row`)."""
    return [summary_row(variant_data(name, results.variant(name))) for name in results.variants]


def summary_row(data: VariantData) -> Row:
    """The numbers of one variant.

    Notional and money in quote units; `_share` as a fraction of the opening open interest; `_bp` in
    basis points of it; `lowest_basis` as a fraction; `_hour` in hours since the start. Of
    `forced_notional`, takeovers, close-outs and auto-deleveraging are parts. `insurance_paid` holds
    deficits too that later income of the fund repaid.
    """
    system, liquidations, adl = data.system, data.liquidations, data.adl
    interest = data.open_interest()
    opening_interest = interest[0] if len(interest) and interest[0] > 0 else 1.0
    taken_over = _sum(liquidations, "notional")
    deleveraged = _sum(adl, "notional")
    shortfall = _last(system, "shortfall")
    insurance = system["insurance"]
    extra = np.asarray(system["fixed_point_notional"] - system["first_round_notional"])
    scale = data.opening or 1.0
    deficit_end = _last(system, "deficit")
    repaid = max(0.0, _sum(liquidations, "deficit") - deficit_end)
    basis = [data.basis(market).min() for market in data.markets if len(data.hours)]
    return {
        "variant": data.name,
        "status": str(at(data.manifest, "status") or "unknown"),
        "blocks": len(data.hours),
        "transactions": int(_sum(system, "transactions")),
        "reverted": int(_sum(system, "reverted")),
        "not_included": int(_sum(system, "not_included")),
        "gas_used": int(_sum(system, "gas_used")),
        "liquidations": int(np.sum(liquidations["kind"] != "close_out")),
        "liquidated_accounts": len(set(liquidations["account"].tolist())),
        "opening_open_interest": data.opening,
        "forced_notional": taken_over + deleveraged,
        "forced_share": (taken_over + deleveraged) / scale,
        "adl_notional": deleveraged,
        "adl_share": deleveraged / scale,
        "adl_cost": adl_cost(data),
        "penalties": _sum(liquidations, "penalty"),
        "shortfall": shortfall,
        "shortfall_bp": shortfall / scale * 1e4,
        "insurance_start": float(insurance[0]) if len(insurance) else 0.0,
        "insurance_minimum": float(insurance.min()) if len(insurance) else 0.0,
        "insurance_minimum_share": _ratio(insurance),
        "insurance_end": float(insurance[-1]) if len(insurance) else 0.0,
        "insurance_paid": _sum(liquidations, "from_insurance")
        + _sum(adl, "insurance_moved")
        + repaid,
        "underwater_max": int(system["underwater"].max()) if len(data.hours) else 0,
        "underwater_hour": _hour_of_largest(data, system["underwater"]),
        "fixed_point_extra": float(extra.max()) if len(extra) else 0.0,
        "fixed_point_extra_share": float(extra.max()) / scale if len(extra) else 0.0,
        "lowest_basis": float(min(basis)) / 100 if basis else 0.0,
        "open_interest_minimum": float(interest.min() / opening_interest) if len(interest) else 0.0,
        "open_interest_end": float(interest[-1] / opening_interest) if len(interest) else 0.0,
        "socialised": _sum(liquidations, "socialised"),
        "socialised_moved_share": float(
            str(at(data.manifest, "summary.socialised_moved_share") or 0.0)
        ),
        "deficit": float(system["deficit"].max()) if len(data.hours) else 0.0,
        "deficit_end": deficit_end,
    }


def adl_cost(data: VariantData) -> float:
    """What auto-deleveraged accounts lost against the mark by closing at the bankruptcy price."""
    adl = data.adl
    return float(np.sum(np.abs(adl["mark"] - adl["price"]) * np.abs(adl["size"])))


def _sum(table: Mapping[str, AnyArray], name: str) -> float:
    return float(np.sum(table[name]))


def _last(table: Mapping[str, AnyArray], name: str) -> float:
    return float(table[name][-1]) if len(table[name]) else 0.0


def _ratio(insurance: AnyArray) -> float:
    """Smallest fund over the opening fund; 1 if there was no fund to lose."""
    if not len(insurance) or insurance[0] <= 0:
        return 1.0
    return float(insurance.min() / insurance[0])


def _hour_of_largest(data: VariantData, values: AnyArray) -> float | None:
    if not len(values) or values.max() <= 0:
        return None
    return float(data.hours[int(np.argmax(values))])
