"""The block loop with stand-ins that write down who was called when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import pytest

from simulator.agent import Accrue, Action, ConfirmPrice, Outcome, Settle, View
from simulator.chain.base import Batch, BlockEnvironment, Chain, Receipts
from simulator.engine import Ending, Stopwatch, run
from simulator.property import Ledger, Operation, Totals
from simulator.scenario.faults import SequencerDown
from simulator.sequencer import Sequencer

PARTS = {"agents", "engine", "observe", "record", "risk"}
Diary = list[tuple[str, object]]
"""Who was called, and what for."""
THE_LEDGER = cast(Ledger, object())


class Stage:
    """Chain, world, prices, journal and check of a run, all of them writing one diary.

    Each block's view and receipts are objects of their own, so identity tells where they went.
    """

    def __init__(self, violated_in: int | None = None) -> None:
        self.diary: Diary = []
        self.violated_in = violated_in
        self.recorded: list[tuple[View, Outcome, Receipts]] = []
        self.checked: list[tuple[Totals, Ledger, Operation]] = []
        self.views: list[View] = []
        self.receipts: list[Receipts] = []
        self.statuses = [1, 0, 3]
        self.fund = 0

    def note(self, who: str, what: object = None) -> None:
        self.diary.append((who, what))

    # the chain
    def set_block(self, block: BlockEnvironment) -> None:
        self.note("set block", block.number)

    def execute(self, batch: object) -> Receipts:
        self.note("execute", batch)
        count = len(cast(Sequence[Action], batch))
        statuses = np.resize(np.array(self.statuses, np.uint8), count)
        receipts = cast(Receipts, type("Receipts", (), {"status": statuses})())
        self.receipts.append(receipts)
        return receipts

    # the world
    @property
    def ledger(self) -> Ledger:
        return THE_LEDGER

    def totals(self) -> Totals:
        return Totals(insurance=self.fund, deficit=0, custody=0)

    def view(self, block: int, writes: Sequence[Action]) -> View:
        self.note("view", tuple(writes))
        view = cast(View, type("View", (), {"block": block})())
        self.views.append(view)
        return view

    def pack(self, actions: Sequence[Action]) -> Batch:
        return cast(Batch, tuple(actions))

    def observe(self, block: int, actions: Sequence[Action], receipts: Receipts) -> Operation:
        assert receipts is self.receipts[-1]
        self.note("observe", tuple(actions))
        self.fund += 1
        return Operation("block", block)

    # the check
    def check(self, before: Totals, ledger: Ledger, operation: Operation) -> str | None:
        self.note("check", operation.block)
        self.checked.append((before, ledger, operation))
        return "PERP-01 broke" if operation.block == self.violated_in else None

    # the journal
    def block(self, view: View, outcome: Outcome, receipts: Receipts) -> None:
        self.note("record", view.block)
        self.recorded.append((view, outcome, receipts))


class Voice:
    """Prices or an agent: says the same in every block and writes down what it was told."""

    def __init__(self, stage: Stage, name: str, *actions: Action) -> None:
        self.stage = stage
        self.name = name
        self.actions = actions
        self.lessons: list[tuple[Outcome, View]] = []

    def write(self, block: int) -> Sequence[Action]:
        self.stage.note(f"{self.name} writes", block)
        return self.actions

    def act(self, view: View) -> Sequence[Action]:
        assert view is self.stage.views[-1]
        self.stage.note(f"{self.name} acts", view.block)
        return self.actions

    def learn(self, outcome: Outcome, view: View) -> None:
        self.stage.note(f"{self.name} learns", view.block)
        self.lessons.append((outcome, view))


ALWAYS_UP = Sequencer()


def never() -> bool:
    return False


def play(
    stage: Stage,
    blocks: int,
    *agents: Voice,
    stop: Callable[[], bool] = never,
    sequencer: Sequencer = ALWAYS_UP,
) -> tuple[Ending, Voice, Stopwatch]:
    prices, watch = Voice(stage, "feed", ConfirmPrice(0)), Stopwatch()
    ending = run(
        cast(Chain, stage),
        stage,
        prices,
        agents,
        stage.check,
        stage,
        lambda block: BlockEnvironment(block + 1, 1000 + 12 * block),
        blocks,
        sequencer,
        stop,
        watch,
    )
    return ending, prices, watch


def test_a_block_goes_from_time_to_record_and_check_in_the_one_order() -> None:
    stage = Stage()
    settle, accrue = Settle(1, 1), Accrue(0)
    ending, _, _ = play(stage, 1, Voice(stage, "first", settle), Voice(stage, "second", accrue))
    everything = (ConfirmPrice(0), settle, accrue)
    assert ending == Ending("complete", 1)
    assert stage.diary == [
        ("set block", 1),
        ("feed writes", 0),
        ("view", (ConfirmPrice(0),)),
        ("first acts", 0),
        ("second acts", 0),
        ("execute", everything),
        ("observe", everything),
        ("feed learns", 0),
        ("first learns", 0),
        ("second learns", 0),
        ("record", 0),
        ("check", 0),
    ]


def test_every_block_has_its_own_time_and_number() -> None:
    stage = Stage()
    play(stage, 3)
    assert [what for who, what in stage.diary if who == "set block"] == [1, 2, 3]
    assert [what for who, what in stage.diary if who == "feed writes"] == [0, 1, 2]
    assert [view.block for view in stage.views] == [0, 1, 2]


def test_everybody_learns_the_whole_block_and_not_only_the_own_part() -> None:
    stage = Stage()
    agents = [Voice(stage, "first", Settle(1, 1)), Voice(stage, "second", Accrue(0))]
    _, prices, _ = play(stage, 2, *agents)
    for voice in (prices, *agents):
        assert [view for _, view in voice.lessons] == stage.views
        for outcome, _ in voice.lessons:
            assert list(outcome.actions) == [ConfirmPrice(0), Settle(1, 1), Accrue(0)]
            assert outcome.status == bytes([1, 0, 3])


def test_the_journal_gets_what_was_seen_and_what_became_of_it() -> None:
    stage = Stage()
    agent = Voice(stage, "agent", Settle(1, 1))
    play(stage, 2, agent)
    assert [view for view, _, _ in stage.recorded] == stage.views
    assert [receipts for _, _, receipts in stage.recorded] == stage.receipts
    assert [outcome for _, outcome, _ in stage.recorded] == [told for told, _ in agent.lessons]


def test_a_check_compares_each_block_with_the_end_of_the_one_before() -> None:
    stage = Stage()
    play(stage, 3)
    assert [before.insurance for before, _, _ in stage.checked] == [0, 1, 2]
    assert all(ledger is THE_LEDGER for _, ledger, _ in stage.checked)
    assert [operation.block for _, _, operation in stage.checked] == [0, 1, 2]


def test_a_violation_ends_the_run_and_its_block_is_kept() -> None:
    stage = Stage(violated_in=2)
    ending, _, _ = play(stage, 10)
    assert ending == Ending("violated", 3, "PERP-01 broke")
    assert [view.block for view, _, _ in stage.recorded] == [0, 1, 2]
    assert [what for who, what in stage.diary if who == "set block"] == [1, 2, 3]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_stop_ends_the_run_between_blocks(after: int) -> None:
    stage = Stage()
    ending, _, _ = play(stage, 10, stop=lambda: len(stage.recorded) >= after)
    assert ending == Ending("interrupted", after)
    assert len(stage.recorded) == len(stage.checked) == after
    assert [who for who, _ in stage.diary[-1:]] == (["check"] if after else [])


def test_a_stop_asked_for_in_the_last_block_finds_the_run_complete() -> None:
    stage = Stage()
    ending, _, _ = play(stage, 3, stop=lambda: len(stage.recorded) >= 3)
    assert ending == Ending("complete", 3)


def test_a_run_of_no_blocks_is_complete() -> None:
    stage = Stage()
    assert play(stage, 0)[0] == Ending("complete", 0)
    assert stage.diary == []


def test_the_time_of_every_part_is_told_apart() -> None:
    _, _, watch = play(Stage(), 3, Voice(Stage(), "nobody"), stop=lambda: True)
    assert watch.seconds == {}
    _, _, watch = play(Stage(), 3)
    assert set(watch.seconds) == PARTS
    assert all(seconds >= 0.0 for seconds in watch.seconds.values())


def test_a_stopwatch_counts_every_second_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 11.0, 13.0, 13.5])
    monkeypatch.setattr("simulator.engine.perf_counter", lambda: next(moments))
    watch = Stopwatch()
    watch.start()
    for part in ("engine", "record", "engine"):
        watch.lap(part)
    assert watch.seconds == {"engine": 1.5, "record": 2.0}


def test_while_the_sequencer_is_down_nobody_is_asked_but_the_block_is_played() -> None:
    stage = Stage()
    down = SequencerDown(kind="sequencer_down", start_block=1, blocks=1)
    agent = Voice(stage, "agent", Accrue(0))
    ending, _, _ = play(stage, 3, agent, sequencer=Sequencer([down]))
    assert ending == Ending("complete", 3)
    asked = [what for who, what in stage.diary if who == "agent acts"]
    assert asked == [0, 2]
    executed = [what for who, what in stage.diary if who == "execute"]
    assert executed == [(ConfirmPrice(0), Accrue(0)), (), (ConfirmPrice(0), Accrue(0))]
    assert [view.block for view, _, _ in stage.recorded] == [0, 1, 2]
