"""Plays random batches on one world and its relatives, and checks what must hold after each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from random import Random
from typing import cast

import numpy as np

from simulator.chain.base import BlockEnvironment
from simulator.chain.columns import STATUS_NOT_INCLUDED, Batch, Receipts
from simulator.chain.revm import RevmChain, execute_many
from simulator.errors import BatchAborted, ChainError, InputError, RevertError
from tests.property.fuzz.columns import batch_of, broken, part
from tests.property.fuzz.invariants import (
    changes_of,
    check,
    check_coverage,
    check_diff,
    check_receipts,
    check_trace,
    rows_of,
)
from tests.property.fuzz.programs import COINBASE, CONTRACTS, PEOPLE, Programs
from tests.property.fuzz.remote import Flaky, SourceDown, Steady

FORKS = ("london", "paris", "shanghai", "cancun", "prague", "osaka")


def slots(*numbers: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    raw = b"".join(number.to_bytes(32, "big") for number in numbers)
    return np.frombuffer(raw, np.uint8).reshape(len(numbers), 32)


WATCHED = slots(0, 1, 2, 3, 4)


class Player:
    """One world that grows from a seed. `play` does one thing to it."""

    def __init__(self, seed: int, hardfork: str, destroys: bool, is_fork: bool) -> None:
        self.random = Random(seed)
        self.destroys = destroys
        is_cancun = FORKS.index(hardfork) >= FORKS.index("cancun")
        self.programs = Programs(self.random, destroys, is_cancun)
        codes = {address: self.programs.runtime() for address in CONTRACTS}
        block = BlockEnvironment(10, 100, gas_limit=3_000_000, coinbase=COINBASE)
        self.twin: RevmChain | None = None
        if is_fork:
            self.chain = RevmChain(hardfork, block=block, source=Flaky(codes, self.random))
            self.twin = RevmChain(hardfork, block=block, source=Steady(codes))
        else:
            self.chain = RevmChain(hardfork, block=block)
            for address, code in codes.items():
                self.chain.set_code(address, code)
                self.chain.set_nonce(address, 1)
                self.chain.set_balance(address, self.random.choice((0, 9)))
            for person in PEOPLE:
                self.chain.set_balance(person, 10**18)
            for address in CONTRACTS[:2]:
                self.chain.watch(address, WATCHED)
        self.mirror = self.chain.watched().copy()
        self.snapshots: list[tuple[int, bytes, BlockEnvironment, int]] = []
        self.batches = 0

    def worlds(self) -> list[RevmChain]:
        return [self.chain] if self.twin is None else [self.chain, self.twin]

    def play(self) -> None:
        """One batch, and now and then something else before it."""
        random = self.random
        draw = random.random()
        if draw < 0.15:
            self._next_block()
        elif self.twin is None and draw < 0.35:
            random.choice((self._snapshot, self._return, self._move_on, self._save, self._poke))()
        self.batches += 1
        if self.twin is not None:
            self._on_a_fork()
            return
        plays: list[Callable[[], None]] = [self._broken, self._what_if, self._calls, self._singles,
                                           self._many]  # fmt: skip
        weights = (6, 4, 3, 4, 2)
        if random.random() < 0.25:
            random.choices(plays, weights)[0]()
        else:
            self._execute()

    # --- batches ----------------------------------------------------------------------------------

    def _batch(self) -> Batch:
        nonce_of = (self.twin or self.chain).nonce
        return batch_of(self.random, self.programs, self.chain.block.base_fee, nonce_of)

    def _execute(self) -> None:
        chain, batch = self.chain, self._batch()
        wishes = [self.random.random() < chance for chance in (0.5, 0.05, 0.3)]
        wealth, nonces = self._wealth(), [chain.nonce(person) for person in PEOPLE]
        gas_before, base_fee = chain.block_gas_used, chain.block.base_fee
        receipts = chain.execute(batch, diff=wishes[0], coverage=wishes[1], trace=wishes[2])
        check_receipts(batch, receipts, base_fee, len(batch))
        gas = int(receipts.gas_used.sum())
        check(chain.block_gas_used == gas_before + gas, "gas of the block", gas_before, gas)
        check(chain.block_gas_used <= chain.block.gas_limit, "more gas than a block has")
        self._check_nonces(batch, receipts, nonces)
        now = self._wealth() + gas * base_fee
        check(now == wealth or (self.destroys and now < wealth), "wealth", wealth, now)
        if wishes[0]:
            check_diff(chain, receipts.diff)
        if wishes[1]:
            check_coverage(receipts)
        if wishes[2]:
            check_trace(receipts.trace, receipts)
        self._check_watched(receipts)

    def _wealth(self) -> int:
        return sum(map(self.chain.balance, self.chain.accounts()))

    def _check_nonces(self, batch: Batch, receipts: Receipts, before: list[int]) -> None:
        """Each included transaction raises its sender's nonce by one, nothing else does."""
        senders = [sender.tobytes() for sender in batch.senders]
        included = receipts.status != STATUS_NOT_INCLUDED
        for person, nonce in zip(PEOPLE, before, strict=True):
            sent = sum(map(bool, (included[i] for i, s in enumerate(senders) if s == person)))
            now = self.chain.nonce(person)
            check(now == nonce + sent, "nonce", person, nonce, sent, now)

    def _check_watched(self, receipts: Receipts) -> None:
        self.mirror[receipts.watched_index] = receipts.watched_value
        watched = self.chain.watched()
        check(bool((self.mirror == watched).all()), "watched slots", self.mirror, watched)

    def _broken(self) -> None:
        batch = self._batch()
        if not len(batch):
            return
        bad, before = broken(self.random, batch), self.chain.to_bytes()
        run = self.random.choice(
            (self.chain.execute, self.chain.call_many, self.chain.what_if_many)
        )
        try:
            run(bad)
        except InputError as error:
            check(bool(error.field and error.rule), "an error that does not say what", error)
        else:
            check(False, "a broken batch was taken", bad)
        check(self.chain.to_bytes() == before, "a refused batch changed the world")

    def _what_if(self) -> None:
        """Each as it would be if it were next, for those whose gas the block has left."""
        chain, batch = self.chain, self._batch()
        before = chain.to_bytes()
        what_ifs = chain.what_if_many(batch, threads=self.random.choice((1, 1, 2)))
        check(chain.to_bytes() == before, "what-ifs changed the world")
        check_receipts(batch, what_ifs, chain.block.base_fee, len(batch))
        left = chain.block.gas_limit - chain.block_gas_used
        rows = rows_of(what_ifs)
        for index in np.flatnonzero(batch.gas_limits <= left).tolist():
            done = chain.clone().execute(part(batch, index, index + 1), diff=True)
            check(rows[index] == rows_of(done)[0], "what-if", rows[index], rows_of(done)[0])
            expected, found = changes_of(done.diff), changes_of(what_ifs.diff, index)
            check(expected == found, "diff of a what-if", expected, found)

    def _calls(self) -> None:
        chain, batch = self.chain, self._batch()
        before = chain.to_bytes()
        # A view with all gas of the world would run for as long as that lasts.
        batch = dataclasses.replace(batch, gas_limits=np.minimum(batch.gas_limits, 1_000_000))
        alone, shared = (chain.call_many(batch, threads=threads) for threads in (1, 3))
        check(rows_of(alone) == rows_of(shared), "calls in threads")
        check(chain.to_bytes() == before, "calls changed the world")

    def _singles(self) -> None:
        """A batch does what its transactions do one by one."""
        chain, batch = self.chain, self._batch()
        other = chain.clone()
        receipts = chain.execute(batch, diff=True)
        self._check_watched(receipts)
        singles = [other.execute(part(batch, at, at + 1)) for at in range(len(batch))]
        rows = [rows_of(single)[0] for single in singles]
        check(rows_of(receipts) == rows, "one by one", rows_of(receipts), rows)
        check(chain.to_bytes() == other.to_bytes(), "one by one: another world")

    def _many(self) -> None:
        chains = [self.chain.clone() for _ in range(self.random.randrange(4))]
        others = [chain.clone() for chain in chains]
        batches = [self._batch() for _ in chains]
        ran = execute_many(chains, batches, threads=2, diff=True)
        for chain, other, batch, receipts in zip(chains, others, batches, ran, strict=True):
            alone = other.execute(batch, diff=True)
            check(rows_of(receipts) == rows_of(alone), "one of many worlds")
            check(changes_of(receipts.diff) == changes_of(alone.diff), "diff of one of many")
            check(chain.to_bytes() == other.to_bytes(), "one of many: another world")

    def _on_a_fork(self) -> None:
        """A source that fails at random, until the batch is through, and one that never does."""
        assert self.twin is not None
        batch, rows, start = self._batch(), [], 0
        whole = rows_of(self.twin.execute(batch))
        while True:
            rest = part(batch, start, len(batch))
            try:
                receipts = self.chain.execute(rest, diff=self.random.random() < 0.5)
                check_receipts(rest, receipts, self.chain.block.base_fee, len(rest))
            except BatchAborted as error:
                check(isinstance(error.__cause__, SourceDown), "cause", error.__cause__)
                receipts = cast(Receipts, error.receipts)
                check_receipts(rest, receipts, self.chain.block.base_fee, error.transaction_index)
            rows += rows_of(receipts)
            start = len(rows)
            if start == len(batch):
                break
        check(rows == whole, "a flaky source", rows, whole)
        try:
            self.chain.what_if_many(batch, threads=2)
        except SourceDown:
            return

    # --- what happens between batches -------------------------------------------------------------

    def _next_block(self) -> None:
        block = self.chain.block
        following = dataclasses.replace(
            block,
            number=block.number + 1,
            timestamp=block.timestamp + 12,
            base_fee=self.random.choice((0, 0, 7, 1_000)),
            prevrandao=self.random.randbytes(32),
            parent_hash=self.random.randbytes(32),
        )
        for chain in self.worlds():
            while chain.block != following:
                try:
                    chain.set_block(following)
                except SourceDown:
                    continue

    def _state(self) -> tuple[bytes, BlockEnvironment, int]:
        return self.chain.to_bytes(), self.chain.block, self.chain.block_gas_used

    def _snapshot(self) -> None:
        if len(self.snapshots) < 6:
            self.snapshots.append((self.chain.snapshot(), *self._state()))

    def _return(self) -> None:
        """To a snapshot, after a look at what is different since."""
        if not self.snapshots:
            return
        position = self.random.randrange(len(self.snapshots))
        snapshot, *known = self.snapshots[position]
        since = changes_of(self.chain.diff_since(snapshot))
        self._check_since(since, RevmChain.from_bytes(known[0]))  # type: ignore[arg-type]
        self.chain.revert(snapshot)
        del self.snapshots[position:]
        self.mirror = self.chain.watched().copy()
        check(list(self._state()) == known, "a revert")
        try:
            self.chain.revert(snapshot)
        except ChainError:
            return
        check(False, "a snapshot was used twice")

    def _check_since(self, since: list[bytes], before: RevmChain) -> None:
        """Equal to a comparison of all slots."""
        tables = []
        for chain in (before, self.chain):
            known: dict[bytes, bytes] = {}
            for address, keys, values in chain.all_slots():
                for slot, value in zip(keys, values, strict=True):
                    known[address + slot.tobytes()] = value.tobytes()
            tables.append(known)
        old, new = tables
        zero = bytes(32)
        expected = [
            key + old.get(key, zero) + new.get(key, zero)
            for key in sorted({*old, *new})
            if old.get(key) != new.get(key)
        ]
        check(since == expected, "what is different since a snapshot", since, expected)

    def _move_on(self) -> None:
        """Go on with a clone and forget the origin, or the other way round."""
        clone = self.chain.clone()
        before = self.chain.to_bytes()
        check(clone.to_bytes() == before, "a clone is another world")
        if self.random.random() < 0.5:
            clone.execute(self._batch())
            check(self.chain.to_bytes() == before, "a clone changed its origin")
            return
        self.chain.execute(self._batch())
        check(clone.to_bytes() == before, "an origin changed its clone")
        self.chain, self.snapshots = clone, []
        self.mirror = self.chain.watched().copy()

    def _save(self) -> None:
        saved = self.chain.to_bytes()
        restored = RevmChain.from_bytes(saved)
        check(restored.to_bytes() == saved, "another world after saving")
        batch = self._batch()
        rows = rows_of(self.chain.clone().execute(batch))
        check(rows == rows_of(restored.execute(batch)), "a restored world runs otherwise")
        check(restored.state_root() != b"", "state root")

    def _poke(self) -> None:
        chain, random = self.chain, self.random
        address = random.choice(CONTRACTS)
        chain.set_code(address, self.programs.runtime())
        chain.set_balance(address, random.choice((0, 1, 50)))
        if chain.code(address):
            chain.set_storage(address, random.randrange(5), random.randrange(3))
        chain.set_balance(random.choice(PEOPLE), 10**18)
        self.mirror = chain.watched().copy()
        person, target = random.choice(PEOPLE), self.programs.address()
        try:
            if random.random() < 0.5:
                chain.transact(
                    person, target, self.programs.calldata(), random.randrange(3), 90_000
                )
            else:
                chain.deploy(self.programs.initcode(), person)
            chain.call(target, self.programs.calldata(), person)
        except (RevertError, ChainError):
            pass
        self.mirror = chain.watched().copy()
