"""Puts the exchange of an audit on a fresh chain, with its actors and what they own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from audits.properties import default_properties
from audits.setup import START_TIMESTAMP, AuditSetup
from audits.world import BLOCK_GAS, AuditWorld, Contract
from simulator.agent import UpdatePrice
from simulator.chain.base import BlockEnvironment
from simulator.chain.select import open_chain
from simulator.property import Property
from simulator.protocols.matched_perp import deployment as exchange
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import Roles
from simulator.protocols.matched_perp.parameters import Parameters as ExactParameters
from simulator.scenario import Parameters
from simulator.types import Address
from simulator.units import TICK, TOKEN_DECIMALS, decimal_to_integer, quantise_floor


def open_world(
    setup: AuditSetup,
    parameters: Parameters,
    *,
    contract: str | None = None,
    chain: str = "auto",
    properties: Sequence[Property] | None = None,
) -> AuditWorld:
    """Compile, deploy and fill the exchange of an audit on a fresh chain.

    Raises InputError for a contract that is neither known nor a file, CompileError if it does not
    compile, MissingComponentError for an engine that is not there.
    """
    engine = open_chain(chain)
    engine.set_block(BlockEnvironment(number=1, timestamp=START_TIMESTAMP, gas_limit=BLOCK_GAS))
    owner, *accounts = _addresses(1 + len(setup.actors))
    markets = [(item.name, _on_wad(item.price)) for item in setup.markets]
    exact = ExactParameters.of(parameters.model_dump())
    given = contract or exchange.NAME
    deployed = exchange.deploy(engine, exact, markets, Roles(owner, owner, owner), given)
    margins = [_on_token(item.margin) for item in setup.actors]
    wallets = [_on_token(item.wallet) for item in setup.actors]
    funds = [sum(pair) for pair in zip(margins, wallets, strict=True)]
    exchange.endow(engine, deployed, accounts, funds)
    exchange.deposit_all(engine, deployed, accounts, margins)
    exchange.fund_insurance(engine, deployed, _on_token(setup.insurance))
    packer = Packer(deployed, accounts)
    for market, item in enumerate(setup.markets):
        first = UpdatePrice(market, _on_wad(item.price), _on_wad(item.basis))
        sender, target, data = packer.encode(first)
        engine.transact(sender, target, data)
    source = Contract(given, deployed.perp_artifact.source_hash)
    checks = default_properties() if properties is None else properties
    return AuditWorld(engine, deployed, accounts, setup, parameters, source, checks)


def _addresses(count: int) -> list[Address]:
    """Distinct addresses in ascending order, so that ties by address are ties by account."""
    return [(0xA0D1 << 64 | number).to_bytes(20, "big") for number in range(1, count + 1)]


def _on_wad(value: Decimal) -> int:
    return quantise_floor(decimal_to_integer(f"{value:f}", 18, "set_up"), TICK)


def _on_token(value: Decimal) -> int:
    return decimal_to_integer(f"{value:f}", TOKEN_DECIMALS, "set_up")
