"""BLOCKHASH and the history contract of EIP-2935, the same on both engines."""

from __future__ import annotations

import numpy as np
import pytest
from eth_hash.auto import keccak

from simulator.chain import BlockEnvironment, Chain
from simulator.errors import InputError, RevertError
from tests.unit.simulator.chain.conftest import RECEIVER, Open, slots, value_at, word

HISTORY = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")

# The code of the EIP.
HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257"
    "611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
HASH_OF = bytes.fromhex("6000354060005260206000f3")


def begin(chain: Chain, number: int, parent_hash: bytes | None = None) -> None:
    chain.set_block(BlockEnvironment(number, 1000 + number, parent_hash=parent_hash))


def made(number: int) -> bytes:
    return keccak(word(number))


def asked(chain: Chain, *numbers: int) -> list[bytes]:
    chain.set_code(RECEIVER, HASH_OF)
    return [chain.call(RECEIVER, word(number)) for number in numbers]


def test_given_hashes_are_remembered_and_others_are_made(chain: Chain) -> None:
    begin(chain, 10, b"\x09" * 32)
    begin(chain, 11)
    begin(chain, 12, b"\x0b" * 32)
    assert asked(chain, 8, 9, 10, 11, 12) == [
        made(8), b"\x09" * 32, made(10), b"\x0b" * 32, bytes(32)
    ]  # fmt: skip


def test_a_given_hash_is_forgotten_after_256_blocks(chain: Chain) -> None:
    begin(chain, 10, b"\x09" * 32)
    begin(chain, 265)
    assert asked(chain, 9) == [b"\x09" * 32]
    begin(chain, 266)
    assert asked(chain, 9) == [bytes(32)]


def test_a_revert_takes_back_given_hashes_and_a_clone_has_its_own(chain: Chain) -> None:
    begin(chain, 10, b"\x09" * 32)
    clone = chain.clone()
    snapshot = chain.snapshot()
    begin(chain, 11, b"\x0a" * 32)
    begin(clone, 11, b"\x1a" * 32)
    assert asked(chain, 9, 10) == [b"\x09" * 32, b"\x0a" * 32]
    assert asked(clone, 9, 10) == [b"\x09" * 32, b"\x1a" * 32]
    chain.revert(snapshot)
    begin(chain, 12)
    assert asked(chain, 9, 10, 11) == [b"\x09" * 32, made(10), made(11)]


def test_a_block_that_begins_again_without_a_hash_has_a_made_one(chain: Chain) -> None:
    begin(chain, 10, b"\x09" * 32)
    begin(chain, 10)
    assert asked(chain, 9) == [made(9)]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(chain: Chain, length: int) -> None:
    with pytest.raises(InputError, match=r"block\.parent_hash"):
        begin(chain, 2, bytes(length))


def test_a_new_world_has_the_history_contract_from_prague_on(open_world: Open) -> None:
    chain = open_world(hardfork="prague")
    assert (chain.code(HISTORY), chain.nonce(HISTORY)) == (HISTORY_CODE, 1)
    assert chain.accounts() == [HISTORY]
    assert chain.slots_of(HISTORY)[0].shape == (0, 32)
    assert open_world(hardfork="cancun").accounts() == []


def test_the_history_contract_is_told_the_parents_hash_at_the_start_of_a_block(
    open_world: Open,
) -> None:
    chain = open_world(hardfork="prague")
    begin(chain, 10, b"\x09" * 32)
    begin(chain, 11)
    begin(chain, 8191 + 10, b"\x0c" * 32)
    assert value_at(chain, HISTORY, 10).to_bytes(32, "big") == made(10)
    assert value_at(chain, HISTORY, 9).to_bytes(32, "big") == b"\x0c" * 32
    assert chain.call(HISTORY, word(8191 + 9)) == b"\x0c" * 32
    for number in (9, 8191 + 10, 2**200):
        with pytest.raises(RevertError):
            chain.call(HISTORY, word(number))
    assert chain.block_gas_used == 0
    listed, values = chain.slots_of(HISTORY)
    assert listed[:, 31].tolist() == [9, 10]
    np.testing.assert_array_equal(values, chain.storage(HISTORY, slots(9, 10)))


def test_without_its_code_nobody_is_told(open_world: Open) -> None:
    chain = open_world(hardfork="prague")
    chain.set_code(HISTORY, b"")
    begin(chain, 10, b"\x09" * 32)
    assert value_at(chain, HISTORY, 9) == 0
    assert asked(chain, 9) == [b"\x09" * 32]
