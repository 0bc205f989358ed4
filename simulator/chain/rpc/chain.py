"""`RpcChain`: a node for development behind the interface of all back ends."""

from __future__ import annotations

import time
from dataclasses import replace
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from simulator.chain.base import (
    STATUS_NOT_INCLUDED,
    STATUS_SUCCESS,
    ZERO_ADDRESS,
    Batch,
    BlockEnvironment,
    Proof,
    Receipts,
    StorageDiff,
)
from simulator.chain.checks import (
    DEPLOY_GAS_LIMIT,
    WORD_LIMIT,
    check_address,
    check_block,
    check_deadline,
    check_number,
    check_slots,
    check_threads,
    failure,
    name_of_call,
)
from simulator.chain.columns import WhatIf
from simulator.chain.rpc.calls import Caller
from simulator.chain.rpc.controls import Controls
from simulator.chain.rpc.history import History
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.reads import Reads
from simulator.chain.rpc.receipts import Outcome, diff_of, no_receipts, outcome_of, receipts_of
from simulator.chain.rpc.sealing import Sealed, Sealer
from simulator.chain.rpc.single import check_batch, joined, one, row_of
from simulator.chain.rpc.start import check_chain, hardfork_of, next_block
from simulator.chain.rpc.traces import trace_of
from simulator.chain.rpc.wire import bytes_in, intrinsic_gas, number_in, reading, text
from simulator.chain.single import single_what_if
from simulator.errors import ChainError
from simulator.types import Address, Bytes2D, Words
from simulator.units import integers_to_words

TIMEOUT_SECONDS = 30.0
GAS_CAP_PER_TRANSACTION = 16_777_216
"""EIP-7825, from osaka on."""

_WITHOUT_GAS_CAP = frozenset({"london", "paris", "merge", "shanghai", "cancun", "prague"})


class RpcChain:
    """A world on anvil, or on another node that mines on demand and sends for any account.

    See `simulator.chain.base.Chain` for the meaning of the methods. What a node does otherwise:

    - It seals a block with each `execute`, `deploy` and `transact`; what follows without a new
      `set_block` runs in a block of its own, with the next number and all else equal.
    - Block numbers only grow. `set_block` mines empty blocks up to its number and refuses one that
      has passed; with `renumber` the block keeps the number asked for in `block`, and code sees the
      node's own, which goes on by one with each block.
    - `block.parent_hash` is the node's own, and so is `prevrandao` unless the node can set it.
    - Return data is asked of `debug_traceTransaction`; without it output is empty, halted
      transactions count as reverted, and there are no diffs and traces.
    - Calls run in the next block's environment if the node takes block overrides, else in that of
      the latest block. Without `debug_traceCall` they have neither gas nor logs.
    - A transaction from an account with code is included. Diffs and traces do not tell what a
      self-destruct wiped, and `diff_since` not what the node itself writes at a block's start.
    - `state_root` and `proof` are of the latest block: what was set by hand since is not in them.
    - For the engine's outcomes anvil needs `--order fifo --disable-pool-balance-checks`.

    Clones and coverage are refused. Use it as a context manager, or `close` it: it turned off
    mining by itself. ChainError if the node cannot be reached, is another chain or hardfork, or
    lacks what is needed.
    """

    name = "rpc"

    def __init__(
        self,
        url: str,
        *,
        hardfork: str | None = None,
        chain_id: int | None = None,
        renumber: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._node = Node(url, timeout_seconds)
        self._chain_id = check_chain(self._node, chain_id)
        self._hardfork = hardfork_of(self._node, hardfork)
        self._controls = Controls(self._node)
        self._controls.take_over()
        self._reads = Reads(self._node)
        self._history = History(self._node, self._reads)
        self._caller = Caller(self._node)
        self._sealer = Sealer(self._node, self._controls, timeout_seconds)
        self._renumber = renumber
        self._head = self._controls.head()
        self._block = next_block(self._node, self._head)
        self._gas_used = 0
        self._snapshots: dict[int, tuple[str, BlockEnvironment, int, int]] = {}
        self._last_snapshot = 0
        self._watch: list[tuple[Address, bytes]] = []

    def __enter__(self) -> RpcChain:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the node mine by itself again and close the connections."""
        try:
            self._controls.hand_back()
        except ChainError:
            pass  # the node is gone, which is how most of them end
        finally:
            self._node.close()

    @property
    def hardfork(self) -> str:
        return self._hardfork

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def block(self) -> BlockEnvironment:
        """The block that will be mined next."""
        return self._block

    @property
    def block_gas_used(self) -> int:
        return self._gas_used

    def set_block(self, block: BlockEnvironment) -> None:
        """Say what the next block is. Nothing is mined but empty blocks before it.

        ChainError for a number or a time that has passed, and for what the node cannot set.
        """
        check_block(block)
        if block.parent_hash is not None:
            raise ChainError("block.parent_hash cannot be set: a node's blocks have hashes")
        with reading(self._node.name, "block"):
            number = number_in(self._head, "number")
            timestamp = number_in(self._head, "timestamp")
        if block.timestamp < timestamp:
            raise ChainError(f"block.timestamp = {block.timestamp}: the node is at {timestamp}")
        if not self._renumber:
            if block.number <= number:
                raise ChainError(
                    f"block.number = {block.number}: the node is at {number}, and cannot go back "
                    "(`renumber=True` lets it count on by itself)"
                )
            if block.number > number + 1:
                self._controls.mine_empty(block.number - number - 1)
                self._head = self._controls.head()
        self._controls.enter(block, self._head)
        self._block = block
        self._gas_used = 0

    # --- running code ----------------------------------------------------------------------------

    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        batch = self._set_up("sender", sender, None, initcode, value, DEPLOY_GAS_LIMIT)
        sealed, outcome = self._run_one(batch)
        if outcome.status != STATUS_SUCCESS:
            raise failure("deployment", outcome.status, outcome.output, outcome.reason)
        with reading(self._node.name, "receipt"):
            return bytes_in(sealed.receipts[0], "contractAddress", 20)

    def transact(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
    ) -> bytes:
        """One transaction; its return data (empty if the node has no tracer), or RevertError."""
        check_address("target", target)
        check_number("gas_limit", gas_limit)
        _, outcome = self._run_one(self._set_up("sender", sender, target, data, value, gas_limit))
        if outcome.status != STATUS_SUCCESS:
            what = name_of_call(target, data)
            raise failure(what, outcome.status, outcome.output, outcome.reason)
        return outcome.output

    def call(self, target: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        check_address("target", target)
        check_address("sender", sender)
        call = {"from": text(sender), "to": text(target), "data": text(data)}
        outcome = self._caller.call(call, self._next_block())
        if outcome.status != STATUS_SUCCESS:
            what = name_of_call(target, data)
            raise failure(what, outcome.status, outcome.output, outcome.reason)
        return outcome.output

    def execute(
        self,
        batch: Batch,
        *,
        diff: bool = False,
        coverage: bool = False,
        trace: bool = False,
        deadline_seconds: float | None = None,
    ) -> Receipts:
        """Mine a block of the batch; see the class for what a node does otherwise.

        A deadline stops before the block is mined, so that nothing of the batch stays.
        """
        if coverage:
            self._refuse("coverage", "a node does not tell which jumps were taken")
        check_deadline(deadline_seconds)
        check_batch(batch)
        if not len(batch):
            nothing = diff_of([]) if diff else None
            return no_receipts()._replace(diff=nothing, trace=trace_of([]) if trace else None)
        end = None if deadline_seconds is None else time.monotonic() + deadline_seconds
        before = self._reads.slots(self._watch)
        sealed = self._seal(batch, self._block, end)
        self._gas_used += sum(int(receipt["gasUsed"], 16) for receipt in sealed.receipts.values())
        frames = self._frames(sealed, whole=trace)
        if trace and frames is None:
            self._refuse("trace", "it does not offer debug_traceTransaction")
        receipts = receipts_of(self._outcomes(batch, sealed, frames))
        index, value = self._changed(before)
        hashes = list(sealed.hashes.values())
        return receipts._replace(
            watched_index=index,
            watched_value=value,
            diff=self._history.changes(hashes).as_diff() if diff else None,
            trace=self._trace(batch, sealed, frames or {}) if trace else None,
        )

    def call_many(
        self, batch: Batch, *, threads: int | None = None, deadline_seconds: float | None = None
    ) -> Receipts:
        """Read-only calls in HTTP batches; how many run at once is up to the node."""
        check_threads(threads)
        check_deadline(deadline_seconds)
        check_batch(batch)
        return receipts_of(self._caller.call_many(batch, self._next_block()))

    def what_if(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
        *,
        diff: bool = False,
    ) -> WhatIf:
        return single_what_if(self, sender, target, data, value, gas_limit, diff)

    def what_if_many(
        self, batch: Batch, *, threads: int | None = 1, deadline_seconds: float | None = None
    ) -> Receipts:
        """Each transaction in a block that is mined and undone, one after the other."""
        check_threads(threads)
        check_deadline(deadline_seconds)
        check_batch(batch)
        end = None if deadline_seconds is None else time.monotonic() + deadline_seconds
        gas_used, watch, self._watch = self._gas_used, self._watch, []
        parts = []
        try:
            for row in range(len(batch)):
                left = None if end is None else max(end - time.monotonic(), 0.0)
                mark = self.snapshot()
                try:
                    part = self.execute(row_of(batch, row), diff=True, deadline_seconds=left)
                finally:
                    self.revert(mark)
                parts.append(part)
        finally:
            self._gas_used, self._watch = gas_used, watch
        return joined(parts)

    # --- worlds ----------------------------------------------------------------------------------

    def snapshot(self) -> int:
        self._last_snapshot += 1
        inner = self._controls.snapshot()
        state = (inner, self._block, len(self._history), self._gas_used)
        self._snapshots[self._last_snapshot] = state
        return self._last_snapshot

    def revert(self, snapshot: int) -> None:
        inner, self._block, length, self._gas_used = self._known(snapshot)
        self._controls.revert(inner)
        self._snapshots = {at: it for at, it in self._snapshots.items() if at < snapshot}
        self._history.cut(length if self._snapshots else 0)
        self._head = self._controls.head()

    def diff_since(self, snapshot: int) -> StorageDiff:
        return self._history.diff_since(self._known(snapshot)[2])

    def clone(self) -> NoReturn:
        """ChainError: a node holds one world. (`snapshot` and `revert` go back in it.)"""
        self._refuse("clone", "a node holds one world; snapshots go back in it")

    # --- state -----------------------------------------------------------------------------------

    def watch(self, address: Address, slots: Bytes2D) -> int:
        check_address("address", address)
        check_slots(slots)
        first = len(self._watch)
        self._watch.extend((address, slot.tobytes()) for slot in slots)
        return first

    def watched(self) -> Words:
        return integers_to_words(self._reads.slots(self._watch), signed=False)

    def storage(self, address: Address, slots: Bytes2D) -> Words:
        check_address("address", address)
        check_slots(slots)
        values = self._reads.slots([(address, slot.tobytes()) for slot in slots])
        return integers_to_words(values, signed=False)

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        check_address("address", address)
        check_number("slot", slot, WORD_LIMIT)
        check_number("value", value, WORD_LIMIT)
        if self._snapshots:
            place = (address, slot.to_bytes(32, "big"))
            self._history.note_slot(*place, self._reads.slots([place])[0])
        self._controls.set_storage(address, slot, value)

    def balance(self, address: Address) -> int:
        check_address("address", address)
        return self._reads.balance(address)

    def set_balance(self, address: Address, wei: int) -> None:
        check_address("address", address)
        self._controls.set_balance(address, check_number("wei", wei, WORD_LIMIT))

    def nonce(self, address: Address) -> int:
        check_address("address", address)
        return self._reads.nonce(address)

    def set_nonce(self, address: Address, nonce: int) -> None:
        check_address("address", address)
        self._controls.set_nonce(address, check_number("nonce", nonce))

    def code(self, address: Address) -> bytes:
        check_address("address", address)
        return self._reads.code(address)

    def set_code(self, address: Address, code: bytes) -> None:
        check_address("address", address)
        self._controls.set_code(address, code)

    def accounts(self) -> list[Address]:
        """From anvil's dump, its own development accounts included."""
        return self._reads.accounts()

    def slots_of(self, address: Address) -> tuple[Bytes2D, Words]:
        """From anvil's dump."""
        check_address("address", address)
        return self._reads.slots_of(address)

    def state_root(self) -> bytes:
        """That of the latest header. (anvil also counts zero slots and empty accounts.)"""
        with reading(self._node.name, "block"):
            return bytes_in(self._controls.head(), "stateRoot", 32)

    def proof(self, address: Address, slots: Bytes2D) -> Proof:
        check_address("address", address)
        check_slots(slots)
        return self._reads.proof(address, slots)

    # --- inside ----------------------------------------------------------------------------------

    def _next_block(self) -> BlockEnvironment:
        """The next block as the node will number it."""
        with reading(self._node.name, "block"):
            return replace(self._block, number=number_in(self._head, "number") + 1)

    def _set_up(
        self,
        field: str,
        sender: Address,
        target: Address | None,
        data: bytes,
        value: int,
        gas_limit: int,
    ) -> Batch:
        check_address(field, sender)
        check_number("value", value, WORD_LIMIT)
        cap = DEPLOY_GAS_LIMIT if self._hardfork in _WITHOUT_GAS_CAP else GAS_CAP_PER_TRANSACTION
        gas_limit = min(gas_limit, cap, self._block.gas_limit)
        # Set-up pays the base fee, as in the engine, and no tip.
        return one(sender, target, data, value, gas_limit, self._block.base_fee)

    def _run_one(self, batch: Batch) -> tuple[Sealed, Outcome]:
        sealed = self._seal(batch, self._block, None)
        return sealed, self._outcomes(batch, sealed, self._frames(sealed, whole=False))[0]

    def _seal(self, batch: Batch, block: BlockEnvironment, deadline: float | None) -> Sealed:
        number = self._next_block().number
        sealed = self._sealer.seal(batch, replace(block, number=number), deadline)
        self._controls.check_mined(replace(block, number=number), sealed.head)
        self._head = sealed.head
        if not self._renumber:
            self._block = replace(self._block, number=number + 1)
        if self._snapshots:
            self._history.note_transactions(list(sealed.hashes.values()))
        return sealed

    def _frames(self, sealed: Sealed, *, whole: bool) -> dict[int, dict[str, Any]] | None:
        frames = self._history.calls(list(sealed.hashes.values()), whole=whole)
        return None if frames is None else dict(zip(sealed.hashes, frames, strict=True))

    def _outcomes(
        self, batch: Batch, sealed: Sealed, frames: dict[int, dict[str, Any]] | None
    ) -> list[Outcome]:
        outcomes = []
        with reading(self._node.name, "receipt"):
            for row in range(len(batch)):
                if row in sealed.receipts:
                    frame = None if frames is None else frames[row]
                    outcomes.append(outcome_of(sealed.receipts[row], frame))
                else:
                    outcomes.append(Outcome(STATUS_NOT_INCLUDED, reason=sealed.reasons[row]))
        return outcomes

    def _trace(self, batch: Batch, sealed: Sealed, frames: dict[int, dict[str, Any]]) -> Any:
        rows = []
        with reading(self._node.name, "callTracer"):
            for row, frame in frames.items():
                limit, within = int(batch.gas_limits[row]), number_in(frame, "gas")
                # anvil tells the gas of the frame, geth that of the transaction.
                intrinsic = limit - within if within < limit else intrinsic_gas(batch, row)
                frame = frame | {"gas": hex(limit - intrinsic)}
                used = number_in(sealed.receipts[row], "gasUsed")
                rows.append((row, frame, intrinsic, used))
            return trace_of(rows)

    def _changed(self, before: list[int]) -> tuple[Any, Words]:
        after = self._reads.slots(self._watch)
        changed = [at for at, old in enumerate(before) if after[at] != old]
        values = integers_to_words([after[at] for at in changed], signed=False)
        return np.array(changed, np.int64), values

    def _known(self, snapshot: int) -> tuple[str, BlockEnvironment, int, int]:
        if snapshot not in self._snapshots:
            raise ChainError(f"snapshot {snapshot} is unknown: never made, or reverted")
        return self._snapshots[snapshot]

    def _refuse(self, what: str, why: str) -> NoReturn:
        raise ChainError(f"{self._node.name} has no {what}: {why}")
