"""One question for every protocol: requirement(account, prices) -> (initial, maintenance)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray


class Requirement(NamedTuple):
    """Initial and maintenance margin, in quote (integers where the model is one of integers)."""

    initial: Any
    maintenance: Any


@dataclass(frozen=True, slots=True)
class MarginAccount:
    """One account or many: what requirement models read. Leading axes: accounts, paths, ...

    k markets along the last axis of every field.
    """

    size: Any
    """[..., k] signed, positive long, in base; base quantums (integers) for dYdX."""
    leverage: Any = None
    """[..., k] or scalar: what the owner chose; None = the highest that the tier allows."""
    entry_price: Any = None
    """[..., k]; only GMX reads it: its size in USD is fixed when a position opens."""
    isolated: bool = False
    """One requirement per market [..., k] instead of one for all [...]."""


class RequirementModel(Protocol):
    """What a protocol asks of an account."""

    def requirement(
        self, account: MarginAccount, prices: Any, order_prices: Any = None
    ) -> Requirement:
        """Initial and maintenance margin at mark `prices` [k] (or [..., k]), in quote.

        Shape [...] for cross margin, [..., k] for isolated. With `order_prices` the initial margin
        is taken at those (a venue that asks for it at the order's price); maintenance margin is
        always at the mark.
        """
        ...


def checked(
    account: MarginAccount, prices: Any, order_prices: Any, markets: int | None = None
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Sizes, mark prices and the prices of the initial margin, checked, as float64."""
    size, mark = finite("size", account.size), non_negative("prices", prices)
    if size.ndim == 0 or mark.ndim == 0 or size.shape[-1] != mark.shape[-1]:
        rule = "must have one entry per market along the last axis, as size has"
        raise InvalidArgument("prices", f"array of shape {mark.shape}", rule)
    if markets is not None and size.shape[-1] != markets:
        rule = f"must have {markets} markets along the last axis"
        raise InvalidArgument("size", f"array of shape {size.shape}", rule)
    at_order = mark if order_prices is None else non_negative("order_prices", order_prices)
    return size, mark, at_order


def combined(account: MarginAccount, initial: AnyArray, maintenance: AnyArray) -> Requirement:
    """Per market for isolated accounts, summed for cross margin."""
    if account.isolated:
        return Requirement(initial, maintenance)
    return Requirement(initial.sum(-1), maintenance.sum(-1))


def per_market(name: str, values: Any) -> AnyArray:
    """A parameter per market: scalar or [k], finite and not negative."""
    array = non_negative(name, values)
    if array.ndim > 1:
        raise InvalidArgument(name, f"array of shape {array.shape}", "must be a scalar or [k]")
    return array


def maintenance_below_initial(
    name: str, initial: Any, maintenance: Any, rule: str = "must not exceed the initial one"
) -> None:
    """Refuse parameters by which maintenance would be above initial margin."""
    low, high = np.broadcast_arrays(maintenance, initial)
    wrong = low > high
    if wrong.any():
        raise InvalidArgument(name, float(low[wrong].flat[0]), rule)


def chosen_leverage(account: MarginAccount) -> AnyArray | None:
    """The owner's leverage, above 0, or None."""
    return None if account.leverage is None else positive("leverage", account.leverage)
