"""Accounts, storage and transient storage in dictionaries with one undo log.

It stands in for py-evm's trie-backed account database, under the same method names: state roots
are not needed here, and an undo log makes snapshots of a world and of a call the same thing.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from eth_hash.auto import keccak

from simulator.types import Address

EMPTY_CODE_HASH = keccak(b"")


@dataclass(frozen=True, slots=True)
class Account:
    """Balance in wei, nonce, code; an empty one and none are the same since EIP-161."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""

    @property
    def is_empty(self) -> bool:
        return not (self.balance or self.nonce or self.code)


NO_ACCOUNT = Account()
_ABSENT = object()


class Accounts:
    """What py-evm's state asks of an account database, plus the bookkeeping of a batch."""

    state_root = b""
    """py-evm carries it through its snapshots; it means nothing here."""

    def __init__(self) -> None:
        self.accounts: dict[Address, Account] = {}
        self.slots: dict[Address, dict[int, int]] = {}
        self.changed: dict[tuple[Address, int], int] = {}
        """Slots written since `begin_batch`, with their values at that time."""
        self._transient: dict[tuple[Address, int], bytes] = {}
        self._warm: dict[object, bool] = {}
        self._originals: dict[tuple[Address, int], int] = {}
        self._undo: list[tuple[MutableMapping[Any, Any], object, object]] = []

    def copy(self) -> Accounts:
        """An independent copy of accounts and storage."""
        twin = Accounts()
        twin.accounts = dict(self.accounts)
        twin.slots = {address: dict(slots) for address, slots in self.slots.items()}
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
        self._warm = {}
        self._originals = {}
        self._transient = {}

    def forget_undo(self) -> None:
        """Nobody holds a checkpoint any more."""
        self._undo = []

    def begin_batch(self) -> None:
        self.changed = {}

    # --- storage ------------------------------------------------------------------------------

    def get_storage(self, address: Address, slot: int, from_journal: bool = True) -> int:
        """The present value, or with `from_journal=False` the one before the transaction."""
        if not from_journal and (address, slot) in self._originals:
            return self._originals[address, slot]
        slots = self.slots.get(address)
        return slots.get(slot, 0) if slots else 0

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        before = self.get_storage(address, slot)
        self._originals.setdefault((address, slot), before)
        self.changed.setdefault((address, slot), before)
        if address not in self.slots:
            self._write(self.slots, address, {})
        self._write(self.slots[address], slot, value)

    def delete_storage(self, address: Address) -> None:
        for slot, value in self.slots.get(address, {}).items():
            self.changed.setdefault((address, slot), value)
        if address in self.slots:
            self._write(self.slots, address, {})

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
        return self.accounts.get(address, NO_ACCOUNT)

    def put(self, address: Address, account: Account) -> None:
        self._write(self.accounts, address, account)

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
