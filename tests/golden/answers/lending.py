"""Answers of risk-spec section 7."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from simulator.risk import lending
from simulator.risk.cascade import critical_ltv
from simulator.units import BPS, RAY, SECONDS_PER_YEAR, WAD
from tests.golden.rows import Check, Row

USD = 10**8


def _scaled(value: Any, unit: int) -> int:
    """The decimal that is written, as an integer of 1 / unit."""
    scaled = Fraction(str(value)) * unit
    assert scaled.denominator == 1
    return int(scaled)


def _dollar(threshold: Any = 0, bonus: Any = 0) -> lending.AaveReserve:
    """A reserve of 18 decimals at 1 USD."""
    return lending.AaveReserve(
        price=USD,
        decimals=18,
        liquidation_threshold_bps=_scaled(threshold, BPS),
        liquidation_bonus_bps=BPS + _scaled(bonus, BPS),
    )


def _linear_interest(row: Row) -> dict[str, int]:
    given = row["inputs"]
    factor = lending.aave_linear_interest(int(given["rate_ray"]), given["elapsed_seconds"])
    return {"factor_ray": factor}


def _compounded_interest(row: Row) -> dict[str, int]:
    given = row["inputs"]
    factor = lending.aave_compounded_interest(int(given["rate_ray"]), given["elapsed_seconds"])
    return {"factor_ray": factor}


def _aave_rates(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    rates = lending.AaveRates(
        *(_scaled(given[name], RAY) for name in ("optimal", "base", "slope1", "slope2"))
    )
    used = [_scaled(value, RAY) for value in given["utilisation"]]
    borrow = [lending.aave_borrow_rate(rates, value) for value in used]
    factor = _scaled(given["reserve_factor"], BPS)
    return {
        "borrow_rate_ray": borrow,
        "liquidity_rate_ray_at_90pct": lending.aave_liquidity_rate(borrow[-1], used[-1], factor),
    }


def _seizure(row: Row) -> dict[str, int]:
    given = row["inputs"]
    found = lending.aave_seizure(
        int(given["repay"]),
        lending.AaveReserve(int(given["debt_price_1e8"]), given["debt_decimals"]),
        lending.AaveReserve(
            int(given["collateral_price_1e8"]),
            given["collateral_decimals"],
            protocol_fee_bps=given["protocol_fee_bps"],
        ),
        int(given["collateral_balance"]),
        given["liquidation_bonus_bps"],
    )
    return {
        "collateral_to_liquidator": found.collateral_to_liquidator,
        "debt_repaid": found.debt_repaid,
        "protocol_fee_collateral": found.protocol_fee,
    }


def _health(collateral: list[tuple[Any, Any]], debt: Any) -> float:
    account = [
        lending.AavePosition(_dollar(threshold), collateral=_scaled(value, WAD))
        for value, threshold in collateral
    ]
    account.append(lending.AavePosition(_dollar(), debt=_scaled(debt, WAD)))
    return lending.aave_totals(account).health_factor_wad / WAD


def _health_of_two(row: Row) -> dict[str, float]:
    given = row["inputs"]
    collateral = [(item["value"], item["liquidation_threshold"]) for item in given["collateral"]]
    return {"health_factor": _health(collateral, given["debt_value"])}


def _health_of_one(row: Row) -> dict[str, float]:
    given = row["inputs"]
    collateral = [(given["collateral"], given["liquidation_threshold"])]
    return {"health_factor": _health(collateral, given["debt"])}


def _direction(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    held, threshold = given["collateral"], given["liquidation_threshold"]
    before = [_health([(held, threshold)], debt) for debt in given["debt"]]
    left = lending.fixed_spread(held, given["debt"], given["repay"], given["bonus"])
    after = [
        _health([(value, threshold)], debt)
        for value, debt in zip(left.collateral.tolist(), left.debt.tolist(), strict=True)
    ]
    return {
        "hf_before": before,
        "hf_after": after,
        "boundary_ltv": float(critical_ltv(given["bonus"])),
    }


def _quote(row: Row) -> dict[str, int]:
    given = row["inputs"]
    quote = lending.compound_quote_collateral(
        int(given["base_amount"]),
        int(given["base_price_1e8"]),
        given["base_decimals"],
        int(given["collateral_price_1e8"]),
        given["collateral_decimals"],
        _scaled(given["liquidation_factor"], WAD),
        _scaled(given["store_front_price_factor"], WAD),
    )
    return {"collateral_quote": quote}


def _compound_rates(row: Row) -> dict[str, float]:
    given = row["inputs"]
    kink, used = _scaled(given["kink"], WAD), _scaled(given["utilisation"], WAD)
    found = {}
    for side in ("supply", "borrow"):
        base, low, high = (
            _scaled(given[side][name], WAD) for name in ("base", "slope_low", "slope_high")
        )
        rates = lending.KinkedRates(base, low, high, kink)
        found[f"{side}_rate"] = lending.compound_rate(rates, used) / WAD
    return found


def _absorb(row: Row) -> dict[str, list[float]]:
    given = row["inputs"]
    found = [
        lending.compound_absorb(
            given["balance"] * 10**6,
            USD,
            6,
            [
                lending.CompoundCollateral(
                    _scaled(amount, WAD),
                    given["collateral_price"] * USD,
                    18,
                    0,
                    _scaled(given["liquidation_factor"], WAD),
                )
            ],
        )
        for amount in given["collateral_amount"]
    ]
    return {
        "base_paid_out_by_reserves": [each.base_paid_out / 10**6 for each in found],
        "new_balance": [each.new_balance / 10**6 for each in found],
    }


def _incentives(row: Row) -> list[tuple[int, int]]:
    given = row["inputs"]
    cursor, maximum = _scaled(given["cursor"], WAD), _scaled(given["max_factor"], WAD)
    limits = [_scaled(value, WAD) for value in given["lltv"]]
    return [(lltv, lending.morpho_incentive(lltv, cursor, maximum)) for lltv in limits]


def _incentive(row: Row) -> dict[str, list[float]]:
    return {"liquidation_incentive_factor": [each / WAD for _, each in _incentives(row)]}


def _incentive_and_drop(row: Row) -> dict[str, list[float]]:
    found = _incentives(row)
    return {
        "liquidation_incentive_factor": [each / WAD for _, each in found],
        "bad_debt_ltv": [lending.morpho_bad_debt_ltv(each) / WAD for _, each in found],
        "price_drop_percent": [
            100 * lending.morpho_price_drop(lltv, each) / WAD for lltv, each in found
        ],
    }


def _adaptive(row: Row) -> dict[str, float]:
    given = row["inputs"]
    curve = lending.AdaptiveCurve(
        target=_scaled(given["target_utilisation"], WAD),
        steepness=_scaled(given["curve_steepness"], WAD),
        speed=_scaled(given["adjustment_speed_per_year"], WAD) // SECONDS_PER_YEAR,
        min_rate=_scaled(given["min_rate_per_year"], WAD) // SECONDS_PER_YEAR,
        max_rate=_scaled(given["max_rate_per_year"], WAD) // SECONDS_PER_YEAR,
    )
    start = _scaled(given["start_rate_at_target_per_year"], WAD) // SECONDS_PER_YEAR
    found = lending.adaptive_rate(
        _scaled(given["utilisation"], WAD), start, given["elapsed_seconds"], curve
    )
    return {"average_borrow_rate_per_year": found.borrow_rate * SECONDS_PER_YEAR / WAD}


def _shares(row: Row) -> dict[str, int]:
    given = row["inputs"]
    return {
        "shares": lending.to_shares_down(
            *(int(given[name]) for name in ("assets", "total_assets", "total_shares"))
        )
    }


def _v4_bonus(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    arguments = (given["max_bonus"], given["bonus_factor"], given["hf_for_max_bonus"])
    return {
        "bonus": lending.aave_v4_bonus(given["health_factor"], *arguments),
        "bonus_at_hf_1": lending.aave_v4_bonus(1.0, *arguments),
    }


def _net_bonus(row: Row) -> dict[str, float]:
    given = row["inputs"]
    rate = lending.net_bonus_rate(given["liquidation_bonus_bps"], given["fee_share_bps"])
    return {"net_bonus_rate": rate}


def _close_factors(row: Row) -> dict[str, list[float | None]]:
    given = row["inputs"]
    collateral = _scaled(given["collateral"], WAD)
    found = []
    for health in given["health_factor"]:
        debt = Fraction(collateral) * Fraction(str(given["liquidation_threshold"]))
        debt /= Fraction(str(health))
        account = [
            lending.AavePosition(
                _dollar(given["liquidation_threshold"], given["bonus"]), collateral=collateral
            ),
            lending.AavePosition(_dollar(), debt=-int(-debt // 1)),
        ]
        found.append(lending.aave_liquidate(account, 0, 1))
    return {
        "repay": [each.seizure.debt_repaid / WAD for each in found],
        "seize": [each.seizure.collateral / WAD for each in found],
        "hf_after": [
            each.after.health_factor_wad / WAD
            if each.after.debt and each.after.collateral
            else None
            for each in found
        ],
        "bad_debt": [each.deficits[1] / WAD for each in found],
    }


ANSWERS: dict[str, Check] = {
    "A05": _v4_bonus,
    "A06": _net_bonus,
    "A07": _close_factors,
    "A08": _health_of_one,
    "A10": _incentive_and_drop,
    "M01": _linear_interest,
    "M03": _compounded_interest,
    "M04": _aave_rates,
    "M05": _seizure,
    "M07": _health_of_two,
    "M09": _direction,
    "M10": _quote,
    "M13": _compound_rates,
    "M15": _absorb,
    "M16": _incentive,
    "M18": _adaptive,
    "M21": _shares,
}
