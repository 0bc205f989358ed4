"""Transactions over the contracts, packed for any back end, and the state that they start from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from eth_hash.auto import keccak

from simulator.chain.base import AccessLists, Batch, BlockEnvironment, Chain
from simulator.chain.pyevm.flat import words
from tests.differential import contracts
from tests.differential.assembler import word

SENDERS = [bytes([0xA0 + index]) * 20 for index in range(5)]
BENEFICIARIES = [bytes([0xB0 + index]) * 20 for index in range(3)]
COINBASE = bytes([0xC0]) * 20
START_BALANCE = 10**21

LEGACY, ACCESS_LIST, DYNAMIC_FEE = 0, 1, 2


def place(name: str) -> bytes:
    """The address of a contract of the script."""
    return keccak(name.encode())[:20]


CONTRACTS = {
    "store": contracts.STORE_PAIRS,
    "reverter": contracts.STORE_AND_REVERT,
    "creator": contracts.CREATOR,
    "creator by nonce": contracts.CREATOR_BY_NONCE,
    "birth and death": contracts.BIRTH_AND_DEATH,
    "mortal": contracts.MORTAL,
    "transient": contracts.TRANSIENT,
    "forward": contracts.FORWARD,
    "forward static": contracts.FORWARD_STATIC,
    "forward code": contracts.FORWARD_CODE,
    "forward callcode": contracts.FORWARD_CALLCODE,
    "logger": contracts.LOGGER,
    "environment": contracts.ENVIRONMENT,
    "block hashes": contracts.BLOCK_HASHES,
    "ask history": contracts.ASK_HISTORY,
    "read slots": contracts.READ_SLOTS,
    "self caller": contracts.SELF_CALLER,
    **{f"halt: {name}": code for name, code in contracts.HALTS.items()},
    **{f"new: {name}": code for name, (_, code) in contracts.NEW_OPCODES.items()},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction; `target` None creates. In types 0 and 1 the max fee is the gas price."""

    sender: bytes
    target: bytes | None
    data: bytes = b""
    value: int = 0
    gas_limit: int = 400_000
    max_fee: int = 0
    priority_fee: int = 0
    nonce: int | None = None
    type: int = DYNAMIC_FEE
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()

    @property
    def least_gas(self) -> int:
        """An upper bound of the gas without which no fork includes it."""
        zeros = self.data.count(0)
        tokens = zeros + 4 * (len(self.data) - zeros)
        listed = sum(2_400 + 1_900 * len(slots) for _, slots in self.access_list)
        creation = 0 if self.target is not None else 32_000 + 2 * (len(self.data) // 32 + 1)
        return 21_000 + max(4 * tokens + listed + creation, 10 * tokens)


@dataclass(frozen=True, slots=True)
class Block:
    environment: BlockEnvironment
    calls: list[Call] = field(default_factory=list)


def batch_of(calls: list[Call]) -> Batch:
    """The columns of some calls."""
    offsets = np.zeros(len(calls) + 1, np.int64)
    np.cumsum([len(call.data) for call in calls], out=offsets[1:])
    gives_nonces = any(call.nonce is not None for call in calls)
    rows = len(calls)
    return Batch(
        senders=np.frombuffer(b"".join(c.sender for c in calls), np.uint8).reshape(rows, 20),
        targets=np.frombuffer(b"".join(c.target or bytes(20) for c in calls), np.uint8).reshape(
            rows, 20
        ),
        data=np.frombuffer(b"".join(c.data for c in calls), np.uint8),
        data_offsets=offsets,
        gas_limits=np.array([c.gas_limit for c in calls], np.uint64),
        creates=np.array([c.target is None for c in calls], np.uint8),
        values=words([c.value for c in calls]),
        max_fees=np.array([c.max_fee for c in calls], np.uint64),
        priority_fees=np.array([c.priority_fee for c in calls], np.uint64),
        nonces=np.array([c.nonce or 0 for c in calls], np.uint64) if gives_nonces else None,
        types=np.array([c.type for c in calls], np.uint8),
        access_lists=_access_lists(calls),
    )


def _access_lists(calls: list[Call]) -> AccessLists | None:
    entries = [entry for call in calls for entry in call.access_list]
    if not entries:
        return None
    slots = b"".join(word(slot) for _, listed in entries for slot in listed)
    addresses = b"".join(address for address, _ in entries)
    return AccessLists(
        offsets=np.cumsum([0, *(len(call.access_list) for call in calls)], dtype=np.int64),
        addresses=np.frombuffer(addresses, np.uint8).reshape(len(entries), 20),
        slot_offsets=np.cumsum([0, *(len(listed) for _, listed in entries)], dtype=np.int64),
        slots=np.frombuffer(slots, np.uint8).reshape(-1, 32),
    )


def set_up(chain: Chain) -> None:
    """Balances and contracts, some storage that can be cleared for a refund."""
    for sender in SENDERS:
        chain.set_balance(sender, START_BALANCE)
    for name, code in CONTRACTS.items():
        chain.set_code(place(name), code)
        chain.set_balance(place(name), 1000)
    for slot in range(8):
        chain.set_storage(place("store"), slot, slot + 1)
        chain.set_storage(place("mortal"), slot, slot + 1)


def revival_blocks() -> list[Block]:
    """Contracts that are born, die, are funded and live again, in every order within a block."""
    salt = word(9)
    born = keccak(b"\xff" + place("creator") + salt + keccak(contracts.MORTAL_INITCODE))[12:]
    heir = bytes(12) + BENEFICIARIES[0]
    own = bytes(12) + born
    create = (place("creator"), salt + contracts.MORTAL_INITCODE, 3)
    in_one = (place("birth and death"), salt + contracts.MORTAL_INITCODE, 3)
    fund, die, die_to_itself = (born, b"", 5), (born, heir, 0), (born, own, 2)
    old = (place("mortal"), heir, 0)
    orders = [
        [create, die, fund],
        [create, fund, die, create, fund, die],
        [create, die, create, die_to_itself, fund, create],
        [fund, create, die_to_itself, create],
        [die, fund, create, die, fund],
        [in_one, in_one, fund, in_one],
        [old, (place("mortal"), b"", 4), old, (place("mortal"), b"", 4)],
        [create, create, die, die],
    ]
    return [
        Block(
            BlockEnvironment(number + 1, 1_700_000_000 + 12 * number, coinbase=COINBASE),
            [Call(SENDERS[0], target, data, value) for target, data, value in order],
        )
        for number, order in enumerate(orders)
    ]
