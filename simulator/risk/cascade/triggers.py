"""The cascade of one market's positions with a liquidation price each, for many paths at once.

T(S) = the positions whose trigger the price reaches once S is sold. With impact that only falls in
the quantity T is monotone, and its sets are prefixes of the positions sorted by trigger: a path's
state is one number, how many of them are liquidated. From none the iteration ends at the least
fixed point, from all at the greatest; between them lies the fragility band.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from simulator.risk.cascade.sums import falling_order, running_sum
from simulator.risk.checks import non_negative, same_shape
from simulator.types import AnyArray, Float1D, Float2D, Int1D

MarketImpact: TypeAlias = Callable[[AnyArray, AnyArray], AnyArray]
"""(price before [m], quantity sold [m]) -> price after [m]; non-increasing in the quantity, never
below 0, and the price itself at quantity 0. `simulator.liquidity` has them."""
Refine: TypeAlias = Callable[[Float1D, Int1D, Float1D, Int1D], Int1D]
"""(shocked price, count that was sold, price now, count in floats) -> exact count, each [m]."""


@dataclass(frozen=True, slots=True)
class TriggerBook:
    """Positions of one market, sorted once for any number of paths; made by `trigger_book`."""

    quantity: Float1D
    """[n], as given."""
    order: Int1D
    """[n]: positions from the highest trigger down, the lowest id first among equal ones."""
    rising: Float1D
    """[n]: triggers, the lowest first."""
    sold: Float1D
    """[n + 1]: quantity of the first 0, 1, ..., n positions of `order`."""
    ratio: Float1D
    """[m], rising: debt / quantity of the positions that have one at or below their trigger."""
    debt_above: Float1D
    """[m + 1]: debt of the 0, 1, ..., m of them with the highest ratio."""
    quantity_above: Float1D
    """[m + 1]: their quantity."""
    late_debt: Float1D | None
    """[n + 1]: debt of those among the first 0, 1, ..., n that are under water before their
    trigger; None if there is no such position."""
    late_quantity: Float1D | None
    """[n + 1]: their quantity."""

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, slots=True)
class CascadePaths:
    """One fixed point per path."""

    shocked_price: Float1D
    """[paths]: before anything is sold."""
    price: Float1D
    """[paths]: at the fixed point."""
    count: Int1D
    """[paths]: positions liquidated, the first ones of the book's `order`."""
    sold: Float1D
    """[paths]: base sold."""
    bad_debt: Float1D
    """[paths]: sum of max(debt - quantity x final price, 0) over the liquidated, quote."""
    rounds: Int1D | None = None
    """[paths]: rounds that changed the set, where they were counted."""
    price_path: Float2D | None = None
    """[most rounds + 1, paths]: the price that each round met, the last one repeated."""


@dataclass(frozen=True, slots=True)
class FragilityBand:
    """What must be liquidated, and what is once everybody is thought to be."""

    least: CascadePaths
    greatest: CascadePaths


def trigger_book(trigger: Any, quantity: Any, debt: Any = None) -> TriggerBook:
    """Sort n positions (n = 0 is valid): trigger price, base sold, debt in quote, all at least 0.

    A position is liquidated at a price <= its trigger. One without a liquidation price does not
    belong in a book. Debt is 0 unless given. Cost: two sorts.
    """
    level = non_negative("trigger", trigger, ndim=1)
    amount = non_negative("quantity", quantity, ndim=1)
    owed = np.zeros_like(level) if debt is None else non_negative("debt", debt, ndim=1)
    same_shape(trigger=level, quantity=amount, debt=owed)
    count = len(level)
    # One block: that many large arrays apart cost more in page faults than in arithmetic.
    block = np.empty((6, count + 1))
    order, rising, sold = block[0, 1:].view(np.int64), block[1, 1:], block[2]
    falling_order(level, order, block[3, 1:].view(np.uint64))
    np.take(level, order[::-1], out=rising, mode="clip")
    running_sum(np.take(amount, order, out=block[3, 1:], mode="clip"), sold)
    if debt is None:
        nothing = np.zeros(1)
        return TriggerBook(amount, order, rising, sold, np.zeros(0), nothing, nothing, None, None)
    return TriggerBook(amount, order, rising, sold, *_losses(level, amount, owed, order, block[3:]))


def _losses(
    trigger: Float1D, quantity: Float1D, debt: Float1D, order: Int1D, block: Float2D
) -> tuple[Any, ...]:
    """Prefix sums by debt / quantity, in the three rows of `block`. At a price below its ratio a
    position with ratio <= trigger is liquidated, so a search by ratio finds all losses; the others
    are summed by trigger."""
    ratio = np.full(len(debt), np.inf)
    np.divide(debt, quantity, out=ratio, where=quantity > 0.0)
    ratio[debt == 0.0] = 0.0
    late = ratio > trigger
    late_debt = late_quantity = None
    if late.any():
        late_debt, late_quantity = np.empty(len(debt) + 1), np.empty(len(debt) + 1)
        running_sum(np.where(late, debt, 0.0)[order], late_debt)
        running_sum(np.where(late, quantity, 0.0)[order], late_quantity)
        ratio, debt, quantity = ratio[~late], debt[~late], quantity[~late]
    count = len(ratio)
    rising, debt_above, quantity_above = block[:, : count + 1]
    falling = np.empty(count, dtype=np.int64)
    falling_order(ratio, falling, rising[1:].view(np.uint64))
    scratch = rising[1:]
    running_sum(np.take(debt, falling, out=scratch, mode="clip"), debt_above)
    running_sum(np.take(quantity, falling, out=scratch, mode="clip"), quantity_above)
    np.take(ratio, falling[::-1], out=scratch, mode="clip")
    return scratch, debt_above, quantity_above, late_debt, late_quantity


def bad_debt(book: TriggerBook, price: Float1D, count: Int1D) -> Float1D:
    """Loss of the first `count` positions at the fixed point's price, both [paths], in quote."""
    above = len(book.ratio) - np.searchsorted(book.ratio, price, side="right")
    loss = book.debt_above[above] - price * book.quantity_above[above]
    if book.late_debt is not None and book.late_quantity is not None:
        loss += book.late_debt[count] - price * book.late_quantity[count]
    return np.maximum(loss, 0.0, out=loss)


def trigger_cascade(
    book: TriggerBook,
    impact: MarketImpact,
    shocked_price: Any,
    *,
    greatest: bool = False,
    keep_price_path: bool = False,
) -> CascadePaths:
    """The least (or greatest) fixed point of every path, round by round, under any impact.

    shocked_price [paths], at least 0. At most n rounds; `price_path` costs rounds x paths numbers.
    The order of positions inside a round does not matter: a round is a set.
    """
    shocked = non_negative("shocked_price", shocked_price, ndim=1)
    return run_rounds(book, impact, shocked, greatest, keep_price_path, None)


def run_rounds(
    book: TriggerBook,
    impact: MarketImpact,
    shocked: Float1D,
    greatest: bool,
    keep_price_path: bool,
    refine: Refine | None,
) -> CascadePaths:
    """`trigger_cascade` after its checks, with a second look at counts that floats cannot tell."""
    sequence = np.argsort(shocked)  # neighbours are found from each other in the cache
    start = shocked[sequence]
    size = len(book)
    count = np.full(len(start), size if greatest else 0, dtype=np.int64)
    rounds = np.zeros(len(start), dtype=np.int64)
    price = impact(start, book.sold[count])
    rows = [price.copy()]
    active = np.arange(len(start))
    while len(active):
        met, before = price[active], count[active]
        found = size - np.searchsorted(book.rising, met, side="left")
        if refine is not None:
            found = refine(start[active], before, met, found)
        # Rounding of a foreign impact function must not turn the direction.
        found = np.minimum(found, before) if greatest else np.maximum(found, before)
        moved = found != before
        active, found = active[moved], found[moved]
        if not len(active):
            break
        count[active] = found
        price[active] = impact(start[active], book.sold[found])
        rounds[active] += 1
        if keep_price_path:
            rows.append(price.copy())
    back = np.empty_like(sequence)
    back[sequence] = np.arange(len(sequence))
    losses = bad_debt(book, price, count)
    return CascadePaths(
        shocked_price=shocked,
        price=price[back],
        count=count[back],
        sold=book.sold[count][back],
        bad_debt=losses[back],
        rounds=rounds[back],
        price_path=np.array(rows)[:, back] if keep_price_path else None,
    )


def fragility_band(
    book: TriggerBook, impact: MarketImpact, shocked_price: Any
) -> FragilityBand:  # fmt: skip
    """Least and greatest fixed point of every path; the engine's answer is the least."""
    return FragilityBand(
        trigger_cascade(book, impact, shocked_price),
        trigger_cascade(book, impact, shocked_price, greatest=True),
    )


def amplification(price_before: Any, paths: CascadePaths) -> Float1D:
    """Total move / exogenous move, [paths]; NaN where the shock did not move the price at all.

    price_before: before the shock, a number or [paths].
    """
    before = non_negative("price_before", price_before)
    exogenous = before - paths.shocked_price
    ratio = np.full(np.shape(exogenous), np.nan)
    np.divide(before - paths.price, exogenous, out=ratio, where=exogenous != 0.0)
    return ratio
