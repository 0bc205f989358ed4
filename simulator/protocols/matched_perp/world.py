"""A deployed exchange as the engine sees it: views for agents, batches for the chain, checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.agent import (
    Action,
    CloseOut,
    Deleverage,
    Fill,
    Liquidate,
    UpdatePrice,
    View,
    Withdraw,
)
from simulator.chain.base import STATUS_SUCCESS, Batch, Chain, Receipts
from simulator.chain.reverts import revert_reason
from simulator.property import FundingSettlement, Operation, Totals
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.protocols.matched_perp.events import Columns, LogDecoder
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.settlement import settle_everybody
from simulator.risk.liquidation import liquidatable
from simulator.risk.margin import equity, magnitude, requirement
from simulator.types import Address, Bool1D, Float1D, Float2D, Int1D
from simulator.units import TICK, WAD

SCALE = 1e18
RUN_EVENTS: Mapping[str, tuple[str, ...]] = {
    "Settled": ("payment",),
    "Accrued": (),
    "PriceUpdated": (),
    "Liquidation": (),
    "CloseOut": (),
    "Matched": (),
    "Deleveraged": (),
    "InsuranceMoved": (),
    "Shortfall": (),
    "Socialised": (),
}
"""What a run needs of the logs; fills, quotes and deposits are most of them and are in no table."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Times of a run: block 0 has `first_timestamp`; what is due every so many blocks."""

    first_timestamp: int
    block_seconds: int
    probe_every: int
    funding_every: int

    def timestamp(self, block: int) -> int:
        return self.first_timestamp + block * self.block_seconds


class MatchedPerpWorld:
    """One exchange with its accounts. `index_path` float64[blocks, k] is the true price, quote."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        accounts: Sequence[Address],
        clock: Clock,
        index_path: Float2D,
        gas_limit: int,
    ) -> None:
        self.deployment = deployment
        self.markets = deployment.markets
        self.accounts = tuple(accounts)
        self.maintenance_rate = deployment.parameters.maintenance_margin / SCALE
        self._texts = ["0x" + address.hex() for address in accounts]
        self.row_of = {text: row for row, text in enumerate(self._texts)}
        self._chain = chain
        self._packer = Packer(deployment, accounts)
        self._clock = clock
        self._index_path = index_path
        self._gas_limit = gas_limit
        self._decoder = LogDecoder(deployment, RUN_EVENTS)
        self._decoded: list[Mapping[str, Columns]] = []
        self.ledger = Mirror(chain, deployment, accounts)
        self._sizes_before = self.ledger.sizes.copy()

    def totals(self) -> Totals:
        """Fund, deficit and custody now."""
        ledger = self.ledger
        return Totals(ledger.insurance, ledger.deficit, ledger.custody)

    def view(self, block: int, writes: Sequence[Action]) -> View:
        """The state in which this block's transactions will run: its price writes applied."""
        ledger = self.ledger
        ledger.timestamp = timestamp = self._clock.timestamp(block)
        marks = self._marks_after(writes)
        ledger.expect(marks)
        mark: Float1D = np.array(marks, np.float64) / SCALE
        margin, size, cost = ledger.margins.copy(), ledger.sizes.copy(), ledger.costs.copy()
        pending = ledger.pendings()
        worth = equity(margin, size, mark, cost, pending)
        gross = np.abs(size) @ mark
        needed = requirement(gross, self.maintenance_rate)
        scale = magnitude(margin, gross, cost, pending)
        self._sizes_before = size
        return View(
            block=block,
            timestamp=timestamp,
            index=self._index_path[block],
            mark=mark,
            mark_wad=tuple(marks),
            margin=margin,
            size=size,
            cost=cost,
            pending=pending @ np.ones_like(mark),
            equity=worth,
            notional=gross,
            maintenance=needed,
            liquidatable=np.flatnonzero(liquidatable(worth, needed, scale, self._exactly)),
            insurance=ledger.insurance / SCALE,
            ledger=ledger,
        )

    def pack(self, actions: Sequence[Action]) -> Batch:
        """The block's transactions, which pay its base fee and no more."""
        return self._packer.pack(actions, self._gas_limit, self._chain.block.base_fee)

    def observe(self, block: int, actions: Sequence[Action], receipts: Receipts) -> Operation:
        """Bring the ledger up to the block's end and say what the properties must look at."""
        ledger = self.ledger
        ledger.expect(None)
        ledger.apply(receipts)
        self._decoder.add(block, ledger.timestamp, receipts)
        increased, withdrew = self._concerned(actions, receipts)
        due = block % self._clock.funding_every == 0
        return Operation(
            label="block",
            block=block,
            increased=increased,
            withdrew=withdrew,
            probe=block % self._clock.probe_every == 0,
            settlement=self._settle_everybody() if due else None,
        )

    def take_events(self) -> list[Mapping[str, Columns]]:
        """Everything decoded since the last call, in order."""
        self._drain()
        decoded, self._decoded = self._decoded, []
        return decoded

    def failure_reason(self, receipts: Receipts, number: int) -> str:
        """Why a transaction did not succeed, in the contract's or the engine's words."""
        return receipts.reasons.get(number) or revert_reason(receipts.output_of(number))

    def sender_text(self, sender: int) -> str:
        """Address of a row, or the name of a keeper."""
        return self._texts[sender] if sender >= 0 else f"keeper {-sender}"

    def market_row(self, market: int) -> tuple[int, int, int, int, int, int]:
        """index, mark, open interest, funding index, loss_long, loss_short: stored, exact."""
        ledger = self.ledger
        return (
            ledger.index(market),
            ledger.mark(market),
            ledger.open_interest(market),
            ledger.stored_funding_index(market),
            ledger.loss_long(market),
            ledger.loss_short(market),
        )

    def account_rows(self, accounts: Sequence[int]) -> Iterator[tuple[object, ...]]:
        """Address, margin, equity, then size, cost and pending per market: exact."""
        for account, words in zip(accounts, self.ledger.account_words(accounts), strict=True):
            yield self._texts[account], *words

    def _marks_after(self, writes: Sequence[Action]) -> list[int]:
        """Marks once the price writes are in, as the feed computes them."""
        marks = [self.ledger.mark(market) for market in range(len(self.markets))]
        limit = self.deployment.parameters.basis_clamp
        for write in writes:
            if isinstance(write, UpdatePrice):
                basis = min(max(write.basis, -limit), limit)
                mark = write.index * (WAD + basis) // WAD
                marks[write.market] = mark - mark % TICK
        return marks

    def _exactly(self, accounts: Int1D) -> Bool1D:
        """Exact verdicts on accounts that floats cannot decide."""
        ledger = self.ledger
        rows = accounts.tolist()
        return np.array([ledger.settled_equity(row) < ledger.maintenance(row) for row in rows])

    def _concerned(
        self, actions: Sequence[Action], receipts: Receipts
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Accounts that increased a position by their own act, and those that withdrew.

        Who was hit afterwards in the same block is left out: by auto-deleveraging those it names,
        by a close-out or a takeover after it everybody, because the loss may have been shared.
        """
        parties: set[tuple[int, int]] = set()
        withdrew: set[int] = set()
        bankrupt: set[int] = set()
        for action, status in zip(actions, receipts.status.tolist(), strict=True):
            if status != STATUS_SUCCESS:
                continue
            if isinstance(action, Fill):
                parties.add((action.sender, action.market))
                parties.add((action.maker, action.market))
            elif isinstance(action, Liquidate):
                if action.account in bankrupt:
                    parties.clear()
                parties.add((action.sender, action.market))
            elif isinstance(action, Deleverage):
                bankrupt.add(action.account)
                named = {action.account, *action.candidates}
                parties = {party for party in parties if party[0] not in named}
            elif isinstance(action, CloseOut):
                parties.clear()
            elif isinstance(action, Withdraw):
                withdrew.add(action.sender)
        return self._grown(parties), tuple(sorted(withdrew))

    def _grown(self, parties: set[tuple[int, int]]) -> tuple[int, ...]:
        """Accounts that opened, grew or flipped since the block's start. Lots are exact floats."""
        before, after = self._sizes_before, self.ledger.sizes
        grown: set[int] = set()
        for row, market in parties:
            was, now = float(before[row, market]), float(after[row, market])
            if abs(now) > abs(was) or was * now < 0.0:
                grown.add(row)
        return tuple(sorted(grown))

    def _settle_everybody(self) -> FundingSettlement:
        self._drain()
        decoder = self._decoder
        return settle_everybody(self._chain, self.ledger, decoder.paid, decoder.socialised)

    def _drain(self) -> None:
        events = self._decoder.take()
        if events:
            self._decoded.append(events)
