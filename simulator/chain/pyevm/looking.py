"""The methods of a world that look at its state and poke into it."""

from __future__ import annotations

import numpy as np

from simulator.chain.base import Proof
from simulator.chain.checks import WORD_LIMIT, check_address, check_number, check_slots
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.flat import words
from simulator.chain.pyevm.receipts import WatchList
from simulator.chain.pyevm.roots import proof, state_root
from simulator.chain.pyevm.rules import is_delegation
from simulator.errors import InputError
from simulator.types import Address, Bytes2D, Words


class Looking:
    """Reads and pokes of `PyEvmChain`. A poke is part of what a snapshot takes back."""

    _accounts: Accounts
    _watch: WatchList

    def watch(self, address: Address, slots: Bytes2D) -> int:
        check_address("address", address)
        first = len(self._watch.entries)
        self._watch.entries += [(address, slot) for slot in _numbers(slots)]
        return first

    def watched(self) -> Words:
        return words([self._accounts.get_storage(*entry) for entry in self._watch.entries])

    def storage(self, address: Address, slots: Bytes2D) -> Words:
        check_address("address", address)
        return words([self._accounts.get_storage(address, slot) for slot in _numbers(slots)])

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        check_address("address", address)
        check_number("slot", slot, WORD_LIMIT)
        check_number("value", value, WORD_LIMIT)
        self._accounts.set_storage(address, slot, value)
        self._accounts.end_transaction()

    def balance(self, address: Address) -> int:
        return self._accounts.get_balance(check_address("address", address))

    def set_balance(self, address: Address, wei: int) -> None:
        check_number("wei", wei, WORD_LIMIT)
        self._accounts.set_balance(check_address("address", address), wei)

    def nonce(self, address: Address) -> int:
        return self._accounts.get_nonce(check_address("address", address))

    def set_nonce(self, address: Address, nonce: int) -> None:
        """Poke a nonce; for set-up and tests."""
        check_number("nonce", nonce)
        self._accounts.set_nonce(check_address("address", address), nonce)

    def code(self, address: Address) -> bytes:
        return self._accounts.get_code(check_address("address", address))

    def set_code(self, address: Address, code: bytes) -> None:
        check_address("address", address)
        if code.startswith(b"\xef\x01") and not is_delegation(code):
            rule = "starts like a delegation (0xef01) but is none"
            raise InputError("code", f"{len(code)} bytes", rule)
        self._accounts.set_code(address, code)

    def accounts(self) -> list[Address]:
        return self._accounts.known()

    def slots_of(self, address: Address) -> tuple[Bytes2D, Words]:
        slots = self._accounts.slots_of(check_address("address", address))
        joined = b"".join(slot.to_bytes(32, "big") for slot in slots)
        numbers = np.frombuffer(joined, np.uint8).reshape(len(slots), 32)
        return numbers, words(list(slots.values()))

    def state_root(self) -> bytes:
        return state_root(self._accounts)

    def proof(self, address: Address, slots: Bytes2D) -> Proof:
        check_address("address", address)
        return proof(self._accounts, address, _numbers(slots))


def _numbers(slots: Bytes2D) -> list[int]:
    check_slots(slots)
    return [int.from_bytes(slot.tobytes(), "big") for slot in slots]
