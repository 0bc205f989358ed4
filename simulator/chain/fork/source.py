"""Where a forked world's state comes from offline: a capsule. What it lacks is an error.

What both sources share is here: accounts that a run made up, and blocks that it simulates.
"""

from __future__ import annotations

import threading
from typing import Final, Literal

from eth_hash.auto import keccak

from simulator.chain.abi import uint_word
from simulator.chain.checks import check_address
from simulator.chain.fork.capsule import Capsule, RecordedState
from simulator.errors import InputError, NotInCapsule
from simulator.types import Address

Missing = Literal["error", "zero"]
MISSING: Final[tuple[Missing, ...]] = ("error", "zero")

Account = tuple[bytes, int, bytes]
"""Balance (32 bytes), nonce and code."""


class RecordedSource:
    """Answers from a recorded state; subclasses say what happens where it has no answer.

    Safe for several threads, one question at a time.
    """

    def __init__(self, state: RecordedState, block_number: int, block_hash: bytes) -> None:
        self.state = state
        self._block_number = block_number
        self._block_hash = block_hash
        self.made_up: set[Address] = set()
        self._lock = threading.RLock()

    def make_up(self, address: Address) -> None:
        """Take an account as absent without asking: for addresses that are hashes of our own.

        InputError where the recorded state has that account.
        """
        check_address("address", address)
        with self._lock:
            if self.state.accounts.get(address) is not None:
                raise InputError("address", f"0x{address.hex()}", "is an account of the real chain")
            self.made_up.add(address)

    def account(self, address: Address) -> Account | None:
        """Balance, nonce and code; None for no account."""
        with self._lock:
            if address in self.made_up:
                return None
            if address not in self.state.accounts:
                self._load_account(address)
            account = self.state.accounts.get(address)
            if account is None:
                return None
            code = b"" if account.has_no_code else self.state.codes[account.code_hash]
            return account.balance.to_bytes(32, "big"), account.nonce, code

    def slot(self, address: Address, slot: bytes) -> bytes:
        """The value of a slot, 32 bytes both."""
        with self._lock:
            if address in self.made_up:
                return bytes(32)
            value = self.state.slot(address, slot)
            return self._load_slot(address, slot) if value is None else value

    def block_hash(self, number: int) -> bytes:
        """The hash of a block up to the fork's; of a later one what simulated blocks have."""
        with self._lock:
            if number > self._block_number:
                return bytes(keccak(uint_word(number)))
            if number == self._block_number and self._block_hash:
                return self._block_hash
            if number not in self.state.block_hashes:
                return self._load_block_hash(number)
            return self.state.block_hashes[number]

    def _load_account(self, address: Address) -> None:
        raise NotImplementedError

    def _load_slot(self, address: Address, slot: bytes) -> bytes:
        raise NotImplementedError

    def _load_block_hash(self, number: int) -> bytes:
        raise NotImplementedError


class CapsuleSource(RecordedSource):
    """Answers from a capsule only.

    missing="error": NotInCapsule for what the capsule does not hold. missing="zero": it reads as
    zero or as no account, and is counted and listed, so that nobody takes it for the truth.
    """

    def __init__(self, capsule: Capsule, missing: Missing = "error") -> None:
        if missing not in MISSING:
            raise InputError("missing", missing, f"must be one of {', '.join(MISSING)}")
        super().__init__(capsule.state, capsule.block.number, capsule.block_hash)
        self.missing = missing
        self._slots_read: dict[tuple[Address, bytes], int] = {}
        self._accounts_read: dict[Address, int] = {}
        self._hashes_read: dict[int, int] = {}

    @property
    def unknown_slots(self) -> tuple[tuple[Address, bytes], ...]:
        """Slots of known accounts that were read as zero without being known, in order."""
        return tuple(sorted(self._slots_read))

    @property
    def unknown_slot_reads(self) -> int:
        """How often that happened. A world and its clones ask once for each slot."""
        return sum(self._slots_read.values())

    @property
    def unknown_accounts(self) -> tuple[Address, ...]:
        """Accounts that were taken as absent without being known, in order."""
        return tuple(sorted(self._accounts_read))

    @property
    def unknown_block_hashes(self) -> tuple[int, ...]:
        """Numbers of the blocks whose hash was read as zero without being known, in order."""
        return tuple(sorted(self._hashes_read))

    def _load_account(self, address: Address) -> None:
        if self.missing == "error":
            raise NotInCapsule(address)
        self._accounts_read[address] = self._accounts_read.get(address, 0) + 1

    def _load_slot(self, address: Address, slot: bytes) -> bytes:
        if self.missing == "error":
            raise NotInCapsule(address, slot)
        if address in self.state.accounts:
            key = (address, slot)
            self._slots_read[key] = self._slots_read.get(key, 0) + 1
        elif address not in self._accounts_read:
            self._load_account(address)
        return bytes(32)

    def _load_block_hash(self, number: int) -> bytes:
        if self.missing == "error":
            raise NotInCapsule(None, block=number)
        self._hashes_read[number] = self._hashes_read.get(number, 0) + 1
        return bytes(32)
