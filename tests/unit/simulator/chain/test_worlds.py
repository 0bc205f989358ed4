"""Set-up calls, snapshots and clones, the same on both back ends."""

from __future__ import annotations

import dataclasses

import pytest

from simulator.chain import BlockEnvironment, Chain
from simulator.chain.base import Batch
from simulator.errors import ChainError, InputError, RevertError
from tests.unit.simulator.chain.conftest import (
    ENDLESS,
    NOW,
    RECEIVER,
    REVERT_WITH_DATA,
    SENDER,
    SET_AND_GET,
    Open,
    initcode_of,
    slots,
    value_at,
    word,
)


def put(chain: Chain, contract: bytes, slot: int, value: int) -> None:
    chain.transact(SENDER, contract, word(slot) + word(value))


def test_a_deployment_gets_the_address_of_its_sender_and_nonce(chain: Chain) -> None:
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    first = chain.deploy(initcode_of(NOW), sender)
    second = chain.deploy(initcode_of(NOW), sender)
    # The published example of the rule keccak256(rlp([sender, nonce]))[12:].
    assert first.hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert second.hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"
    assert chain.code(first) == NOW
    assert chain.nonce(sender) == 2


def test_a_deployment_that_reverts_raises_with_its_reason(chain: Chain) -> None:
    text = b"no entry"
    data = bytes.fromhex("08c379a0") + word(32) + word(len(text)) + text.ljust(32, b"\0")
    # Copies what follows the twelve bytes of code to memory and reverts with it.
    size = bytes([len(data)])
    code = b"\x60" + size + b"\x60\x0c\x60\x00\x39\x60" + size + b"\x60\x00\xfd"
    with pytest.raises(RevertError, match="deployment reverted: no entry") as caught:
        chain.deploy(code + data, SENDER)
    assert caught.value.data == data
    assert chain.nonce(SENDER) == 1


def test_a_transaction_returns_data_and_changes_storage(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    assert chain.transact(SENDER, contract, word(5) + word(77)) == word(1)
    assert value_at(chain, contract, 5) == 77


def test_a_reverting_transaction_raises_with_its_data_and_changes_nothing(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(REVERT_WITH_DATA), SENDER)
    with pytest.raises(RevertError, match="reverted: 0x1234") as caught:
        chain.transact(SENDER, contract, b"\x12\x34")
    assert caught.value.data == b"\x12\x34"


def test_a_halting_transaction_raises_with_its_reason(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(ENDLESS), SENDER)
    with pytest.raises(RevertError, match="halted: out of gas"):
        chain.transact(SENDER, contract, b"", gas_limit=50_000)


def test_a_transaction_that_cannot_be_included_is_an_error_but_no_revert(chain: Chain) -> None:
    with pytest.raises(ChainError, match="insufficient balance") as caught:
        chain.transact(SENDER, RECEIVER, b"", value=1)
    assert not isinstance(caught.value, RevertError)


def test_a_call_sees_the_block_and_keeps_nothing(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(number=7, timestamp=1234))
    clock = chain.deploy(initcode_of(NOW), SENDER)
    store = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    assert chain.call(clock, b"") == word(1234)
    assert chain.call(store, word(5) + word(77), SENDER) == word(1)
    assert value_at(chain, store, 5) == 0
    assert chain.nonce(SENDER) == 2


def test_a_call_works_where_the_base_fee_is_not_zero(chain: Chain) -> None:
    clock = chain.deploy(initcode_of(NOW), SENDER)
    chain.set_block(BlockEnvironment(number=2, timestamp=99, base_fee=10**9))
    assert chain.call(clock, b"") == word(99)


def test_set_up_takes_no_room_in_the_block(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(number=1, timestamp=1, gas_limit=100_000))
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    for slot in range(10):
        put(chain, contract, slot, 1)
    receipts = chain.execute(Batch.of([SENDER], [contract], [word(1) + word(2)], 100_000))
    assert receipts.status.tolist() == [1]


def test_a_revert_restores_state_block_and_nonces(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    put(chain, contract, 1, 10)
    snapshot = chain.snapshot()
    block = chain.block
    chain.set_block(BlockEnvironment(number=9, timestamp=900))
    put(chain, contract, 1, 11)
    put(chain, contract, 2, 12)
    other = chain.deploy(initcode_of(NOW), SENDER)
    chain.revert(snapshot)
    assert chain.block == block
    assert (value_at(chain, contract, 1), value_at(chain, contract, 2)) == (10, 0)
    assert chain.code(other) == b""
    assert chain.nonce(SENDER) == 2


def test_a_revert_restores_the_gas_used_in_the_block(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(number=1, timestamp=1, gas_limit=50_000))
    transfer = Batch.of([SENDER], [RECEIVER], [b""], 40_000)
    snapshot = chain.snapshot()
    assert chain.execute(transfer).status.tolist() == [1]
    assert chain.execute(transfer).status.tolist() == [3]
    chain.revert(snapshot)
    assert chain.execute(transfer).status.tolist() == [1]


def test_snapshots_nest_and_a_revert_forgets_the_later_ones(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    snapshots = []
    for value in range(1, 5):
        snapshots.append(chain.snapshot())
        put(chain, contract, 0, value)
    assert snapshots == sorted(set(snapshots))
    chain.revert(snapshots[2])
    assert value_at(chain, contract, 0) == 2
    with pytest.raises(ChainError, match="unknown"):
        chain.revert(snapshots[3])
    with pytest.raises(ChainError, match="unknown"):
        chain.revert(snapshots[2])
    chain.revert(snapshots[0])
    assert value_at(chain, contract, 0) == 0


@pytest.mark.parametrize("snapshot", [0, 5, -1])
def test_an_unknown_snapshot_is_refused(chain: Chain, snapshot: int) -> None:
    with pytest.raises(ChainError, match="unknown"):
        chain.revert(snapshot)


def test_a_clone_and_its_origin_go_separate_ways(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    put(chain, contract, 1, 10)
    chain.watch(contract, slots(1))
    snapshot = chain.snapshot()
    clone = chain.clone()
    put(clone, contract, 1, 20)
    clone.set_block(BlockEnvironment(number=50, timestamp=50))
    put(chain, contract, 2, 30)
    assert value_at(chain, contract, 1) == 10
    assert value_at(clone, contract, 1) == 20
    assert value_at(clone, contract, 2) == 0
    assert chain.block.number == 1
    assert clone.watched()[:, 0].tolist() == [20]
    clone.watch(contract, slots(2))
    assert len(chain.watched()) == 1
    with pytest.raises(ChainError, match="unknown"):
        clone.revert(snapshot)
    chain.revert(snapshot)
    assert value_at(clone, contract, 1) == 20


def test_what_is_set_is_read_back(chain: Chain) -> None:
    largest = (1 << 256) - 1
    chain.set_balance(RECEIVER, largest)
    chain.set_storage(RECEIVER, largest, largest)
    chain.set_code(RECEIVER, NOW)
    assert chain.balance(RECEIVER) == largest
    assert value_at(chain, RECEIVER, largest) == largest
    assert chain.code(RECEIVER) == NOW
    chain.set_storage(RECEIVER, largest, 0)
    chain.set_code(RECEIVER, b"")
    chain.set_balance(RECEIVER, 0)
    assert value_at(chain, RECEIVER, largest) == 0
    assert (chain.code(RECEIVER), chain.balance(RECEIVER)) == (b"", 0)


def test_an_unknown_account_is_empty(chain: Chain) -> None:
    assert (chain.balance(RECEIVER), chain.nonce(RECEIVER), chain.code(RECEIVER)) == (0, 0, b"")
    assert value_at(chain, RECEIVER, 3) == 0


def test_bad_addresses_and_numbers_are_named(chain: Chain) -> None:
    with pytest.raises(InputError, match="sender"):
        chain.transact(b"short", RECEIVER, b"")
    with pytest.raises(InputError, match="target"):
        chain.call(bytes(32), b"")
    with pytest.raises(InputError, match="wei"):
        chain.set_balance(RECEIVER, -1)
    with pytest.raises(InputError, match="value"):
        chain.set_storage(RECEIVER, 0, 1 << 256)
    with pytest.raises(InputError, match="slots"):
        chain.storage(RECEIVER, slots(1)[:, :31])
    with pytest.raises(InputError, match="timestamp"):
        chain.set_block(dataclasses.replace(chain.block, timestamp=-1))
    with pytest.raises(InputError, match="coinbase"):
        chain.set_block(dataclasses.replace(chain.block, coinbase=b""))


def test_the_limit_of_code_size_can_be_lifted(open_world: Open) -> None:
    # Returns 30,000 zero bytes as the contract's code; EIP-170 allows 24,576.
    large = bytes.fromhex("6175306000f3")
    with pytest.raises(RevertError, match="contract code too large"):
        open_world().deploy(large, SENDER)
    chain = open_world(limit_code_size=False)
    assert len(chain.code(chain.deploy(large, SENDER))) == 30_000
