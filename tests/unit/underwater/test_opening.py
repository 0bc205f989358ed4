"""The state in which a run begins, on a real chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.book import Book
from agents.market_maker import MarketMaker
from agents.population import Population, draw_population
from agents.trader import opening_size
from simulator.chain.select import open_chain
from simulator.errors import ChainError
from simulator.prices import load_crash
from simulator.protocols.matched_perp.actions import Packer
from simulator.scenario import Scenario
from tests.unit.underwater.runs import ACCOUNTS, TRADERS, crash_hour
from underwater.opening import (
    Cast,
    deploy_exchange,
    endow_everybody,
    keeper_roles,
    open_interest_quote,
    open_positions,
    opening_block,
    opening_lots,
)
from underwater.wiring import Parts, build, price_path

WAD = 10**18
LOT = 10**12
TOKEN_UNIT = 10**12
SEED = 1
CAST = Cast(traders=TRADERS, liquidators=8)
HIGHEST = [{"share": 1, "low": "9.9", "high": "9.9"}]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return crash_hour()


@pytest.fixture(scope="module")
def parts(scenario: Scenario) -> Parts:
    return build(scenario, SEED, "auto")


@pytest.fixture(scope="module")
def population(scenario: Scenario) -> Population:
    return draw_population(scenario, SEED)


def first_prices(scenario: Scenario) -> list[int]:
    ticks = price_path(scenario, load_crash(scenario.prices.event), SEED)[0]
    return [tick * 10**10 for tick in ticks.tolist()]


def sizes_of(parts: Parts) -> list[list[int]]:
    ledger = parts.world.ledger
    return [[ledger.size(row, market) for market in (0, 1)] for row in range(ACCOUNTS)]


def test_rows_are_traders_then_the_maker_then_liquidators() -> None:
    assert (CAST.maker, CAST.first_liquidator, CAST.accounts) == (TRADERS, TRADERS + 1, ACCOUNTS)
    assert CAST.roles == ("trader",) * 40 + ("market_maker",) + ("liquidator",) * 8


def test_addresses_ascend_with_the_rows_and_no_keeper_is_among_them() -> None:
    addresses = CAST.addresses
    assert len(set(addresses)) == ACCOUNTS and list(addresses) == sorted(addresses)
    roles = keeper_roles()
    keepers = {roles.owner, roles.oracle_keeper, roles.adl_keeper}
    assert len(keepers) == 3 and keepers.isdisjoint(addresses)
    assert all(len(address) == 20 for address in addresses)


def test_the_opening_is_one_block_before_the_run(scenario: Scenario) -> None:
    block = opening_block(scenario)
    assert block.timestamp == int(scenario.prices.start.timestamp()) - 12
    assert block.number == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_opening_sizes_are_whole_lots_and_never_larger_than_wished(sizes: list[float]) -> None:
    (lots,) = opening_lots(np.array([sizes]))
    for wished, exact in zip(sizes, lots, strict=True):
        assert exact % LOT == 0
        assert abs(exact) <= abs(wished) * WAD * (1 + 1e-12)
        assert abs(exact) > abs(wished) * WAD - LOT * (1 + 1e-3)
        assert exact * wished >= 0


def test_every_trader_holds_exactly_the_wished_lots(
    scenario: Scenario, parts: Parts, population: Population
) -> None:
    price = np.array(first_prices(scenario)) / 1e18
    wished = opening_lots(opening_size(population, price))
    assert sizes_of(parts)[:TRADERS] == wished
    held = [any(row) for row in wished]
    assert held == population.active.tolist() and 0 < sum(held) < TRADERS


def test_the_maker_stands_on_the_other_side_of_everybody(parts: Parts) -> None:
    sizes = sizes_of(parts)
    for market in (0, 1):
        assert sizes[CAST.maker][market] == -sum(row[market] for row in sizes[:TRADERS])
        longs = sum(max(row[market], 0) for row in sizes)
        assert parts.world.ledger.open_interest(market) == longs > 0
    assert not any(any(row) for row in sizes[CAST.first_liquidator :])


def test_margins_are_the_collateral_less_fees_only(
    parts: Parts, population: Population, scenario: Scenario
) -> None:
    ledger = parts.world.ledger
    prices = first_prices(scenario)
    for row, collateral in enumerate(population.collateral.tolist()):
        paid = int(collateral * 1e6) * TOKEN_UNIT - ledger.margin(row)
        sizes = [ledger.size(row, market) for market in (0, 1)]
        notional = sum(abs(size) * at // WAD for size, at in zip(sizes, prices, strict=True))
        # 5 bp of what was filled half a spread away from the mark.
        assert paid == pytest.approx(0.0005 * notional, rel=0.001, abs=2)


def test_fund_maker_and_liquidators_are_shares_of_the_opening_open_interest(
    parts: Parts, scenario: Scenario
) -> None:
    ledger, interest = parts.world.ledger, parts.open_interest
    # Beside its share the fund already has what the opening's takers paid: 5 bp less 1 bp rebate.
    assert ledger.insurance / WAD == pytest.approx((0.002 + 0.0004) * interest, rel=1e-3)
    assert ledger.margin(CAST.maker) / WAD == pytest.approx((0.5 + 0.0001) * interest, rel=1e-3)
    capital = sum(ledger.margin(row) for row in range(CAST.first_liquidator, ACCOUNTS)) / WAD
    share = float(scenario.liquidators.capital_share)
    assert capital == pytest.approx(share * interest, rel=1e-6)
    assert ledger.deficit == 0


def test_the_books_balance_before_the_first_block(parts: Parts) -> None:
    ledger = parts.world.ledger
    assert ledger.custody_residual() == 0
    assert [ledger.open_interest_residual(market) for market in (0, 1)] == [0, 0]
    assert ledger.recompute(parts.chain) == []


def test_open_interest_is_the_gross_notional_of_the_traders() -> None:
    size = np.array([[1.0, 0.0], [-2.0, 0.5]])
    assert open_interest_quote(size, np.array([100.0, 8000.0])) == pytest.approx(4300.0)


def test_the_highest_leverage_that_a_scenario_may_name_can_be_opened() -> None:
    parts = build(crash_hour(population__leverage=HIGHEST), SEED, "auto")
    assert any(any(row) for row in sizes_of(parts)[:TRADERS])


def open_by_hand(scenario: Scenario, lots: Sequence[Sequence[int]], open_interest: float) -> None:
    """The first steps of a run with sizes of one's own choice."""
    prices = first_prices(scenario)
    chain = open_chain("auto", hardfork=scenario.chain.hardfork)
    deployment = deploy_exchange(chain, scenario, prices)
    population = draw_population(scenario, SEED)
    endow_everybody(chain, deployment, scenario, population, CAST, open_interest)
    packer = Packer(deployment, CAST.addresses)
    maker = MarketMaker(scenario, CAST.maker, open_interest, Book(CAST.maker, 2))
    open_positions(chain, packer, maker, scenario, lots, prices, CAST)


def test_an_opening_that_is_refused_is_named_with_its_reason(scenario: Scenario) -> None:
    lots = [[0, 0] for _ in range(TRADERS)]
    open_by_hand(scenario, lots, 1e9)
    lots[7][0] = 10**6 * WAD
    with pytest.raises(ChainError, match=r"Fill\(sender=7.*initial margin"):
        open_by_hand(scenario, lots, 1e9)
