"""Who pays whom, what rounding leaves behind, and what makes the sum differ from zero.

Payments above 0 are paid by the account (risk-spec section 6, Conservation).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.types import AnyArray
from simulator.units import div_ceil


class Settlement(NamedTuple):
    """Funding settled for some accounts, in whole units."""

    payments: tuple[int, ...]
    """Per account; the payer's is rounded up, the receiver's down."""
    pool_delta: int
    """What the pool pays, minus the sum of payments: at most 0 on a balanced book, as it keeps
    the dust."""
    dust: int
    """Numerator of what rounding left in the pool, over the unit: in [0, accounts x unit)."""


def settle(sizes: Sequence[int], index_delta: int | Sequence[int], unit: int) -> Settlement:
    """ceil(size x index delta / unit) per account; the pool takes the other side.

    sizes are signed integers; index_delta is one for all, or one per account (accounts that were
    settled at different times); unit is the scale of the product.
    """
    checks.whole("unit", unit, 1)
    if isinstance(index_delta, Sequence):
        deltas = list(index_delta)
        if len(deltas) != len(sizes):
            raise InvalidArgument("index_delta", len(deltas), f"must be {len(sizes)} of them")
    else:
        deltas = [index_delta] * len(sizes)
    exact = [
        checks.whole(f"sizes[{at}]", size) * checks.whole("index_delta", delta)
        for at, (size, delta) in enumerate(zip(sizes, deltas, strict=True))
    ]
    payments = tuple(div_ceil(product, unit) for product in exact)
    return Settlement(payments, -sum(payments), sum(payments) * unit - sum(exact))


def conservation_residual(payments: Sequence[int], pool_delta: int) -> int:
    """Sum of payments + what the pool pays: 0 if nothing was lost or made."""
    return sum(payments) + pool_delta


def conserves(payments: Sequence[int], pool_delta: int, unit: int = 1) -> bool:
    """|residual| <= number of settlements x one unit: the bound that rounding explains."""
    return abs(conservation_residual(payments, pool_delta)) <= len(payments) * unit


CAUSES = ("price", "skew", "index", "rounding", "clamp", "one-sided", "unsettled", "paused")
"""What breaks the sum, in the order of `conservation_breaks`."""


def conservation_breaks(
    size: Any,
    price: Any,
    index_delta: Any,
    *,
    rounding_assigned: bool = True,
    receiver_clamped: bool = False,
    unsettled: Any = False,
    paused_seconds: Any = 0.0,
) -> tuple[str, ...]:
    """Which conditions of a zero sum do not hold, by their names in `CAUSES`; empty if all do.

    size [n] signed; price, index_delta, unsettled, paused_seconds scalar or [n].
    price: the accounts settle at different prices. skew: long and short size differ (by more
    than 1e-12 of their sum, which floats explain). one-sided:
    a side is empty while the other is not. index: the accounts' indices differ. rounding: nobody
    takes the dust. clamp: the receiver's rate is clamped. unsettled: an account was liquidated
    before it settled. paused: the accounts sat through different pauses. Accounts of size 0 do
    not count.
    """
    sizes = checks.finite("size", size, ndim=1)
    held = sizes != 0.0
    prices, deltas, pauses, lost = (
        np.broadcast_to(np.asarray(values), sizes.shape)[held]
        for values in (
            checks.non_negative("price", price),
            checks.finite("index_delta", index_delta),
            checks.non_negative("paused_seconds", paused_seconds),
            np.asarray(unsettled, dtype=bool),
        )
    )
    sizes = sizes[held]
    long, short = sizes[sizes > 0].sum(), -sizes[sizes < 0].sum()
    found = {
        "price": _differ(prices),
        "skew": bool(abs(long - short) > 1e-12 * (long + short)),
        "index": _differ(deltas),
        "rounding": not rounding_assigned,
        "clamp": receiver_clamped,
        "one-sided": bool((long == 0) != (short == 0)),
        "unsettled": bool(lost.any()),
        "paused": _differ(pauses),
    }
    return tuple(cause for cause in CAUSES if found[cause])


class TwoSided(NamedTuple):
    """Flows per second, in quote; above 0 the side pays."""

    longs: float
    shorts: float
    pool: float
    """What the pool pays: the other side of an empty or clamped one."""

    @property
    def total(self) -> float:
        """0 unless a share was dropped."""
        return self.longs + self.shorts + self.pool


def two_sided_funding(
    open_interest_long: float,
    open_interest_short: float,
    payer_rate: float,
    longs_pay: bool = True,
    *,
    receiver_rate_cap: float = float("inf"),
    empty_side: str = "pool",
) -> TwoSided:
    """The paying side pays rate x its open interest, the other receives the same, scaled.

    The receiver's rate is payer rate x payer / receiver open interest, at most the cap; what the
    cap holds back goes to the pool. If a side is empty: 'pool' (the pool stands in for it: it
    takes what nobody receives, and pays rate x their open interest to receivers without a payer),
    'drop' (the receiver's share is dropped: with an empty receiver the total is not 0), or 'none'
    (no funding, as GMX v2 does).
    """
    checks.one_of("empty_side", empty_side, ("pool", "drop", "none"))
    long = float(checks.non_negative("open_interest_long", open_interest_long, ndim=0))
    short = float(checks.non_negative("open_interest_short", open_interest_short, ndim=0))
    rate = float(checks.non_negative("payer_rate", payer_rate, ndim=0))
    checks.refuse(
        "receiver_rate_cap", receiver_rate_cap, receiver_rate_cap >= 0, "must be at least 0"
    )
    payer, receiver = (long, short) if longs_pay else (short, long)
    empty = payer == 0.0 or receiver == 0.0
    if (empty and empty_side == "none") or payer + receiver == 0.0:
        return TwoSided(0.0, 0.0, 0.0)
    paid = rate * payer
    received = min(paid if payer else rate * receiver, receiver_rate_cap * receiver)
    if receiver == 0.0 or (empty and empty_side == "drop"):
        received = 0.0
    pool = 0.0 if empty and empty_side == "drop" else received - paid
    flows = (paid, -received) if longs_pay else (-received, paid)
    return TwoSided(*flows, pool)


def _differ(values: AnyArray) -> bool:
    return bool(len(values)) and bool((values != values[0]).any())
