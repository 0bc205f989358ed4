"""The exchange's numbers in exact integers, from mirrored slots and running totals.

Everything is as of `timestamp`: funding since the last accrual is added as the contract would
accrue it at that time. Rounding is the contract's own: requirements up, the rest exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulator.protocols.matched_perp.layout import Layout
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.units import SECONDS_PER_DAY, TICK, WAD, WAD_PER_TOKEN


@dataclass(slots=True)
class MarketTotals:
    """Sums over the positions of one market. Sizes and costs in 1e-18, products in 1e-36."""

    cost: int = 0
    longs: int = 0
    """Sum of sizes above 0."""
    shorts: int = 0
    """Sum of |size| below 0."""
    longs_checkpoint: int = 0
    """Sum of size x checkpoint over longs."""
    shorts_checkpoint: int = 0


def funding_payment(index: int, mark: int, elapsed: int, cap_per_day: int) -> int:
    """Quote per unit that longs pay for `elapsed` seconds (1e-18, toward zero to the tick)."""
    limit = index * cap_per_day // WAD
    premium = min(max(mark - index, -limit), limit)
    size = abs(premium) * elapsed // SECONDS_PER_DAY
    size -= size % TICK
    return size if premium >= 0 else -size


class ExactLedger:
    """Exact numbers of accounts and of the system; satisfies `simulator.property.Ledger`."""

    def __init__(self, parameters: Parameters, accounts: int, markets: int) -> None:
        self.parameters = parameters
        self.layout = Layout(accounts, markets)
        self.timestamp = 0
        """Seconds; the time to which funding is accrued. Set it to the block's."""
        self.donated = 0
        """Tokens (1e-6) sent to the exchange outside of its functions, counted apart."""
        self.margin_total = 0
        self.totals = [MarketTotals() for _ in range(markets)]
        self._exact: list[int] = [0] * self.layout.count
        self._expected_marks: list[int] | None = None
        self._sides: dict[int, tuple[int, int]] = {}
        self._sides_at = -1

    def expect(self, marks: Sequence[int] | None) -> None:
        """Judge accounts at marks about to be written in this block, or (None) at the stored."""
        self._expected_marks = None if marks is None else list(marks)

    @property
    def account_count(self) -> int:
        return self.layout.accounts

    @property
    def market_count(self) -> int:
        return self.layout.markets

    @property
    def insurance(self) -> int:
        return self._exact[self.layout.insurance]

    @property
    def deficit(self) -> int:
        return self._exact[self.layout.deficit]

    @property
    def custody(self) -> int:
        """Tokens owned, in 1e-18 quote, donations left out."""
        return (self._exact[self.layout.custody] - self.donated) * WAD_PER_TOKEN

    def index(self, market: int) -> int:
        return self._exact[self.layout.index + market]

    def mark(self, market: int) -> int:
        return self._exact[self.layout.mark + market]

    def updated_at(self, market: int) -> int:
        """Time of the last index."""
        return self._exact[self.layout.updated_at + market]

    def open_interest(self, market: int) -> int:
        return self._exact[self.layout.open_interest + market]

    def accrued_at(self, market: int) -> int:
        return self._exact[self.layout.accrued_at + market]

    def stored_funding_index(self, market: int) -> int:
        """As on chain, without the funding since the last accrual."""
        return self._exact[self.layout.funding_index + market]

    def loss_long(self, market: int) -> int:
        """Socialised loss per unit long since listing."""
        return self._exact[self.layout.loss_long + market]

    def loss_short(self, market: int) -> int:
        return self._exact[self.layout.loss_short + market]

    def margin(self, account: int) -> int:
        """Stored settled cash, before pending funding."""
        return self._exact[account]

    def held(self, account: int) -> int:
        """Bit m: there is a position in market m."""
        return self._exact[self.layout.held + account]

    def size(self, account: int, market: int) -> int:
        return self._exact[self.layout.size + account * self.layout.markets + market]

    def cost(self, account: int, market: int) -> int:
        """Quote received for the open size: below 0 for a long."""
        return self._exact[self.layout.cost + account * self.layout.markets + market]

    def checkpoint(self, account: int, market: int) -> int:
        return self._exact[self.layout.checkpoint + account * self.layout.markets + market]

    def funding_index(self, market: int) -> int:
        """Accrued to `timestamp`."""
        elapsed = self.timestamp - self.accrued_at(market)
        stored = self.stored_funding_index(market)
        if elapsed <= 0:
            return stored
        cap = self.parameters.funding_cap_per_day
        return stored + funding_payment(self.index(market), self.mark(market), elapsed, cap)

    def side_indices(self, market: int) -> tuple[int, int]:
        """What a long and a short owe per unit since listing, accrued to `timestamp`.

        Remembered until a slot or the time changes: everything about an account starts here.
        """
        if self._sides_at != self.timestamp:
            self._sides.clear()
            self._sides_at = self.timestamp
        sides = self._sides.get(market)
        if sides is None:
            funding = self.funding_index(market)
            sides = self.loss_long(market) + funding, self.loss_short(market) - funding
            self._sides[market] = sides
        return sides

    def pending(self, account: int) -> int:
        """Funding and losses owed (above 0) but not settled, over all markets."""
        return sum(self.pending_in(account, m) for m in range(self.layout.markets))

    def pending_in(self, account: int, market: int) -> int:
        size = self.size(account, market)
        if not size:
            return 0
        long_index, short_index = self.side_indices(market)
        index = long_index if size > 0 else short_index
        return abs(size) * (index - self.checkpoint(account, market)) // WAD

    def settled_margin(self, account: int) -> int:
        """Settled cash after pending funding, without open profit."""
        return self._health(account, self._marks())[0]

    def settled_equity(self, account: int) -> int:
        """E at the mark with pending funding and losses accrued to `timestamp`."""
        return self._health(account, self._marks())[1]

    def equity_at(self, account: int, prices: Sequence[int]) -> int:
        """E at other prices (on the tick)."""
        return self._health(account, prices)[1]

    def notional(self, account: int) -> int:
        """Gross, at the mark."""
        return self._health(account, self._marks())[2]

    def _health(self, account: int, prices: Sequence[int]) -> tuple[int, int, int]:
        """Settled cash, equity and gross notional at `prices`, in one pass over the markets.

        Lots times ticks leave no remainder, so the divisions are exact. Everything that is asked of
        an account ends here, a hundred times a block: hence the offsets by hand.
        """
        exact, layout = self._exact, self.layout
        first = account * layout.markets
        size_at, cost_at = layout.size + first, layout.cost + first
        checkpoint_at = layout.checkpoint + first
        cash, profit, gross = exact[account], 0, 0
        for market, price in enumerate(prices):
            size = exact[size_at + market]
            if size:
                longs, shorts = self.side_indices(market)
                index = longs if size > 0 else shorts
                cash -= abs(size) * (index - exact[checkpoint_at + market]) // WAD
                worth = size * price // WAD
                profit += worth + exact[cost_at + market]
                gross += abs(worth)
        return cash, cash + profit, gross

    def account_words(self, accounts: Iterable[int]) -> Iterator[tuple[int, ...]]:
        """Of each: stored margin, settled equity, then size, cost and pending of every market."""
        exact, layout = self._exact, self.layout
        markets = [
            (layout.size + market, mark, *self.side_indices(market))
            for market, mark in enumerate(self._marks())
        ]
        to_cost = layout.cost - layout.size
        to_checkpoint = layout.checkpoint - layout.size
        for account in accounts:
            stored = exact[account]
            words, equity, first = [stored, 0], stored, account * layout.markets
            for size_at, mark, longs, shorts in markets:
                slot = size_at + first
                size = exact[slot]
                if not size:
                    words += (0, exact[slot + to_cost], 0)
                    continue
                cost, checkpoint = exact[slot + to_cost], exact[slot + to_checkpoint]
                owed = (longs if size > 0 else shorts) - checkpoint
                pending = abs(size) * owed // WAD
                equity += size * mark // WAD + cost - pending
                words += (size, cost, pending)
            words[1] = equity
            yield tuple(words)

    def initial_excess(self, account: int) -> int:
        """Settled equity less the initial margin requirement: below 0 is short of it."""
        _, equity, gross = self._health(account, self._marks())
        return equity - _wad_up(gross, self.parameters.initial_margin)

    def initial(self, account: int) -> int:
        """Initial margin requirement, up."""
        return _wad_up(self.notional(account), self.parameters.initial_margin)

    def maintenance(self, account: int) -> int:
        """Maintenance margin requirement, up."""
        return _wad_up(self.notional(account), self.parameters.maintenance_margin)

    def open_interest_residual(self, market: int) -> int:
        """|stored - longs| + |longs - shorts|, so that two errors cannot cancel; 0 when right."""
        totals = self.totals[market]
        stored = self.open_interest(market)
        return abs(stored - totals.longs) + abs(totals.longs - totals.shorts)

    def pending_total(self, market: int) -> int:
        """Sum of pending over the market's positions."""
        totals = self.totals[market]
        long_index, short_index = self.side_indices(market)
        owed = long_index * totals.longs - totals.longs_checkpoint
        owed += short_index * totals.shorts - totals.shorts_checkpoint
        return owed // WAD

    def custody_residual(self) -> int:
        """Tokens owned - (sum(margin + cost - pending) + insurance - deficit); 0 when exact."""
        claims = self.margin_total + self.insurance - self.deficit
        for market in range(self.layout.markets):
            claims += self.totals[market].cost - self.pending_total(market)
        return self.custody - claims

    def zero_sum_residual(self, prices: Sequence[int]) -> int:
        """Sum of equity at `prices` + insurance - deficit - tokens owned; 0 when exact."""
        open_value = 0
        for totals, price in zip(self.totals, prices, strict=True):
            open_value += (totals.longs - totals.shorts) * price
        return open_value // WAD - self.custody_residual()

    def zero_sum_by_account(self, prices: Sequence[int]) -> int:
        """The same without the running totals: every account's equity, one by one."""
        equity = sum(self.equity_at(account, prices) for account in range(self.layout.accounts))
        return equity + self.insurance - self.deficit - self.custody

    def adl_rank(self, account: int, market: int) -> int:
        """(open profit / |cost|) x (N / E), settled, down at each division; 0 without a claim."""
        profit = self.size(account, market) * self._marks()[market] // WAD
        profit += self.cost(account, market)
        equity = self.settled_equity(account)
        if profit <= 0 or equity <= 0:
            return 0
        gain = profit * WAD // abs(self.cost(account, market))
        return gain * self.notional(account) // equity

    def _marks(self) -> list[int]:
        if self._expected_marks is not None:
            return self._expected_marks
        return self._exact[self.layout.mark : self.layout.mark + self.layout.markets]


def _wad_up(amount: int, fraction: int) -> int:
    return -(-amount * fraction // WAD)
