"""Hand-made calldata against the ABI library, and what a revert says."""

from __future__ import annotations

from eth_abi.abi import encode as library_encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain import abi

addresses = st.binary(min_size=20, max_size=20)


@given(
    address=addresses,
    unsigned=st.integers(0, 2**256 - 1),
    signed=st.integers(-(2**255), 2**255 - 1),
    many=st.lists(addresses, max_size=5),
)
def test_words_equal_those_of_the_library(
    address: bytes, unsigned: int, signed: int, many: list[bytes]
) -> None:
    ours = abi.address_word(address) + abi.uint_word(unsigned) + abi.int_word(signed)
    types = ["address", "uint256", "int256", "address[]"]
    theirs = library_encode(types, [address, unsigned, signed, many])
    assert ours + abi.uint_word(128) + abi.address_array(many) == theirs
    assert abi.uint_at(theirs, 1) == unsigned
    assert abi.int_at(theirs, 2) == signed


def test_a_selector_and_a_topic_are_the_known_ones() -> None:
    assert abi.selector("transfer(address,uint256)").hex() == "a9059cbb"
    topic = abi.event_topic("Transfer(address,address,uint256)")
    assert topic.hex() == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def test_a_vyper_mapping_hashes_the_slot_before_the_key() -> None:
    slot, key = 5, bytes(range(20))
    assert abi.mapping_slot(slot, key) == int.from_bytes(
        keccak(abi.uint_word(slot) + abi.address_word(key)), "big"
    )


def test_a_signature_spells_structs_as_tuples() -> None:
    part = {"type": "uint256"}
    entry = {
        "name": "set",
        "inputs": [{"type": "tuple[]", "components": [part, {"type": "address"}]}, part],
    }
    assert abi.signature_of(entry) == "set((uint256,address)[],uint256)"
