"""Chains of clones, snapshots and reverts against a plain model: dictionaries that are copied."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from simulator.chain import Batch, BlockEnvironment
from simulator.errors import ChainError
from tests.unit.simulator.chain.conftest import SENDER, SET_AND_GET, slots, value_at, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

PLACES = [bytes([0xD0 + index]) * 20 for index in range(3)]
MORTAL = bytes.fromhex("33ff")
"""CALLER SELFDESTRUCT"""


@dataclass
class State:
    """Storage, codes, balances, and where the world stands."""

    storage: dict[tuple[bytes, int], int] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)
    balances: dict[bytes, int] = field(default_factory=dict)
    nonce: int = 0
    number: int = 1
    watched: list[tuple[bytes, int]] = field(default_factory=list)


@dataclass
class World:
    chain: RevmChain
    state: State
    snapshots: list[tuple[int, State]] = field(default_factory=list)


def changes(before: State, after: State) -> dict[tuple[bytes, int], tuple[int, int]]:
    keys = {*before.storage, *after.storage}
    pairs = {key: (before.storage.get(key, 0), after.storage.get(key, 0)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


places, numbers, values = st.sampled_from(PLACES), st.integers(0, 3), st.integers(0, 3)


class Worlds(RuleBasedStateMachine):
    worlds: Bundle[World] = Bundle("worlds")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[World] = []

    def keep(self, world: World) -> World:
        self.all.append(world)
        return world

    @initialize(target=worlds)
    def begin(self) -> World:
        # Before cancun, so that what destroys itself is gone.
        world = World(RevmChain("shanghai"), State())
        for place in PLACES:
            world.chain.set_code(place, SET_AND_GET)
            world.state.codes[place] = SET_AND_GET
        return self.keep(world)

    @rule(target=worlds, origin=worlds)
    def clone(self, origin: World) -> World:
        return self.keep(World(origin.chain.clone(), copy.deepcopy(origin.state)))

    @rule(target=worlds, origin=worlds)
    def save_and_restore(self, origin: World) -> World:
        restored = RevmChain.from_bytes(origin.chain.to_bytes())
        return self.keep(World(restored, copy.deepcopy(origin.state)))

    @rule(target=worlds, world=consumes(worlds))
    def forget(self, world: World) -> Any:
        if len(self.all) < 3:
            return multiple(world)
        self.all.remove(world)
        return multiple()

    @rule(world=worlds)
    def snapshot(self, world: World) -> None:
        identifier = world.chain.snapshot()
        assert all(identifier > earlier for earlier, _ in world.snapshots)
        world.snapshots.append((identifier, copy.deepcopy(world.state)))

    @rule(world=worlds, choice=st.integers(0, 9))
    def revert(self, world: World, choice: int) -> None:
        if not world.snapshots:
            with pytest.raises(ChainError):
                world.chain.revert(choice)
            return
        position = choice % len(world.snapshots)
        identifier, state = world.snapshots[position]
        watched = world.state.watched
        world.chain.revert(identifier)
        world.state = state
        # The watch list is no part of the state.
        world.state.watched = watched
        for gone, _ in world.snapshots[position:]:
            with pytest.raises(ChainError):
                world.chain.revert(gone)
        del world.snapshots[position:]

    @rule(world=worlds)
    def look_back(self, world: World) -> None:
        for identifier, state in world.snapshots:
            diff = world.chain.diff_since(identifier)
            found = {
                (address.tobytes(), int.from_bytes(slot.tobytes())): (
                    int.from_bytes(old.tobytes(), "little"),
                    int.from_bytes(new.tobytes(), "little"),
                )
                for address, slot, old, new in zip(
                    diff.addresses, diff.slots, diff.old, diff.new, strict=True
                )
            }
            assert found == changes(state, world.state)

    @rule(world=worlds, place=places, slot=numbers, value=values)
    def poke(self, world: World, place: bytes, slot: int, value: int) -> None:
        if world.state.codes.get(place):
            world.chain.set_storage(place, slot, value)
            self._set(world.state, place, slot, value)

    def _set(self, state: State, place: bytes, slot: int, value: int) -> None:
        if value:
            state.storage[place, slot] = value
        else:
            state.storage.pop((place, slot), None)

    @rule(world=worlds, place=places, wei=values)
    def enrich(self, world: World, place: bytes, wei: int) -> None:
        world.chain.set_balance(place, wei)
        world.state.balances[place] = wei

    @rule(world=worlds, place=places, code=st.sampled_from([SET_AND_GET, MORTAL]))
    def recode(self, world: World, place: bytes, code: bytes) -> None:
        world.chain.set_code(place, code)
        world.state.codes[place] = code

    @rule(world=worlds, puts=st.lists(st.tuples(places, numbers, values), max_size=4))
    def execute(self, world: World, puts: list[tuple[bytes, int, int]]) -> None:
        """Stores where the store's code is; destroys where the mortal's is."""
        state, before = world.state, copy.deepcopy(world.state)
        data = [word(slot) + word(value) for _, slot, value in puts]
        batch = Batch.of([SENDER] * len(puts), [place for place, _, _ in puts], data, 90_000)
        receipts = world.chain.execute(batch, diff=True)
        assert receipts.status.tolist() == [1] * len(puts)
        state.nonce += len(puts)
        for place, slot, value in puts:
            code = state.codes.get(place, b"")
            if code == SET_AND_GET:
                self._set(state, place, slot, value)
            elif code == MORTAL:
                state.codes[place] = b""
                state.balances[SENDER] = state.balances.get(SENDER, 0) + state.balances.pop(
                    place, 0
                )
                for key in [key for key in state.storage if key[0] == place]:
                    del state.storage[key]
        assert receipts.diff is not None and len(receipts.diff.slots) == len(changes(before, state))

    @rule(world=worlds)
    def next_block(self, world: World) -> None:
        world.state.number += 1
        world.chain.set_block(BlockEnvironment(world.state.number, world.state.number))

    @rule(world=worlds, place=places, slot=numbers)
    def watch(self, world: World, place: bytes, slot: int) -> None:
        assert world.chain.watch(place, slots(slot)) == len(world.state.watched)
        world.state.watched.append((place, slot))

    @invariant()
    def every_world_is_as_its_model(self) -> None:
        for world in self.all:
            chain, state = world.chain, world.state
            assert chain.block.number == state.number and chain.nonce(SENDER) == state.nonce
            for place in PLACES:
                assert chain.code(place) == state.codes.get(place, b"")
                assert chain.balance(place) == state.balances.get(place, 0)
                found = chain.storage(place, slots(0, 1, 2, 3))[:, 0].tolist()
                assert found == [state.storage.get((place, slot), 0) for slot in range(4)]
            watched = [state.storage.get(key, 0) for key in state.watched]
            assert chain.watched()[:, 0].tolist() == watched


Worlds.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestWorlds = Worlds.TestCase


def test_ten_generations_of_clones_see_their_own_writes_only() -> None:
    chain = RevmChain()
    generations = [chain]
    for number in range(10):
        chain = chain.clone()
        chain.set_storage(PLACES[0], number, number + 1)
        chain.set_storage(PLACES[0], 99, number)
        generations.append(chain)
    for number, world in enumerate(generations):
        own = [value_at(world, PLACES[0], slot) for slot in range(10)]
        assert own == [slot + 1 if slot < number else 0 for slot in range(10)]
        assert value_at(world, PLACES[0], 99) == max(0, number - 1)
