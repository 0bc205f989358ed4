"""Notional, leverage and concentration of positions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray, Float1D, Float2D


def notional(size: Float2D, price: Float1D) -> Float2D:
    """|size| x price per account and market, float64[n, k] in quote; prices at least 0."""
    return np.abs(finite("size", size)) * non_negative("price", price)


def gross_notional(size: Float2D, price: Float1D, out: Float1D | None = None) -> Float1D:
    """Sum over markets of |size| x price, float64[n] in quote; prices are not negative."""
    # A product with the price vector is ten times as fast as a sum along a short axis.
    return np.matmul(np.abs(finite("size", size)), non_negative("price", price), out=out)


def net_notional(size: Float2D, price: Float1D, out: Float1D | None = None) -> Float1D:
    """Sum over markets of size x price, float64[n] in quote; its sign is the side."""
    return np.matmul(finite("size", size), non_negative("price", price), out=out)


def effective_leverage(gross: Float1D, equity: Float1D) -> Float1D:
    """Gross notional / equity, float64[n]: 0 without a position, +inf where equity <= 0."""
    leverage = np.full_like(gross, np.inf)
    np.divide(gross, equity, out=leverage, where=equity > 0.0)
    leverage[gross == 0.0] = 0.0
    return leverage


def inverse_notional_usd(contracts: Any, contract_usd: Any) -> AnyArray:
    """|contracts| x face value of one contract in USD: an inverse contract's size in USD."""
    face = np.abs(finite("contracts", contracts)) * positive("contract_usd", contract_usd)
    return np.asarray(face)


def inverse_notional_coin(contracts: Any, contract_usd: Any, price: Any) -> AnyArray:
    """|contracts| x face value / price, in the coin.

    Raises InvalidArgument for a price of 0, or one so near to 0 that the quotient overflows.
    """
    face, at = inverse_notional_usd(contracts, contract_usd), positive("price", price)
    with np.errstate(over="ignore"):
        value = face / at
    return no_overflow("price", price, value)


def quanto_notional(size: Any, price: Any, multiplier: Any) -> AnyArray:
    """|size| x price x multiplier (margin coin per unit of price), in the margin coin."""
    exposure = np.abs(finite("size", size)) * non_negative("price", price)
    return np.asarray(exposure * positive("multiplier", multiplier))


def delta_notional(delta: Any, size: Any, spot: Any) -> AnyArray:
    """|delta x size x spot|: the delta equivalent of options, in quote."""
    value = finite("delta", delta) * finite("size", size) * non_negative("spot", spot)
    return np.asarray(np.abs(value))


class Concentration(NamedTuple):
    """How much of an exposure few of its parts hold; both in [0, 1]."""

    top_share: float
    """Share of the n largest."""
    herfindahl: float
    """Sum of squared shares: 1 / m for m equal parts, 1 for a single one."""


def concentration(exposures: Any, top: int = 1) -> Concentration:
    """Top-n share and Herfindahl index of exposures [m] >= 0: per asset, account or counterparty.

    Without any exposure (none given, or all 0) both are 0.
    """
    amounts = non_negative("exposures", exposures, ndim=1)
    if top < 1:
        raise InvalidArgument("top", top, "must be at least 1")
    total = amounts.sum()
    if total == 0.0:
        return Concentration(0.0, 0.0)
    shares = np.sort(amounts / total)[::-1]
    return Concentration(float(shares[:top].sum()), float((shares * shares).sum()))


def exposure_by(group: Any, exposures: Any, groups: int) -> Float1D:
    """Exposures summed by group, float64[groups]: by counterparty, asset or account.

    group int[m] in [0, groups), exposures [m].
    """
    amounts, index = finite("exposures", exposures, ndim=1), np.asarray(group)
    if index.shape != amounts.shape:
        rule = f"must have the shape of exposures, {amounts.shape}"
        raise InvalidArgument("group", f"array of shape {index.shape}", rule)
    if len(index) and not (index.min() >= 0 and index.max() < groups):
        raise InvalidArgument("group", int(index.max()), f"must be in [0, {groups})")
    totals = np.zeros(groups)
    np.add.at(totals, index.astype(np.intp), amounts)
    return totals


def no_overflow(name: str, given: Any, value: Any) -> AnyArray:
    """Value, refused where a price near to 0 made it infinite."""
    if not np.isfinite(value).all():
        raise InvalidArgument(name, given, "is so near to 0 that the value overflows")
    return np.asarray(value)
