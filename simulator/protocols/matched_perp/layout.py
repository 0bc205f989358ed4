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

from simulator.chain.layout import StorageView
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
    view = StorageView(deployment.perp_artifact.layout)
    markets = len(deployment.markets)
    positions = view.slots("positions", accounts).slots[:, : markets * POSITION_WIDTH]
    listed = view.slots("markets").slots[0, : markets * MARKET_WIDTH]
    return _joined(
        view.slots("margin", accounts).slots,
        view.slots("held", accounts).slots,
        positions.reshape(-1, markets, POSITION_WIDTH, 32).transpose(2, 0, 1, 3),
        listed.reshape(markets, MARKET_WIDTH, 32).transpose(1, 0, 2),
        view.slots("insurance").slots,
        view.slots("deficit").slots,
    )


def feed_slots(deployment: Deployment) -> Bytes2D:
    """Slots of the feed, uint8[3k, 32]."""
    view = StorageView(deployment.feed_artifact.layout)
    count = len(deployment.markets)
    names = ("index", "mark", "updated_at")
    return _joined(*(view.slots(name).slots[0, :count] for name in names))


def custody_slot(deployment: Deployment) -> Bytes2D:
    """The token balance of the exchange, uint8[1, 32]."""
    return balance_slots(deployment, [deployment.perp])


def balance_slots(deployment: Deployment, accounts: Sequence[Address]) -> Bytes2D:
    """The token balances (1e-6) of wallets, uint8[n, 32]."""
    view = StorageView(deployment.token_artifact.layout)
    return view.slots("balanceOf", accounts).flat_slots()


def _joined(*parts: Bytes2D) -> Bytes2D:
    """Slots one after the other, whatever the shape of the parts."""
    return np.concatenate([part.reshape(-1, 32) for part in parts])
