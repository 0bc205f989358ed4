"""Batches of transactions: inclusion, receipts, storage changes and the watch list."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment, Chain
from simulator.errors import InputError
from simulator.types import UInt1D
from tests.unit.simulator.chain.conftest import (
    LOG_AND_REVERT,
    LOG_TWICE,
    RECEIVER,
    REVERT_WITH_DATA,
    SENDER,
    SET_AND_GET,
    initcode_of,
    slots,
    value_at,
    word,
)

GAS = 100_000


def puts(contract: bytes, *pairs: tuple[int, int]) -> Batch:
    data = [word(slot) + word(value) for slot, value in pairs]
    return Batch.of([SENDER] * len(data), [contract] * len(data), data, GAS)


def transfers(count: int) -> Batch:
    return Batch.of([SENDER] * count, [RECEIVER] * count, [b""] * count, 21_000)


def column(*numbers: int) -> UInt1D:
    return np.array(numbers, np.uint64)


def test_a_transfer_costs_21000_gas_and_needs_no_balance_where_it_is_free(chain: Chain) -> None:
    receipts = chain.execute(transfers(2))
    assert receipts.status.tolist() == [1, 1]
    assert receipts.gas_used.tolist() == [21_000, 21_000]
    assert chain.nonce(SENDER) == 2


def test_an_empty_batch_does_nothing(chain: Chain) -> None:
    receipts = chain.execute(Batch.of([], [], [], GAS), diff=True)
    assert len(receipts.status) == 0
    assert receipts.output_offsets.tolist() == [0]
    assert receipts.log_topics.shape == (0, 4, 32)
    assert receipts.diff is not None and len(receipts.diff.slots) == 0


def test_outputs_and_revert_data_are_told_per_transaction(chain: Chain) -> None:
    store = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    refuser = chain.deploy(initcode_of(REVERT_WITH_DATA), SENDER)
    batch = Batch.of([SENDER] * 2, [refuser, store], [b"\xab\xcd", word(1) + word(2)], GAS)
    receipts = chain.execute(batch)
    assert receipts.status.tolist() == [0, 1]
    assert receipts.output_of(0) == b"\xab\xcd"
    assert receipts.output_of(1) == word(1)
    assert receipts.reasons == {}


def test_logs_come_in_order_with_their_topics_and_data(chain: Chain) -> None:
    logger = chain.deploy(initcode_of(LOG_TWICE), SENDER)
    receipts = chain.execute(Batch.of([SENDER] * 2, [RECEIVER, logger], [b"", b""], GAS))
    assert receipts.log_transaction.tolist() == [1, 1]
    assert receipts.log_address[0].tobytes() == logger
    assert receipts.log_topic_count.tolist() == [1, 0]
    assert receipts.log_topics[0, 0].tobytes() == word(5)
    assert not receipts.log_topics[0, 1:].any() and not receipts.log_topics[1].any()
    assert receipts.log_data.tobytes() == word(0xAA) * 2
    assert receipts.log_data_offsets.tolist() == [0, 32, 64]


def test_what_a_failed_transaction_logged_did_not_happen(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(LOG_AND_REVERT), SENDER)
    receipts = chain.execute(Batch.of([SENDER], [contract], [b""], GAS))
    assert receipts.status.tolist() == [0]
    assert len(receipts.log_transaction) == 0


def test_transactions_of_a_batch_create_and_pay(chain: Chain) -> None:
    chain.set_balance(SENDER, 10)
    batch = dataclasses.replace(
        Batch.of([SENDER] * 2, [bytes(20), RECEIVER], [initcode_of(SET_AND_GET), b""], GAS),
        creates=np.array([True, False]),
        values=np.array([[0, 0, 0, 0], [7, 0, 0, 0]], np.uint64),
    )
    receipts = chain.execute(batch)
    assert receipts.status.tolist() == [1, 1]
    assert receipts.output_of(0) == SET_AND_GET
    assert (chain.balance(SENDER), chain.balance(RECEIVER)) == (3, 7)


def test_fees_go_from_the_sender_to_the_coinbase_and_the_base_fee_is_burnt(chain: Chain) -> None:
    coinbase = bytes([0x33]) * 20
    chain.set_balance(SENDER, 10**6)
    chain.set_block(BlockEnvironment(2, 2, base_fee=10, coinbase=coinbase))
    batch = dataclasses.replace(transfers(1), max_fees=column(15), priority_fees=column(3))
    assert chain.execute(batch).status.tolist() == [1]
    assert chain.balance(coinbase) == 21_000 * 3
    assert chain.balance(SENDER) == 10**6 - 21_000 * 13


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nonces": column(0)}, "nonce too low: 0, the account has 1"),
        ({"nonces": column(2)}, "nonce too high: 2, the account has 1"),
        ({"values": np.array([[501, 0, 0, 0]], np.uint64)}, "insufficient balance: needs 501 wei"),
        ({"values": np.array([[0, 0, 0, 1]], np.uint64)}, "insufficient balance"),
        ({"max_fees": column(2)}, "insufficient balance: needs 42000 wei, has 500"),
        ({"priority_fees": column(1)}, "priority fee above the max fee"),
        ({"gas_limits": column(20_999)}, "gas limit below intrinsic gas: 20999, needs 21000"),
        ({"gas_limits": column(30_000_001)}, "block full: gas limit 30000001, left 30000000"),
        (
            {"creates": np.array([1], np.uint8), "gas_limits": column(40_000)},
            "gas limit below intrinsic gas: 40000, needs 53000",
        ),
    ],
)
def test_a_transaction_that_cannot_be_included_is_told_and_the_batch_goes_on(
    chain: Chain, changes: dict[str, Any], reason: str
) -> None:
    chain.transact(SENDER, RECEIVER, b"")
    chain.set_balance(SENDER, 500)
    bad = chain.execute(dataclasses.replace(transfers(1), **changes))
    assert bad.status.tolist() == [3]
    assert bad.gas_used.tolist() == [0]
    assert bad.reasons[0].startswith(reason)
    assert (chain.nonce(SENDER), chain.balance(SENDER)) == (1, 500)
    assert chain.execute(transfers(1)).status.tolist() == [1]


def test_a_fee_below_the_base_fee_is_not_included(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(2, 2, base_fee=10))
    receipts = chain.execute(dataclasses.replace(transfers(1), max_fees=column(9)))
    assert receipts.reasons == {0: "max fee below the base fee"}


def test_an_account_with_code_cannot_send(chain: Chain) -> None:
    chain.set_code(SENDER, b"\x00")
    assert chain.execute(transfers(1)).reasons == {0: "sender has code"}


def test_initcode_above_the_limit_is_not_included(chain: Chain) -> None:
    batch = Batch.of([SENDER], [bytes(20)], [bytes(49_153)], 5_000_000)
    receipts = chain.execute(dataclasses.replace(batch, creates=np.array([1], np.uint8)))
    assert receipts.reasons == {0: "initcode too large"}


def test_a_block_takes_as_much_gas_as_it_has_and_the_next_one_starts_anew(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(2, 2, gas_limit=50_000))
    receipts = chain.execute(transfers(3))
    assert receipts.status.tolist() == [1, 1, 3]
    assert receipts.reasons == {2: "block full: gas limit 21000, left 8000"}
    assert chain.execute(transfers(1)).status.tolist() == [3]
    assert chain.nonce(SENDER) == 2
    chain.set_block(BlockEnvironment(3, 3, gas_limit=50_000))
    assert chain.execute(transfers(1)).status.tolist() == [1]


def test_room_is_measured_by_gas_used_and_not_by_gas_limits(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(2, 2, gas_limit=63_000))
    batch = dataclasses.replace(transfers(3), gas_limits=column(60_000, 40_000, 21_000))
    assert chain.execute(batch).status.tolist() == [1, 1, 1]


def test_given_nonces_that_are_right_are_taken(chain: Chain) -> None:
    receipts = chain.execute(dataclasses.replace(transfers(3), nonces=column(0, 5, 1)))
    assert receipts.status.tolist() == [1, 3, 1]


def test_the_diff_tells_old_and_new_values_of_the_batch_by_address_and_slot(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    chain.execute(puts(contract, (1, 10), (3, 30)))
    batch = puts(contract, (3, 31), (2, 20), (1, 11), (1, 0), (3, 32), (9, 9), (9, 0))
    diff = chain.execute(batch, diff=True).diff
    assert diff is not None
    assert [address.tobytes() for address in diff.addresses] == [contract] * 3
    assert diff.slots[:, 31].tolist() == [1, 2, 3]
    assert diff.old[:, 0].tolist() == [10, 0, 30]
    assert diff.new[:, 0].tolist() == [0, 20, 32]


def test_without_asking_there_is_no_diff(chain: Chain) -> None:
    assert chain.execute(transfers(1)).diff is None


def test_watched_slots_that_changed_are_told_by_ascending_index(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    assert chain.watch(contract, slots(7, 6, 5)) == 0
    assert chain.watch(contract, slots(7, 99)) == 3
    receipts = chain.execute(puts(contract, (5, 50), (7, 70), (6, 1), (6, 0), (8, 80)))
    assert receipts.watched_index.tolist() == [0, 2, 3]
    assert receipts.watched_value[:, 0].tolist() == [70, 50, 70]
    assert chain.watched()[:, 0].tolist() == [70, 0, 50, 70, 0]
    assert chain.execute(puts(contract, (7, 70))).watched_index.tolist() == []


def test_words_are_limbs_with_the_least_significant_first(chain: Chain) -> None:
    contract = chain.deploy(initcode_of(SET_AND_GET), SENDER)
    chain.watch(contract, slots(0))
    value = 1 + (2 << 64) + (3 << 128) + (4 << 192)
    receipts = chain.execute(puts(contract, (0, value)))
    assert receipts.watched_value.tolist() == [[1, 2, 3, 4]]
    assert value_at(chain, contract, 0) == value


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("senders", np.zeros((1, 20), np.uint8)),
        ("senders", np.zeros((2, 19), np.uint8)),
        ("targets", np.zeros((2, 20), np.int64)),
        ("data", np.zeros(3, np.float64)),
        ("data", np.zeros(3, np.uint8)),
        ("data_offsets", np.array([0, 0], np.int64)),
        ("data_offsets", np.array([0, 5, 0], np.int64)),
        ("data_offsets", np.array([-1, 0, 0], np.int64)),
        ("values", np.zeros((2, 3), np.uint64)),
        ("max_fees", np.zeros(2, np.int64)),
        ("priority_fees", np.zeros(3, np.uint64)),
        ("nonces", np.zeros((2, 1), np.uint64)),
        ("creates", np.zeros(3, np.uint8)),
    ],
)
def test_a_column_of_another_type_or_length_is_named_and_nothing_happens(
    chain: Chain, field: str, wrong: Any
) -> None:
    with pytest.raises(InputError) as caught:
        chain.execute(dataclasses.replace(transfers(2), **{field: wrong}))
    assert caught.value.field in (field, "data_offsets")
    assert chain.nonce(SENDER) == 0


def test_columns_need_not_be_contiguous(chain: Chain) -> None:
    wide = np.repeat(transfers(2).senders, 2, axis=0)[::2]
    limits = np.full(4, 21_000, np.uint64)[::2]
    receipts = chain.execute(dataclasses.replace(transfers(2), senders=wide, gas_limits=limits))
    assert receipts.status.tolist() == [1, 1]
