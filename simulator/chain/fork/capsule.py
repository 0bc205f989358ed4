"""A capsule: the part of a real chain's state that a run touched, at one block.

The block comes as its header where there is one (then the hash is recomputed), else as the few
values an EVM needs. The state has everything that was asked for, also that something is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.headers import Header
from simulator.chain.fork.proofs import EMPTY_CODE_HASH, EMPTY_ROOT
from simulator.types import Address

Verification = Literal["proof", "hash-only", "off"]

VERIFICATIONS: Final[tuple[Verification, ...]] = ("proof", "hash-only", "off")
"""Every value proven against the header / only the header against its hash / nothing."""


@dataclass(frozen=True, slots=True)
class RecordedAccount:
    """balance in wei; code_hash 32 bytes; storage_hash 32 bytes, or empty where it is not known."""

    balance: int
    nonce: int
    code_hash: bytes
    storage_hash: bytes = b""

    @property
    def has_no_code(self) -> bool:
        return self.code_hash == EMPTY_CODE_HASH

    @property
    def has_no_storage(self) -> bool:
        """Whether every slot is known to be zero."""
        return self.storage_hash == EMPTY_ROOT


@dataclass(slots=True)
class RecordedState:
    """What is known of a chain's state at one block; it only grows.

    accounts: None for an account that is not there; codes by their hash; slots of each account,
    32 bytes both; block_hashes by number.
    """

    accounts: dict[Address, RecordedAccount | None] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)
    slots: dict[Address, dict[bytes, bytes]] = field(default_factory=dict)
    block_hashes: dict[int, bytes] = field(default_factory=dict)

    def slot(self, address: Address, slot: bytes) -> bytes | None:
        """A slot's value (32 bytes), also where it follows from the account; None if not known."""
        if address not in self.accounts:
            return None
        account = self.accounts[address]
        if account is None or account.has_no_storage:
            return bytes(32)
        return self.slots.get(address, {}).get(slot)

    def count_slots(self) -> int:
        return sum(map(len, self.slots.values()))


@dataclass(frozen=True, slots=True)
class Capsule:
    """A recorded state with the block it belongs to.

    block_hash: 32 bytes; empty where only the block's values are known. header: None there too.
    """

    chain_id: int
    hardfork: str
    verification: Verification
    block: BlockEnvironment
    block_hash: bytes
    header: Header | None
    state: RecordedState

    def summary(self) -> dict[str, object]:
        """Counts and facts, ready for JSON."""
        accounts = self.state.accounts.values()
        return {
            "chain_id": self.chain_id,
            "block": self.block.number,
            "block_hash": f"0x{self.block_hash.hex()}" if self.block_hash else None,
            "timestamp": self.block.timestamp,
            "hardfork": self.hardfork,
            "verification": self.verification,
            "accounts": sum(account is not None for account in accounts),
            "absent_accounts": sum(account is None for account in accounts),
            "codes": len(self.state.codes),
            "code_bytes": sum(map(len, self.state.codes.values())),
            "slots": self.state.count_slots(),
            "block_hashes": len(self.state.block_hashes),
        }
