"""Markets to start from: curves of fixtures/parameters/liquidity.toml, each with its source."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.errors import InputError
from simulator.liquidity.calibration import depth_curve
from simulator.liquidity.curves import PowerCurve, average_slippage
from simulator.risk.checks import positive
from simulator.scenario import load_parameter_set

SET = "liquidity"
STABLE_SLIPPAGE = 0.04


class SourcedCurve(NamedTuple):
    """A curve, and who says so."""

    curve: PowerCurve
    source: str


def aggregator_pairs() -> tuple[str, ...]:
    """Pairs with a fitted slippage, such as WETH-USDC."""
    values, _ = load_parameter_set(SET)
    return tuple(name.replace("_", "-") for name in values["aggregator_slippage"])


def aggregator_curve(pair: str) -> SourcedCurve:
    """Selling the first token of a pair through an aggregator, November 2023.

    Base units are the first token's. InputError for a pair that is not there.
    """
    values, sources = load_parameter_set(SET)
    key = pair.replace("-", "_")
    fits: dict[str, Any] = values["aggregator_slippage"]
    if key not in fits:
        raise InputError("pair", pair, f"must be one of {', '.join(aggregator_pairs())}")
    logarithm, exponent = (float(value) for value in fits[key])
    up_to = float(values["aggregator_largest_size"].get(key, "inf"))
    curve = average_slippage(logarithm, exponent, up_to)
    return SourcedCurve(curve, sources["aggregator_slippage"])


def btc_perpetual_curve(price: float, moment: str = "calm") -> SourcedCurve:
    """The ask side of a BTC perpetual on 2025-10-10, `calm` or in the `crash`, at a USD price.

    InputError for another moment.
    """
    values, sources = load_parameter_set(SET)
    key = f"btc_perpetual_asks_{moment}"
    if key not in values:
        raise InputError("moment", moment, "must be calm or crash")
    positive("price", price, ndim=0)
    distance = [float(value) for value in values[key]["distance"]]
    depth = [float(value) / price for value in values[key]["depth"]]
    return SourcedCurve(depth_curve(distance, depth), sources[key])


def square_root_coefficient() -> tuple[float, str]:
    """Y of the square-root law and its source."""
    values, sources = load_parameter_set(SET)
    return float(values["square_root_coefficient"]), sources["square_root_coefficient"]


def stable_pool_curve(pair: str, moment: str = "calm") -> SourcedCurve:
    """Selling USDC into a pool of stablecoins around the depeg of March 2023, `calm` or in `depeg`.

    One figure is known, the size that sells at 4 % average slippage; the curve is a straight line
    through it. Pairs USDC-DAI and USDC-USDT; InputError for others.
    """
    values, sources = load_parameter_set(SET)
    key = f"stable_pool_size_{moment}"
    if key not in values:
        raise InputError("moment", moment, "must be calm or depeg")
    sizes: dict[str, Any] = values[key]
    name = pair.replace("-", "_")
    if name not in sizes:
        known = ", ".join(known_name.replace("_", "-") for known_name in sizes)
        raise InputError("pair", pair, f"must be one of {known}")
    size = float(sizes[name])
    return SourcedCurve(PowerCurve(2.0 * STABLE_SLIPPAGE / size, 1.0, size), sources[key])
