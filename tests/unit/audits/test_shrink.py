"""Shrinking keeps the violation and loses the noise."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from audits.shrink import shrink_steps
from audits.steps import Step, Wait
from simulator.agent import Deposit, Settle, Withdraw


def breaks(steps: Sequence[Step]) -> bool:
    """The bug needs a deposit, then at least an hour, then a withdrawal as the last step."""
    if not steps or not isinstance(steps[-1], Withdraw):
        return False
    kinds = [type(step) for step in steps]
    if Deposit not in kinds:
        return False
    later = steps[kinds.index(Deposit) :]
    return sum(step.seconds for step in later if isinstance(step, Wait)) >= 3_600


noise = st.lists(
    st.sampled_from([Settle(0, 0), Wait(7), Deposit(1, 1), Withdraw(1, 1)]), max_size=20
)


@given(noise, noise, noise)
def test_only_the_steps_that_matter_remain(a: list[Step], b: list[Step], c: list[Step]) -> None:
    failing = [*a, Deposit(0, 5), *b, Wait(3_600), *c, Withdraw(0, 5)]
    short = shrink_steps(failing, breaks)
    assert breaks(short)
    assert [type(step) for step in short] == [Deposit, Wait, Withdraw]


def test_waits_are_merged_before_anything_is_lost() -> None:
    failing: list[Step] = [Deposit(0, 5), Wait(2_000), Wait(2_000), Withdraw(0, 5)]
    assert shrink_steps(failing, breaks) == [Deposit(0, 5), Wait(4_000), Withdraw(0, 5)]


def test_a_sequence_that_cannot_shrink_is_returned_as_it_is() -> None:
    failing: list[Step] = [Deposit(0, 5), Wait(3_600), Withdraw(0, 5)]
    assert shrink_steps(failing, breaks) == failing
