"""The waterfall of one market after a bankruptcy, as one function that conserves value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, same_shape
from simulator.types import AnyArray, Float1D

FUND_FIRST = ("fund", "adl")
ADL_FIRST = ("adl", "fund")


class SocialisedLoss(NamedTuple):
    """A loss that winners pay."""

    haircut: float
    """h in [0, 1]: the share of every positive profit that is cut; 1 too if nobody has a profit."""
    cuts: Float1D
    """float64[n], quote."""
    deficit: float
    """What remains at h = 1."""


def socialise(shortfall: float, profit: Any) -> SocialisedLoss:
    """h = min(1, shortfall / sum max(profit, 0)); each winner loses h x profit, others nothing."""
    loss = float(non_negative("shortfall", shortfall))
    gains = np.maximum(finite("profit", profit, ndim=1), 0.0)
    total = float(gains.sum())
    if loss == 0.0:
        return SocialisedLoss(0.0, np.zeros_like(gains), 0.0)
    if loss >= total:
        return SocialisedLoss(1.0, gains, loss - total)
    return SocialisedLoss(loss / total, gains * (loss / total), 0.0)


@dataclass(frozen=True, slots=True)
class BankruptPosition:
    """The account that is closed. Its margin is the first to pay."""

    size: float
    """Signed, base."""
    entry_price: float
    margin: float


@dataclass(frozen=True, slots=True, eq=False)
class MarketPositions:
    """Everybody else in the market, float64[n] each."""

    size: AnyArray
    """Signed, base."""
    entry_price: AnyArray
    margin: AnyArray

    def equity(self, price: float) -> Float1D:
        """margin + size x (price - entry), float64[n]."""
        return np.asarray(self.margin + self.size * (price - self.entry_price))


@dataclass(frozen=True, slots=True, eq=False)
class WaterfallResult:
    """Who paid what, in quote; sizes in base."""

    shortfall: float
    """D: what the bankrupt account's margin does not cover at the mark; 0 if it is solvent."""
    margin_used: float
    """Of the bankrupt account."""
    returned: float
    """Equity of an account that was solvent after all, or that `adl_price` left with something."""
    fund_paid: float
    fund_left: float
    deleveraged: Float1D
    """Size taken from each account, >= 0."""
    deleveraging_loss: Float1D
    """What that cost against the mark."""
    socialised: SocialisedLoss
    after: MarketPositions
    """The others when all is done."""

    @property
    def deficit(self) -> float:
        """What nobody paid."""
        return self.socialised.deficit


def waterfall(
    bankrupt: BankruptPosition,
    others: MarketPositions,
    price: float,
    fund: float,
    ranking: Any,
    order: tuple[str, ...] = FUND_FIRST,
    adl_price: float | None = None,
) -> WaterfallResult:
    """Close a bankrupt position at the mark and charge its shortfall D, in this order:

    1. its own margin; then the steps named in `order` (FUND_FIRST, ADL_FIRST, or one of them, or
       none): 'fund' pays min(fund, what is left of D), and the size whose loss it bears leaves the
       waterfall; 'adl' matches the size that is left with the other side, account by account of
       `ranking` [indices], at the bankruptcy price or at `adl_price` (Hyperliquid: the previous
       mark; not worse than the mark);
    2. what is left is cut from positive open profit pro rata (`socialise`);
    3. what remains then is the deficit.

    Same-side and empty accounts in the ranking are passed over. An account that is matched at the
    bankruptcy price loses size x |mark - bankruptcy price| against the mark, and nothing is left to
    cover for that size; at `adl_price` it loses size x |mark - adl_price|, and the bankrupt account
    keeps what exceeds its shortfall. Conserved: sum of all equity + fund - deficit. A solvent
    account is closed at the mark, and `returned` is its equity. An account without a position never
    pays.
    """
    mark, reserve = float(positive("price", price)), float(non_negative("fund", fund))
    size, entry, margin = _checked(others)
    held = float(finite("bankrupt.size", bankrupt.size))
    deposit = float(finite("bankrupt.margin", bankrupt.margin))
    opened = float(non_negative("bankrupt.entry_price", bankrupt.entry_price))
    lost = -held * (mark - opened)
    shortfall = max(lost - deposit, 0.0)
    returned = max(deposit - lost, 0.0)
    left, taken, charged = shortfall, np.zeros_like(size), np.zeros_like(size)
    fund_paid = 0.0
    for step in _checked_order(order):
        if step == "fund":
            fund_paid = min(reserve, left)
            left -= fund_paid
        elif left > 0.0 and held != 0.0:
            most = shortfall / abs(held)
            unit = most if adl_price is None else _unit_loss(held, mark, adl_price)
            # The fund bears the loss of a share of the size; the rest is to be matched.
            wanted = abs(held) * (left / shortfall)
            taken = _matched(wanted, -np.sign(held) * size, ranking)
            charged = taken * unit
            surplus = float(charged.sum()) - left
            if unit == most and taken.sum() >= wanted:
                surplus = 0.0  # what differs is the rounding of a sum
            returned, left = returned + max(surplus, 0.0), max(-surplus, 0.0)
    rest = size - np.sign(size) * taken
    socialised = socialise(left, rest * (mark - entry))
    realised = np.sign(size) * taken * (mark - entry) - charged
    return WaterfallResult(
        shortfall=shortfall,
        margin_used=min(max(deposit, 0.0), max(lost, 0.0)),
        returned=returned,
        fund_paid=fund_paid,
        fund_left=reserve - fund_paid,
        deleveraged=taken,
        deleveraging_loss=charged,
        socialised=socialised,
        after=MarketPositions(rest, entry, margin + realised - socialised.cuts),
    )


def _matched(wanted: float, opposing: AnyArray, ranking: Any) -> Float1D:
    """Size taken from each account in rank order; opposing > 0 where there is something to take."""
    order = np.asarray(ranking, dtype=np.intp).reshape(-1)
    count = len(opposing)
    if len(order) and not (order.min() >= 0 and order.max() < count):
        raise InvalidArgument("ranking", order.tolist(), f"must be indices in [0, {count})")
    if len(np.unique(order)) != len(order):
        raise InvalidArgument("ranking", order.tolist(), "must name each account once")
    available = np.maximum(opposing[order], 0.0)
    before = np.cumsum(available) - available
    taken = np.zeros(count)
    taken[order] = np.clip(wanted - before, 0.0, available)
    return taken


def _unit_loss(held: float, mark: float, adl_price: float) -> float:
    """What a unit of size loses to the other side when matched at a price of the venue's own."""
    unit = float(np.sign(held)) * (float(positive("adl_price", adl_price)) - mark)
    if unit < 0.0:
        raise InvalidArgument("adl_price", adl_price, "must not be worse than the mark")
    return unit


def _checked(others: MarketPositions) -> tuple[Float1D, Float1D, Float1D]:
    size = finite("others.size", others.size, ndim=1)
    entry = non_negative("others.entry_price", others.entry_price, ndim=1)
    margin = finite("others.margin", others.margin, ndim=1)
    same_shape(size=size, entry_price=entry, margin=margin)
    return size, entry, margin


def _checked_order(order: tuple[str, ...]) -> tuple[str, ...]:
    if not set(order) <= {"fund", "adl"} or len(set(order)) != len(order):
        raise InvalidArgument("order", order, "must name 'fund' and 'adl' at most once each")
    return order
