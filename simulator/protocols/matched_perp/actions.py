"""From frozen Action messages to transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simulator import agent
from simulator.chain.base import Batch
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.types import Address

Call = tuple[Address, Address, bytes]
"""Sender, target, calldata."""
_FEED_ACTIONS = (agent.UpdatePrice, agent.ConfirmPrice)


class Packer:
    """Resolves rows of the ledger to addresses and encodes what they want to do.

    accounts: the address of each row. Keepers without a row (ORACLE_KEEPER, FUNDING_KEEPER,
    ADL_KEEPER) send from the deployment's roles; the funding poke needs no role.
    """

    def __init__(self, deployment: Deployment, accounts: Sequence[Address]) -> None:
        self._accounts = tuple(accounts)
        self._perp, self._feed = deployment.perp, deployment.feed
        self._keepers = {
            agent.ORACLE_KEEPER: deployment.roles.oracle_keeper,
            agent.FUNDING_KEEPER: deployment.roles.oracle_keeper,
            agent.ADL_KEEPER: deployment.roles.adl_keeper,
        }
        self._encoders: dict[type, Callable[[Any], bytes]] = {
            agent.UpdatePrice: lambda a: encode.update_price(a.market, a.index, a.basis),
            agent.ConfirmPrice: lambda a: encode.confirm_index(a.market),
            agent.Accrue: lambda a: encode.accrue(a.market),
            agent.Deposit: lambda a: encode.deposit(a.amount),
            agent.Withdraw: lambda a: encode.withdraw(a.amount),
            agent.Quote: lambda a: encode.quote(
                a.market, a.bid_price, a.bid_size, a.ask_price, a.ask_size
            ),
            agent.Fill: lambda a: encode.fill(
                self._accounts[a.maker], a.market, a.size, a.limit_price
            ),
            agent.Settle: lambda a: encode.settle(self._accounts[a.account]),
            agent.Liquidate: lambda a: encode.liquidate(
                self._accounts[a.account], a.market, a.max_size
            ),
            agent.Deleverage: lambda a: encode.deleverage(
                self._accounts[a.account], a.market, self._addresses(a.candidates)
            ),
            agent.CloseOut: lambda a: encode.close_out(
                self._accounts[a.account], a.market, self._addresses(a.counterparties)
            ),
            agent.FundInsurance: lambda a: encode.fund_insurance(a.amount),
        }

    def encode(self, action: agent.Action) -> Call:
        """Sender, target and calldata of one action."""
        sender = action.sender
        address = self._accounts[sender] if sender >= 0 else self._keepers[sender]
        target = self._feed if type(action) in _FEED_ACTIONS else self._perp
        return address, target, self._encoders[type(action)](action)

    def pack(self, actions: Sequence[agent.Action], gas_limit: int, max_fee: int = 0) -> Batch:
        """All actions of a block, in order, each with the same gas limit and highest fee."""
        if not actions:
            return Batch.of([], [], [], gas_limit)
        senders, targets, data = zip(*map(self.encode, actions), strict=True)
        return Batch.of(senders, targets, data, gas_limit, max_fee)

    def _addresses(self, rows: Sequence[int]) -> list[Address]:
        return [self._accounts[row] for row in rows]
