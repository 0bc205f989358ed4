"""The contract on a chain and the integer model, side by side: one action, two outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from simulator import agent
from simulator.chain import open_chain
from simulator.chain.base import STATUS_SUCCESS, Batch, BlockEnvironment
from simulator.chain.reverts import revert_reason
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.books import Refused
from simulator.protocols.matched_perp.deployment import Roles, deploy, endow
from simulator.protocols.matched_perp.events import Columns, LogDecoder, merge_rows
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.model import RiskModel
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.protocols.matched_perp.session import address_of
from simulator.protocols.matched_perp.settlement import settle_everybody
from simulator.units import TICK, TOKEN, WAD_PER_TOKEN

START = 1_600_000_000
GAS = 15_000_000
WALLET = 10**7 * TOKEN


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
