"""Accounts, storage and transient storage in dictionaries with one undo log.

It stands in for py-evm's trie-backed account database, under the same method names: state roots
are not needed while code runs, and an undo log makes snapshots of a world and of a call the same
thing.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from eth_hash.auto import keccak

from simulator.chain.pyevm.sources import RememberingSource
from simulator.chain.pyevm.state import NO_ACCOUNT, Account, Changes, Slot, Writes
from simulator.types import Address

EMPTY_CODE_HASH = keccak(b"")

_ABSENT = object()


class Accounts:
    """What py-evm's state asks of an account database, plus the bookkeeping of changes."""

    state_root = b""
    """py-evm carries it through its snapshots; it means nothing here."""

    def __init__(self, source: RememberingSource | None = None) -> None:
        self.source = source
        self.writes = Writes()
        self._accounts: dict[Address, Account] = {}
        self._slots: dict[Address, dict[int, int]] = {}
        self._wiped: dict[Address, bool] = {}
        """Accounts whose storage was lost since the fork, so that the source is not asked."""
        self._undo: list[tuple[MutableMapping[Any, Any], object, object]] = []
        self.end_transaction()

    def copy(self) -> Accounts:
        """An independent copy of accounts and storage."""
        twin = Accounts(self.source)
        twin._accounts = dict(self._accounts)
        twin._slots = {address: dict(slots) for address, slots in self._slots.items()}
        twin._wiped = dict(self._wiped)
        return twin

    # --- the undo log -------------------------------------------------------------------------

    def _write(self, mapping: MutableMapping[Any, Any], key: object, value: object) -> None:
        self._undo.append((mapping, key, mapping.get(key, _ABSENT)))
        mapping[key] = value

    def record(self) -> int:
        """A checkpoint."""
        return len(self._undo)

    def discard(self, checkpoint: int) -> None:
        """Take back everything since a checkpoint."""
        while len(self._undo) > checkpoint:
            mapping, key, before = self._undo.pop()
            if before is _ABSENT:
                mapping.pop(key, None)
            else:
                mapping[key] = before

    def commit(self, checkpoint: int) -> None:
        """Keep what happened since a checkpoint; it can still be taken back by an earlier one."""

    def end_transaction(self) -> None:
        """What lives for one transaction only: warmth, original values, transient storage."""
        self._warm: dict[object, bool] = {}
        self._originals: dict[Slot, int] = {}
        self._transient: dict[Slot, bytes] = {}

    def forget_undo(self) -> None:
        """Nobody holds a checkpoint any more."""
        self._undo = []

    # --- storage ------------------------------------------------------------------------------

    def get_storage(self, address: Address, slot: int, from_journal: bool = True) -> int:
        """The present value, or with `from_journal=False` the one before the transaction."""
        if not from_journal and (address, slot) in self._originals:
            return self._originals[address, slot]
        value = self._slots.get(address, {}).get(slot)
        if value is not None:
            return value
        if self.source is None or address in self._wiped:
            return 0
        return self.source.slot(address, slot)

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        before = self.get_storage(address, slot)
        self._originals.setdefault((address, slot), before)
        self.writes.note((address, slot), before)
        if address not in self._slots:
            self._write(self._slots, address, {})
        self._write(self._slots[address], slot, value)

    def delete_storage(self, address: Address) -> None:
        for slot, value in self.slots_of(address).items():
            self.writes.note((address, slot), value)
        if address in self._slots:
            self._write(self._slots, address, {})
        if self.source is not None:
            self._write(self._wiped, address, True)

    def slots_of(self, address: Address) -> dict[int, int]:
        """Slots that are known and not zero, in ascending order."""
        known: dict[int, int] = {}
        if self.source is not None and address not in self._wiped:
            known |= self.source.slots.get(address, {})
        known |= self._slots.get(address, {})
        return {slot: value for slot, value in sorted(known.items()) if value}

    def changes_since(self, mark: int) -> Changes:
        """The slots that differ from those at a mark of `writes`."""
        written = sorted(self.writes.since(mark).items())
        pairs = ((key, (old, self.get_storage(*key))) for key, old in written)
        return {key: (old, new) for key, (old, new) in pairs if old != new}

    def get_transient(self, address: Address, slot: int) -> bytes:
        return self._transient.get((address, slot), b"")

    def set_transient(self, address: Address, slot: int, value: bytes) -> None:
        self._write(self._transient, (address, slot), value)

    def is_storage_warm(self, address: Address, slot: int) -> bool:
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: Address, slot: int) -> None:
        if (address, slot) not in self._warm:
            self._write(self._warm, (address, slot), True)

    # --- accounts -----------------------------------------------------------------------------

    def get(self, address: Address) -> Account:
        account = self._accounts.get(address)
        if account is not None:
            return account
        return NO_ACCOUNT if self.source is None else self.source.account(address)

    def put(self, address: Address, account: Account) -> None:
        self._write(self._accounts, address, account)

    def known(self) -> list[Address]:
        """Accounts that are not empty, ascending; with a source those that were loaded."""
        loaded = {} if self.source is None else self.source.accounts
        candidates = {**loaded, **self._accounts}
        return sorted(address for address, account in candidates.items() if not account.is_empty)

    def get_balance(self, address: Address) -> int:
        return self.get(address).balance

    def set_balance(self, address: Address, balance: int) -> None:
        self.put(address, replace(self.get(address), balance=balance))

    def get_nonce(self, address: Address) -> int:
        return self.get(address).nonce

    def set_nonce(self, address: Address, nonce: int) -> None:
        self.put(address, replace(self.get(address), nonce=nonce))

    def increment_nonce(self, address: Address) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: Address) -> bytes:
        return self.get(address).code

    def set_code(self, address: Address, code: bytes) -> None:
        self.put(address, replace(self.get(address), code=code))

    def delete_code(self, address: Address) -> None:
        self.set_code(address, b"")

    def get_code_hash(self, address: Address) -> bytes:
        code = self.get_code(address)
        return keccak(code) if code else EMPTY_CODE_HASH

    def account_has_code_or_nonce(self, address: Address) -> bool:
        account = self.get(address)
        return bool(account.nonce or account.code)

    def account_exists(self, address: Address) -> bool:
        return not self.get(address).is_empty

    def account_is_empty(self, address: Address) -> bool:
        return self.get(address).is_empty

    def touch_account(self, address: Address) -> None:
        """Nothing to do: only existing accounts are kept."""

    def delete_account(self, address: Address) -> None:
        self.delete_storage(address)
        self.put(address, NO_ACCOUNT)

    def is_address_warm(self, address: Address) -> bool:
        return address in self._warm

    def mark_address_warm(self, address: Address) -> None:
        if address not in self._warm:
            self._write(self._warm, address, True)
