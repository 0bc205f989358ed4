"""A crowd that does random things to an exchange, by seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator import agent
from simulator.units import LOT, TICK, TOKEN, WAD, WAD_PER_TOKEN
from tests.differential.twins import Twins

MAKERS = 3
"""The first rows quote; everybody else takes."""


class Crowd:
    """Random operations by seed: trading, withdrawals at the limit, and the whole waterfall.

    Prices rise and fall in turns of 60 blocks and jump now and then by up to `gap`.
    """

    def __init__(self, twins: Twins, seed: int, gap: float) -> None:
        self.twins = twins
        self.random = Random(seed)
        self.gap = gap
        self.blocks = 0
        for row in range(len(twins.accounts)):
            amount = 30_000 if row < MAKERS else self.random.choice((1_000, 5_000, 20_000))
            twins.play(agent.Deposit(row, amount * TOKEN + self.random.randrange(TOKEN)))

    def block(self, operations: int) -> None:
        """One block: perhaps prices, then operations, then everything is compared."""
        roll = self.random
        long_wait = roll.random() < 0.08
        self.twins.next_block(roll.choice((600, 3600, 3700, 7300)) if long_wait else 12)
        for market in range(self.twins.mirror.market_count):
            if roll.random() < 0.6:
                self.move_price(market)
        for _ in range(operations):
            self.operate()
        self.twins.compare()
        self.blocks += 1

    def move_price(self, market: int) -> None:
        roll, mirror = self.random, self.twins.mirror
        drift = -0.003 if self.blocks // 60 % 2 else 0.003
        jumps = roll.random() < 0.03
        move = roll.uniform(-self.gap * 3, self.gap) if jumps else roll.gauss(drift, 0.012)
        index = max(int(mirror.index(market) * (1 + move)) // TICK * TICK, 10**9 * TICK)
        if roll.random() < 0.3:
            index = mirror.index(market)
        if roll.random() < 0.1:
            self.twins.play(agent.ConfirmPrice(market))
        basis = int(roll.gauss(0, 0.03) * 10**18)
        self.twins.play(agent.UpdatePrice(market, index, basis))

    def operate(self) -> None:
        row = self.random.randrange(len(self.twins.accounts))
        market = self.random.randrange(self.twins.mirror.market_count)
        kinds: tuple[tuple[float, Callable[[int, int], None]], ...] = (
            (0.20, self.quote),
            (0.60, self.fill),
            (0.70, self.withdraw),
            (0.75, self.deposit),
            (0.80, self.settle),
            (0.82, self.accrue),
            (0.825, self.give),
            (1.0, self.resolve),
        )
        draw = self.random.random()
        next(act for upper, act in kinds if draw < upper)(row, market)

    def quote(self, row: int, market: int) -> None:
        maker, mark = self.random.randrange(MAKERS), self.twins.mirror.mark(market)
        size = int(self.random.uniform(1, 40_000) * WAD * WAD / mark) // LOT * LOT
        bid, ask = (mark * factor // 10_000 // TICK * TICK for factor in (9_995, 10_005))
        self.twins.play(agent.Quote(maker, market, bid, size, ask, size))

    def fill(self, row: int, market: int) -> None:
        roll, mirror = self.random, self.twins.mirror
        maker = roll.randrange(MAKERS) if roll.random() < 0.97 else row
        mark, size = mirror.mark(market), mirror.size(row, market)
        if size and roll.random() < 0.4:
            size = -size if roll.random() < 0.5 else -(size // 2 // LOT * LOT)
        else:
            worth = max(mirror.margin(row), WAD)
            size = int(roll.uniform(-8, 8) * worth * WAD // mark) // LOT * LOT
        limit = mark * (101 if size > 0 else 99) // 100
        self.twins.play(agent.Fill(row, maker, market, size, limit))

    def withdraw(self, row: int, market: int) -> None:
        mirror = self.twins.mirror
        free = min(mirror.settled_margin(row), mirror.settled_equity(row)) - mirror.initial(row)
        amount = max(1, free // WAD_PER_TOKEN + self.random.choice((-5 * TOKEN, 0, 1)))
        self.twins.play(agent.Withdraw(row, amount))

    def deposit(self, row: int, market: int) -> None:
        self.twins.play(agent.Deposit(row, self.random.randrange(1, 5_000 * TOKEN)))

    def settle(self, row: int, market: int) -> None:
        self.twins.play(agent.Settle(row, self.random.randrange(len(self.twins.accounts))))

    def accrue(self, row: int, market: int) -> None:
        self.twins.play(agent.Accrue(market))

    def give(self, row: int, market: int) -> None:
        self.twins.play(agent.FundInsurance(row, self.random.randrange(1, 3_000 * TOKEN)))

    def resolve(self, row: int, market: int) -> None:
        """Liquidate, deleverage or close out whoever is below maintenance."""
        mirror = self.twins.mirror
        below = [
            account
            for account in range(mirror.account_count)
            if mirror.held(account) and mirror.settled_equity(account) < mirror.maintenance(account)
        ]
        if not below:
            victim = self.random.randrange(mirror.account_count)
            self.twins.play(agent.Liquidate(row, victim, market, self.random.randrange(1, 9) * LOT))
        for account in below[:4]:
            held = [m for m in range(mirror.market_count) if mirror.size(account, m)]
            if not held:
                continue  # a deleveraging before it in this loop took the position
            chosen = self.random.choice(held)
            covered = mirror.settled_equity(account) + mirror.insurance >= 0
            if covered or self.random.random() < 0.1:
                self.take_over(row, account, chosen)
            else:
                self.waterfall(account, chosen)

    def take_over(self, row: int, account: int, market: int) -> None:
        roll, size = self.random, abs(self.twins.mirror.size(account, market))
        liquidator = row if roll.random() < 0.5 else roll.randrange(MAKERS)
        part = size if roll.random() < 0.7 else max(LOT, size // roll.randrange(1, 6) // LOT * LOT)
        self.twins.play(agent.Liquidate(liquidator, account, market, part))

    def waterfall(self, account: int, market: int) -> None:
        roll, mirror = self.random, self.twins.mirror
        candidates = self.ranked(account, market)[: roll.randrange(1, 8)]
        if roll.random() < 0.35:
            candidates = []
        if roll.random() < 0.05:
            roll.shuffle(candidates)
        while self.twins.play(agent.Deleverage(account, market, tuple(candidates))):
            if not candidates:
                return
            candidates.pop()
        if mirror.size(account, market) and roll.random() < 0.5:
            self.take_over(roll.randrange(MAKERS), account, market)
        if mirror.size(account, market) and roll.random() < 0.9:
            others = [row for row in self.opposite(account, market) if mirror.settled_equity(row)]
            roll.shuffle(others)
            chosen = tuple(others[: roll.randrange(1, 33)])
            self.twins.play(agent.CloseOut(account, market, chosen))

    def opposite(self, account: int, market: int) -> list[int]:
        mirror = self.twins.mirror
        side = mirror.size(account, market)
        return [r for r in range(mirror.account_count) if mirror.size(r, market) * side < 0]

    def ranked(self, account: int, market: int) -> list[int]:
        mirror, keyed = self.twins.mirror, []
        for row in self.opposite(account, market):
            cost = mirror.cost(row, market)
            profit = mirror.size(row, market) * mirror.mark(market) // WAD + cost
            equity = mirror.settled_equity(row)
            if profit > 0 and equity > 0:
                rank = profit * WAD // abs(cost) * mirror.notional(row) // equity
                keyed.append((-rank, mirror.accounts[row], row))
        return [row for _, _, row in sorted(keyed)]
