"""The one market maker on the other side of everybody, hedged off chain.

Quotes the mark plus and minus half a spread, refreshes after a move or when half is gone, tops up
its margin when it runs low and only reduces when it is very low. The hedge is recorded beside the
run; it never touches the chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.book import Book
from agents.exact import price_to_ticks, quote_to_tokens, size_to_lots_down
from simulator.agent import Action, Deposit, Outcome, Quote, View
from simulator.scenario import Scenario
from simulator.types import Float1D


class MarketMaker:
    """The account at ledger row `row`. `open_interest` is the opening one, in quote."""

    def __init__(self, scenario: Scenario, row: int, open_interest: float, book: Book) -> None:
        settings = scenario.market_maker
        markets = len(scenario.markets)
        self.row = row
        self._book = book
        self._depth_quote = float(settings.depth_share) * open_interest
        self._half_spread_ppm = round(float(settings.half_spread) * 1e6)
        self._move = float(settings.requote_move)
        self._filled = float(settings.requote_filled)
        self._top_up_below = float(settings.top_up_below)
        self._top_up_to = float(settings.top_up_to)
        self._reduce_only_below = float(settings.reduce_only_below)
        self._quoted_mark = [0] * markets
        self._quoted_size = [(0, 0)] * markets
        self._reducing = False
        self._last_index: Float1D | None = None
        self._hedge = np.zeros(markets)
        self.hedge_profit = 0.0

    def act(self, view: View) -> Sequence[Action]:
        self._mark_hedge(view)
        actions: list[Action] = []
        equity, notional = float(view.equity[self.row]), float(view.notional[self.row])
        ratio = equity / notional if notional > 0.0 else 1.0
        if ratio < self._top_up_below:
            actions.append(Deposit(self.row, quote_to_tokens(self._top_up_to * notional - equity)))
        reducing = ratio < self._reduce_only_below
        switched, self._reducing = reducing != self._reducing, reducing
        for market in range(len(view.mark_wad)):
            if switched or self._stale(view, market):
                actions.append(self._quote(view, market))
        return actions

    def opening_quotes(
        self, mark_wad: Sequence[int], lots: Sequence[tuple[int, int]]
    ) -> list[Quote]:
        """Quotes wide enough for the opening positions: (bid, ask) sizes per market, exact."""
        return [
            self._at(market, mark_wad[market], bid, ask) for market, (bid, ask) in enumerate(lots)
        ]

    def _stale(self, view: View, market: int) -> bool:
        quoted = self._quoted_mark[market]
        if quoted == 0 or abs(view.mark_wad[market] - quoted) > self._move * quoted:
            return True
        bid, ask = self._quoted_size[market]
        keep = 1.0 - self._filled
        return self._book.bid_left[market] < keep * bid or self._book.ask_left[market] < keep * ask

    def _quote(self, view: View, market: int) -> Quote:
        depth = size_to_lots_down(self._depth_quote / float(view.mark[market]))
        bid = ask = depth
        if self._reducing:
            held = view.ledger.size(self.row, market)
            bid, ask = min(depth, max(-held, 0)), min(depth, max(held, 0))
        self._quoted_mark[market] = view.mark_wad[market]
        self._quoted_size[market] = (bid, ask)
        return self._at(market, view.mark_wad[market], bid, ask)

    def _at(self, market: int, mark_wad: int, bid: int, ask: int) -> Quote:
        spread = self._half_spread_ppm
        return Quote(
            self.row,
            market,
            price_to_ticks(mark_wad, -spread),
            bid,
            price_to_ticks(mark_wad, spread),
            ask,
        )

    def _mark_hedge(self, view: View) -> None:
        """Profit of the opposite position held elsewhere at the index, rebalanced every block."""
        if self._last_index is not None:
            self.hedge_profit += float(self._hedge @ (view.index - self._last_index))
        self._last_index = view.index.copy()
        self._hedge = -view.size[self.row]

    def learn(self, outcome: Outcome, view: View) -> None:
        self._book.learn(outcome)
