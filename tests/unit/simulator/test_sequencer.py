"""Within a block: first come, first served."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.agent import Accrue, Action, Settle
from simulator.sequencer import Sequencer

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
