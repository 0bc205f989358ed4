"""Turns each finished block into rows, and keeps the few totals that a summary needs.

A `system` row speaks of the state in which the block's transactions ran: its prices are in, and
equity, under-water and liquidatable counts are measured before anybody acts. Stored amounts
(insurance, open interest, indices) are those at the block's end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from agents.liquidator import Liquidators
from agents.market_maker import MarketMaker
from agents.price_keeper import PriceKeeper
from simulator.agent import CloseOut, Deleverage, Liquidate, Outcome, View
from simulator.chain.base import STATUS_NOT_INCLUDED, STATUS_SUCCESS, Receipts
from simulator.protocols.matched_perp.events import Columns
from simulator.protocols.matched_perp.tables import event_tables
from simulator.protocols.matched_perp.world import MatchedPerpWorld
from simulator.recorder import Recorder
from simulator.risk.cascade import cascade
from simulator.risk.histogram import BINS, margin_histogram
from simulator.risk.socialised import misallocation
from simulator.types import Float1D
from underwater.tally import Tally, add_events

FIVE_MINUTES = 300
WAD_FLOAT = 1e18
EVENTS_EVERY = 300
"""Blocks between two decodings of the logs when nothing is closed by force; memory, not results."""
FORCED = (Liquidate, Deleverage, CloseOut)


class BlockJournal:
    """Records a run; with `recorder` None it only tallies (sweeps)."""

    def __init__(
        self,
        world: MatchedPerpWorld,
        prices: PriceKeeper,
        liquidators: Liquidators,
        maker: MarketMaker,
        recorder: Recorder | None,
        *,
        block_seconds: int,
        accounts_every: int,
        roles: tuple[str, ...],
        faults: Mapping[int, Sequence[tuple[object, ...]]] = MappingProxyType({}),
    ) -> None:
        self._world = world
        self._prices = prices
        self._liquidators = liquidators
        self._maker = maker
        self._recorder = recorder
        self._five_minutes = FIVE_MINUTES // block_seconds
        self._accounts_every = accounts_every
        self._roles = roles
        self._faults = faults
        self._maintenance = world.maintenance_rate
        self._funding_paid = [[0.0, 0.0] for _ in world.markets]
        self._funding_index = [
            world.ledger.stored_funding_index(m) for m in range(len(world.markets))
        ]
        self._open_interest = [world.ledger.open_interest(m) for m in range(len(world.markets))]
        self._histograms: list[np.ndarray] = []
        self._histogram_start = 0
        fund = world.ledger.insurance
        self.tally = Tally(insurance_start=fund, insurance_minimum=fund)

    def block(self, view: View, outcome: Outcome, receipts: Receipts) -> None:
        """Record one block, in the order in which things happened."""
        tally = self.tally
        gas = int(receipts.gas_used.sum())
        reverted, left_out = self._failures(view, outcome, receipts)
        tally.blocks += 1
        tally.transactions += len(outcome.actions)
        tally.gas_used += gas
        forced = any(
            status == STATUS_SUCCESS and isinstance(action, FORCED)
            for action, status in zip(outcome.actions, outcome.status, strict=True)
        )
        if forced or view.block % EVENTS_EVERY == 0:
            self._take_events(view)
        diagnosis = self._diagnose(view) if forced else (0.0, 0.0, 0)
        self._follow_funding(view)
        measured = self._measure(view)
        if self._recorder is not None:
            self._write(view, outcome, receipts, (reverted, left_out, gas), measured, diagnosis)

    def _failures(self, view: View, outcome: Outcome, receipts: Receipts) -> tuple[int, int]:
        """Count, name and record the transactions that did not succeed."""
        reverted = left_out = 0
        if outcome.status.count(STATUS_SUCCESS) == len(outcome.status):
            return 0, 0
        for number, status in enumerate(outcome.status):
            if status == STATUS_SUCCESS:
                continue
            action = outcome.actions[number]
            kind = type(action).__name__
            reason = self._world.failure_reason(receipts, number)
            left_out += status == STATUS_NOT_INCLUDED
            reverted += status != STATUS_NOT_INCLUDED
            key = f"{kind}: {reason}"
            self.tally.reasons[key] = self.tally.reasons.get(key, 0) + 1
            if self._recorder is not None:
                sender = self._world.sender_text(action.sender)
                gas = int(receipts.gas_used[number])
                self._recorder.row("reverts", (view.block, number, sender, kind, reason, gas))
        self.tally.reverted += reverted
        self.tally.not_included += left_out
        return reverted, left_out

    def _take_events(self, view: View | None) -> None:
        """Decode what was logged since the last time; add it up and record it.

        Without a view (the run has ended) nothing was closed by force since the last time.
        """
        for events in self._world.take_events():
            add_events(self.tally, events)
            if view is not None:
                self._judge_socialised(view, events)
            if self._recorder is None:
                continue
            for table, columns in event_tables(events, self._world.markets).items():
                self._recorder.rows(table, columns)
            if view is not None:
                self._record_liquidated(view.block, events)

    def _judge_socialised(self, view: View, events: Mapping[str, Columns]) -> None:
        """How far this block's charges per unit are from pro rata, by its opening positions."""
        columns = events.get("Socialised", {})
        kinds = (columns.get(name, ()) for name in ("market", "long_side", "charged"))
        for market, long_side, charged in zip(*kinds, strict=True):
            size = view.size[:, market]
            profit = size * view.mark[market] + view.cost[:, market]
            share, amount = misallocation(size, profit, long_side), charged / WAD_FLOAT
            self.tally.socialised_charged += amount
            self.tally.socialised_moved += share.moved * amount
            self.tally.socialised_without_profit += share.without_profit * amount

    def _record_liquidated(self, block: int, events: Mapping[str, Columns]) -> None:
        """Both parties of every takeover, unless everybody is recorded in this block anyway."""
        if block % self._accounts_every == 0:
            return
        rows: set[int] = set()
        for name in ("Liquidation", "CloseOut", "Deleveraged"):
            columns = events.get(name, {})
            for party in ("account", "liquidator", "candidate"):
                rows.update(self._world.row_of[text] for text in columns.get(party, ()))
        self._record_accounts(block, tuple(sorted(rows)))

    def _diagnose(self, view: View) -> tuple[float, float, int]:
        """First round and fixed point of what would be dumped within five minutes, in quote."""
        per_block = self._liquidators.dump_share_per_block(view)
        share = (
            1.0 - (1.0 - float(per_block.mean())) ** self._five_minutes if len(per_block) else 1.0
        )
        cash = view.margin + view.cost @ np.ones_like(view.mark) - view.pending
        # The pressure says how far the mark would move from where it stands, which is on chain.
        pressed = self._prices.cascade_impact(view.block, view.index)
        undisturbed = pressed(np.zeros_like(view.mark))

        def impact(dumped: Float1D) -> Float1D:
            return np.asarray(view.mark * (pressed(dumped) / undisturbed))

        result = cascade(cash, view.size, self._maintenance, impact, view.size * share)
        extra = result.final_notional - result.first_notional
        self.tally.fixed_point_extra_max = max(self.tally.fixed_point_extra_max, extra)
        self.tally.rounds_max = max(self.tally.rounds_max, result.rounds)
        return result.first_notional, result.final_notional, result.rounds

    def _follow_funding(self, view: View) -> None:
        """What each side paid since the last block: index change x open interest before it."""
        world = self._world
        for market, paid in enumerate(self._funding_paid):
            index = world.ledger.stored_funding_index(market)
            change = index - self._funding_index[market]
            if change:
                amount = change / WAD_FLOAT * (self._open_interest[market] / WAD_FLOAT)
                paid[0] += amount
                paid[1] -= amount
                self._funding_index[market] = index
            self._open_interest[market] = world.ledger.open_interest(market)

    def _measure(self, view: View) -> tuple[float, int]:
        """Latent shortfall (quote) and number of accounts under water."""
        tally = self.tally
        negative = view.equity[view.equity < 0.0]
        latent = float(-negative.sum()) if len(negative) else 0.0
        tally.underwater_max = max(tally.underwater_max, len(negative))
        tally.latent_shortfall_max = max(tally.latent_shortfall_max, latent)
        tally.insurance_minimum = min(tally.insurance_minimum, self._world.ledger.insurance)
        tally.lowest_basis = min(tally.lowest_basis, *self._prices.state.basis)
        return latent, len(negative)

    def _write(
        self,
        view: View,
        outcome: Outcome,
        receipts: Receipts,
        counts: tuple[int, int, int],
        measured: tuple[float, int],
        diagnosis: tuple[float, float, int],
    ) -> None:
        assert self._recorder is not None
        world, ledger = self._world, self._world.ledger
        markets: list[object] = []
        for market, (longs, shorts) in enumerate(self._funding_paid):
            price = float(view.index[market])
            markets += (*world.market_row(market), longs, shorts, price)
        reverted, left_out, gas = counts
        latent, underwater = measured
        maker_equity = float(view.equity[self._maker.row])
        row = (
            view.block, view.timestamp, *markets,
            ledger.insurance, ledger.deficit, ledger.custody, self.tally.shortfall,
            latent, len(view.liquidatable), underwater,
            len(outcome.actions), reverted, left_out, gas,
            *diagnosis, self._maker.hedge_profit, maker_equity,
        )  # fmt: skip
        self._recorder.row("system", row)
        for fault in self._faults.get(view.block, ()):
            self._recorder.row("faults", (view.block, view.timestamp, *fault))
        self._histograms.append(margin_histogram(view.equity, view.maintenance))
        if view.block % self._accounts_every == 0:
            self._record_accounts(view.block, range(len(self._roles)))
            self.flush()

    def _record_accounts(self, block: int, accounts: Sequence[int]) -> None:
        assert self._recorder is not None
        for account, row in zip(accounts, self._world.account_rows(accounts), strict=True):
            self._recorder.row("accounts", (block, *row, self._roles[account]))

    def finish(self) -> None:
        """Hand over what is still gathered; nothing recorded is lost, however the run ended."""
        self._take_events(None)
        self.flush()

    def flush(self) -> None:
        """Hand the histograms gathered so far to the recorder."""
        if self._recorder is None or not self._histograms:
            return
        blocks = np.arange(self._histogram_start, self._histogram_start + len(self._histograms))
        bins = np.array(self._histograms, np.uint16).reshape(-1, BINS)
        self._recorder.rows("margin_histogram", {"block": blocks, "bin": bins})
        self._histogram_start += len(self._histograms)
        self._histograms = []
