"""Proofs against a root: what is there, what is not, and what is false."""

from __future__ import annotations

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from simulator.chain.fork.proofs import (
    EMPTY_CODE_HASH,
    EMPTY_ROOT,
    NO_ACCOUNT,
    AccountState,
    FalseProof,
    check_claims,
    check_code,
    proven_account,
    proven_slot,
)

words = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20)
account_states = st.builds(
    AccountState, st.integers(0, 2**256 - 1), st.integers(0, 2**64 - 1), words, words
)


def leaf_of(account: AccountState) -> bytes:
    numbers = [
        number.to_bytes((number.bit_length() + 7) // 8, "big")
        for number in (account.nonce, account.balance)
    ]
    return bytes(rlp.encode([*numbers, account.storage_hash, account.code_hash]))


def trie_of(leaves: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, leaf in leaves.items():
        trie[keccak(key)] = leaf
    return trie


def nodes_of(trie: HexaryTrie, key: bytes) -> list[bytes]:
    proof = trie.get_proof(keccak(key))  # type: ignore[no-untyped-call]
    return [bytes(rlp.encode(node)) for node in proof]


@given(st.dictionaries(addresses, account_states, min_size=1, max_size=12), addresses)
def test_accounts_are_proven_and_so_is_absence(
    accounts: dict[bytes, AccountState], stranger: bytes
) -> None:
    trie = trie_of({address: leaf_of(account) for address, account in accounts.items()})
    for address, account in accounts.items():
        assert proven_account(trie.root_hash, address, nodes_of(trie, address)) == account
    if stranger not in accounts:
        assert proven_account(trie.root_hash, stranger, nodes_of(trie, stranger)) is None


@given(
    st.dictionaries(addresses, account_states, min_size=2, max_size=12), st.data(), st.integers(0)
)
def test_a_proof_with_any_byte_changed_or_any_node_dropped_is_false(
    accounts: dict[bytes, AccountState], data: st.DataObject, where: int
) -> None:
    trie = trie_of({address: leaf_of(account) for address, account in accounts.items()})
    address = data.draw(st.sampled_from(sorted(accounts)))
    nodes = nodes_of(trie, address)
    index = data.draw(st.integers(0, len(nodes) - 1))
    spoilt = bytearray(nodes[index])
    spoilt[where % len(spoilt)] ^= 1
    for tampered in (
        [*nodes[:index], bytes(spoilt), *nodes[index + 1 :]],
        nodes[:index] + nodes[index + 1 :],
    ):
        with pytest.raises(FalseProof, match=f"false account 0x{address.hex()}"):
            proven_account(trie.root_hash, address, tampered)


@given(st.dictionaries(words, st.integers(1, 2**256 - 1), min_size=1, max_size=12), words)
def test_slots_are_proven_and_absent_ones_are_zero(slots: dict[bytes, int], other: bytes) -> None:
    trie = trie_of(
        {
            slot: bytes(rlp.encode(value.to_bytes((value.bit_length() + 7) // 8, "big")))
            for slot, value in slots.items()
        }
    )
    for slot, value in slots.items():
        found = proven_slot(trie.root_hash, slot, nodes_of(trie, slot), "slot")
        assert int.from_bytes(found, "big") == value and len(found) == 32
    if other not in slots:
        assert not any(proven_slot(trie.root_hash, other, nodes_of(trie, other), "slot"))


def test_a_proven_leaf_of_zero_is_zero() -> None:
    slot = bytes(32)
    trie = trie_of({slot: b"\x80", b"\1" * 32: b"\5"})
    assert proven_slot(trie.root_hash, slot, nodes_of(trie, slot), "slot") == bytes(32)


def test_nothing_is_in_an_empty_trie_whatever_comes_as_proof() -> None:
    for nodes in ([], [b"\x80"], [b"rubbish"]):
        assert proven_account(EMPTY_ROOT, bytes(20), nodes) is None
        assert proven_slot(EMPTY_ROOT, bytes(32), nodes, "slot") == bytes(32)


@pytest.mark.parametrize(
    "leaf", [b"\xc0", bytes(rlp.encode([b"", b"", b"", b""])), b"\x05", b"\xf8", b"\xc1\xc0"]
)
def test_a_leaf_that_is_no_account_is_false(leaf: bytes) -> None:
    address = bytes(20)
    trie = trie_of({address: leaf})
    with pytest.raises(FalseProof, match="the leaf is no"):
        proven_account(trie.root_hash, address, nodes_of(trie, address))


@pytest.mark.parametrize("leaf", [b"\xc0", bytes(rlp.encode(b"\1" * 33)), b"\xf8"])
def test_a_leaf_that_is_no_word_is_false(leaf: bytes) -> None:
    trie = trie_of({bytes(32): leaf})
    with pytest.raises(FalseProof, match="the leaf is no"):
        proven_slot(trie.root_hash, bytes(32), nodes_of(trie, bytes(32)), "slot 0")


@pytest.mark.parametrize("node", [b"\xc0", b"\xc1\x80", b"\xff", b"\xc3\x01\x02\x03", b"a"])
def test_a_root_node_that_is_none_is_false_and_no_crash(node: bytes) -> None:
    with pytest.raises(FalseProof, match="false account"):
        proven_account(keccak(node), bytes(20), [node])


def test_a_claim_that_differs_from_the_proof_is_named() -> None:
    true = AccountState(1_000, 2, bytes(range(32)), EMPTY_CODE_HASH)
    address = bytes(range(20))
    assert check_claims(true, true, address) == true
    for claimed, said in (
        (AccountState(1_001, 2, bytes(range(32)), EMPTY_CODE_HASH), "1,001 is claimed, 1,000"),
        (AccountState(1_000, 3, bytes(range(32)), EMPTY_CODE_HASH), "false nonce of 0x0001"),
        (AccountState(1_000, 2, EMPTY_ROOT, EMPTY_CODE_HASH), "false storage hash of 0x0001"),
        (AccountState(1_000, 2, bytes(range(32)), bytes(32)), "false code hash of 0x0001"),
    ):
        with pytest.raises(FalseProof, match=said):
            check_claims(true, claimed, address)


def test_of_an_absent_account_hashes_of_nothing_may_be_told_in_two_ways() -> None:
    for claimed in (NO_ACCOUNT, AccountState(0, 0, bytes(32), bytes(32))):
        assert check_claims(None, claimed, bytes(20)) == NO_ACCOUNT
    with pytest.raises(FalseProof, match="false balance"):
        check_claims(None, AccountState(1, 0, EMPTY_ROOT, EMPTY_CODE_HASH), bytes(20))


def test_code_is_held_against_its_hash() -> None:
    check_code(b"\1\2", keccak(b"\1\2"), bytes(20))
    with pytest.raises(FalseProof, match="false code of 0x0000"):
        check_code(b"\1\3", keccak(b"\1\2"), bytes(20))
