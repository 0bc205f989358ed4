"""contracts/amm/ObservationRing.vy against its integer model, across wraps, growth and age."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.oracles.twap_v3 import (
    grow_ring,
    harmonic_mean_liquidity,
    mean_tick,
    observe,
    open_ring,
    write_observation,
)
from simulator.risk.precision import MAXIMUM_TICK, MINIMUM_TICK
from tests.differential.standalone import OWNER, START, Contract, new_chain, wait


class Stage:
    """A ring on a chain and its model; tick and liquidity are those in force."""

    def __init__(self, tick: int, liquidity: int, timestamp: int = START) -> None:
        self.chain = new_chain(timestamp)
        self.contract = Contract(self.chain, "amm/ObservationRing.vy", tick, liquidity)
        self.ring = open_ring(timestamp)
        self.force = (tick, liquidity)

    @property
    def now(self) -> int:
        return self.chain.block.timestamp

    def play(self, step: tuple[Any, ...]) -> None:
        kind, *arguments = step
        getattr(self, kind)(*arguments)

    def wait(self, seconds: int) -> None:
        wait(self.chain, seconds)

    def write(self, tick: int, liquidity: int) -> None:
        self.contract.send("write", tick, liquidity)
        self.ring = write_observation(self.ring, self.now, *self.force)
        self.force = (tick, liquidity)
        read = self.contract.read
        assert read("index") == self.ring.index
        assert read("cardinality") == self.ring.cardinality
        stored = read("observations", self.ring.index)
        assert stored == tuple(self.ring.observations[self.ring.index])

    def grow(self, size: int) -> None:
        self.contract.send("grow", size)
        self.ring = grow_ring(self.ring, size)
        assert self.contract.read("grown") == self.ring.grown

    def look(self, seconds_ago: int) -> None:
        answer = self.contract.read("observe", seconds_ago)
        try:
            seen = observe(self.ring, self.now, seconds_ago, *self.force)
        except InvalidArgument:
            assert answer == "OLD"
            return
        assert answer == (seen.tick_cumulative, seen.seconds_per_liquidity)
        if seconds_ago:
            last = observe(self.ring, self.now, 0, *self.force)
            mean = mean_tick(seen.tick_cumulative, last.tick_cumulative, seconds_ago)
            liquid = harmonic_mean_liquidity(
                seen.seconds_per_liquidity, last.seconds_per_liquidity, seconds_ago
            )
            assert self.contract.read("consult", seconds_ago) == (mean, liquid)


TICKS = st.integers(MINIMUM_TICK, MAXIMUM_TICK)
LIQUIDITY = st.one_of(st.just(0), st.integers(1, 10**6), st.integers(1, 2**128 - 1))
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.one_of(st.integers(0, 90), st.just(2**31))),
    st.tuples(st.just("write"), TICKS, LIQUIDITY),
    st.tuples(st.just("grow"), st.integers(1, 9)),
    st.tuples(st.just("look"), st.one_of(st.integers(0, 400), st.just(2**31))),
)


@settings(max_examples=150, deadline=None)
@given(TICKS, LIQUIDITY, st.sampled_from([START, 2**32 - 60]), st.lists(STEPS, max_size=24))
def test_every_observation_is_the_models(
    tick: int, liquidity: int, timestamp: int, steps: list[tuple[Any, ...]]
) -> None:
    stage = Stage(tick, liquidity, timestamp)
    for step in steps:
        stage.play(step)


def test_a_full_ring_forgets_its_oldest_observation_and_bisects_the_others() -> None:
    stage = Stage(100, 10**18)
    stage.grow(7)
    for number in range(20):
        stage.wait(7 + number)
        stage.write(100 * number - 900, 10**18 + number)
    stage.wait(3)
    for seconds_ago in range(200):
        stage.look(seconds_ago)


def test_only_the_owner_writes_and_only_what_fits() -> None:
    stage = Stage(0, 1)
    assert stage.contract.send("write", 0, 1, sender=bytes(19) + b"\x07") == "owner"
    assert stage.contract.send("write", MAXIMUM_TICK + 1, 1) == "tick"
    assert stage.contract.send("write", 0, 2**128) == "liquidity"
    assert stage.contract.send("grow", 0) == "size"
    assert stage.contract.read("consult", 0) == "window"
    assert stage.contract.read("observe", 2**32) == "window"
    assert stage.contract.read("owner") == "0x" + OWNER.hex()
