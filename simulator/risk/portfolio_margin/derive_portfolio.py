"""Derive's portfolio margin (PMRM): the worst scenario of spot and volatility less contingencies.

Written from the formulas of derivexyz/v2-core PMRMLib.sol; the contract computes in 1e-18
integers, here float64. A balance is signed cash, negative = required. No known answers exist for
the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, flags, non_negative, positive, within
from simulator.risk.options import black_76
from simulator.risk.portfolio_margin.derive_standard import MarginBalance
from simulator.types import AnyArray, Bool1D, Float1D, Int1D

_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class DerivePortfolioParameters:
    """Defaults as in the library's constructor."""

    vol_range_up: float = 0.45
    vol_range_down: float = 0.30
    short_term_power: float = 0.30
    """Up to and including 30 days to expiry."""
    long_term_power: float = 0.13
    days_floor: float = 1.0
    base_static_discount: float = 0.95
    rate_multiplier: float = 4.0
    rate_addend: float = 0.05
    forward_shock_down: float = 0.95
    forward_shock_up: float = 1.05
    forward_addend: float = 0.25
    forward_multiplier: float = 0.01
    """Per year to expiry."""
    base_contingency: float = 0.02
    perpetual_contingency: float = 0.02
    option_contingency: float = 0.01
    """Of spot, per naked short contract of a strike."""
    confidence_threshold: float = 0.6
    confidence_factor: float = 0.5
    initial_factor: float = 1.3
    peg_threshold: float = 0.98
    peg_factor: float = 0.01

    def __post_init__(self) -> None:
        for name in self.__slots__:
            non_negative(name, getattr(self, name), ndim=0)


@dataclass(frozen=True, slots=True)
class DeriveExpiry:
    """Options of one expiry, arrays [n]; the forward is variable·(spot shock) + fixed."""

    seconds: float
    is_call: Bool1D
    strike: Float1D
    quantity: Float1D
    vol: Float1D
    forward_variable: float
    forward_fixed: float = 0.0
    rate: float = 0.0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class DerivePortfolio:
    """One account in one market; base and spot in units and quote."""

    spot: float
    expiries: Sequence[DeriveExpiry] = ()
    cash: float = 0.0
    base: float = 0.0
    perpetual: float = 0.0
    perpetual_value: float = 0.0
    """Unrealised profit of the perpetual."""
    stable_price: float = 1.0
    confidence: float = 1.0
    """The least of spot, perpetual and stable feeds."""


@dataclass(frozen=True, slots=True)
class DeriveScenarios:
    """Scenarios [s]: spot multiplier, and volatility −1 down, 0 unchanged, +1 up."""

    spot: Float1D = field(
        default_factory=lambda: np.repeat([0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15], 3)
    )
    vol: Int1D = field(default_factory=lambda: np.tile([-1, 0, 1], 7))


@dataclass(frozen=True, slots=True)
class DerivePortfolioMargin:
    """Balances and their parts."""

    margin: MarginBalance
    mark_to_market: float
    worst: float
    """Least change of value over scenarios and the forward contingency, contingencies apart."""
    changes: Float1D
    """Change of value per scenario, discounted."""


def derive_vol_multiplier(
    days_to_expiry: Any, parameters: DerivePortfolioParameters | None = None
) -> AnyArray:
    """(30/max(DTE, floor))^power, power short-term up to 30 days, then long-term; float64."""
    p = parameters or DerivePortfolioParameters()
    days = non_negative("days_to_expiry", days_to_expiry)
    power = np.where(days <= 30.0, p.short_term_power, p.long_term_power)
    bounded = positive("days_to_expiry", np.maximum(days, p.days_floor))
    result: AnyArray = (30.0 / bounded) ** power
    return result


def derive_portfolio_margin(
    portfolio: DerivePortfolio,
    scenarios: DeriveScenarios | None = None,
    parameters: DerivePortfolioParameters | None = None,
) -> DerivePortfolioMargin:
    """Cash + mark-to-market + worst change − contingencies, quote.

    Per scenario: Σ over expiries (discounted shocked value − value), the discount
    .95·exp(−T·(max(rate, 0)·4 + .05)) taking from positive values only, + base·S·(shock − 1)/stable
    + perpetual·S·(shock − 1). The worst is the least of these and of the forward contingency
    Σ min(0, change at ±5 %)·(.25 + .01·T). Static contingency: 2 % of S per unit of perpetual and
    base, 1 % of S per naked short. IM multiplies the sum by 1.3 (more while the stablecoin is below
    its peg) and takes (1 − confidence)·.5·S·(amount) where confidence < .6.
    """
    p, grid = parameters or DerivePortfolioParameters(), scenarios or DeriveScenarios()
    shocks, directions = positive("spot", grid.spot, ndim=1), _directions(grid)
    spot = float(positive("spot", portfolio.spot, ndim=0))
    stable = float(positive("stable_price", portfolio.stable_price, ndim=0))
    base = float(non_negative("base", portfolio.base, ndim=0))
    perpetual = float(finite("perpetual", portfolio.perpetual, ndim=0))
    changes = (base / stable + perpetual) * spot * (shocks - 1.0)
    held = base * spot / stable + float(finite("perpetual_value", portfolio.perpetual_value))
    static = (abs(perpetual) * p.perpetual_contingency + base * p.base_contingency) * spot
    unsure = _unsure(portfolio.confidence, abs(perpetual) + base, p) * spot
    forward_contingency = 0.0
    for expiry in portfolio.expiries:
        value = float(_values(expiry, np.ones(1), np.zeros(1), p)[0])
        shocked = _values(expiry, shocks, directions, p)
        changes = changes + np.where(shocked > 0.0, shocked * _discount(expiry, p), shocked) - value
        held += value
        forward_contingency += _forward_contingency(expiry, value, p)
        static += p.option_contingency * spot * _naked_shorts(expiry)
        unsure += _unsure(expiry.confidence, float(np.abs(expiry.quantity).sum()), p) * spot
    worst = min(float(changes.min(initial=np.inf)), forward_contingency)
    factor = p.initial_factor + max(p.peg_threshold - stable, 0.0) * p.peg_factor
    total = held + float(finite("cash", portfolio.cash, ndim=0))
    balance = MarginBalance(
        initial=np.asarray(total + factor * (worst - static) - unsure),
        maintenance=np.asarray(total + worst - static),
    )
    return DerivePortfolioMargin(balance, held, worst, changes)


def _directions(grid: DeriveScenarios) -> Float1D:
    directions = finite("vol", grid.vol, ndim=1)
    if directions.shape != np.shape(grid.spot):
        rule = f"must have the shape of spot, {np.shape(grid.spot)}"
        raise InvalidArgument("vol", f"array of shape {directions.shape}", rule)
    if not np.isin(directions, (-1.0, 0.0, 1.0)).all():
        raise InvalidArgument("vol", directions.tolist(), "must be -1, 0 or 1 each")
    return directions


def _values(
    expiry: DeriveExpiry, shocks: Float1D, directions: Float1D, p: DerivePortfolioParameters
) -> Float1D:
    """Undiscounted value of an expiry per scenario, float64[s]."""
    days = float(non_negative("seconds", expiry.seconds, ndim=0)) / _SECONDS_PER_DAY
    multiplier = float(derive_vol_multiplier(days, p))
    reach = np.where(directions > 0.0, p.vol_range_up, p.vol_range_down)
    vol_shock = np.maximum(1.0 + directions * reach * multiplier, 0.0)
    forward = expiry.forward_variable * shocks + expiry.forward_fixed
    prices = black_76(
        flags("is_call", expiry.is_call),
        forward[:, None],
        expiry.strike,
        days / 365.0,
        0.0,
        vol_shock[:, None] * np.asarray(expiry.vol),
    )
    values: Float1D = prices @ finite("quantity", expiry.quantity, ndim=1)
    return values


def _discount(expiry: DeriveExpiry, p: DerivePortfolioParameters) -> float:
    years = expiry.seconds / _SECONDS_PER_DAY / 365.0
    rate = max(float(finite("rate", expiry.rate, ndim=0)), 0.0)
    shocked = rate * p.rate_multiplier + p.rate_addend
    return float(p.base_static_discount * np.exp(-years * shocked))


def _forward_contingency(expiry: DeriveExpiry, value: float, p: DerivePortfolioParameters) -> float:
    shocks = np.array([p.forward_shock_down, p.forward_shock_up])
    least = min(float((_values(expiry, shocks, np.zeros(2), p) - value).min()), 0.0)
    years = expiry.seconds / _SECONDS_PER_DAY / 365.0
    return least * (p.forward_addend + p.forward_multiplier * years)


def _naked_shorts(expiry: DeriveExpiry) -> float:
    """Per strike, shorts that no long of the same strike covers, a call covering a put."""
    strikes, place = np.unique(np.asarray(expiry.strike), return_inverse=True)
    net = np.bincount(place, weights=np.asarray(expiry.quantity), minlength=len(strikes))
    return float(np.maximum(-net, 0.0).sum())


def _unsure(confidence: float, amount: float, p: DerivePortfolioParameters) -> float:
    sure = float(within("confidence", confidence, 0.0, 1.0, ndim=0))
    lacking = (1.0 - sure) * p.confidence_factor
    return lacking * amount if sure < p.confidence_threshold else 0.0
