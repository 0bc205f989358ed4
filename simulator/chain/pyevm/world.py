"""The block clock, snapshots and copies of a world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from simulator.chain.base import BlockEnvironment, StorageDiff
from simulator.chain.checks import check_block
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.hashes import BlockHashes
from simulator.chain.pyevm.looking import Looking
from simulator.chain.pyevm.receipts import WatchList, storage_diff
from simulator.chain.pyevm.rules import Rules
from simulator.chain.pyevm.running import Runner
from simulator.errors import ChainError

Kind = TypeVar("Kind", bound="World")


@dataclass(frozen=True, slots=True)
class _Saved:
    identifier: int
    position: int
    mark: int
    block: BlockEnvironment
    block_gas_used: int
    hashes: BlockHashes


class World(Looking):
    """What `PyEvmChain` is without the running of code."""

    def _adopt(self, rules: Rules, chain_id: int, accounts: Accounts, watch: WatchList) -> None:
        self._accounts = accounts
        self._runner = Runner(rules, chain_id, accounts)
        self._watch = watch
        self._snapshots: list[_Saved] = []
        self._next_snapshot = 0
        self._lock = Lock()

    @property
    def hardfork(self) -> str:
        return self._runner.rules.hardfork

    @property
    def chain_id(self) -> int:
        return self._runner.chain_id

    @property
    def block(self) -> BlockEnvironment:
        return self._block

    @property
    def block_gas_used(self) -> int:
        """Gas of the transactions that `execute` included in this block."""
        return self._block_gas_used

    def set_block(self, block: BlockEnvironment) -> None:
        check_block(block)
        with self._at_work():
            hashes = self._hashes.before(block.number, block.parent_hash)
            self._runner.enter(block, hashes)
            self._runner.tell_history(hashes)
            self._enter(block, 0, hashes)

    def _enter(self, block: BlockEnvironment, block_gas_used: int, hashes: BlockHashes) -> None:
        self._block = block
        self._block_gas_used = block_gas_used
        self._hashes = hashes
        self._runner.enter(block, hashes)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Refuse a second thread, and the source of a fork that comes back to its world."""
        if not self._lock.acquire(blocking=False):
            raise ChainError("this world is at work already; give each thread a clone")
        try:
            yield
        finally:
            if not self._snapshots:
                self._accounts.forget_undo()
                self._accounts.writes.forget()
            self._lock.release()

    def snapshot(self) -> int:
        identifier = self._next_snapshot
        self._next_snapshot += 1
        position, mark = self._accounts.record(), self._accounts.writes.mark()
        self._snapshots.append(
            _Saved(identifier, position, mark, self._block, self._block_gas_used, self._hashes)
        )
        return identifier

    def _saved(self, snapshot: int) -> _Saved:
        for saved in self._snapshots:
            if saved.identifier == snapshot:
                return saved
        raise ChainError(f"snapshot {snapshot} is unknown, or was already used")

    def revert(self, snapshot: int) -> None:
        saved = self._saved(snapshot)
        del self._snapshots[self._snapshots.index(saved) :]
        self._accounts.discard(saved.position)
        self._accounts.writes.drop(saved.mark)
        self._enter(saved.block, saved.block_gas_used, saved.hashes)

    def diff_since(self, snapshot: int) -> StorageDiff:
        return storage_diff([self._accounts.changes_since(self._saved(snapshot).mark)])

    def clone(self: Kind) -> Kind:
        copy = type(self).__new__(type(self))
        copy.__setstate__(self.__getstate__())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        """A world without its snapshots; a forked one pickles if its source does."""
        return {
            "rules": self._runner.rules,
            "chain_id": self.chain_id,
            "accounts": self._accounts.copy(),
            "watch": WatchList(list(self._watch.entries)),
            "block": (self._block, self._block_gas_used, self._hashes),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._adopt(state["rules"], state["chain_id"], state["accounts"], state["watch"])
        self._enter(*state["block"])
