"""Agents propose, the chain disposes.

An agent sees a read-only `View` and answers with frozen `Action` messages; only the engine turns
them into transactions. All randomness of a population is drawn up front (agents/population.py), so
that two runs with one seed differ in the mechanism under test and in nothing else.

Accounts are rows of the ledger (0 .. n - 1), never addresses: the adapter resolves them. Sizes,
prices and amounts in actions are exact integers of 1e-18.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from simulator.property import Ledger
from simulator.types import Float1D, Float2D, Int1D

ORACLE_KEEPER = -1
FUNDING_KEEPER = -2
ADL_KEEPER = -3
"""Senders that hold no position and so have no row in the ledger."""


@dataclass(frozen=True, slots=True)
class UpdatePrice:
    """Write index (1e-18 quote per unit) and basis (WAD fraction) of a market to the feed."""

    market: int
    index: int
    basis: int
    sender: int = ORACLE_KEEPER


@dataclass(frozen=True, slots=True)
class ConfirmPrice:
    """Heartbeat of an index that has not changed."""

    market: int
    sender: int = ORACLE_KEEPER


@dataclass(frozen=True, slots=True)
class Accrue:
    """Bring the funding index of a market up to now."""

    market: int
    sender: int = FUNDING_KEEPER


@dataclass(frozen=True, slots=True)
class Deposit:
    """Move `amount` (1e-6 tokens) from the sender's wallet into margin."""

    sender: int
    amount: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Move `amount` (1e-6 tokens) from margin into the sender's wallet."""

    sender: int
    amount: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Replace the sender's bid and ask in a market; a size of 0 withdraws that side."""

    sender: int
    market: int
    bid_price: int
    bid_size: int
    ask_price: int
    ask_size: int


@dataclass(frozen=True, slots=True)
class Fill:
    """Take from a maker's quote: size > 0 buys at the ask, size < 0 sells at the bid.

    `forced` marks the unwinding of a taken-over position; it weighs fully on the mark.
    """

    sender: int
    maker: int
    market: int
    size: int
    limit_price: int
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """Realise an account's pending funding."""

    sender: int
    account: int


@dataclass(frozen=True, slots=True)
class Liquidate:
    """Take over up to `max_size` of an account's position in a market at the mark."""

    sender: int
    account: int
    market: int
    max_size: int


@dataclass(frozen=True, slots=True)
class Deleverage:
    """Close a bankrupt account against ranked profitable candidates at its bankruptcy price."""

    account: int
    market: int
    candidates: tuple[int, ...]
    sender: int = ADL_KEEPER


@dataclass(frozen=True, slots=True)
class CloseOut:
    """Match the rest of a bankrupt account at the mark against any opposite accounts."""

    account: int
    market: int
    counterparties: tuple[int, ...]
    sender: int = ADL_KEEPER


@dataclass(frozen=True, slots=True)
class FundInsurance:
    """Give `amount` (1e-6 tokens) from the sender's wallet to the insurance fund."""

    sender: int
    amount: int


Action: TypeAlias = (
    UpdatePrice
    | ConfirmPrice
    | Accrue
    | Deposit
    | Withdraw
    | Quote
    | Fill
    | Settle
    | Liquidate
    | Deleverage
    | CloseOut
    | FundInsurance
)


@dataclass(slots=True)
class View:
    """What may be seen at the start of a block, with the block's own price writes applied.

    Arrays have a row per account and a column per market, in quote units (float64); `ledger` has
    the same state in exact integers. `index` is the true price, `mark` the one on chain.
    """

    block: int
    timestamp: int
    index: Float1D
    mark: Float1D
    mark_wad: tuple[int, ...]
    margin: Float1D
    size: Float2D
    cost: Float2D
    pending: Float1D
    equity: Float1D
    notional: Float1D
    maintenance: Float1D
    liquidatable: Int1D
    insurance: float
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a block's actions: status per action (see simulator.chain.base)."""

    actions: Sequence[Action]
    status: bytes


class Agent(Protocol):
    """One archetype, possibly many accounts of it."""

    def act(self, view: View) -> Sequence[Action]:
        """Propose this block's transactions, in the order in which they should run."""
        ...

    def learn(self, outcome: Outcome, view: View) -> None:
        """See what became of the block (not only one's own actions)."""
        ...
