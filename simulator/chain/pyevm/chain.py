"""`PyEvmChain`: the chain protocol over py-evm."""

from __future__ import annotations

from collections.abc import Callable

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
    check_number,
    failure,
    name_of_call,
)
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
from simulator.chain.pyevm.watcher import Coverage, Deadline, Watcher
from simulator.chain.pyevm.world import World
from simulator.errors import InputError
from simulator.types import Address

FIRST_BLOCK = BlockEnvironment(number=1, timestamp=1)


class PyEvmChain(World):
    """A world on py-evm. See `simulator.chain.base.Chain` for the meaning of the methods.

    source: where a forked world gets what it has not seen yet. check_senders=False lets accounts
    with code send transactions (EIP-3607 waived), as impersonation needs.
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
        hashes = BlockHashes(block.number, remembering)
        self._adopt(rules, check_number("chain_id", chain_id), Accounts(remembering), WatchList())
        if source is None and hardfork in FORKS_WITH_HISTORY:
            self._accounts.put(HISTORY_ADDRESS, HISTORY_ACCOUNT)
        self._hashes = hashes
        self.set_block(block)

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
        with self._at_work():
            mark = self._accounts.writes.mark()
            try:
                outcomes = _each(batch, watcher, self._include_in_block)
                changes = self._accounts.changes_since(mark)
            finally:
                self._accounts.writes.merge(mark)
        storage = storage_diff([changes]) if diff else None
        return receipts(outcomes, self._watch.changed(changes), storage, watcher)

    def _include_in_block(self, row: Row, watcher: Watcher) -> Outcome:
        reason = self._why_no_room(row)
        if reason is not None:
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        outcome = self._runner.include(row, watcher)
        self._block_gas_used += outcome.gas_used
        return outcome

    def _why_no_room(self, row: Row) -> str | None:
        left = max(0, self._block.gas_limit - self._block_gas_used)
        if row.gas_limit <= left:
            return None
        return f"block full: gas limit {row.gas_limit}, left {left}"

    def call_many(
        self, batch: Batch, *, threads: int | None = None, deadline_seconds: float | None = None
    ) -> Receipts:
        """Python runs one thread at a time, so `threads` is checked but makes no difference."""
        check_batch(batch)
        _check_threads(threads)
        watcher = Watcher(Deadline.after(deadline_seconds))
        with self._at_work():
            outcomes = _each(batch, watcher, self._runner.call)
        return receipts(outcomes, self._watch.changed({}), None, watcher)

    def what_if_many(
        self, batch: Batch, *, threads: int = 1, deadline_seconds: float | None = None
    ) -> Receipts:
        """Python runs one thread at a time, so `threads` is checked but makes no difference."""
        check_batch(batch)
        _check_threads(threads)
        watcher = Watcher(Deadline.after(deadline_seconds))
        changes: list[Changes] = []
        with self._at_work():
            outcomes = _each(batch, watcher, lambda row, _: self._what_if(row, watcher, changes))
        diff = storage_diff(changes, by_transaction=True)
        return receipts(outcomes, self._watch.changed({}), diff, watcher)

    def _what_if(self, row: Row, watcher: Watcher, changes: list[Changes]) -> Outcome:
        reason = self._why_no_room(row)
        if reason is not None:
            changes.append({})
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        checkpoint, mark = self._accounts.record(), self._accounts.writes.mark()
        try:
            outcome = self._runner.include(row, watcher)
            changes.append(self._accounts.changes_since(mark))
            return outcome
        finally:
            self._accounts.writes.drop(mark)
            self._accounts.discard(checkpoint)


def _each(batch: Batch, watcher: Watcher, run: Callable[[Row, Watcher], Outcome]) -> list[Outcome]:
    outcomes = []
    for index, row in enumerate(rows(batch)):
        watcher.begin(index)
        outcomes.append(run(row, watcher))
    return outcomes


def _successful(what: str, outcome: Outcome) -> Outcome:
    if outcome.status != STATUS_SUCCESS:
        raise failure(what, outcome.status, outcome.output, outcome.reason)
    return outcome


def _check_threads(threads: int | None) -> None:
    if threads is not None and threads < 1:
        raise InputError("threads", threads, "must be at least 1")
