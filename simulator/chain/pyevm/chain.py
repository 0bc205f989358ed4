"""`PyEvmChain`: the chain protocol over py-evm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from simulator.chain.base import (
    DEFAULT_HARDFORK,
    STATUS_NOT_INCLUDED,
    STATUS_SUCCESS,
    ZERO_ADDRESS,
    Batch,
    BlockEnvironment,
    Receipts,
    StateSource,
)
from simulator.chain.checks import (
    CALL_GAS_LIMIT,
    DEPLOY_GAS_LIMIT,
    WORD_LIMIT,
    check_address,
    check_block,
    check_number,
    check_threads,
    failure,
    name_of_call,
)
from simulator.chain.columns import WhatIf
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.batches import Row, check_batch, rows
from simulator.chain.pyevm.hashes import (
    FORKS_WITH_HISTORY,
    HISTORY_ACCOUNT,
    HISTORY_ADDRESS,
    BlockHashes,
)
from simulator.chain.pyevm.receipts import Outcome, WatchList, receipts, storage_diff
from simulator.chain.pyevm.rules import Rules
from simulator.chain.pyevm.running import created_address
from simulator.chain.pyevm.sources import RememberingSource
from simulator.chain.pyevm.state import Changes
from simulator.chain.pyevm.traces import Recorder
from simulator.chain.pyevm.watcher import Coverage, Deadline, DeadlinePassed, Watcher
from simulator.chain.pyevm.world import World
from simulator.chain.single import single_what_if
from simulator.errors import BatchAborted
from simulator.types import Address

if TYPE_CHECKING:
    from simulator.chain.node import NodeOptions
    from simulator.chain.node.provider import WorldProvider

FIRST_BLOCK = BlockEnvironment(number=1, timestamp=1)


class PyEvmChain(World):
    """A world on py-evm. See `simulator.chain.base.Chain` for the meaning of the methods.

    source: where a forked world gets what it has not seen yet. check_senders=False lets accounts
    with code send transactions (EIP-3607 waived), as impersonation needs. The first block is where
    the world stands: it does not call the history contract.
    """

    name = "pyevm"

    def __init__(
        self,
        hardfork: str = DEFAULT_HARDFORK,
        *,
        chain_id: int = 1,
        limit_code_size: bool = True,
        block: BlockEnvironment = FIRST_BLOCK,
        source: StateSource | None = None,
        check_senders: bool = True,
    ) -> None:
        rules = Rules(hardfork, limit_code_size, check_senders)
        remembering = None if source is None else RememberingSource(source)
        check_block(block)
        self._adopt(rules, check_number("chain_id", chain_id), Accounts(remembering), WatchList())
        if source is None and hardfork in FORKS_WITH_HISTORY:
            self._accounts.put(HISTORY_ADDRESS, HISTORY_ACCOUNT)
        hashes = BlockHashes(block.number, remembering)
        self._enter(block, 0, hashes.before(block.number, block.parent_hash))

    # --- running code -------------------------------------------------------------------------

    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        check_address("sender", sender)
        address = created_address(sender, self.nonce(sender))
        self._set_up("deployment", sender, b"", initcode, value, DEPLOY_GAS_LIMIT)
        return address

    def transact(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
    ) -> bytes:
        check_address("sender", sender)
        check_address("target", target)
        check_number("gas_limit", gas_limit)
        return self._set_up(
            name_of_call(target, data), sender, target, data, value, gas_limit
        ).output

    def _set_up(
        self, what: str, sender: Address, target: bytes, data: bytes, value: int, gas_limit: int
    ) -> Outcome:
        check_number("value", value, WORD_LIMIT)
        fee = self._block.base_fee
        with self._at_work():
            row = Row(sender, target, data, value, gas_limit, fee)
            return _successful(what, self._runner.include(row, Watcher()))

    def call(self, target: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        check_address("target", target)
        check_address("sender", sender)
        with self._at_work():
            outcome = self._runner.call(Row(sender, target, data, 0, CALL_GAS_LIMIT), Watcher())
        return _successful(name_of_call(target, data), outcome).output

    def execute(
        self,
        batch: Batch,
        *,
        diff: bool = False,
        coverage: bool = False,
        trace: bool = False,
        deadline_seconds: float | None = None,
    ) -> Receipts:
        check_batch(batch)
        watcher = Watcher(
            Deadline.after(deadline_seconds),
            Coverage() if coverage else None,
            Recorder() if trace else None,
        )
        failure: Exception | None = None
        outcomes: list[Outcome] = []
        with self._at_work():
            mark = self._accounts.writes.mark()
            try:
                _each(batch, watcher, self._include_in_block, outcomes)
            except Exception as error:
                failure = error
            finally:
                changes = self._accounts.changes_since(mark)
                self._accounts.writes.merge(mark)
        storage = storage_diff([changes]) if diff else None
        columns = receipts(outcomes, self._watch.changed(changes), storage, watcher)
        if failure is not None:
            cause = None if isinstance(failure, DeadlinePassed) else failure
            raise BatchAborted(str(failure), len(outcomes), columns) from cause
        return columns

    def _include_in_block(self, row: Row, watcher: Watcher) -> Outcome:
        left = max(0, self._block.gas_limit - self._block_gas_used)
        if row.gas_limit > left:
            return _block_full(row, left)
        outcome = self._runner.include(row, watcher)
        self._block_gas_used += outcome.gas_used
        return outcome

    def call_many(
        self, batch: Batch, *, threads: int | None = None, deadline_seconds: float | None = None
    ) -> Receipts:
        """Python runs one thread at a time, so `threads` is checked but makes no difference."""
        check_batch(batch)
        check_threads(threads)
        watcher = Watcher(Deadline.after(deadline_seconds))
        outcomes: list[Outcome] = []
        with self._at_work(), _noting_transaction(watcher):
            _each(batch, watcher, self._runner.call, outcomes)
        return receipts(outcomes, self._watch.changed({}), None, watcher)

    def provider(self, options: NodeOptions | None = None) -> WorldProvider:
        """A web3.py provider on this world; see `simulator.chain.node.provider_of`."""
        from simulator.chain.node import provider_of

        return provider_of(self, options)

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
        """Python runs one thread at a time, so `threads` is checked but makes no difference."""
        check_batch(batch)
        check_threads(threads)
        watcher = Watcher(Deadline.after(deadline_seconds))
        outcomes: list[Outcome] = []
        changes: list[Changes] = []
        with self._at_work(), _noting_transaction(watcher):
            what_if = partial(self._what_if, changes)
            _each(batch, watcher, what_if, outcomes)
        diff = storage_diff(changes, by_transaction=True)
        return receipts(outcomes, self._watch.changed({}), diff, watcher)

    def _what_if(self, changes: list[Changes], row: Row, watcher: Watcher) -> Outcome:
        if row.gas_limit > self._block.gas_limit:
            changes.append({})
            return _block_full(row, self._block.gas_limit)
        checkpoint, mark = self._accounts.record(), self._accounts.writes.mark()
        try:
            outcome = self._runner.include(row, watcher)
            changes.append(self._accounts.changes_since(mark))
            return outcome
        finally:
            self._accounts.writes.drop(mark)
            self._accounts.discard(checkpoint)


def _block_full(row: Row, left: int) -> Outcome:
    return Outcome(
        STATUS_NOT_INCLUDED, reason=f"block full: gas limit {row.gas_limit}, left {left}"
    )


def _each(
    batch: Batch,
    watcher: Watcher,
    run: Callable[[Row, Watcher], Outcome],
    outcomes: list[Outcome],
) -> None:
    """Run all transactions; where one raises, the outcomes of those before it are there."""
    for index, row in enumerate(rows(batch)):
        watcher.begin(index)
        outcomes.append(run(row, watcher))


@contextmanager
def _noting_transaction(watcher: Watcher) -> Iterator[None]:
    """Say which transaction it was in what the source of a fork raises."""
    try:
        yield
    except DeadlinePassed:
        raise
    except Exception as error:
        error.add_note(f"in transaction {watcher.transaction} of the batch")
        raise


def _successful(what: str, outcome: Outcome) -> Outcome:
    if outcome.status != STATUS_SUCCESS:
        raise failure(what, outcome.status, outcome.output, outcome.reason)
    return outcome
