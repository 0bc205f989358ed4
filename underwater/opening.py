"""The state in which a run begins: who is there, with what margin and which positions.

Positions are opened by real fills against the market maker at the first price, one block before the
run, so that every opening cost, fee and open interest on chain came about as it later would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.exact import quote_to_tokens, size_to_lots_down
from agents.market_maker import MarketMaker
from agents.population import Population
from simulator.agent import Fill, Quote
from simulator.chain.base import STATUS_SUCCESS, BlockEnvironment, Chain
from simulator.chain.reverts import revert_reason
from simulator.errors import ChainError
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import (
    Deployment,
    Roles,
    deploy,
    deposit_all,
    endow,
    fund_insurance,
)
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.scenario import Scenario
from simulator.types import Address, Float1D, Float2D

FIRST_ACCOUNT = 0x10_0000
KEEPERS = 0xFFFF_0000
PLENTY_OF_ETHER = 10**24
"""Wei: nobody runs out of ether, so fees change nothing but what a keeper decides about them."""
MAKER_WALLET = 10**18
"""Tokens (1e-6) behind the market maker: it stands for a firm, so its own wealth is no limit."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Rows of the ledger: traders first, then the market maker, then the liquidators."""

    traders: int
    liquidators: int

    @property
    def maker(self) -> int:
        return self.traders

    @property
    def first_liquidator(self) -> int:
        return self.traders + 1

    @property
    def accounts(self) -> int:
        return self.traders + 1 + self.liquidators

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Ascending with the row, so that ties by address are ties by row."""
        return tuple((FIRST_ACCOUNT + row).to_bytes(20, "big") for row in range(self.accounts))

    @property
    def roles(self) -> tuple[str, ...]:
        """`trader`, `market_maker` or `liquidator` for every row."""
        return ("trader",) * self.traders + ("market_maker",) + ("liquidator",) * self.liquidators


def keeper_roles() -> Roles:
    """Owner and keepers, who hold no positions."""
    owner, oracle, adl = ((KEEPERS + number).to_bytes(20, "big") for number in range(3))
    return Roles(owner=owner, oracle_keeper=oracle, adl_keeper=adl)


def opening_block(scenario: Scenario) -> BlockEnvironment:
    """The block before the run's first one."""
    timestamp = int(scenario.prices.start.timestamp()) - scenario.chain.block_seconds
    return BlockEnvironment(
        number=0, timestamp=timestamp, base_fee=0, gas_limit=scenario.chain.gas_limit
    )


def deploy_exchange(chain: Chain, scenario: Scenario, first_prices: Sequence[int]) -> Deployment:
    """The exchange with its markets listed at the first prices (1e-18)."""
    chain.set_block(opening_block(scenario))
    parameters = Parameters.of(scenario.parameters.model_dump())
    markets = [
        (market.name.lower(), price)
        for market, price in zip(scenario.markets, first_prices, strict=True)
    ]
    return deploy(chain, parameters, markets, keeper_roles(), scenario.contract)


def endow_everybody(
    chain: Chain, deployment: Deployment, scenario: Scenario, population: Population, cast: Cast,
    open_interest: float,
) -> None:  # fmt: skip
    """Wallets, margins and the insurance fund. `open_interest`: opening notional, quote."""
    settings, trading = scenario.population, scenario.trading
    spare = float(settings.reserve_share) + float(trading.return_fresh_margin)
    capital = float(scenario.liquidators.capital_share) * open_interest
    each = capital / max(cast.liquidators, 1)
    maker = float(scenario.market_maker.equity_share) * open_interest
    margin = [quote_to_tokens(value) for value in population.collateral.tolist()]
    wallet = [quote_to_tokens(value * spare) + 1 for value in population.collateral.tolist()]
    margin += [quote_to_tokens(maker)] + [quote_to_tokens(each)] * cast.liquidators
    wallet += [MAKER_WALLET] + [0] * cast.liquidators
    total = [own + beside for own, beside in zip(margin, wallet, strict=True)]
    endow(chain, deployment, cast.addresses, total)
    deposit_all(chain, deployment, cast.addresses, margin)
    fund = float(scenario.insurance.share_of_open_interest) * open_interest
    fund_insurance(chain, deployment, quote_to_tokens(fund))


def give_ether(chain: Chain, cast: Cast) -> None:
    """Ether for the fees of everybody who sends transactions, where there are fees."""
    roles = keeper_roles()
    for address in (*cast.addresses, roles.owner, roles.oracle_keeper, roles.adl_keeper):
        chain.set_balance(address, PLENTY_OF_ETHER)


def opening_lots(size: Float2D) -> list[list[int]]:
    """Signed sizes in 1e-18 units, whole lots, per account and market."""
    return [[size_to_lots_down(value) for value in row] for row in size.tolist()]


def open_positions(
    chain: Chain, packer: Packer, maker: MarketMaker, scenario: Scenario,
    lots: Sequence[Sequence[int]], first_prices: Sequence[int], cast: Cast,
) -> None:  # fmt: skip
    """Fill every opening position against quotes made for it; ChainError if one is refused."""
    wanted = [
        (sum(max(-row[m], 0) for row in lots), sum(max(row[m], 0) for row in lots))
        for m in range(len(first_prices))
    ]
    actions: list[Quote | Fill] = list(maker.opening_quotes(first_prices, wanted))
    for account, row in enumerate(lots):
        for market, size in enumerate(row):
            if size:
                limit = first_prices[market] * (2 if size > 0 else 0)
                actions.append(Fill(account, cast.maker, market, size, limit))
    gas = scenario.chain.transaction_gas_limit
    per_block = max(1, chain.block.gas_limit // gas)
    for start in range(0, len(actions), per_block):
        chain.set_block(chain.block)  # as many blocks' gas as it takes, at one moment
        receipts = chain.execute(packer.pack(actions[start : start + per_block], gas))
        for number, status in enumerate(receipts.status.tolist()):
            if status != STATUS_SUCCESS:
                reason = receipts.reasons.get(number) or revert_reason(receipts.output_of(number))
                raise ChainError(f"opening {actions[start + number]} failed: {reason}")


def open_interest_quote(size: Float2D, price: Float1D) -> float:
    """Gross notional of the traders at the first price, quote."""
    return float((np.abs(size) @ price).sum())
