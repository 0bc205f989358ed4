"""The exchange's state off chain, kept up to date from watched storage slots.

No view call is ever made: the chain reports which watched slots changed in a batch, `apply` writes
them to an exact list of integers and to float64 arrays and moves the running totals, at about a
microsecond per slot. `reload` reads everything again (after set-up, a revert or a clone).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.chain.base import Chain, Receipts
from simulator.errors import ChainError
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.protocols.matched_perp.layout import custody_slot, feed_slots, perp_slots
from simulator.protocols.matched_perp.ledger import ExactLedger, MarketTotals
from simulator.types import Address, Float1D, Float2D, Int1D, Words
from simulator.units import words_to_integers

SCALE = 1e18
SYSTEM = -1
"""In place of a row: the slot belongs to no account."""


class Mirror(ExactLedger):
    """n accounts and k markets. Arrays are float64 in quote or units, views that stay valid.

    margins: [n]; sizes, costs, checkpoints: [n, k]; index_prices, mark_prices: [k].
    """

    def __init__(self, chain: Chain, deployment: Deployment, accounts: Sequence[Address]) -> None:
        super().__init__(deployment.parameters, len(accounts), len(deployment.markets))
        self.deployment = deployment
        self.accounts = tuple(accounts)
        self._first = chain.watch(deployment.perp, perp_slots(deployment, self.accounts))
        chain.watch(deployment.feed, feed_slots(deployment))
        last = chain.watch(deployment.token, custody_slot(deployment))
        if last != self._first + self.layout.custody:
            raise ChainError("the mirror's slots are not consecutive in the chain's watch list")
        self._floats = np.zeros(self.layout.count)
        self.margins: Float1D = self._floats[: self.layout.accounts]
        self.sizes: Float2D = self._table(self.layout.size)
        self.costs: Float2D = self._table(self.layout.cost)
        self._checkpoint_high = np.zeros((self.layout.accounts, self.layout.markets))
        self._checkpoint_low = np.zeros_like(self._checkpoint_high)
        self._highest = [0] * self.layout.markets
        self._row_of = self._rows()
        self._starts = np.array(self._kinds(), np.int64)
        self.reload(chain)

    @property
    def checkpoints(self) -> Float2D:
        return self._table(self.layout.checkpoint)

    @property
    def index_prices(self) -> Float1D:
        return self._floats[self.layout.index : self.layout.mark]

    @property
    def mark_prices(self) -> Float1D:
        return self._floats[self.layout.mark : self.layout.updated_at]

    def pendings(self) -> Float2D:
        """float64[n, k] quote: funding and losses not settled yet, accrued to `timestamp`.

        Index and checkpoint are subtracted in two parts each: after a crash an index can be a
        thousand times the price, and a plain difference of floats would lose the digits that count.
        """
        pairs = [self.side_indices(market) for market in range(self.layout.markets)]
        sizes = self.sizes
        is_long = sizes > 0
        longs, shorts = [float(pair[0]) for pair in pairs], [float(pair[1]) for pair in pairs]
        owed: Float2D = np.where(is_long, longs, shorts)
        owed -= self._checkpoint_high
        if not self._indices_are_small(pairs):
            low_longs = [_two_floats(pair[0])[1] for pair in pairs]
            low_shorts = [_two_floats(pair[1])[1] for pair in pairs]
            owed += np.where(is_long, low_longs, low_shorts) - self._checkpoint_low
        owed *= np.abs(sizes)
        owed /= SCALE
        return owed

    def _indices_are_small(self, pairs: Sequence[tuple[int, int]]) -> bool:
        """Whether every index has stayed below the price, so that one float each is exact enough.

        Checkpoints are earlier values of the indices; `_highest` remembers the largest ever seen.
        """
        for market, pair in enumerate(pairs):
            self._highest[market] = max(self._highest[market], abs(pair[0]), abs(pair[1]))
        marks = self._marks()
        return all(high <= mark for high, mark in zip(self._highest, marks, strict=True))

    def apply(self, receipts: Receipts) -> Int1D:
        """Take over what a batch changed; the rows of the accounts it touched, ascending."""
        index = receipts.watched_index - self._first
        words = receipts.watched_value
        if len(index) and (index[0] < 0 or index[-1] >= self.layout.count):
            ours = (index >= 0) & (index < self.layout.count)  # another mirror on the same chain
            index, words = index[ours], words[ours]
        if not len(index):
            return index
        # Unsigned values of the exchange stay far below 2**255, so all may be read as signed.
        values = words_to_integers(words, signed=True)
        self._move(index, values)
        self._floats[index] = [value / SCALE for value in values]
        rows = set(self._row_of[index].tolist())  # several times quicker than np.unique here
        rows.discard(SYSTEM)
        return np.array(sorted(rows), np.int64)

    def reload(self, chain: Chain) -> None:
        """Read every slot again and add the totals up from nothing."""
        first = self._first
        words = chain.watched()[first : first + self.layout.count]
        values = words_to_integers(words, signed=True)
        self.margin_total = 0
        self.totals = [MarketTotals() for _ in range(self.layout.markets)]
        self._exact = [0] * self.layout.count
        self._move(np.arange(self.layout.count, dtype=np.int64), values)
        self._floats[:] = [value / SCALE for value in values]
        self.timestamp = chain.block.timestamp
        first, last, markets = (
            self.layout.checkpoint,
            self.layout.open_interest,
            self.layout.markets,
        )
        checkpoints = [abs(value) for value in values[first:last]]
        self._highest = [max(checkpoints[market::markets], default=0) for market in range(markets)]

    def stored_margins(self, chain: Chain) -> list[int]:
        """Margins on chain as they are now, exact, whatever the mirror says."""
        words = chain.watched()[self._first : self._first + self.layout.accounts]
        return words_to_integers(words, signed=True)

    def recompute(self, chain: Chain) -> list[str]:
        """Differences between this mirror and the chain, slot by slot and total by total."""
        first = self._first
        words = chain.watched()[first : first + self.layout.count]
        values = words_to_integers(words, signed=True)
        faults = [
            f"slot {slot}: mirror {ours}, chain {theirs}"
            for slot, (ours, theirs) in enumerate(zip(self._exact, values, strict=True))
            if ours != theirs
        ]
        fresh, margin_total = _totals(values, self)
        if margin_total != self.margin_total:
            faults.append(f"sum of margin: {self.margin_total}, recomputed {margin_total}")
        for market, (ours, theirs) in enumerate(zip(self.totals, fresh, strict=True)):
            if ours != theirs:
                faults.append(f"market {market}: {ours}, recomputed {theirs}")
        return faults

    def words(self, accounts: Sequence[int]) -> Words:
        """uint64[., 2 + 3k, 4]: margin, held, then size, cost, checkpoint per market."""
        width, markets = self.layout, self.layout.markets
        raw = bytearray()
        for account in accounts:
            raw += _word(self.margin(account)) + _word(self.held(account))
            for market in range(markets):
                for kind in (width.size, width.cost, width.checkpoint):
                    raw += _word(self._exact[kind + account * markets + market])
        return np.frombuffer(bytes(raw), np.uint64).reshape(len(accounts), 2 + 3 * markets, 4)

    def _move(self, index: Int1D, values: list[int]) -> None:
        """Write exact values (ascending index) and move the totals along."""
        self._sides.clear()
        slots = index.tolist()
        exact = self._exact
        held, size, cost, checkpoint, rest = np.searchsorted(index, self._starts).tolist()
        for slot, value in zip(slots[:held], values[:held], strict=True):
            self.margin_total += value - exact[slot]
            exact[slot] = value
        for slot, value in zip(slots[held:size], values[held:size], strict=True):
            exact[slot] = value
        self._move_sizes(slots[size:cost], values[size:cost])
        markets, first = self.layout.markets, self.layout.cost
        for slot, value in zip(slots[cost:checkpoint], values[cost:checkpoint], strict=True):
            self.totals[(slot - first) % markets].cost += value - exact[slot]
            exact[slot] = value
        self._move_checkpoints(slots[checkpoint:rest], values[checkpoint:rest])
        for slot, value in zip(slots[rest:], values[rest:], strict=True):
            exact[slot] = value

    def _move_sizes(self, slots: list[int], values: list[int]) -> None:
        exact, markets = self._exact, self.layout.markets
        first, to_checkpoint = self.layout.size, self.layout.checkpoint - self.layout.size
        for slot, value in zip(slots, values, strict=True):
            totals = self.totals[(slot - first) % markets]
            checkpoint = exact[slot + to_checkpoint]
            for size, sign in ((exact[slot], -1), (value, 1)):
                if size > 0:
                    totals.longs += sign * size
                    totals.longs_checkpoint += sign * size * checkpoint
                elif size < 0:
                    totals.shorts -= sign * size
                    totals.shorts_checkpoint -= sign * size * checkpoint
            exact[slot] = value

    def _move_checkpoints(self, slots: list[int], values: list[int]) -> None:
        exact, markets = self._exact, self.layout.markets
        first, to_size = self.layout.checkpoint, self.layout.size - self.layout.checkpoint
        high, low = self._checkpoint_high.reshape(-1), self._checkpoint_low.reshape(-1)
        for slot, value in zip(slots, values, strict=True):
            size = exact[slot + to_size]
            moved = size * (value - exact[slot])
            if size > 0:
                self.totals[(slot - first) % markets].longs_checkpoint += moved
            elif size < 0:
                self.totals[(slot - first) % markets].shorts_checkpoint -= moved
            exact[slot] = value
            high[slot - first], low[slot - first] = _two_floats(value)

    def _table(self, first: int) -> Float2D:
        count = self.layout.accounts * self.layout.markets
        return self._floats[first : first + count].reshape(-1, self.layout.markets)

    def _rows(self) -> Int1D:
        """Row of the account that a slot belongs to, or SYSTEM."""
        accounts = np.arange(self.layout.accounts)
        positions = np.repeat(accounts, self.layout.markets)
        rows = np.full(self.layout.count, SYSTEM, np.int64)
        owned = np.concatenate([accounts, accounts, positions, positions, positions])
        rows[: len(owned)] = owned
        return rows

    def _kinds(self) -> tuple[int, ...]:
        width = self.layout
        return width.held, width.size, width.cost, width.checkpoint, width.open_interest


def _two_floats(value: int) -> tuple[float, float]:
    """The nearest float and what it leaves out, both 1e-18: together about 106 bits."""
    high = float(value)
    return high, float(value - int(high))


def _word(value: int) -> bytes:
    return value.to_bytes(32, "little", signed=True)


def _totals(values: list[int], ledger: ExactLedger) -> tuple[list[MarketTotals], int]:
    """Totals added up from raw values, by another way than the running ones."""
    width = ledger.layout
    totals = []
    for market in range(width.markets):
        last = width.accounts * width.markets
        sizes = values[width.size + market : width.size + last : width.markets]
        costs = values[width.cost + market : width.cost + last : width.markets]
        checks = values[width.checkpoint + market : width.checkpoint + last : width.markets]
        pairs = list(zip(sizes, checks, strict=True))
        totals.append(
            MarketTotals(
                cost=sum(costs),
                longs=sum(size for size in sizes if size > 0),
                shorts=-sum(size for size in sizes if size < 0),
                longs_checkpoint=sum(size * check for size, check in pairs if size > 0),
                shorts_checkpoint=-sum(size * check for size, check in pairs if size < 0),
            )
        )
    return totals, sum(values[: width.accounts])
