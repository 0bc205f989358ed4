"""From a scenario to a run: the one place that knows chain, adapter, agents and properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agents.adl_keeper import AdlKeeper
from agents.book import Book
from agents.keeper import FundingKeeper
from agents.liquidator import Liquidators, Unwinding
from agents.market_maker import MarketMaker
from agents.population import draw_population, run_start_hour
from agents.price_keeper import PriceKeeper
from agents.trader import Traders, opening_size
from audits.properties import check_all, default_properties
from simulator.agent import Agent
from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.select import open_chain
from simulator.engine import Check
from simulator.errors import InputError
from simulator.prices import Crash, bridge, load_crash, ticks_to_floats
from simulator.property import Ledger, Operation, Totals
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.protocols.matched_perp.world import Clock, MatchedPerpWorld
from simulator.scenario import Scenario, generator
from simulator.sequencer import base_fees
from simulator.types import Int2D
from simulator.units import price_ticks_to_wad
from underwater.opening import (
    Cast,
    deploy_exchange,
    endow_everybody,
    give_ether,
    open_interest_quote,
    open_positions,
    opening_lots,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a run is made of, built and opened, before its first block."""

    chain: Chain
    deployment: Deployment
    world: MatchedPerpWorld
    prices: PriceKeeper
    agents: tuple[Agent, ...]
    liquidators: Liquidators
    maker: MarketMaker
    cast: Cast
    crash: Crash
    open_interest: float


def price_path(scenario: Scenario, crash: Crash, seed: int) -> Int2D:
    """int64[blocks, markets] ticks of the run.

    The whole event is bridged and the run cut out of it, so that a later start meets the same path.
    Raises InputError for a run that does not lie inside the event.
    """
    first_hour, hours = run_start_hour(scenario), scenario.prices.hours
    if not 0 <= first_hour <= crash.hours - hours:
        rule = f"these {hours} hours must lie inside the {crash.hours} from {crash.start:%FT%RZ}"
        raise InputError("prices.start", f"{scenario.prices.start:%FT%RZ}", rule)
    symbols = tuple(market.series for market in scenario.markets)
    per_hour = scenario.prices.blocks_per_hour
    bar_seconds = crash.finest_bars(symbols, per_hour)
    bars = crash.bars(symbols, crash.start, crash.hours, bar_seconds)
    ticks = bridge(bars, generator(seed, "prices"), per_hour * bar_seconds // 3600)
    first = first_hour * per_hour
    return ticks[first : first + scenario.blocks]


def build(scenario: Scenario, seed: int, chain_choice: str) -> Parts:
    """Deploy, endow and open everything that a scenario describes."""
    crash = load_crash(scenario.prices.event)
    ticks = price_path(scenario, crash, seed)
    population = draw_population(scenario, seed)
    cast = Cast(len(population), scenario.liquidators.count)
    first_prices = [price_ticks_to_wad(tick) for tick in ticks[0].tolist()]
    price = ticks_to_floats(ticks[0])
    size = opening_size(population, price)
    open_interest = open_interest_quote(size, price)

    chain = open_chain(chain_choice, hardfork=scenario.chain.hardfork)
    deployment = deploy_exchange(chain, scenario, first_prices)
    endow_everybody(chain, deployment, scenario, population, cast, open_interest)
    packer = Packer(deployment, cast.addresses)
    book = Book(cast.maker, len(scenario.markets))
    maker = MarketMaker(scenario, cast.maker, open_interest, book)
    open_positions(chain, packer, maker, scenario, opening_lots(size), first_prices, cast)
    if base_fees(scenario).any():
        give_ether(chain, cast)
    world = MatchedPerpWorld(
        chain,
        deployment,
        cast.addresses,
        Clock(
            first_timestamp=int(scenario.prices.start.timestamp()),
            block_seconds=scenario.chain.block_seconds,
            probe_every=scenario.recording.probe_every_blocks,
            funding_every=max(1, scenario.funding.interval_seconds // scenario.chain.block_seconds),
        ),
        ticks_to_floats(ticks),
        scenario.chain.transaction_gas_limit,
    )
    prices = PriceKeeper(scenario, ticks, np.abs(size).sum(axis=0) * price, seed)
    liquidators = Liquidators(scenario, cast.first_liquidator, book)
    agents: tuple[Agent, ...] = (
        FundingKeeper(scenario),
        liquidators,
        AdlKeeper(scenario, liquidators, run_start_hour(scenario)),
        Traders(scenario, population, size, book),
        Unwinding(liquidators),
        maker,
    )
    return Parts(
        chain, deployment, world, prices, agents, liquidators, maker, cast, crash, open_interest
    )


def clock_of(scenario: Scenario) -> Callable[[int], BlockEnvironment]:
    """Block environments of the run; block 0 of the run is block 1 of the chain.

    Beyond the run the last base fee stays.
    """
    start = int(scenario.prices.start.timestamp())
    seconds, gas_limit = scenario.chain.block_seconds, scenario.chain.gas_limit
    fees: list[int] = base_fees(scenario).tolist()

    def clock(block: int) -> BlockEnvironment:
        return BlockEnvironment(
            block + 1, start + block * seconds, fees[min(block, len(fees) - 1)], gas_limit
        )

    return clock


def checker() -> tuple[Check, tuple[str, ...]]:
    """The check of every block, and the ids of its properties."""
    properties = default_properties()

    def check(before: Totals, ledger: Ledger, operation: Operation) -> str | None:
        violation = check_all(properties, before, ledger, operation)
        return None if violation is None else violation.message

    return check, tuple(item.id for item in properties)
