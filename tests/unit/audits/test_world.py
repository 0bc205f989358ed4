"""The audited world: always the same start, honest reasons, and properties after every step."""

from __future__ import annotations

import pytest

from audits.actions.amounts import MAXIMUM, Amount
from audits.actions.liquidation import adl_candidates, positions, weak_position
from audits.actions.margin import withdraw
from audits.actions.trading import MOST, Deal, trade
from audits.deployment import open_world
from audits.environment.price import Brink, to_the_brink
from audits.properties import default_properties
from audits.setup import default_parameters, default_setup
from audits.steps import Step, Wait
from audits.world import AuditWorld
from simulator.agent import CloseOut, Deleverage, Deposit, Liquidate, Settle, Withdraw
from simulator.errors import InputError
from simulator.property import Ledger, Operation, Totals, Verdict

WAD = 10**18
TRADER, MAKER, RIVAL, LIQUIDATOR = range(4)


class Witness:
    """A property that always holds and remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Operation] = []

    @property
    def id(self) -> str:
        return "PERP-01"

    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> Verdict | None:
        self.seen.append(operation)
        return Verdict(0)


@pytest.fixture(scope="module")
def witness() -> Witness:
    return Witness()


@pytest.fixture(scope="module")
def deployed(witness: Witness) -> AuditWorld:
    checks = (witness, *default_properties())
    return open_world(default_setup(), default_parameters(), properties=checks)


@pytest.fixture
def world(deployed: AuditWorld, witness: Witness) -> AuditWorld:
    deployed.reset()
    witness.seen.clear()
    return deployed


def play(world: AuditWorld, *steps: Step) -> list[str | None]:
    played = [world.play(step) for step in steps]
    assert all(item.violation is None for item in played)
    return [item.reason for item in played]


def open_position(world: AuditWorld, buys: bool = True, percent: int = 50) -> None:
    for step in trade(world, Deal(TRADER, MAKER, 0, buys, 0), percent):
        assert play(world, step) == [None]


def test_a_reset_world_is_the_deployed_one(world: AuditWorld) -> None:
    start = (world.now, world.ledger.margin(TRADER), world.wallet(TRADER))
    open_position(world)
    play(world, Wait(86_400), Deposit(TRADER, 5_000_000))
    assert (world.now, world.ledger.margin(TRADER), world.wallet(TRADER)) != start
    world.reset()
    assert (world.now, world.ledger.margin(TRADER), world.wallet(TRADER)) == start
    assert world.steps == [] and world.quotes == {} and positions(world.ledger) == []


def test_the_set_up_is_what_it_says(world: AuditWorld) -> None:
    assert world.ledger.margin(TRADER) == 10_000 * WAD
    assert world.wallet(LIQUIDATOR) == 1_000_000 * 10**6
    assert world.ledger.insurance == 500 * WAD
    assert world.index(0) == 200 * WAD and world.ledger.mark(0) == 202 * WAD


def test_a_refused_step_gives_its_reason_and_is_not_checked(
    world: AuditWorld, witness: Witness
) -> None:
    assert play(world, Withdraw(TRADER, 10_000 * 10**6 + 1)) == ["initial margin"]
    assert witness.seen == []


def test_who_took_risk_and_who_withdrew_is_told_to_the_properties(
    world: AuditWorld, witness: Witness
) -> None:
    open_position(world)
    assert witness.seen[-1].increased == (TRADER, MAKER)
    play(world, Withdraw(TRADER, 1))
    assert witness.seen[-1].withdrew == (TRADER,) and not witness.seen[-1].increased
    play(world, Settle(RIVAL, TRADER))
    assert not witness.seen[-1].withdrew and not witness.seen[-1].increased
    assert all(item.probe for item in witness.seen)


def test_growing_counts_as_taking_risk_and_shrinking_does_not(
    world: AuditWorld, witness: Witness
) -> None:
    open_position(world)
    open_position(world, percent=1)
    assert witness.seen[-1].increased == (TRADER, MAKER)
    open_position(world, buys=False, percent=1)
    assert not witness.seen[-1].increased


def test_whoever_takes_a_position_over_takes_risk(world: AuditWorld, witness: Witness) -> None:
    open_position(world, percent=90)
    fall = to_the_brink(world.ledger, TRADER, 0, Brink.BELOW_MAINTENANCE)
    assert fall is not None
    play(world, fall, Liquidate(LIQUIDATOR, TRADER, 0, 10**18))
    assert witness.seen[-1].increased == (LIQUIDATOR,)


def test_funding_is_settled_on_a_snapshot_when_time_passes(
    world: AuditWorld, witness: Witness
) -> None:
    open_position(world)
    margin = world.ledger.margin(TRADER)
    play(world, Wait(86_400))
    settlement = witness.seen[-1].settlement
    assert settlement is not None and settlement.payments_total == 0
    assert world.ledger.margin(TRADER) == margin
    assert world.ledger.settled_margin(TRADER) < margin


def test_the_largest_trade_leaves_no_room_for_a_lot_more(world: AuditWorld) -> None:
    open_position(world, percent=MOST)
    free = world.ledger.settled_equity(TRADER) - world.ledger.initial(TRADER)
    assert 0 <= free < WAD // 1_000


def test_the_largest_withdrawal_is_accepted_and_one_unit_more_is_not(world: AuditWorld) -> None:
    open_position(world)
    play(world, Wait(3_600))
    most, more = (withdraw(world, TRADER, Amount(offset=offset)) for offset in (0, 1))
    assert most is not None and more is not None
    assert play(world, more) == ["initial margin"]
    assert play(world, most) == [None]
    assert withdraw(world, TRADER, MAXIMUM) is None


def test_the_waterfall_can_be_walked_to_its_end(world: AuditWorld) -> None:
    open_position(world, percent=90)
    gap = to_the_brink(world.ledger, TRADER, 0, Brink.BEYOND_THE_FUND)
    assert gap is not None
    play(world, gap)
    assert weak_position(world.ledger, 5, covered=False) == (TRADER, 0)
    size = abs(world.ledger.size(TRADER, 0))
    assert play(world, Liquidate(LIQUIDATOR, TRADER, 0, size)) == ["deleverage first"]
    assert adl_candidates(world.ledger, TRADER, 0) == [MAKER]
    assert play(world, Deleverage(TRADER, 0, ()), CloseOut(TRADER, 0, (MAKER,))) == [None, None]
    assert world.ledger.size(TRADER, 0) == 0 and world.ledger.insurance < WAD


def test_only_the_profitable_are_candidates_for_deleveraging(world: AuditWorld) -> None:
    open_position(world, percent=90)
    # The rival sells to the liquidator far below the mark: on the other side of the trader, at a
    # loss until the price has fallen as far.
    for step in trade(world, Deal(RIVAL, LIQUIDATOR, 0, False, 300), 50):
        assert play(world, step) == [None]
    assert adl_candidates(world.ledger, TRADER, 0) == []
    fall = to_the_brink(world.ledger, TRADER, 0, Brink.BELOW_HALF)
    assert fall is not None
    play(world, fall)
    ranks = {account: world.ledger.adl_rank(account, 0) for account in (MAKER, RIVAL)}
    ordered = adl_candidates(world.ledger, TRADER, 0)
    assert ordered == sorted(ranks, key=lambda account: -ranks[account])


def test_deleveraging_alone_ends_at_zero_equity(world: AuditWorld) -> None:
    open_position(world, percent=90)
    gap = to_the_brink(world.ledger, TRADER, 0, Brink.BEYOND_THE_FUND)
    assert gap is not None
    play(world, gap, Deleverage(TRADER, 0, (MAKER,)))
    assert world.ledger.size(TRADER, 0) == 0 and world.ledger.settled_equity(TRADER) == 0


def test_an_unknown_contract_is_refused() -> None:
    with pytest.raises(InputError, match=r"nothing\.vy"):
        open_world(default_setup(), default_parameters(), contract="nothing.vy")
