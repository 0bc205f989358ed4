"""What a forked world has not seen yet, asked of its source once and shared by its clones."""

from __future__ import annotations

from simulator.chain.base import StateSource
from simulator.chain.pyevm.state import NO_ACCOUNT, Account
from simulator.errors import ChainError
from simulator.types import Address


class RememberingSource:
    """A `StateSource` whose answers are checked and kept. It only grows, so clones may share it."""

    def __init__(self, source: StateSource) -> None:
        self._source = source
        self.accounts: dict[Address, Account] = {}
        self.slots: dict[Address, dict[int, int]] = {}
        self._hashes: dict[int, bytes] = {}

    def account(self, address: Address) -> Account:
        """The account before the fork; an empty one where there is none."""
        if address not in self.accounts:
            answer = self._source.account(address)
            self.accounts[address] = NO_ACCOUNT if answer is None else _account(address, answer)
        return self.accounts[address]

    def slot(self, address: Address, slot: int) -> int:
        """The value of a slot before the fork. An account that is not there is not asked."""
        known = self.slots.setdefault(address, {})
        if slot not in known:
            if self.account(address).is_empty:
                known[slot] = 0
            else:
                answer = self._source.slot(address, slot.to_bytes(32, "big"))
                known[slot] = int.from_bytes(_exactly_32(f"slot {slot:#x}", answer), "big")
        return known[slot]

    def block_hash(self, number: int) -> bytes:
        """The hash of a block before the fork."""
        if number not in self._hashes:
            self._hashes[number] = _exactly_32(
                f"hash of block {number}", self._source.block_hash(number)
            )
        return self._hashes[number]


def _account(address: Address, answer: tuple[bytes, int, bytes]) -> Account:
    balance, nonce, code = answer
    what = f"balance of 0x{address.hex()}"
    return Account(int.from_bytes(_exactly_32(what, balance), "big"), nonce, bytes(code))


def _exactly_32(what: str, answer: bytes) -> bytes:
    if len(answer) != 32:
        raise ChainError(f"the source's {what} has {len(answer)} bytes instead of 32")
    return bytes(answer)
