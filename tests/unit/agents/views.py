"""Views, outcomes and populations made by hand, for tests of single agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from agents.book import Book
from agents.population import HABIT_NONE, Population, TradeEvents
from simulator.agent import Action, Outcome, Quote, View
from simulator.chain.base import STATUS_REVERTED, STATUS_SUCCESS
from simulator.property import Ledger
from simulator.types import Float1D, Float2D

WAD = 10**18
DEEP = 10**9 * WAD


class HandLedger:
    """Just enough of a ledger for an agent: exact values from the view's floats."""

    def __init__(
        self,
        view_size: Float2D,
        equity: Float1D,
        insurance: float,
        ranks: Mapping[tuple[int, int], int],
    ) -> None:
        self._size = view_size
        self._equity = equity
        self._ranks = ranks
        self.insurance = round(insurance * WAD)

    def size(self, account: int, market: int) -> int:
        return round(float(self._size[account, market]) * 1e6) * 10**12

    def settled_equity(self, account: int) -> int:
        return round(float(self._equity[account]) * 1e6) * 10**12

    def adl_rank(self, account: int, market: int) -> int:
        return self._ranks.get((account, market), 0)


def view_of(
    size: Sequence[Sequence[float]],
    margin: Sequence[float],
    cost: Sequence[Sequence[float]],
    mark: Sequence[float],
    *,
    maintenance: float = 0.0625,
    insurance: float = 0.0,
    block: int = 0,
    index: Sequence[float] | None = None,
    ranks: Mapping[tuple[int, int], int] | None = None,
    exact_equity: Sequence[float] | None = None,
) -> View:
    """Accounts as rows: signed sizes, settled cash and signed costs, at these marks.

    The ledger's exact equity follows from the floats unless `exact_equity` says otherwise.
    """
    sizes, costs = np.array(size, float), np.array(cost, float)
    marks, cash = np.array(mark, float), np.array(margin, float)
    notional = np.abs(sizes) @ marks
    equity = cash + sizes @ marks + costs.sum(axis=1)
    required = maintenance * notional
    exact = equity if exact_equity is None else np.array(exact_equity, float)
    return View(
        block=block,
        timestamp=12 * block,
        index=marks.copy() if index is None else np.array(index, float),
        mark=marks,
        mark_wad=tuple(round(m * 1e6) * 10**12 for m in mark),
        margin=cash,
        size=sizes,
        cost=costs,
        pending=np.zeros(len(cash)),
        equity=equity,
        notional=notional,
        maintenance=required,
        liquidatable=np.flatnonzero(equity < required),
        insurance=insurance,
        ledger=cast(Ledger, HandLedger(sizes, exact, insurance, ranks or {})),
    )


def succeeded(*actions: Action) -> Outcome:
    """A block in which every action succeeded."""
    return Outcome(actions, bytes([STATUS_SUCCESS] * len(actions)))


def reverted(*actions: Action) -> Outcome:
    """A block in which every action reverted."""
    return Outcome(actions, bytes([STATUS_REVERTED] * len(actions)))


def deep_book(maker: int, marks: Sequence[int]) -> Book:
    """A book that never runs dry around these marks (quote)."""
    book = Book(maker, len(marks))
    book.open_with(
        [Quote(maker, m, mark * WAD, DEEP, mark * WAD, DEEP) for m, mark in enumerate(marks)]
    )
    return book


def population_of(
    count: int = 1,
    *,
    markets: int = 1,
    weights: Sequence[float] | None = None,
    side: int = 1,
    leverage: float = 4.0,
    collateral: float = 1000.0,
    entry_block: int = -1,
    habit: int = HABIT_NONE,
    reaction_blocks: int = 7,
    returns: bool = False,
    return_delay: int = 5,
    trades: Sequence[tuple[int, int, int, float]] = (),
    blocks: int = 1000,
) -> Population:
    """`count` equal traders; trades are (block, account, market, shrink), sorted by block."""
    whole = [1.0] + [0.0] * (markets - 1)
    when = np.array([trade[0] for trade in trades], np.int64)
    return Population(
        collateral=np.full(count, collateral),
        side=np.full(count, side, np.int64),
        leverage=np.full(count, leverage),
        weights=np.array([whole if weights is None else list(weights)] * count),
        active=np.full(count, entry_block < 0),
        entry_block=np.full(count, entry_block, np.int64),
        habit=np.full(count, habit, np.int64),
        reaction_blocks=np.full(count, reaction_blocks, np.int64),
        returns=np.full(count, returns),
        return_delay=np.full(count, return_delay, np.int64),
        trades=TradeEvents(
            np.searchsorted(when, np.arange(blocks + 1)),
            np.array([trade[1] for trade in trades], np.int64),
            np.array([trade[2] for trade in trades], np.int64),
            np.array([trade[3] for trade in trades], float),
        ),
    )
