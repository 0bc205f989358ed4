"""What a node answers about an account, read and held against a root where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simulator.chain.fork.capsule import RecordedAccount
from simulator.chain.fork.faults import BLOCK_UNKNOWN, OTHER_BLOCK, Unusable
from simulator.chain.fork.headers import Header, header_from_json
from simulator.chain.fork.proofs import (
    AccountState,
    FalseProof,
    check_claims,
    proven_account,
    proven_slot,
)
from simulator.chain.fork.values import hex_bytes, hex_number, hex_word, member, node_list
from simulator.types import Address

Slots = dict[bytes, bytes]


def proof_reader(
    state_root: bytes, address: Address, slots: Sequence[bytes]
) -> Callable[[Any], tuple[RecordedAccount | None, Slots]]:
    """Reads an answer to eth_getProof: the proven account and slots; FalseProof for a lie."""

    def read(answer: Any) -> tuple[RecordedAccount | None, Slots]:
        proven = proven_account(
            state_root, address, node_list(member(answer, "accountProof"), "accountProof")
        )
        claimed = AccountState(
            hex_number(member(answer, "balance"), "balance"),
            hex_number(member(answer, "nonce"), "nonce", 64),
            hex_bytes(member(answer, "storageHash"), "storageHash", 32),
            hex_bytes(member(answer, "codeHash"), "codeHash", 32),
        )
        state = check_claims(proven, claimed, address)
        values = _proven_slots(answer, state.storage_hash, address, slots)
        if proven is None:
            return None, values
        recorded = RecordedAccount(state.balance, state.nonce, state.code_hash, state.storage_hash)
        return recorded, values

    return read


def _proven_slots(
    answer: Any, storage_hash: bytes, address: Address, slots: Sequence[bytes]
) -> Slots:
    entries = member(answer, "storageProof")
    if not isinstance(entries, list) or len(entries) != len(slots):
        raise ValueError(f"storageProof is no list of {len(slots)} entries")
    values: Slots = {}
    for slot, entry in zip(slots, entries, strict=True):
        what = f"slot 0x{slot.hex()} of 0x{address.hex()}"
        nodes = node_list(member(entry, "proof"), "proof")
        value = proven_slot(storage_hash, slot, nodes, what)
        said = hex_word(member(entry, "value"), "value")
        if said != value:
            raise FalseProof(what, f"0x{said.hex()} is claimed, 0x{value.hex()} proven")
        values[slot] = value
    return values


def block_reader(number: int, check_hash: bool) -> Callable[[Any], tuple[Header, bytes]]:
    """Reads an answer to eth_getBlockByNumber: the header and the block's hash."""

    def read(answer: Any) -> tuple[Header, bytes]:
        if answer is None:
            raise Unusable(BLOCK_UNKNOWN, f"it has no block {number}")
        header = header_from_json(answer)
        block_hash = hex_bytes(member(answer, "hash"), "hash", 32)
        if header.number != number:
            raise Unusable(OTHER_BLOCK, f"block {header.number} came for block {number}")
        found = header.hash()
        if check_hash and found != block_hash:
            raise FalseProof(
                f"header of block {number}",
                f"its hash is 0x{found.hex()}, 0x{block_hash.hex()} is claimed "
                "(a chain with header fields of its own can be forked with verify=off only)",
            )
        return header, block_hash

    return read


def parent_reader(number: int, expected: bytes) -> Callable[[Any], Header]:
    """Reads the block whose hash its child names."""
    read = block_reader(number, True)

    def read_parent(answer: Any) -> Header:
        header, block_hash = read(answer)
        if block_hash != expected:
            raise FalseProof(
                f"block {number}",
                f"its hash is 0x{block_hash.hex()}, its child names 0x{expected.hex()}",
            )
        return header

    return read_parent
