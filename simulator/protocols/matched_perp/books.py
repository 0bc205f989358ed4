"""State of the exchange as plain Python objects, and what one account is worth.

Part of the risk model (model.py). It shares no code with the mirror and stores nothing that can be
added up: open interest is the sum of the positions, and funding and losses have a mark each.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from simulator.units import WAD


class Refused(Exception):
    """The exchange would revert; the message is its reason."""


def refuse_unless(condition: bool, reason: str) -> None:
    """The model's `assert`."""
    if not condition:
        raise Refused(reason)


def exact(amount: int) -> int:
    """1e-36 to 1e-18 without a remainder, which lots times ticks never leave."""
    quotient, remainder = divmod(amount, WAD)
    if remainder:
        raise ArithmeticError(f"{amount} is not a multiple of 1e18: a size or price is off grid")
    return quotient


def share_up(amount: int, fraction: int) -> int:
    """A WAD fraction of an amount, up."""
    return ceil(Fraction(amount * fraction, WAD))


@dataclass(slots=True)
class Position:
    """size signed; cost: quote received for it; funding and loss: the indices settled up to."""

    size: int
    cost: int
    funding: int
    loss: int

    @property
    def checkpoint(self) -> int:
        """The exchange's one number for both."""
        return self.loss + self.funding if self.size > 0 else self.loss - self.funding


@dataclass(slots=True)
class Quote:
    """Prices and sizes that are left."""

    bid_price: int = 0
    bid_size: int = 0
    ask_price: int = 0
    ask_size: int = 0


@dataclass(slots=True)
class Account:
    """margin in 1e-18 quote, wallet in 1e-6 tokens; positions and quotes by market."""

    wallet: int = 0
    margin: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    quotes: dict[int, Quote] = field(default_factory=dict)
    deleveraged: dict[int, int] = field(default_factory=dict)
    """Market -> block of the last auto-deleveraging."""

    def copy(self) -> Account:
        return Account(
            self.wallet,
            self.margin,
            {market: replace(position) for market, position in self.positions.items()},
            {market: replace(quote) for market, quote in self.quotes.items()},
            dict(self.deleveraged),
        )


@dataclass(slots=True)
class MarketState:
    """Prices as the feed has them, indices as the exchange has them."""

    index: int
    mark: int
    updated_at: int
    accrued_at: int
    funding: int = 0
    loss_long: int = 0
    loss_short: int = 0

    def loss(self, size: int) -> int:
        """Socialised loss per unit of the side on which `size` is."""
        return self.loss_long if size > 0 else self.loss_short


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account is worth when settled; requirements rounded up."""

    equity: int
    notional: int
    initial: int
    maintenance: int
    oldest_index: int | None
    """Time of the oldest index in use; None without positions."""
