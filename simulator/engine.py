"""The block loop: advance time -> price -> agents -> execute -> read -> measure -> check -> record.

The engine knows agents, protocol and properties only by their protocols; wiring builds them. It
fits one screen on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal, Protocol

from simulator.agent import Action, Agent, Outcome, View
from simulator.chain.base import Batch, BlockEnvironment, Chain, Receipts
from simulator.property import Ledger, Operation, Totals
from simulator.sequencer import Sequencer

Status = Literal["complete", "violated", "interrupted"]
Check = Callable[[Totals, Ledger, Operation], str | None]
"""The message of the first property that does not hold, or None."""


class PriceSource(Protocol):
    """Whoever writes prices on chain; asked before everybody else."""

    def write(self, block: int) -> Sequence[Action]: ...

    def learn(self, outcome: Outcome, view: View) -> None: ...


class World(Protocol):
    """A deployed protocol seen through its adapter."""

    @property
    def ledger(self) -> Ledger: ...

    def totals(self) -> Totals: ...

    def view(self, block: int, writes: Sequence[Action]) -> View:
        """The state with this block's price writes applied, measured."""
        ...

    def pack(self, actions: Sequence[Action]) -> Batch: ...

    def observe(self, block: int, actions: Sequence[Action], receipts: Receipts) -> Operation:
        """Bring the mirror up to the end of the block."""
        ...


class Journal(Protocol):
    """Whoever records a finished block."""

    def block(self, view: View, outcome: Outcome, receipts: Receipts) -> None: ...


@dataclass(slots=True)
class Stopwatch:
    """Wall time by part; never part of a result."""

    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0

    def start(self) -> None:
        self._last = perf_counter()

    def lap(self, part: str) -> None:
        now = perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._last
        self._last = now


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, after how many whole blocks, and the sentence of a violation."""

    status: Status
    blocks_done: int
    message: str = ""


def run(
    chain: Chain,
    world: World,
    prices: PriceSource,
    agents: Sequence[Agent],
    check: Check,
    journal: Journal,
    clock: Callable[[int], BlockEnvironment],
    blocks: int,
    sequencer: Sequencer,
    stop: Callable[[], bool],
    watch: Stopwatch,
) -> Ending:
    """Play `blocks` blocks. Everything recorded until a violation or a stop is kept."""
    before = world.totals()
    watch.start()
    for block in range(blocks):
        if stop():
            return Ending("interrupted", block)
        chain.set_block(clock(block))
        writes = prices.write(block)
        watch.lap("agents")
        view = world.view(block, writes)
        watch.lap("risk")
        actions = _proposed(sequencer, block, writes, agents, view)
        watch.lap("agents")
        receipts = chain.execute(world.pack(actions))
        watch.lap("engine")
        operation = world.observe(block, actions, receipts)
        watch.lap("observe")
        outcome = Outcome(actions, receipts.status.tobytes())
        prices.learn(outcome, view)
        for agent in agents:
            agent.learn(outcome, view)
        watch.lap("agents")
        journal.block(view, outcome, receipts)
        watch.lap("record")
        violation = check(before, world.ledger, operation)
        before = world.totals()
        watch.lap("risk")
        if violation is not None:
            return Ending("violated", block + 1, violation)
    return Ending("complete", blocks)


def _proposed(
    sequencer: Sequencer, block: int, writes: Sequence[Action], agents: Sequence[Agent], view: View
) -> list[Action]:
    """The block's transactions; while the sequencer is down nobody is asked."""
    if sequencer.down(block):
        return []
    return sequencer.order(block, [writes, *(agent.act(view) for agent in agents)])
