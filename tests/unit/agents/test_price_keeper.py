"""The price keeper: the oracle's schedule, marks that follow the flow, and heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pytest

from agents.price_keeper import PriceKeeper, impact_parameters
from simulator.agent import Action, ConfirmPrice, Fill, Liquidate, UpdatePrice
from simulator.scenario import Scenario
from tests.unit.agents.views import WAD, reverted, succeeded, view_of

UNIT = 10**8
MAKER = 9
MARK = 100
OPENING_NOTIONAL = 1_000_000.0


@pytest.fixture
def scenario(one_market: Scenario) -> Scenario:
    """A write is seen at once, and the heartbeat is three blocks."""
    return one_market.changed({"oracle.latency_blocks": 0, "oracle.heartbeat_seconds": 36})


def keeper_of(scenario: Scenario, prices: Sequence[float]) -> PriceKeeper:
    ticks = np.array([[round(price * UNIT)] for price in prices], np.int64)
    return PriceKeeper(scenario, ticks, np.array([OPENING_NOTIONAL]))


def wild(length: int) -> list[float]:
    """A path that moves by 0.4 % to and fro: under the deviation, but with volatility."""
    return [100.0 if block % 2 == 0 else 100.4 for block in range(length)]


def fill(size: float, forced: bool = False) -> Fill:
    return Fill(1, MAKER, 0, round(size * WAD), 0, forced)


def press(keeper: PriceKeeper, *actions: Action) -> None:
    keeper.learn(succeeded(*actions), view_of([[0]], [0], [[0]], [MARK]))


def test_the_index_is_written_when_it_deviates_and_not_before(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, [100, 100.49, 100.5, 100.5])
    writes = [list(keeper.write(block)) for block in range(4)]
    assert writes == [[], [], [UpdatePrice(0, 100 * WAD + WAD // 2, 0)], []]


def test_the_feed_speaks_of_the_price_before_the_latency(one_market: Scenario) -> None:
    late = one_market.changed({"oracle.latency_blocks": 1})
    keeper = keeper_of(late, [100, 90, 80, 70])
    written = [write.index // WAD for block in range(4) for write in updates(keeper.write(block))]
    assert written == [90, 80]


def updates(actions: Sequence[Action]) -> list[UpdatePrice]:
    return [action for action in actions if isinstance(action, UpdatePrice)]


def test_a_heartbeat_of_an_unchanged_index_confirms_it(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, [100] * 7)
    writes = {block: list(keeper.write(block)) for block in range(7)}
    assert {block: actions for block, actions in writes.items() if actions} == {
        3: [ConfirmPrice(0)],
        6: [ConfirmPrice(0)],
    }


def test_a_heartbeat_of_a_changed_index_is_an_ordinary_write(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, [100, 100.1, 100.2, 100.3])
    writes = [action for block in range(4) for action in keeper.write(block)]
    assert writes == [UpdatePrice(0, round(100.3 * 10) * 10**17, 0)]


def test_a_heartbeat_with_a_moved_basis_both_confirms_and_writes_the_mark(
    scenario: Scenario,
) -> None:
    keeper = keeper_of(scenario, [100, 100.4, 100.4, 100, 100])
    for block in range(3):
        keeper.write(block)
    press(keeper, fill(-1000, forced=True))
    confirm, update = keeper.write(3)
    assert confirm == ConfirmPrice(0)
    assert isinstance(update, UpdatePrice) and update.index == 100 * WAD and update.basis < 0


def test_flow_moves_the_mark_in_the_next_block(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(4))
    assert not keeper.write(0)
    press(keeper, fill(+50, forced=True))
    (update,) = updates(keeper.write(1))
    pressure = 50 * MARK
    expected = keeper.depth.volatility[1, 0] * sqrt(pressure / keeper.depth.volume[1, 0])
    assert update.index == 100 * WAD, "the index as last written, not as it is"
    assert update.basis / WAD == pytest.approx(expected, rel=1e-12)


def test_flow_presses_once_and_fades(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(202))
    keeper.write(0)
    press(keeper, fill(50, forced=True))
    pressures = []
    for block in range(1, 102):
        keeper.write(block)
        pressures.append(keeper.state.pressure[0])
    assert pressures[0] == pytest.approx(5000)
    assert pressures[100] == pytest.approx(2500), "half is gone after a half-life of 100 blocks"


@pytest.mark.parametrize(("size", "sign"), [(0.001, +1), (-0.001, -1)])
def test_a_mark_is_written_only_past_the_threshold(
    scenario: Scenario, size: float, sign: int
) -> None:
    tight = keeper_of(scenario, wild(3))
    loose = keeper_of(scenario.changed({"oracle.mark_threshold": "0.001"}), wild(3))
    for keeper in (tight, loose):
        keeper.write(0)
        press(keeper, fill(size, forced=True))
    (update,) = updates(tight.write(1))
    assert WAD // 100_000 < sign * update.basis < WAD // 1000
    assert list(loose.write(1)) == []


def test_small_moves_of_the_basis_add_up_to_a_write(scenario: Scenario) -> None:
    """The threshold counts from the last write, not from the last block."""
    rare = {"oracle.mark_threshold": "0.0001", "oracle.heartbeat_seconds": 3600}
    keeper = keeper_of(scenario.changed(rare), wild(40))
    bases = []
    for block in range(40):
        bases += [update.basis for update in updates(keeper.write(block))]
        press(keeper, fill(0.002, forced=True))
    assert 1 < len(bases) < 30
    steps = np.diff([0, *bases])
    assert (np.abs(steps) > WAD // 10_000).all()


def test_ordinary_flow_weighs_three_tenths_of_forced_flow(scenario: Scenario) -> None:
    pressure = []
    for forced in (True, False):
        keeper = keeper_of(scenario, wild(2))
        keeper.write(0)
        press(keeper, fill(-7, forced))
        keeper.write(1)
        pressure.append(keeper.state.pressure[0])
    assert pressure == pytest.approx([-700.0, -210.0])


def test_opposite_flows_of_a_block_cancel(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(2))
    keeper.write(0)
    press(keeper, fill(-7), fill(3), fill(4))
    assert list(keeper.write(1)) == []


def test_a_reverted_fill_presses_on_nothing(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(2))
    keeper.write(0)
    keeper.learn(reverted(fill(-1000, forced=True)), view_of([[0]], [0], [[0]], [MARK]))
    assert list(keeper.write(1)) == []
    assert keeper.state.pressure == [0.0]


def test_a_takeover_at_the_mark_presses_on_nothing(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(2))
    keeper.write(0)
    press(keeper, Liquidate(1, 0, 0, 1000 * WAD))
    assert list(keeper.write(1)) == []


def test_without_impact_only_the_index_moves(scenario: Scenario) -> None:
    keeper = keeper_of(scenario.changed({"variant": "no-impact"}), [100, 99, 98])
    keeper.write(0)
    press(keeper, fill(-1000, forced=True))
    assert list(keeper.write(1)) == [UpdatePrice(0, 99 * WAD, 0)]


def test_the_basis_stays_within_the_clamp(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(3))
    keeper.write(0)
    press(keeper, fill(-(10**7), forced=True))
    (update,) = updates(keeper.write(1))
    assert update.basis == pytest.approx(-float(scenario.parameters.basis_clamp) * WAD)


def test_markets_do_not_press_on_each_other(two_markets: Scenario) -> None:
    ticks = np.array([[100, 8000], [101, 8080], [100, 8000]], np.int64) * UNIT
    keeper = PriceKeeper(two_markets, ticks, np.array([1e6, 1e6]))
    keeper.write(0)
    view = view_of([[0, 0]], [0], [[0, 0]], [100, 8000])
    keeper.learn(succeeded(Fill(1, MAKER, 1, -WAD, 0, True)), view)
    keeper.write(1)
    assert keeper.state.pressure == [0.0, -8000.0]


def test_further_dumping_starts_from_the_pressure_that_is_there(scenario: Scenario) -> None:
    keeper = keeper_of(scenario, wild(2))
    keeper.write(0)
    press(keeper, fill(-50, forced=True))
    (update,) = updates(keeper.write(1))
    impact = keeper.cascade_impact(1, np.array([100.0]))
    assert impact(np.array([0.0]))[0] == pytest.approx(100 * (1 + update.basis / WAD))
    assert impact(np.array([10.0]))[0] < impact(np.array([0.0]))[0]


def test_impact_has_the_scenarios_numbers(one_market: Scenario) -> None:
    slow = {"prices.blocks_per_hour": 100, "chain.block_seconds": 36}
    parameters = impact_parameters(one_market.changed(slow))
    assert parameters.blocks_per_day == 2400
    assert parameters.basis_clamp == pytest.approx(0.1)
    assert parameters.recovery_half_life_blocks == 100
