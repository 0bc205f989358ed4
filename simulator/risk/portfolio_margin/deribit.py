"""Deribit's standard and portfolio margin, in coin per contract and in quote.

Sources: third-party copies of the standard formula and an older portfolio margin page of Deribit;
present parameters were not checked, so all of them are arguments. Requirements are positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, flags, non_negative, positive
from simulator.risk.options import black_76
from simulator.types import AnyArray, Float1D


@dataclass(frozen=True, slots=True)
class MarginRequirement:
    """Initial and maintenance requirement, float64 of one shape, 0 or above."""

    initial: AnyArray
    maintenance: AnyArray


@dataclass(frozen=True, slots=True)
class DeribitPortfolioParameters:
    """Of the older page; the number of price steps and the maintenance share are assumed."""

    price_range: float = 0.10
    price_steps: int = 11
    """Points of the price grid, both ends included; odd, so that the present price is one."""
    vol_range: float = 0.38
    vol_power: float = 0.30
    reference_days: float = 30.0
    short_option_contingency: float = 0.01
    """Underlying per net short contract of a strike and expiry."""
    futures_offset: float = 0.01
    """Share of the futures notional that is netted against other expiries."""
    maintenance_share: float = 0.8

    def __post_init__(self) -> None:
        for name in self.__slots__:
            non_negative(name, getattr(self, name), ndim=0)
        if self.price_steps < 1 or self.price_steps % 2 == 0:
            raise InvalidArgument("price_steps", self.price_steps, "must be odd")
        if not self.price_range < 1.0:
            raise InvalidArgument("price_range", self.price_range, "must be below 1")
        if self.maintenance_share > 1.0:
            raise InvalidArgument("maintenance_share", self.maintenance_share, "must be at most 1")


@dataclass(frozen=True, slots=True)
class ScenarioMargin:
    """Requirement of a portfolio over a grid of scenarios, quote."""

    initial: float
    maintenance: float
    worst_loss: float
    """Of the scenarios alone, 0 or above."""
    contingency: float
    losses: AnyArray
    """float64[price moves, vol moves (down, same, up)]."""
    price_moves: Float1D


def deribit_standard_margin(
    is_call: Any, strike: Any, quantity: Any, underlying: Any, mark_coin: Any
) -> MarginRequirement:
    """Requirement in coin of each option position, float64 of the common shape; longs need none.

    Per contract, with OTM the distance out of the money and U the underlying:
    call IM = max(.15 − OTM/U, .10) + mark, MM = .075 + mark;
    put MM = max(.075, .075·mark) + mark, IM = max(max(.15 − OTM/U, .10) + mark, MM).
    """
    call, k, q, u, mark = broadcast(
        is_call=flags("is_call", is_call),
        strike=non_negative("strike", strike),
        quantity=finite("quantity", quantity),
        underlying=positive("underlying", underlying),
        mark_coin=non_negative("mark_coin", mark_coin),
    )
    out_of_money = np.maximum(np.where(call, k - u, u - k), 0.0)
    initial = np.maximum(0.15 - out_of_money / u, 0.10) + mark
    maintenance = np.where(call, 0.075, np.maximum(0.075, 0.075 * mark)) + mark
    initial = np.where(call, initial, np.maximum(initial, maintenance))
    short = np.maximum(-q, 0.0)
    return MarginRequirement(initial * short, maintenance * short)


def deribit_vol_shock(
    base_shock: Any, days_to_expiry: Any, power: float = 0.30, reference_days: float = 30.0
) -> AnyArray:
    """base·(reference/DTE)^power, a share of the volatility; DTE above 0, float64."""
    base, days = broadcast(
        base_shock=non_negative("base_shock", base_shock),
        days_to_expiry=positive("days_to_expiry", days_to_expiry),
    )
    reference = positive("reference_days", reference_days, ndim=0)
    result: AnyArray = base * (reference / days) ** finite("power", power, ndim=0)
    return result


def deribit_portfolio_margin(
    index: float,
    is_call: Any,
    strike: Any,
    days_to_expiry: Any,
    vol: Any,
    quantity: Any,
    futures: Any = (),
    parameters: DeribitPortfolioParameters | None = None,
) -> ScenarioMargin:
    """Worst loss over the price and volatility grid plus contingencies, quote.

    Options [n] on the index (Black-76 at rate 0); futures float64[m], the size per expiry in units
    of the underlying. Price moves are equally spaced in ±price_range, volatilities move by
    (1 ± deribit_vol_shock), never below 0. Contingency = .01·index per net short contract of the
    same strike, type and expiry + 1 % of index·(netted futures). Maintenance is a share of
    initial. No position needs 0.
    """
    p = parameters or DeribitPortfolioParameters()
    price = float(positive("index", index, ndim=0))
    call, k, days, sigma, q = broadcast(
        is_call=np.atleast_1d(flags("is_call", is_call)),
        strike=non_negative("strike", strike),
        days_to_expiry=positive("days_to_expiry", days_to_expiry),
        vol=non_negative("vol", vol),
        quantity=finite("quantity", quantity),
    )
    held = finite("futures", futures, ndim=1)
    years = days / 365.0
    moves = np.linspace(-p.price_range, p.price_range, p.price_steps)
    shock = deribit_vol_shock(p.vol_range, days, p.vol_power, p.reference_days)
    moved = np.maximum(1.0 + np.array([-1.0, 0.0, 1.0])[:, None] * shock, 0.0) * sigma
    before = black_76(call, price, k, years, 0.0, sigma)
    shocked = price * (1.0 + moves)[:, None, None]
    after = black_76(call, shocked, k, years, 0.0, moved)
    losses = -((after - before) @ q) - price * moves[:, None] * held.sum()
    worst = max(float(losses.max()), 0.0)
    long_, short = np.maximum(held, 0.0).sum(), np.maximum(-held, 0.0).sum()
    contingency = price * (
        p.short_option_contingency * _net_short(call, k, days, q)
        + p.futures_offset * float(min(long_, short))
    )
    initial = worst + contingency
    return ScenarioMargin(initial, p.maintenance_share * initial, worst, contingency, losses, moves)


def _net_short(call: AnyArray, strike: AnyArray, days: AnyArray, quantity: AnyArray) -> float:
    """Σ over instruments of max(−net quantity, 0)."""
    net: dict[tuple[bool, float, float], float] = {}
    for instrument, amount in zip(
        zip(call.tolist(), strike.tolist(), days.tolist(), strict=True), quantity, strict=True
    ):
        net[instrument] = net.get(instrument, 0.0) + float(amount)
    return sum(max(-amount, 0.0) for amount in net.values())
