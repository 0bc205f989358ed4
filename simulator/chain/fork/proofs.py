"""Merkle proofs of accounts and slots (EIP-1186) against a state root, and of code.

A value counts only as what its proof says, never as what is claimed beside it. Failures are
ValueErrors that say what is false; the caller knows the endpoint and adds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from simulator.types import Address

EMPTY_CODE_HASH: Final = bytes.fromhex(
    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
)
EMPTY_ROOT: Final = bytes.fromhex(
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
)


class FalseProof(ValueError):
    """A proof does not prove, or proves another value than the one claimed."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"false {what}: {detail}")
        self.what = what
        self.detail = detail


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account as the state trie holds it. balance in wei; hashes 32 bytes."""

    balance: int
    nonce: int
    storage_hash: bytes
    code_hash: bytes


NO_ACCOUNT: Final = AccountState(0, 0, EMPTY_ROOT, EMPTY_CODE_HASH)


def proven_account(
    state_root: bytes, address: Address, nodes: Sequence[bytes]
) -> AccountState | None:
    """The account that `nodes` prove; None for a proven absence; FalseProof otherwise."""
    what = f"account 0x{address.hex()}"
    leaf = _leaf(state_root, keccak(address), nodes, what)
    if not leaf:
        return None
    items = _decoded(leaf, what)
    if not isinstance(items, list) or len(items) != 4:
        raise FalseProof(what, "the leaf is no account")
    nonce, balance, storage_hash, code_hash = items
    if not all(isinstance(item, bytes) for item in items) or len(storage_hash) != 32:
        raise FalseProof(what, "the leaf is no account")
    return AccountState(
        int.from_bytes(balance, "big"), int.from_bytes(nonce, "big"), storage_hash, code_hash
    )


def proven_slot(storage_hash: bytes, slot: bytes, nodes: Sequence[bytes], what: str) -> bytes:
    """The value (32 bytes) that `nodes` prove; zero for a proven absence.

    A leaf that holds zero (0x80) counts as zero: anvil keeps such leaves.
    """
    leaf = _leaf(storage_hash, keccak(slot), nodes, what)
    if not leaf:
        return bytes(32)
    value = _decoded(leaf, what)
    if not isinstance(value, bytes) or len(value) > 32:
        raise FalseProof(what, "the leaf is no word")
    return value.rjust(32, b"\0")


def check_code(code: bytes, code_hash: bytes, address: Address) -> None:
    """FalseProof if the code is not the one of the hash."""
    found = keccak(code)
    if found != code_hash:
        raise FalseProof(
            f"code of 0x{address.hex()}",
            f"its hash is 0x{found.hex()}, the account's is 0x{code_hash.hex()}",
        )


def check_claims(
    proven: AccountState | None, claimed: AccountState, address: Address
) -> AccountState:
    """FalseProof if an answer claims another account than its proof proves.

    Of an account that is absent nodes report hashes of nothing in several ways.
    """
    state = proven or NO_ACCOUNT
    for field in ("balance", "nonce", "storage_hash", "code_hash"):
        said, true = getattr(claimed, field), getattr(state, field)
        if said != true and not (proven is None and said == bytes(32)):
            name = field.replace("_", " ")
            raise FalseProof(
                f"{name} of 0x{address.hex()}", f"{_words(said)} is claimed, {_words(true)} proven"
            )
    return state


def _words(value: int | bytes) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else f"{value:,}"


def _leaf(root: bytes, path: bytes, nodes: Iterable[bytes], what: str) -> bytes:
    from trie import HexaryTrie
    from trie.exceptions import MissingTrieNode

    if root == EMPTY_ROOT:
        return b""
    database = {bytes(keccak(node)): node for node in nodes}
    try:
        return bytes(HexaryTrie(database, root)[path])
    except MissingTrieNode:
        raise FalseProof(what, f"the proof does not lead to the root 0x{root.hex()}") from None
    except Exception as error:  # a node that hashes right but is no node of a trie
        raise FalseProof(what, f"the proof cannot be read: {error}") from None


def _decoded(leaf: bytes, what: str) -> object:
    import rlp

    try:
        value: object = rlp.decode(leaf)
    except (rlp.DecodingError, RecursionError) as error:
        raise FalseProof(what, f"the leaf is no RLP: {error}") from None
    return value
