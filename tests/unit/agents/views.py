"""A View made by hand, for tests of single agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from simulator.agent import View
from simulator.property import Ledger

WAD = 10**18


class HandLedger:
    """Just enough of a ledger for an agent: exact values from the view's floats."""

    def __init__(self, view_size: np.ndarray, equity: np.ndarray, insurance: float) -> None:
        self._size = view_size
        self._equity = equity
        self._ranks: dict[tuple[int, int], int] = {}
        self.insurance = round(insurance * WAD)

    def size(self, account: int, market: int) -> int:
        return round(float(self._size[account, market]) * 1e6) * 10**12

    def settled_equity(self, account: int) -> int:
        return round(float(self._equity[account]) * 1e6) * 10**12

    def set_ranks(self, ranks: dict[tuple[int, int], int]) -> None:
        self._ranks = ranks

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
) -> View:
    """Accounts as rows: signed sizes, settled cash and signed costs, at these marks."""
    sizes, costs = np.array(size, float), np.array(cost, float)
    marks, cash = np.array(mark, float), np.array(margin, float)
    notional = np.abs(sizes) @ marks
    equity = cash + sizes @ marks + costs.sum(axis=1)
    required = maintenance * notional
    return View(
        block=block,
        timestamp=12 * block,
        index=marks.copy(),
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
        ledger=cast(Ledger, HandLedger(sizes, equity, insurance)),
    )
