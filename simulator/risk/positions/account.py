"""Profit of positions and value of accounts, cross and isolated."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.risk.checks import finite, non_negative, positive, within
from simulator.risk.positions.exposure import no_overflow
from simulator.types import AnyArray


def unrealised_profit(size: Any, entry_price: Any, price: Any) -> AnyArray:
    """size x (price - entry price), in quote; for a quanto times its multiplier."""
    moved = non_negative("price", price) - non_negative("entry_price", entry_price)
    return np.asarray(finite("size", size) * moved)


def inverse_unrealised_profit(
    contracts: Any, contract_usd: Any, entry_price: Any, price: Any
) -> AnyArray:
    """contracts x face value x (1 / entry price - 1 / price), in the coin; prices above 0."""
    face = finite("contracts", contracts) * positive("contract_usd", contract_usd)
    entry, now = positive("entry_price", entry_price), positive("price", price)
    # One quotient instead of a difference of two: no digits are lost near the entry price.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        value = face * ((now - entry) / entry / now)
    return no_overflow("price", price, value)


def collateral_value(value: Any, haircut: Any) -> AnyArray:
    """Sum over the last axis (collaterals) of value x (1 - haircut), in quote.

    value [..., c] >= 0; haircut [..., c] in [0, 1], which may depend on the impact of selling.
    """
    kept = non_negative("value", value) * (1.0 - within("haircut", haircut, 0.0, 1.0))
    return np.asarray(kept.sum(-1))


def account_value(
    collateral: Any,
    profit: Any,
    funding_owed: Any = 0.0,
    borrow_fee: Any = 0.0,
    pending_fees: Any = 0.0,
) -> AnyArray:
    """Cross margin: collateral + sum of unrealised profit - funding owed - borrow and other fees.

    collateral [...] after haircuts; profit [..., k]; the costs [...]. Funding owed > 0 is paid.
    """
    open_profit = finite("profit", profit).sum(-1)
    costs = finite("funding_owed", funding_owed) + finite("borrow_fee", borrow_fee)
    costs = costs + finite("pending_fees", pending_fees)
    result: AnyArray = finite("collateral", collateral) + open_profit - costs
    return result


def isolated_value(margin: Any, profit: Any, costs: Any = 0.0) -> AnyArray:
    """Isolated margin: margin_i + unrealised profit_i - costs_i, per position.

    It may be below 0: then the position is bankrupt, and its owner has lost the margin only
    (`isolated_loss`).
    """
    value = finite("margin", margin) + finite("profit", profit) - finite("costs", costs)
    return np.asarray(value)


def isolated_loss(margin: Any, profit: Any, costs: Any = 0.0) -> AnyArray:
    """What the owner of an isolated position has lost: min(margin, max(0, costs - profit))."""
    loss = finite("costs", costs) - finite("profit", profit)
    return np.asarray(np.minimum(non_negative("margin", margin), np.maximum(loss, 0.0)))


def free_collateral(collateral: Any, value: Any, initial_margin: Any) -> AnyArray:
    """max(0, min(collateral value, account value) - initial margin), in quote.

    Open losses count, open profit does not.
    """
    base = np.minimum(finite("collateral", collateral), finite("value", value))
    return np.asarray(np.maximum(base - non_negative("initial_margin", initial_margin), 0.0))


def maximum_leverage(initial_margin_rate: Any) -> AnyArray:
    """1 / initial margin rate, rate in (0, 1]."""
    rate = within("initial_margin_rate", positive("initial_margin_rate", initial_margin_rate), 0, 1)
    return np.asarray(1.0 / rate)
