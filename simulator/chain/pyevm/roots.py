"""State root and proofs of a world, by the tries of the Ethereum Foundation's `trie` package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eth_hash.auto import keccak

from simulator.chain.base import Proof
from simulator.chain.pyevm.accounts import EMPTY_CODE_HASH, Accounts
from simulator.errors import ChainError
from simulator.types import Address

if TYPE_CHECKING:
    from trie import HexaryTrie


def state_root(accounts: Accounts) -> bytes:
    """Root of the trie of all accounts that are not empty; ChainError on a fork."""
    return bytes(_state_trie(accounts).root_hash)


def proof(accounts: Accounts, address: Address, slots: list[int]) -> Proof:
    """Proof of an account and of some of its slots; ChainError on a fork."""
    account = accounts.get(address)
    storage = _storage_trie(accounts.slots_of(address)) if not account.is_empty else _new_trie()
    return Proof(
        address=address,
        balance=account.balance,
        nonce=account.nonce,
        code_hash=keccak(account.code) if account.code else EMPTY_CODE_HASH,
        storage_hash=bytes(storage.root_hash),
        account=_nodes(_state_trie(accounts), address),
        slots=tuple(
            (
                slot.to_bytes(32, "big"),
                0 if account.is_empty else accounts.get_storage(address, slot),
                _nodes(storage, slot.to_bytes(32, "big")),
            )
            for slot in slots
        ),
    )


def _new_trie() -> HexaryTrie:
    from trie import HexaryTrie

    return HexaryTrie({})


def _state_trie(accounts: Accounts) -> HexaryTrie:
    import rlp

    if accounts.source is not None:
        raise ChainError("a forked world holds only a part of the state, so it has no state root")
    trie = _new_trie()
    for address in accounts.known():
        account = accounts.get(address)
        storage = _storage_trie(accounts.slots_of(address)).root_hash
        code_hash = keccak(account.code) if account.code else EMPTY_CODE_HASH
        leaf = [_shortest(account.nonce), _shortest(account.balance), storage, code_hash]
        trie[keccak(address)] = rlp.encode(leaf)
    return trie


def _storage_trie(slots: Mapping[int, int]) -> HexaryTrie:
    import rlp

    trie = _new_trie()
    for slot, value in slots.items():
        trie[keccak(slot.to_bytes(32, "big"))] = rlp.encode(_shortest(value))
    return trie


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """RLP of the nodes on the way to a key. One shorter than 32 bytes is part of its parent."""
    import rlp

    path: Any = trie.get_proof(keccak(key))  # type: ignore[no-untyped-call]
    nodes = [rlp.encode(node) for node in path]
    return tuple(node for index, node in enumerate(nodes) if index == 0 or len(node) >= 32)
