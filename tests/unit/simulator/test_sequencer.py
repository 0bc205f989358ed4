"""Within a block: first come, first served; while the sequencer is down, nobody."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.agent import Accrue, Action, CloseOut, Deleverage, Liquidate, Settle
from simulator.scenario import load_scenario
from simulator.scenario.faults import SequencerDown
from simulator.sequencer import Sequencer, base_fees

ACTIONS = st.one_of(
    st.builds(Accrue, market=st.integers(0, 7)),
    st.builds(Settle, sender=st.integers(0, 9), account=st.integers(0, 9)),
)
PROPOSALS = st.lists(st.lists(ACTIONS, max_size=4), max_size=6)


@given(PROPOSALS)
def test_nothing_is_lost_doubled_or_moved(proposals: list[list[Action]]) -> None:
    ordered = Sequencer().order(0, proposals)
    left = iter(ordered)
    assert all(next(left) is action for proposal in proposals for action in proposal)
    assert list(left) == []


def test_prices_come_before_those_who_answer_to_them() -> None:
    first, second, third = Accrue(0), Accrue(1), Settle(1, 1)
    assert Sequencer().order(0, [(first,), (), (second, third)]) == [first, second, third]


def test_a_block_may_be_empty() -> None:
    assert Sequencer().order(0, [(), ()]) == []


def outage(start: int, blocks: int, grace: int = 0) -> SequencerDown:
    return SequencerDown(
        kind="sequencer_down", start_block=start, blocks=blocks, grace_blocks=grace
    )


def test_while_it_is_down_nobody_gets_in_and_not_a_block_longer() -> None:
    sequencer = Sequencer([outage(2, 3), outage(7, 1)])
    assert [block for block in range(10) if sequencer.down(block)] == [2, 3, 4, 7]


def test_in_the_grace_period_everything_gets_in_but_forced_closures() -> None:
    sequencer = Sequencer([outage(2, 3, grace=2)])
    forced = (Liquidate(1, 2, 0, 1), Deleverage(1, 0, (2,)), CloseOut(1, 0, (2,)))
    proposals = [(Accrue(0),), forced, (Settle(1, 1),)]
    kept = [len(sequencer.order(block, proposals)) for block in range(9)]
    assert kept == [5, 5, 5, 5, 5, 2, 2, 5, 5]
    assert sequencer.order(5, proposals) == [Accrue(0), Settle(1, 1)]


def test_the_base_fee_goes_in_steps() -> None:
    steps = [{"from_block": 2, "base_fee": 9}, {"from_block": 5, "base_fee": 4}]
    changes = {"variants": {}, "prices.hours": 1, "chain.base_fee": 7}
    scenario = load_scenario("black-thursday").changed(changes | {"chain.base_fee_steps": steps})
    fees = base_fees(scenario)
    assert len(fees) == 300
    assert fees[:7].tolist() == [7, 7, 9, 9, 9, 4, 4] and fees[-1] == 4
