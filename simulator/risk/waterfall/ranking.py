"""Order of auto-deleveraging: who of the other side is closed first.

A score of NaN means skipped: an insolvent account or one without a position.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray, Int1D


def linear_value(size: Any, price: Any) -> AnyArray:
    """Signed value of a linear position: signed size x price, a short's is negative."""
    return np.asarray(finite("size", size) * non_negative("price", price))


def inverse_value(contracts: Any, contract_usd: Any, price: Any) -> AnyArray:
    """Signed value of an inverse position in the coin: -contracts x face value / price."""
    face = finite("contracts", contracts) * positive("contract_usd", contract_usd)
    return np.asarray(-face / positive("price", price))


def bitmex_adl_score(mark_value: Any, entry_value: Any, bankruptcy_value: Any) -> AnyArray:
    """Profit share x effective leverage if the share is above 0, else share / leverage.

    share = (mark - entry value) / |entry value|; leverage = |mark value| / (mark - bankruptcy
    value), inf where they are equal. NaN where mark value < bankruptcy value (insolvent) or the
    entry value is 0. Values signed as by `linear_value`, `inverse_value`; elementwise.
    Source: BitMEX, auto-deleveraging.
    """
    mark, entry = finite("mark_value", mark_value), finite("entry_value", entry_value)
    left = np.asarray(mark - finite("bankruptcy_value", bankruptcy_value))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (mark - entry) / np.abs(entry)
        leverage = np.abs(mark) / left
        score = np.where(share > 0.0, share * leverage, share / leverage)
    return np.where((left < 0.0) | (entry == 0.0), np.nan, score)


def hyperliquid_adl_score(
    mark_price: Any, entry_price: Any, notional: Any, account_value: Any
) -> AnyArray:
    """(mark / entry) x (notional / account value), elementwise, as documented for longs and shorts.

    NaN where account value <= 0 or there is no position. Source: Hyperliquid documentation.
    """
    mark, entry = positive("mark_price", mark_price), positive("entry_price", entry_price)
    exposure, value = non_negative("notional", notional), finite("account_value", account_value)
    moved = np.asarray(mark / entry)
    shape = np.broadcast_shapes(moved.shape, exposure.shape, value.shape)
    used = np.full(shape, np.nan)
    kept = np.broadcast_to((value > 0.0) & (exposure > 0.0), shape)
    np.divide(exposure, value, out=used, where=kept)
    return np.asarray(moved * used)


def adl_ranking(score: Any) -> Int1D:
    """Indices by falling score, a tie by rising index; NaN is left out. score [n]."""
    values = np.asarray(score, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    return order[~np.isnan(values[order])]
