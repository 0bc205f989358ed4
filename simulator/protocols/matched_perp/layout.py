"""Which storage slots the mirror watches, and in which order.

Order of the watch list, n accounts and k markets: margin[n], held[n], size[n, k], cost[n, k],
checkpoint[n, k]; per market open_interest[k], funding_index[k], loss_long[k], loss_short[k],
accrued_at[k]; insurance, deficit; of the feed index[k], mark[k], updated_at[k]; the exchange's
token balance. Kinds are contiguous, so that float views are and a batch splits by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.chain.abi import mapping_slot, uint_word
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.types import Address, Bytes2D

POSITION_WIDTH = 3  # size, cost, checkpoint
MARKET_WIDTH = 5  # open_interest, funding_index, loss_long, loss_short, accrued_at


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of the kinds in the watch list; `count` is its length."""

    accounts: int
    markets: int

    @property
    def held(self) -> int:
        return self.accounts

    @property
    def size(self) -> int:
        return 2 * self.accounts

    @property
    def cost(self) -> int:
        return self.size + self.accounts * self.markets

    @property
    def checkpoint(self) -> int:
        return self.cost + self.accounts * self.markets

    @property
    def open_interest(self) -> int:
        return self.checkpoint + self.accounts * self.markets

    @property
    def funding_index(self) -> int:
        return self.open_interest + self.markets

    @property
    def loss_long(self) -> int:
        return self.funding_index + self.markets

    @property
    def loss_short(self) -> int:
        return self.loss_long + self.markets

    @property
    def accrued_at(self) -> int:
        return self.loss_short + self.markets

    @property
    def insurance(self) -> int:
        return self.accrued_at + self.markets

    @property
    def deficit(self) -> int:
        return self.insurance + 1

    @property
    def index(self) -> int:
        return self.deficit + 1

    @property
    def mark(self) -> int:
        return self.index + self.markets

    @property
    def updated_at(self) -> int:
        return self.mark + self.markets

    @property
    def custody(self) -> int:
        return self.updated_at + self.markets

    @property
    def count(self) -> int:
        return self.custody + 1


def perp_slots(deployment: Deployment, accounts: Sequence[Address]) -> Bytes2D:
    """Slots of the exchange, uint8[., 32], in the order of the watch list."""
    storage = deployment.perp_artifact.storage_layout
    markets = len(deployment.markets)
    margin, held = storage["margin"].slot, storage["held"].slot
    positions = storage["positions"].slot
    entries = [mapping_slot(positions, account) for account in accounts]
    slots = [mapping_slot(margin, account) for account in accounts]
    slots += [mapping_slot(held, account) for account in accounts]
    for member in range(POSITION_WIDTH):
        slots += [
            entry + POSITION_WIDTH * market + member
            for entry in entries
            for market in range(markets)
        ]
    first = storage["markets"].slot
    for member in range(MARKET_WIDTH):
        slots += [first + MARKET_WIDTH * market + member for market in range(markets)]
    slots += [storage["insurance"].slot, storage["deficit"].slot]
    return as_slots(slots)


def feed_slots(deployment: Deployment) -> Bytes2D:
    """Slots of the feed, uint8[3k, 32]."""
    storage = deployment.feed_artifact.storage_layout
    names = ("index", "mark", "updated_at")
    count = len(deployment.markets)
    return as_slots([storage[name].slot + market for name in names for market in range(count)])


def custody_slot(deployment: Deployment) -> Bytes2D:
    """The token balance of the exchange, uint8[1, 32]."""
    return balance_slots(deployment, [deployment.perp])


def balance_slots(deployment: Deployment, accounts: Sequence[Address]) -> Bytes2D:
    """The token balances (1e-6) of wallets, uint8[n, 32]."""
    slot = deployment.token_artifact.storage_layout["balanceOf"].slot
    return as_slots([mapping_slot(slot, account) for account in accounts])


def as_slots(slots: Sequence[int]) -> Bytes2D:
    """uint8[n, 32] big-endian. A struct may run over the end of the slot space in theory only."""
    raw = b"".join(map(uint_word, slots))
    return np.frombuffer(raw, np.uint8).reshape(len(slots), 32)
