"""Money in and out, quotes and fills of the risk model."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from simulator.protocols.matched_perp.books import Account, Quote, exact, refuse_unless, share_up
from simulator.protocols.matched_perp.model_core import MAX_PRICE, ModelCore, all_or_nothing
from simulator.types import Address
from simulator.units import LOT, TICK, WAD, WAD_PER_TOKEN

MAX_SIZE = 10**32
MAX_AMOUNT = 10**30


class TradingModel(ModelCore):
    """What a user may do with his own account."""

    @all_or_nothing
    def deposit(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        account = self.account(sender)
        account.margin += amount * WAD_PER_TOKEN
        self._pull(account, amount)

    @all_or_nothing
    def withdraw(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        self._settle(sender)
        account = self.account(sender)
        account.margin -= amount * WAD_PER_TOKEN
        standing = self.standing(sender)
        self._require_fresh(standing, self.parameters.stale_trade_seconds)
        covered = min(standing.equity, account.margin)
        refuse_unless(covered >= standing.initial, "initial margin")
        refuse_unless(self.custody >= amount, "balance")
        self.custody -= amount
        account.wallet += amount

    @all_or_nothing
    def fund_insurance(self, sender: Address, amount: int) -> None:
        refuse_unless(0 < amount <= MAX_AMOUNT, "amount")
        self._earn(amount * WAD_PER_TOKEN)
        self._pull(self.account(sender), amount)

    @all_or_nothing
    def quote(
        self,
        sender: Address,
        market: int,
        bid_price: int,
        bid_size: int,
        ask_price: int,
        ask_size: int,
    ) -> None:
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(bid_price <= MAX_PRICE and ask_price <= MAX_PRICE, "price")
        refuse_unless(bid_size <= MAX_SIZE and ask_size <= MAX_SIZE, "size")
        refuse_unless(not bid_price % TICK and not ask_price % TICK, "tick")
        refuse_unless(not bid_size % LOT and not ask_size % LOT, "lot")
        free = (bid_size and not bid_price) or (ask_size and not ask_price)
        refuse_unless(not free, "price")
        quote = Quote(bid_price, bid_size, ask_price, ask_size)
        self.account(sender).quotes[market] = quote

    @all_or_nothing
    def fill(
        self, sender: Address, maker: Address, market: int, size: int, limit_price: int
    ) -> None:
        refuse_unless(market < len(self.markets), "market")
        refuse_unless(maker != sender, "self")
        refuse_unless(size != 0, "size")
        refuse_unless(size % LOT == 0, "lot")
        price, amount = self._take(maker, market, size, limit_price)
        change = amount if size > 0 else -amount
        parties = ((sender, change), (maker, -change))
        self._accrue(market)
        self._settle(sender)
        self._settle(maker)
        floors = [self._worst_allowed(party, market, moved) for party, moved in parties]
        for party, moved in parties:
            self._trade(party, market, moved, price)
        self._charge_fee(sender, maker, exact(amount * price))
        for (party, _), worst in zip(parties, floors, strict=True):
            self._require_margin(party, worst)

    def _take(self, maker: Address, market: int, size: int, limit: int) -> tuple[int, int]:
        quote = self.account(maker).quotes.get(market, Quote())
        if size > 0:
            refuse_unless(quote.ask_size > 0, "no quote")
            refuse_unless(quote.ask_price <= limit, "limit price")
            amount = min(size, quote.ask_size)
            quote.ask_size -= amount
            return quote.ask_price, amount
        refuse_unless(quote.bid_size > 0, "no quote")
        refuse_unless(quote.bid_price >= limit, "limit price")
        amount = min(-size, quote.bid_size)
        quote.bid_size -= amount
        return quote.bid_price, amount

    def _worst_allowed(self, party: Address, market: int, moved: int) -> int | None:
        """E - MM before, if the party only reduces; None if it needs initial margin."""
        position = self.account(party).positions.get(market)
        if position is None or position.size * moved > 0 or abs(moved) > abs(position.size):
            return None
        standing = self.standing(party)
        return standing.equity - standing.maintenance

    def _charge_fee(self, taker: Address, maker: Address, notional: int) -> None:
        fee = share_up(notional, self.parameters.taker_fee)
        rebate = floor(Fraction(notional * self.parameters.maker_rebate, WAD))
        self.account(taker).margin -= fee
        self.account(maker).margin += rebate
        self._earn(fee - rebate)

    def _require_margin(self, party: Address, worst: int | None) -> None:
        standing = self.standing(party)
        if worst is None:
            self._require_fresh(standing, self.parameters.stale_trade_seconds)
            refuse_unless(standing.equity >= standing.initial, "initial margin")
            return
        refuse_unless(standing.equity >= 0, "negative equity")
        refuse_unless(standing.equity - standing.maintenance >= worst, "reduction")

    def _pull(self, account: Account, amount: int) -> None:
        refuse_unless(account.wallet >= amount, "balance")
        account.wallet -= amount
        self.custody += amount
