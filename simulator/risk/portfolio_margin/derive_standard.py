"""Derive's standard margin (SRM): margin balances of options, perpetuals and base collateral.

A balance is signed cash, negative = required. Written from the formulas of derivexyz/v2-core
StandardManager.sol (commit 7736900d); the contract computes in 1e-18 integers, here float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, flags, non_negative, positive, within
from simulator.types import AnyArray


@dataclass(frozen=True, slots=True)
class DeriveStandardParameters:
    """Shares of spot unless said otherwise; the defaults are those of the upstream tests."""

    maximum_spot: float = 0.15
    minimum_spot: float = 0.10
    maintenance_call: float = 0.075
    maintenance_put: float = 0.075
    maintenance_put_value: float = 0.075
    """Share of the put's mark-to-market value."""
    unpaired_initial: float = 1.2
    """Share of the forward per net short call."""
    unpaired_maintenance: float = 1.1
    put_initial_over_maintenance: float = 1.05

    def __post_init__(self) -> None:
        for name in self.__slots__:
            non_negative(name, getattr(self, name), ndim=0)
        if self.minimum_spot > self.maximum_spot:
            rule = f"must be at most maximum_spot, {self.maximum_spot:g}"
            raise InvalidArgument("minimum_spot", self.minimum_spot, rule)


@dataclass(frozen=True, slots=True)
class OraclePenalty:
    """Initial margin grows while an oracle's confidence is below the threshold."""

    threshold: float = 0.0
    """0 switches the penalty off."""
    factor: float = 0.0


@dataclass(frozen=True, slots=True)
class DepegPenalty:
    """Initial margin grows while the stablecoin's price is below the threshold."""

    threshold: float = 0.0
    factor: float = 0.0


@dataclass(frozen=True, slots=True)
class MarginBalance:
    """Initial and maintenance margin balance, float64 of one shape; negative = required."""

    initial: AnyArray
    maintenance: AnyArray


@dataclass(frozen=True, slots=True)
class DeriveMarket:
    """What an account holds in one market, already measured by the functions of this module."""

    options: Sequence[MarginBalance] = ()
    """One per expiry."""
    perpetual: MarginBalance | None = None
    base: MarginBalance | None = None
    spot: float = 0.0
    short_options: float = 0.0
    """Σ |q| of short options, all expiries."""
    perpetual_size: float = 0.0


def derive_isolated_margin(
    is_call: Any,
    strike: Any,
    quantity: Any,
    value: Any,
    spot: Any,
    parameters: DeriveStandardParameters | None = None,
) -> MarginBalance:
    """Isolated balances of single options, float64 of the common shape; q >= 0 needs none.

    With mtm = q·value, value the option's undiscounted Black-76 price on the forward:
    call MM = mtm + mmCall·S·q, call IM = max(maxSpot − max(K − S, 0)/S, minSpot)·S·q + mtm;
    put MM = min(mmPut·S·q, mmPutMtm·mtm) + mtm,
    put IM = min(max(maxSpot − max(S − K, 0)/S, minSpot)·S·q + mtm, 1.05·MM).
    """
    p = parameters or DeriveStandardParameters()
    call, k, q, price, s = broadcast(
        is_call=flags("is_call", is_call),
        strike=non_negative("strike", strike),
        quantity=finite("quantity", quantity),
        value=non_negative("value", value),
        spot=positive("spot", spot),
    )
    short = np.minimum(q, 0.0)
    marked = short * price
    out_of_money = np.maximum(np.where(call, k - s, s - k), 0.0) / s
    share = np.maximum(p.maximum_spot - out_of_money, p.minimum_spot)
    plain = share * s * short + marked
    put_charge = np.minimum(p.maintenance_put * s * short, p.maintenance_put_value * marked)
    charge = np.where(call, p.maintenance_call * s * short, put_charge)
    maintenance = charge + marked
    put_initial = np.minimum(plain, p.put_initial_over_maintenance * maintenance)
    return MarginBalance(np.where(call, plain, put_initial), maintenance)


def derive_maximum_loss(
    is_call: Any,
    strike: Any,
    quantity: Any,
    forward: float,
    parameters: DeriveStandardParameters | None = None,
) -> MarginBalance:
    """Worst payoff at settlement of the options of one expiry, float64[...].

    is_call, strike [n]; quantity [..., n] (accounts before options). The least, over settlement
    prices 0 and every strike, of min(0, Σ payoff); with net short calls, whose loss has no end,
    unpaired·F·(net calls) is added, unpaired being 1.2 for IM and 1.1 for MM.
    """
    p = parameters or DeriveStandardParameters()
    call, k, q = _options(is_call, strike, quantity)
    forward = float(positive("forward", forward, ndim=0))
    settlement = np.concatenate([[0.0], k])[:, None]
    payoff = np.maximum(np.where(call, settlement - k, k - settlement), 0.0)
    least = np.minimum((q @ payoff.T).min(axis=-1), 0.0)
    unpaired = np.minimum(q[..., call].sum(axis=-1), 0.0) * forward
    return MarginBalance(
        least + p.unpaired_initial * unpaired, least + p.unpaired_maintenance * unpaired
    )


def derive_option_margin(
    is_call: Any,
    strike: Any,
    quantity: Any,
    value: Any,
    spot: float,
    forward: float,
    parameters: DeriveStandardParameters | None = None,
    *,
    confidence: float = 1.0,
    penalty: OraclePenalty | None = None,
) -> MarginBalance:
    """Balance of the options of one expiry: max(Σ isolated, maximum loss), float64[...].

    Shapes as `derive_maximum_loss`, value [n]. IM loses (1 − confidence)·factor·S·(short
    contracts) while confidence < threshold, the least confidence of spot, forward and volatility.
    """
    call, k, q = _options(is_call, strike, quantity)
    isolated = derive_isolated_margin(call, k, q, value, spot, parameters)
    loss = derive_maximum_loss(call, k, q, forward, parameters)
    initial = np.maximum(isolated.initial.sum(axis=-1), loss.initial)
    maintenance = np.maximum(isolated.maintenance.sum(axis=-1), loss.maintenance)
    shorts = -np.minimum(q, 0.0).sum(axis=-1)
    return MarginBalance(initial - _penalty(penalty, confidence) * spot * shorts, maintenance)


def derive_perpetual_margin(
    size: Any,
    entry_price: Any,
    price: Any,
    initial_rate: float,
    maintenance_rate: float,
    *,
    spot: Any = None,
    confidence: float = 1.0,
    penalty: OraclePenalty | None = None,
) -> MarginBalance:
    """q·(price − entry) − |q|·price·rate, float64 of the common shape.

    IM loses (1 − confidence)·factor·S·|q| while confidence < threshold; S is the perpetual's
    price where `spot` is not given.
    """
    _ordered_rates(initial_rate, maintenance_rate)
    q, entry, now, s = broadcast(
        size=finite("size", size),
        entry_price=non_negative("entry_price", entry_price),
        price=positive("price", price),
        spot=positive("spot", price if spot is None else spot),
    )
    profit, notional = q * (now - entry), np.abs(q) * now
    charge = _penalty(penalty, confidence) * s * np.abs(q)
    return MarginBalance(
        profit - notional * initial_rate - charge, profit - notional * maintenance_rate
    )


def derive_base_margin(
    size: Any,
    spot: Any,
    factor: float,
    *,
    confidence: float = 1.0,
    penalty: OraclePenalty | None = None,
) -> MarginBalance:
    """Base collateral counts size·S·factor, float64 of the common shape; 0 <= factor <= 1.

    IM loses (1 − confidence)·penalty factor·size·S while confidence < threshold.
    """
    q, s = broadcast(size=non_negative("size", size), spot=positive("spot", spot))
    counted = q * s * within("factor", factor, 0.0, 1.0, ndim=0)
    return MarginBalance(counted - _penalty(penalty, confidence) * q * s, counted)


def derive_standard_margin(
    cash: float,
    markets: Sequence[DeriveMarket],
    *,
    stable_price: float = 1.0,
    depeg: DepegPenalty | None = None,
) -> MarginBalance:
    """Cash plus the balances of all markets, float64 scalars; no market is cash alone.

    IM loses max(threshold − stable price, 0)·factor·S·(short options + |perpetual|) per market.
    """
    held = float(finite("cash", cash, ndim=0))
    stable = float(positive("stable_price", stable_price, ndim=0))
    lost = max(depeg.threshold - stable, 0.0) * depeg.factor if depeg is not None else 0.0
    initial: AnyArray = np.asarray(held)
    maintenance: AnyArray = np.asarray(held)
    for market in markets:
        parts = [*market.options, market.perpetual, market.base]
        for part in (each for each in parts if each is not None):
            initial, maintenance = initial + part.initial, maintenance + part.maintenance
        initial = initial - lost * market.spot * (
            abs(market.short_options) + abs(market.perpetual_size)
        )
    return MarginBalance(initial, maintenance)


def _penalty(penalty: OraclePenalty | None, confidence: float) -> float:
    """(1 − confidence)·factor below the threshold, else 0."""
    sure = float(within("confidence", confidence, 0.0, 1.0, ndim=0))
    if penalty is None or not sure < penalty.threshold:
        return 0.0
    return (1.0 - sure) * penalty.factor


def _ordered_rates(initial: float, maintenance: float) -> None:
    non_negative("initial_rate", initial, ndim=0)
    non_negative("maintenance_rate", maintenance, ndim=0)
    if maintenance > initial:
        rule = f"must be at most initial_rate, {initial:g}"
        raise InvalidArgument("maintenance_rate", maintenance, rule)


def _options(is_call: Any, strike: Any, quantity: Any) -> tuple[AnyArray, AnyArray, AnyArray]:
    """is_call [n], strike [n], quantity [..., n], checked."""
    calls, k = flags("is_call", is_call), non_negative("strike", strike, ndim=1)
    q = finite("quantity", quantity)
    if calls.shape != k.shape:
        rule = f"must have the shape of strike, {k.shape}"
        raise InvalidArgument("is_call", f"array of shape {calls.shape}", rule)
    if q.ndim == 0 or q.shape[-1] != len(k):
        rule = f"its last dimension must be the options, {len(k)}"
        raise InvalidArgument("quantity", f"array of shape {q.shape}", rule)
    return calls, k, q
