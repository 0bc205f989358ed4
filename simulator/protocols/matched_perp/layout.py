"""Which storage slots the mirror watches, and in which order.

Order of the watch list, n accounts and k markets: margin[n], held[n], size[n, k], cost[n, k],
checkpoint[n, k]; per market open_interest[k], funding_index[k], loss_long[k], loss_short[k],
accrued_at[k]; insurance, deficit; of the feed index[k], mark[k], updated_at[k]; the exchange's
token balance. Kinds are contiguous, so that float views are and a batch splits by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.chain.abi import mapping_slot, uint_word
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.types import Address, Bytes2D

POSITION_WIDTH = 3  # size, cost, checkpoint
MARKET_WIDTH = 5  # open_interest, funding_index, loss_long, loss_short, accrued_at


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of the kinds in the watch list; `count` is its length.

    Plain fields, not properties: the ledger looks them up some hundred times a block.
    """

    accounts: int
    markets: int
    held: int = field(init=False)
    size: int = field(init=False)
    cost: int = field(init=False)
    checkpoint: int = field(init=False)
    open_interest: int = field(init=False)
    funding_index: int = field(init=False)
    loss_long: int = field(init=False)
    loss_short: int = field(init=False)
    accrued_at: int = field(init=False)
    insurance: int = field(init=False)
    deficit: int = field(init=False)
    index: int = field(init=False)
    mark: int = field(init=False)
    updated_at: int = field(init=False)
    custody: int = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        accounts, markets = self.accounts, self.markets
        positions = accounts * markets
        widths = (
            ("held", accounts),
            ("size", accounts),
            ("cost", positions),
            ("checkpoint", positions),
            ("open_interest", positions),
            ("funding_index", markets),
            ("loss_long", markets),
            ("loss_short", markets),
            ("accrued_at", markets),
            ("insurance", markets),
            ("deficit", 1),
            ("index", 1),
            ("mark", markets),
            ("updated_at", markets),
            ("custody", markets),
            ("count", 1),
        )
        offset = 0
        for name, width_before in widths:
            offset += width_before
            object.__setattr__(self, name, offset)


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
