"""Trading: quotes, fills against them, and the two together as an agreed trade.

Each function yields exact steps; the caller plays a step before it asks for the next, so later
amounts see what the earlier steps did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from audits.actions.amounts import Amount, largest_accepted
from audits.world import AuditWorld
from simulator.agent import Fill, Quote
from simulator.units import LOT, TICK, WAD, div_floor, quantise_floor

MOST = 0
"""Drawn as a share: the largest trade that the protocol accepts, found by trying."""

SHARES = st.sampled_from([50, 10, 90, 100, 1, MOST, MOST])
"""Size of a trade in percent of what both parties' free margin carries, or MOST."""

EDGES = st.sampled_from([0, 10, -10, 300, -300])
"""Price of a trade against the mark, in basis points of it: above 0 the taker pays more."""


@dataclass(frozen=True, slots=True)
class Deal:
    """Who trades with whom, where, at which side and edge; `buys` is the taker's side."""

    taker: int
    maker: int
    market: int
    buys: bool
    edge: int

    def price(self, world: AuditWorld) -> int:
        shift = self.edge if self.buys else -self.edge
        moved = div_floor(world.ledger.mark(self.market) * (10_000 + shift), 10_000)
        return max(quantise_floor(moved, TICK), TICK)

    def quote(self, price: int, size: int) -> Quote:
        bid, ask = (0, size) if self.buys else (size, 0)
        return Quote(self.maker, self.market, price, bid, price, ask)

    def fill(self, price: int, size: int) -> Fill:
        signed = size if self.buys else -size
        return Fill(self.taker, self.maker, self.market, signed, price)


def trade(world: AuditWorld, deal: Deal, percent: int) -> Iterator[Quote | Fill]:
    """The maker quotes, the taker takes a share of what their free margin carries, or MOST."""
    price = deal.price(world)
    carried = min(_carried(world, deal.taker, deal.edge), _carried(world, deal.maker, deal.edge))
    if percent != MOST:
        size = _lots(div_floor(carried * percent, 100), price)
        yield deal.quote(price, size)
        yield deal.fill(price, size)
        return
    guess = div_floor(_lots(carried, price), LOT)
    yield deal.quote(price, 4 * guess * LOT)
    most = largest_accepted(
        lambda lots: world.accepts(deal.fill(price, lots * LOT)), 4 * guess, guess
    )
    yield deal.fill(price, max(most, 1) * LOT)


def close(
    world: AuditWorld, account: int, maker: int, market: int, share: Amount
) -> Iterator[Quote | Fill]:
    """Trade `share` of the account's position back at the mark; more than all of it flips."""
    held = world.ledger.size(account, market)
    size = share.of(div_floor(abs(held), LOT)) * LOT
    if size:
        deal = Deal(account, maker, market, held < 0, 0)
        yield deal.quote(deal.price(world), size)
        yield deal.fill(deal.price(world), size)


def quote_both(world: AuditWorld, maker: int, market: int, edge: int, percent: int) -> Quote:
    """A bid and an ask around the mark, `edge` basis points away (crossed if it is negative)."""
    mark = world.ledger.mark(market)
    width = div_floor(mark * edge, 10_000)
    bid, ask = (max(quantise_floor(mark + way * width, TICK), TICK) for way in (-1, 1))
    size = _lots(div_floor(_carried(world, maker, edge) * (percent or 100), 100), mark)
    return Quote(maker, market, bid, size, ask, size)


def take(world: AuditWorld, taker: int, maker: int, market: int, share: Amount) -> Fill | None:
    """Take a share of what the maker's standing quote offers, bids and asks in turn."""
    quote = world.quotes.get((maker, market))
    if quote is None:
        return None
    buys = quote.ask_size >= quote.bid_size
    size = share.of(div_floor(quote.ask_size if buys else quote.bid_size, LOT)) * LOT
    price = quote.ask_price if buys else quote.bid_price
    return Fill(taker, maker, market, size if buys else -size, price) if size else None


def _carried(world: AuditWorld, account: int, edge: int) -> int:
    """Notional that an account's free margin carries on top of what it holds, about.

    Fees and the loss against the mark are paid from the same margin.
    """
    parameters = world.parameters
    rate = parameters.initial_margin + parameters.taker_fee + abs(Decimal(edge) / 10_000)
    free = world.ledger.settled_equity(account) - world.ledger.initial(account)
    return div_floor(max(free, WAD) * WAD, int(rate * WAD))


def _lots(notional: int, price: int) -> int:
    return max(quantise_floor(div_floor(notional * WAD, price), LOT), LOT)
