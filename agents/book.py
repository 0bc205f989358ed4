"""The market maker's quotes as everybody off chain sees them.

Takers of one block share what was left at its start: `take` reserves, so no two of them count on
the same size. The chain has the last word; `learn` starts the next block from what really happened.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.exact import size_to_lots_down
from simulator.agent import Fill, Outcome, Quote
from simulator.chain.base import STATUS_SUCCESS


class Book:
    """One maker's bid and ask in each market, exact: prices 1e-18 quote, sizes 1e-18 units."""

    def __init__(self, maker: int, markets: int) -> None:
        self.maker = maker
        self.bid_price = [0] * markets
        self.ask_price = [0] * markets
        self.bid_left = [0] * markets
        self.ask_left = [0] * markets
        self._bid_free = [0] * markets
        self._ask_free = [0] * markets

    def _begin(self) -> None:
        """Start a block: everything that is left is free again."""
        self._bid_free[:] = self.bid_left
        self._ask_free[:] = self.ask_left

    def take(
        self,
        sender: int,
        market: int,
        size: float,
        mark_wad: int,
        slippage_ppm: int,
        forced: bool = False,
    ) -> Fill | None:
        """A fill of up to `size` units (signed) that the quotes can still serve, or None."""
        lots = size_to_lots_down(abs(size))
        free = self._ask_free if size > 0 else self._bid_free
        lots = min(lots, free[market])
        if lots <= 0:
            return None
        free[market] -= lots
        signed, slip = (lots, slippage_ppm) if size > 0 else (-lots, -slippage_ppm)
        limit = mark_wad * (1_000_000 + slip) // 1_000_000
        return Fill(sender, self.maker, market, signed, limit, forced)

    def learn(self, outcome: Outcome) -> None:
        """Apply what succeeded, in order."""
        for action, status in zip(outcome.actions, outcome.status, strict=True):
            if status != STATUS_SUCCESS:
                continue
            if isinstance(action, Fill):
                left = self.ask_left if action.size > 0 else self.bid_left
                left[action.market] = max(0, left[action.market] - abs(action.size))
            elif isinstance(action, Quote):
                self._replace(action)
        self._begin()

    def _replace(self, quote: Quote) -> None:
        market = quote.market
        self.bid_price[market], self.bid_left[market] = quote.bid_price, quote.bid_size
        self.ask_price[market], self.ask_left[market] = quote.ask_price, quote.ask_size

    def open_with(self, quotes: Sequence[Quote]) -> None:
        """Set the quotes that stand when the run begins."""
        for quote in quotes:
            self._replace(quote)
        self._begin()
