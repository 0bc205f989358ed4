"""The contract on a chain and the integer model, driven side by side by random crowds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from simulator import agent
from simulator.chain import open_chain
from simulator.chain.abi import revert_reason
from simulator.chain.base import STATUS_SUCCESS, Batch, BlockEnvironment
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.books import Refused
from simulator.protocols.matched_perp.deployment import Roles, deploy, endow
from simulator.protocols.matched_perp.events import Columns, LogDecoder, merge_rows
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.model import RiskModel
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.protocols.matched_perp.session import address_of
from simulator.protocols.matched_perp.settlement import settle_everybody
from simulator.units import LOT, TICK, TOKEN, WAD, WAD_PER_TOKEN

START = 1_600_000_000
GAS = 15_000_000
WALLET = 10**7 * TOKEN
MAKERS = 3
"""The first rows quote; everybody else takes."""


class Twins:
    """One exchange twice: as bytecode with its mirror, and as the model.

    `seen` counts what was reached: events, and refusals as "action: reason".
    """

    def __init__(
        self, accounts: int, prices: Sequence[int], parameters: Parameters, fund: int
    ) -> None:
        self.accounts = [address_of(f"account {number}") for number in range(accounts)]
        self.chain = open_chain("auto")
        self.chain.set_block(BlockEnvironment(number=1, timestamp=START))
        owner, keeper, adl = map(address_of, ("owner", "oracle keeper", "adl keeper"))
        markets = [(f"M{number}", price) for number, price in enumerate(prices)]
        self.deployment = deploy(self.chain, parameters, markets, Roles(owner, keeper, adl))
        endow(self.chain, self.deployment, self.accounts, [WALLET] * accounts)
        self.model = RiskModel(parameters, prices, adl, 1, START)
        for address in self.accounts:
            self.model.account(address).wallet = WALLET
        self.mirror = Mirror(self.chain, self.deployment, self.accounts)
        self.packer = Packer(self.deployment, self.accounts)
        self.decoder = LogDecoder(self.deployment)
        self.seen: Counter[str] = Counter()
        if fund:
            self.play(agent.FundInsurance(0, fund))

    def next_block(self, seconds: int) -> None:
        block = self.chain.block
        number, timestamp = block.number + 1, block.timestamp + seconds
        self.chain.set_block(BlockEnvironment(number=number, timestamp=timestamp))
        self.mirror.timestamp = self.model.timestamp = timestamp
        self.model.block = number

    def play(self, action: agent.Action) -> str | None:
        """Run an action on both; they must agree on the outcome and its reason. The reason."""
        sender, target, data = self.packer.encode(action)
        receipts = self.chain.execute(Batch.of([sender], [target], [data], GAS))
        succeeded = int(receipts.status[0]) == STATUS_SUCCESS
        reason = None if succeeded else revert_reason(receipts.output_of(0))
        assert reason == self._model_reason(action), action
        self.mirror.apply(receipts)
        self.decoder.add(self.chain.block.number, self.chain.block.timestamp, receipts)
        name = type(action).__name__
        self.seen[name if reason is None else f"{name}: {reason}"] += 1
        return reason

    def compare(self) -> None:
        """Every stored number of the contract equals the model's, and the residuals are 0."""
        mirror, model = self.mirror, self.model
        system = (mirror.insurance, mirror.deficit, mirror.custody)
        assert system == (model.insurance, model.deficit, model.custody * WAD_PER_TOKEN)
        for market in range(mirror.market_count):
            self._compare_market(market)
        for row in range(mirror.account_count):
            self._compare_account(row)
        assert mirror.custody_residual() == 0
        probes = [mirror.mark(m) // 2 // TICK * TICK for m in range(mirror.market_count)]
        assert mirror.zero_sum_residual(probes) == 0
        assert model.claims() == mirror.custody
        assert not (mirror.insurance and mirror.deficit)

    def finish_stretch(self) -> dict[str, Columns]:
        """Mirror against chain, funding conservation, and the events since the last call."""
        assert self.mirror.recompute(self.chain) == []
        events = self.decoder.take()
        paid, socialised = self.decoder.paid, self.decoder.socialised
        settled = settle_everybody(self.chain, self.mirror, paid, socialised)
        assert settled.payments_total == 0
        for name, columns in events.items():
            self.seen[name] += len(columns["block"])
        self._count_losses(events)
        return events

    def _count_losses(self, events: dict[str, Columns]) -> None:
        for loss in merge_rows(events, "Shortfall"):
            for part in ("from_insurance", "socialised", "deficit"):
                self.seen[f"Shortfall {part}"] += bool(loss[part])
        for accrual in merge_rows(events, "Accrued"):
            self.seen["funding to longs"] += accrual["payment"] < 0
            self.seen["funding to shorts"] += accrual["payment"] > 0
        for taken in merge_rows(events, "Liquidation"):
            self.seen["partial" if taken["remaining"] else "full"] += 1

    def _compare_market(self, market: int) -> None:
        mirror, state = self.mirror, self.model.markets[market]
        prices = (mirror.index(market), mirror.mark(market), mirror.updated_at(market))
        assert prices == (state.index, state.mark, state.updated_at)
        assert mirror.accrued_at(market) == state.accrued_at
        assert mirror.stored_funding_index(market) == state.funding
        assert mirror.loss_long(market) == state.loss_long
        assert mirror.loss_short(market) == state.loss_short
        assert mirror.open_interest(market) == self.model.open_interest(market)
        assert mirror.open_interest_residual(market) == 0

    def _compare_account(self, row: int) -> None:
        mirror = self.mirror
        account = self.model.account(self.accounts[row])
        assert mirror.margin(row) == account.margin, row
        assert mirror.held(row) == sum(1 << market for market in account.positions)
        for market in range(mirror.market_count):
            stored = (
                mirror.size(row, market),
                mirror.cost(row, market),
                mirror.checkpoint(row, market),
            )
            position = account.positions.get(market)
            wanted = (position.size, position.cost, position.checkpoint) if position else (0, 0, 0)
            assert stored == wanted, (row, market)
        assert account.positions or account.margin >= 0

    def _model_reason(self, action: agent.Action) -> str | None:
        try:
            self._play_on_model(action)
        except Refused as refusal:
            return str(refusal)
        return None

    def _play_on_model(self, action: Any) -> None:
        model, at = self.model, self.accounts
        who = at[action.sender] if action.sender >= 0 else model.adl_keeper
        match action:
            case agent.UpdatePrice():
                model.update_price(action.market, action.index, action.basis)
            case agent.ConfirmPrice():
                model.confirm_index(action.market)
            case agent.Accrue():
                model.accrue(action.market)
            case agent.Settle():
                model.settle(at[action.account])
            case agent.Deposit():
                model.deposit(who, action.amount)
            case agent.Withdraw():
                model.withdraw(who, action.amount)
            case agent.FundInsurance():
                model.fund_insurance(who, action.amount)
            case agent.Quote():
                model.quote(
                    who,
                    action.market,
                    action.bid_price,
                    action.bid_size,
                    action.ask_price,
                    action.ask_size,
                )
            case agent.Fill():
                maker = at[action.maker]
                model.fill(who, maker, action.market, action.size, action.limit_price)
            case agent.Liquidate():
                model.liquidate(who, at[action.account], action.market, action.max_size)
            case agent.Deleverage():
                candidates = [at[row] for row in action.candidates]
                model.deleverage(who, at[action.account], action.market, candidates)
            case agent.CloseOut():
                others = [at[row] for row in action.counterparties]
                model.close_out(who, at[action.account], action.market, others)
            case _:
                raise AssertionError(f"the model does not know {action}")


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


@pytest.fixture
def build_twins() -> Callable[..., Twins]:
    return Twins


@pytest.fixture
def build_crowd() -> Callable[..., Crowd]:
    return Crowd
