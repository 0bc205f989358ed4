"""Roots over a block's lists equal those of a full trie."""

from __future__ import annotations

import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from simulator.chain.node.roots import EMPTY_ROOT, ordered_root


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=300))
def test_the_root_of_a_list_is_that_of_its_trie(values: list[bytes]) -> None:
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    assert ordered_root(values) == trie.root_hash


def test_nodes_of_about_32_bytes_are_embedded_or_hashed_as_in_a_trie() -> None:
    for length in range(24, 36):
        values = [bytes([7]) * length] * 3
        trie = HexaryTrie({})
        for index, value in enumerate(values):
            trie[rlp.encode(index)] = value
        assert ordered_root(values) == trie.root_hash, length


def test_the_root_of_nothing_is_the_empty_trie_s() -> None:
    known = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert ordered_root([]).hex() == EMPTY_ROOT.hex() == known
